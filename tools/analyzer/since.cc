#include "tools/analyzer/since.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/text.h"

namespace mapiguard {
namespace {

using nlohmann::json;

std::unexpected<Error> no_report(std::string why) {
  return fail(ErrorCode::not_a_message, "the earlier report " + std::move(why),
              "--since takes what `mapiguard analyze --json` printed");
}

std::optional<std::string> text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return displayable(found->get_ref<const std::string&>(), 4096);
}

// A value as our own reports write it, whatever stood there.
std::string value_in(const json& object) {
  const auto found = object.find("value");
  if (found == object.end() || found->is_null()) return "null";
  if (found->is_number_unsigned()) return std::to_string(found->get<std::uint64_t>());
  if (found->is_string()) return json_quoted(displayable(found->get_ref<const std::string&>()));
  if (!found->is_array()) return json_quoted("something else");
  std::vector<std::string> texts;
  for (const json& each : *found)
    texts.push_back(each.is_string() ? displayable(each.get_ref<const std::string&>()) : "?");
  return json_array(texts);
}

std::optional<Category> category_named(std::string_view name) {
  for (std::size_t i = 0; i < kCategories; ++i)
    if (name_of(static_cast<Category>(i)) == name) return static_cast<Category>(i);
  return std::nullopt;
}

std::optional<Finding> finding_in(const json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto rule = text_in(object, "rule"), setting = text_in(object, "setting");
  const auto category = category_named(text_in(object, "category").value_or(""));
  if (!rule || !setting || !category) return std::nullopt;
  Finding finding;
  finding.rule = *rule;
  finding.setting = *setting;
  finding.category = *category;
  finding.value = value_in(object);
  finding.title = text_in(object, "title").value_or(*rule);
  finding.explanation = text_in(object, "explanation").value_or("");
  finding.change = text_in(object, "change") == name_of(Change::gone) ? Change::gone : Change::none;
  return finding;
}

std::string name_of(const Finding& finding) { return finding.rule + '\n' + finding.setting; }

void compare(Finding& finding, const Finding& before) {
  if (before.value == finding.value) return;
  finding.change = Change::changed;
  finding.value_before = before.value;
}

}  // namespace

Result<void> compare_with(Analysis& analysis, std::string_view earlier_report) {
  const json report = json::parse(earlier_report, nullptr, false);
  if (!report.is_array()) return no_report("is no array of findings");
  std::vector<Finding> earlier;
  for (const json& object : report) {
    auto finding = finding_in(object);
    if (!finding) return no_report("has an element " + std::to_string(earlier.size() + 1) + " that is no finding");
    earlier.push_back(std::move(*finding));
  }
  std::erase_if(earlier, [](const Finding& finding) { return finding.change == Change::gone; });
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < earlier.size(); ++i) places.emplace(name_of(earlier[i]), i);
  std::vector<bool> is_there(earlier.size());
  for (Finding& finding : analysis.findings) {
    const auto before = places.find(name_of(finding));
    if (before == places.end()) {
      finding.change = Change::fresh;
      continue;
    }
    compare(finding, earlier[before->second]);
    is_there[before->second] = true;
  }
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    if (is_there[i]) continue;
    earlier[i].change = Change::gone;
    analysis.findings.push_back(std::move(earlier[i]));
  }
  return {};
}

}  // namespace mapiguard
