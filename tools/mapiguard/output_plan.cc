#include "tools/mapiguard/output_plan.h"

#include <sys/stat.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <unordered_map>

#include "tools/mapiguard/commands.h"

namespace mapiguard {
namespace {

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string below(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

// The file behind a link is replaced, not the link.
std::string behind_links(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return path;
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), std::free);
  return resolved ? resolved.get() : path;
}

std::unexpected<Error> no_folder(const InputList& list) {
  return usage_error(kConvertSpec, list.has_folder ? "a folder as input needs a folder for the output: -o PATH"
                                                   : "several inputs need a folder for the output: -o PATH");
}

Result<OutputPlan> plan_target(const ConvertRequest& request, const InputList& list) {
  OutputPlan plan{Target::stream, request.format, request.output.value_or("-"), {}};
  const bool to_stream = plan.path == "-" || is_stream(plan.path);
  if (plan.path == "-") plan.path.clear();
  if (request.format == Format::maildir) {
    if (to_stream) return usage_error(kConvertSpec, "--format maildir needs a folder: -o PATH");
    plan.target = Target::maildir;
  } else if (request.format == Format::mbox) {
    if (list.is_several() && !request.output)
      return usage_error(kConvertSpec, "several inputs need a file for the mbox: -o PATH");
    if (!to_stream && is_folder(plan.path))
      return usage_error(kConvertSpec, "'" + plan.path + "' is a folder; --format mbox needs a file");
    plan.target = Target::mbox;
  } else if (list.is_several()) {
    if (to_stream) return no_folder(list);
    plan.target = Target::folder;
  } else if (!to_stream) {
    plan.target = plan.path.ends_with('/') || is_folder(plan.path) ? Target::folder : Target::file;
  }
  if (plan.target == Target::file || (plan.target == Target::mbox && !to_stream)) plan.path = behind_links(plan.path);
  return plan;
}

// Two inputs whose outputs would be one file, or one a file where the other needs a folder.
Result<void> check_collisions(const OutputPlan& plan, const InputList& list) {
  std::unordered_map<std::string, std::size_t> owners;
  const auto clash = [&](std::size_t one, std::size_t other) {
    return fail(ErrorCode::usage,
                "'" + list.inputs[one].path + "' and '" + list.inputs[other].path + "' would both be written to '" +
                    plan.files[one] + "'",
                "convert them into different folders");
  };
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    if (list.inputs[i].trouble) continue;
    const auto [owner, is_new] = owners.emplace(plan.files[i], i);
    if (!is_new) return clash(owner->second, i);
  }
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    const std::string& file = plan.files[i];
    for (std::size_t slash = file.find('/', plan.path.size() + 1); slash != std::string::npos;
         slash = file.find('/', slash + 1)) {
      const auto owner = owners.find(file.substr(0, slash));
      if (owner != owners.end()) return clash(owner->second, i);
    }
  }
  return {};
}

Result<void> check_input_is_no_output(const OutputPlan& plan, const InputList& list) {
  std::map<FileKey, std::size_t> known;
  for (std::size_t i = 0; i < list.inputs.size(); ++i)
    if (list.inputs[i].key != FileKey{}) known.emplace(list.inputs[i].key, i);
  if (known.empty()) return {};
  const auto check = [&](const std::string& path) -> Result<void> {
    const auto key = file_key(path);
    const auto input = key ? known.find(*key) : known.end();
    if (input == known.end()) return {};
    return fail(ErrorCode::usage, "the output '" + path + "' is the input '" + list.inputs[input->second].path + "'",
                "give another name with -o");
  };
  if (plan.target == Target::file || (plan.target == Target::mbox && !plan.path.empty())) return check(plan.path);
  if (plan.files.empty() || !is_folder(plan.path)) return {};
  for (const std::string& file : plan.files)
    if (auto checked = check(file); !checked) return checked;
  return {};
}

}  // namespace

bool is_stream(const std::string& path) {
  // Descriptors by name lead to what the caller has open: to replace that file would cut the caller off from it.
  for (const std::string_view prefix : {"/dev/fd/", "/dev/std", "/proc/"})
    if (path.starts_with(prefix)) return true;
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

Result<OutputPlan> plan_outputs(const ConvertRequest& request, const InputList& list) {
  auto plan = plan_target(request, list);
  if (!plan) return plan;
  if (plan->target == Target::folder) {
    const std::string ending = request.format == Format::json ? ".json" : ".eml";
    for (const Input& input : list.inputs) plan->files.push_back(below(plan->path, input.name + ending));
    if (auto checked = check_collisions(*plan, list); !checked) return std::unexpected(checked.error());
  }
  if (auto checked = check_input_is_no_output(*plan, list); !checked) return std::unexpected(checked.error());
  return plan;
}

}  // namespace mapiguard
