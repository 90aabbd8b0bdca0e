#include "tools/torture/convert_call.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace mapiguard::torture {
namespace {

constexpr std::size_t kTail = 300;

std::string in_quotes(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class Number>
Number number_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<Number>() : Number{};
}

}  // namespace

Result<Child> ConvertCall::start(const Plan& plan) const {
  Child::Setting setting;
  setting.argv = {plan.program,
                  "convert",
                  "--no-progress",
                  "--state",
                  state,
                  "--jobs",
                  std::to_string(plan.jobs),
                  "--isolation",
                  isolation,
                  "--timeout",
                  std::to_string(plan.timeout),
                  "--memory",
                  std::to_string(kMemoryMib),
                  "--output-limit",
                  std::to_string(kOutputMib),
                  "--output",
                  output};
  const auto add = [&](std::initializer_list<std::string> words) { setting.argv.insert(setting.argv.end(), words); };
  if (!report.empty()) add({"--report", report});
  if (commanded) add({"--converter", in_quotes(plan.converter) + " torture-converter"});
  if (envelope) {
    add({"--message-id", envelope->message_id, "--sender", envelope->sender});
    for (const std::string& recipient : envelope->recipients) add({"--recipient", recipient});
  }
  add({"--", input});
  setting.errors = errors;
  setting.file_limit = file_limit;
  return Child::start(setting);
}

std::vector<ReportLine> read_report(const std::string& path) {
  std::vector<ReportLine> lines;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    const auto object = nlohmann::json::parse(text, nullptr, false);
    if (!object.is_object()) continue;
    ReportLine line;
    const std::string input = text_of(object, "input");
    line.name = input.substr(input.rfind('/') + 1);
    line.sha256 = text_of(object, "sha256");
    line.outcome = text_of(object, "outcome");
    line.exit = number_of<int>(object, "exit");
    line.crashes = number_of<unsigned>(object, "crashes");
    line.milliseconds = number_of<double>(object, "milliseconds");
    if (const auto verdict = object.find("verdict"); verdict != object.end() && verdict->is_object())
      line.death = text_of(*verdict, "class");
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string tail_of(const std::string& path) {
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  text = text.substr(text.size() - std::min(text.size(), kTail));
  return displayable(trim(text));
}

}  // namespace mapiguard::torture
