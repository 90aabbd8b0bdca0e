#include "base/json_text.h"
#include "tools/analyzer/finding.h"

namespace mapiguard {

std::string report_as_json(const Analysis& analysis) {
  std::string out = "[";
  for (const Finding& finding : analysis.findings) {
    JsonObject object;
    object.text("rule", finding.rule)
        .text("category", name_of(finding.category))
        .text("setting", finding.setting)
        .raw("value", finding.value)
        .text("title", finding.title)
        .text("explanation", finding.explanation)
        .array("fix", finding.fix);
    if (analysis.since) object.text("change", name_of(finding.change));
    if (finding.change == Change::changed) object.raw("before", finding.value_before);
    out += (out.size() > 1 ? ",\n " : "\n ") + object.str();
  }
  return out + (analysis.findings.empty() ? "]" : "\n]");
}

}  // namespace mapiguard
