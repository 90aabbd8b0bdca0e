#include "tools/mapiguard/report.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "tools/mapiguard/poison_print.h"
#include "tools/mapiguard/printer.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostPath = 16'384;           // a path names a file only while it is whole
constexpr std::size_t kMostStderrTail = 4 * 4'096;  // 4 KiB, each byte as \xNN

std::string path_json(const std::string& path) {
  return path.empty() ? "null" : json_quoted(displayable(path, kMostPath));
}

std::string milliseconds_json(double milliseconds) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3f", std::clamp(milliseconds, 0.0, 1e15));
  return text;
}

std::string defects_json(const Report& report) {
  std::vector<std::string> elements;
  for (const Defect& defect : report.defects)
    elements.push_back(JsonObject()
                           .text("severity", name_of(defect.severity))
                           .text("where", displayable(defect.where))
                           .text("what", displayable(defect.what))
                           .str());
  return json_list(elements);
}

std::string error_json(const std::optional<Error>& error) {
  if (!error) return "null";
  return JsonObject()
      .text("message", displayable(error->message, kMostPath))
      .text_or_null("hint", displayable(error->hint))
      .str();
}

const Defect* first_loss(const Report& report) {
  const auto loss = std::find_if(report.defects.begin(), report.defects.end(),
                                 [](const Defect& d) { return d.severity == Severity::loss; });
  return loss == report.defects.end() ? nullptr : &*loss;
}

}  // namespace

std::size_t InputResult::losses() const {
  const auto& defects = conversion.report.defects;
  return static_cast<std::size_t>(
      std::count_if(defects.begin(), defects.end(), [](const Defect& d) { return d.severity == Severity::loss; }));
}

int exit_of(const InputResult& result, bool strict) {
  const int code = result.conversion.exit_code();
  return code == 0 && strict && result.losses() > 0 ? exit_code_of(ErrorCode::not_a_message) : code;
}

std::string report_line(const InputResult& result) {
  const Conversion& conversion = result.conversion;
  JsonObject object;
  object.raw("input", json_quoted(displayable(result.input, kMostPath)))
      .text("outcome", name_of(conversion.outcome))
      .number("exit", result.exit)
      .text_or_null("message_id",
                    displayable(result.message_id.empty() ? conversion.report.message_id : result.message_id))
      .text_or_null("sha256", conversion.sha256)
      .raw("output", path_json(result.output))
      .number("bytes_in", conversion.bytes_in)
      .number("bytes_out", conversion.bytes_out)
      .raw("milliseconds", milliseconds_json(conversion.milliseconds))
      .number("crashes", conversion.crashes)
      .raw("verdict", verdict_json(conversion.verdict))
      .raw("defects", defects_json(conversion.report))
      .raw("error", error_json(conversion.error));
  if (conversion.report.defects_dropped > 0) object.number("defects_dropped", conversion.report.defects_dropped);
  if (!conversion.stderr_tail.empty()) object.text("stderr", displayable(conversion.stderr_tail, kMostStderrTail));
  return object.str();
}

namespace {

// " (crashed, signal 11; 2 charges so far)"
std::string verdict_in_words(const Conversion& conversion) {
  if (!conversion.verdict) return "";
  const Verdict& verdict = *conversion.verdict;
  std::string out = " (" + std::string(name_of(verdict.death));
  if (verdict.signal) out += ", signal " + std::to_string(*verdict.signal);
  const std::string charges = std::to_string(conversion.crashes) + (conversion.crashes == 1 ? " charge" : " charges");
  return out + "; " + (verdict.charged ? charges + " so far" : "not charged") + ")";
}

}  // namespace

std::optional<Error> complaint_about(const InputResult& result) {
  const auto& error = result.conversion.error;
  if (error) {
    // A sentence that names the file already needs no name before it.
    const bool names_it = error->message.find("'" + result.input + "'") != std::string::npos;
    return Error{error->code,
                 (names_it ? "" : result.input + ": ") + error->message + verdict_in_words(result.conversion), error->hint};
  }
  const Defect* loss = first_loss(result.conversion.report);
  if (!loss) return std::nullopt;
  const std::size_t more = result.losses() - 1;
  const std::string where = loss->where.empty() ? "" : loss->where + ": ";
  return Error{ErrorCode::not_a_message,
               result.input + ": not all of it is in the output: " + displayable(where + loss->what) +
                   (more ? " (and " + std::to_string(more) + " more)" : ""),
               ""};
}

}  // namespace mapiguard
