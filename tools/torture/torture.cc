#include "tools/torture/torture.h"

#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

#include <nlohmann/json.hpp>

#include <mapiguard/version.h>
#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "tools/torture/convert_call.h"
#include "tools/torture/convert_way.h"
#include "tools/torture/figures.h"
#include "tools/torture/guard_way.h"
#include "tools/torture/processes.h"

namespace mapiguard::torture {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kFewestOnFullDisk = 24;     // so that their outputs are more than fits
constexpr char kOnFullDisk[] = "crash=15,lie=5";  // killers that take no time
constexpr int kSlice = 100;                       // milliseconds

std::string in_digits(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string joined(const std::vector<std::string>& elements) {
  std::string list;
  for (const std::string& element : elements) list += (list.empty() ? "" : ",") + element;
  return "[" + list + "]";
}

std::string layers_json(const std::vector<SandboxLayer>& layers) {
  std::vector<std::string> elements;
  for (const SandboxLayer& layer : layers)
    elements.push_back(JsonObject()
                           .text("name", layer.name)
                           .flag("active", layer.active)
                           .text("detail", displayable(layer.detail))
                           .str());
  return joined(elements);
}

std::string host_json() {
  utsname names{};
  ::uname(&names);
  return JsonObject()
      .text("kernel", displayable(names.release))
      .text("machine", displayable(names.machine))
      .number("processors", std::thread::hardware_concurrency())
      .number("user", ::geteuid())
      .str();
}

// -- the rows of all rounds
// ------------------------------------------------------------------------------------------------

void merge(std::vector<Row>& rows, const Row& more) {
  const auto same =
      std::ranges::find_if(rows, [&](const Row& row) { return row.promise == more.promise && row.way == more.way; });
  if (same == rows.end()) {
    rows.push_back(more);
    return;
  }
  same->checked += more.checked;
  same->broken += more.broken;
  if (same->result == "ok" && more.result != "ok") {
    same->result = more.result;
    same->detail = more.detail;
  }
}

Row row_of(const nlohmann::json& object) {
  return {object.value("promise", ""),
          object.value("way", ""),
          object.value("result", ""),
          object.value("detail", ""),
          object.value("checked", std::uint64_t{0}),
          object.value("broken", std::uint64_t{0})};
}

// -- the run
// ---------------------------------------------------------------------------------------------------------------

class Torture {
 public:
  explicit Torture(const Plan& plan) : plan_(plan) {}
  Result<TortureReport> run();

 private:
  Result<void> look_at_sandbox();
  void choose_ways();
  Result<void> round(std::size_t count);
  Result<void> finish();
  Result<void> full_disk(std::size_t count);
  Result<void> take_disk_answer(const std::string& text, const std::string& trouble);
  double seconds() const { return std::chrono::duration<double>(SteadyClock::now() - began_).count(); }

  const Plan& plan_;
  const SteadyClock::time_point began_ = SteadyClock::now();
  std::vector<std::unique_ptr<Way>> ways_;
  TortureReport report_;
  std::string disk_figures_;
};

Result<void> Torture::look_at_sandbox() {
  for (const bool commanded : {false, true}) {
    if (commanded && plan_.converter.empty()) continue;
    const auto guard = Guard::open(plan_.guard_options(plan_.folder + "/probe", commanded));
    if (!guard) return std::unexpected(guard.error());
    (commanded ? report_.command_sandbox : report_.sandbox) = (*guard)->sandbox();
  }
  return {};
}

void Torture::choose_ways() {
  for (const bool commanded : {false, true}) {
    if (commanded && plan_.converter.empty()) {
      for (const char* way : {"convert --converter", "Guard with a converter"})
        report_.rows.push_back({std::string(name_of(Promise::blocked)), way, "skipped", plan_.converter_trouble});
      continue;
    }
    ways_.push_back(make_convert_way(plan_, commanded));
    ways_.push_back(make_guard_way(plan_, commanded));
  }
}

Result<void> Torture::round(std::size_t count) {
  for (const auto& way : ways_) {
    const std::string name = way->findings().way();
    plan_.hooks.progress("round " + std::to_string(report_.rounds + 1) + ", " + name);
    const double began = seconds();
    const std::uint64_t messages = way->figures().messages;
    const std::uint64_t broken = way->findings().broken();
    MAPIGUARD_TRY(way->round(report_.messages, count));
    plan_.hooks.say(name + ": " + std::to_string(way->figures().messages - messages) + " messages in " +
                    in_digits(seconds() - began) + " s, " + std::to_string(way->findings().broken() - broken) +
                    " broken promises");
  }
  return full_disk(count);
}

Result<void> Torture::full_disk(std::size_t count) {
  if (plan_.mix.percent(Fault::disk_full) <= 0) return {};
  plan_.hooks.progress("round " + std::to_string(report_.rounds + 1) + ", full disk");
  const double began = seconds();
  const std::size_t messages = std::max(kFewestOnFullDisk, plan_.mix.count(Fault::disk_full, count));
  const std::string answer = plan_.folder + "/disk-answer", errors = plan_.folder + "/disk-errors";
  const auto before = children_of_process(::getpid());
  auto child = Child::start(
      {{plan_.program, "torture-disk", "--state", plan_.folder, "--converter", plan_.converter, "--mix", kOnFullDisk,
        "--seed", std::to_string(plan_.seed + report_.messages), "--messages", std::to_string(messages), "--jobs",
        std::to_string(plan_.jobs), "--timeout", std::to_string(plan_.timeout)},
       answer,
       errors,
       0});
  if (!child) return std::unexpected(child.error());
  while (!child->wait(kSlice))
    if (plan_.is_stopped()) return interrupted();
  take_orphans(before);
  std::ifstream file(answer);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  MAPIGUARD_TRY(take_disk_answer(text, describe_status(child->wait(0).value_or(0)) + " " + tail_of(errors)));
  plan_.hooks.say("full disk: " + std::to_string(messages) + " messages in " + in_digits(seconds() - began) + " s");
  for (const char* part : {"/disk", "/disk-mails", "/disk-orders"}) std::filesystem::remove_all(plan_.folder + part);
  return {};
}

Result<void> Torture::take_disk_answer(const std::string& text, const std::string& trouble) {
  const auto answer = nlohmann::json::parse(text, nullptr, false);
  if (!answer.is_object()) return fail(ErrorCode::internal, "the part with the full disk gave no answer: " + trouble);
  if (answer.contains("error"))
    return fail(ErrorCode::internal, "the part with the full disk: " + answer.value("error", ""));
  for (const auto& row : answer.value("rows", nlohmann::json::array())) merge(report_.rows, row_of(row));
  disk_figures_ = answer.value("figures", nlohmann::json::object()).dump();
  return {};
}

Result<void> Torture::finish() {
  for (const auto& way : ways_) way->close();
  std::vector<Row> rows;
  for (const auto& way : ways_) {
    MAPIGUARD_TRY(way->finish());
    for (const Row& row : way->findings().rows()) rows.push_back(row);
    report_.figures.push_back(way->figures().json(way->findings().way()));
  }
  if (!disk_figures_.empty()) report_.figures.push_back(disk_figures_);
  report_.rows.insert(report_.rows.begin(), rows.begin(), rows.end());
  report_.seconds = seconds();
  return {};
}

Result<TortureReport> Torture::run() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // whatever outlives its supervisor comes to us, and is found
  MAPIGUARD_TRY(look_at_sandbox());
  choose_ways();
  while (report_.messages < plan_.messages &&
         (report_.rounds == 0 || plan_.seconds == 0 || seconds() < plan_.seconds)) {
    const std::size_t count = std::min(plan_.in_a_round, plan_.messages - report_.messages);
    MAPIGUARD_TRY(round(count));
    report_.messages += count;
    ++report_.rounds;
  }
  MAPIGUARD_TRY(finish());
  return std::move(report_);
}

}  // namespace

bool TortureReport::is_kept() const {
  return std::ranges::none_of(rows, [](const Row& row) { return row.result == "broken"; });
}

std::string TortureReport::json(const Plan& plan) const {
  std::vector<std::string> lines;
  for (const Row& row : rows) lines.push_back(json_of(row));
  return JsonObject()
      .flag("ok", is_kept())
      .text("profile", plan.profile)
      .text("version", kVersion)
      .text("build", kBuildId)
      .raw("host", host_json())
      .raw("sandbox", layers_json(sandbox))
      .raw("command_sandbox", layers_json(command_sandbox))
      .raw("mix", plan.mix.json())
      .number("seed", plan.seed)
      .number("jobs", plan.jobs)
      .number("timeout", plan.timeout)
      .number("messages", messages)
      .number("rounds", rounds)
      .raw("seconds", in_digits(seconds))
      .raw("rows", joined(lines))
      .raw("figures", joined(figures))
      .str();
}

Result<TortureReport> run(const Plan& plan) {
  try {
    prepare_converter();
    return Torture(plan).run();
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(ErrorCode::io, error.what());
  }
}

}  // namespace mapiguard::torture
