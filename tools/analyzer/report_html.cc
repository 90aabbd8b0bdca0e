// The report as one page that loads nothing. What it shows comes from files of strangers, so every text goes through
// escaped(), and the page forbids itself to load anything (Content-Security-Policy).
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include <mapiguard/version.h>
#include "base/text.h"
#include "tools/analyzer/finding.h"
#include "tools/analyzer/report_style.h"

namespace mapiguard {
namespace {

struct Section {
  Category category;
  std::string_view heading, one, many;
};
constexpr std::array<Section, kCategories> kSections = {{
    {Category::error, "Critical issues", "error", "errors"},
    {Category::warning, "Warnings", "warning", "warnings"},
    {Category::non_default, "Non-default configuration", "non-default", "non-default"},
    {Category::best_practice, "Best practices", "best practice", "best practices"},
    {Category::information, "Information", "information", "information"},
}};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : displayable(text, 8192)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

// Paths in it may be broken behind their backslashes.
std::string breakable(std::string_view text) {
  std::string out;
  for (const char c : escaped(text)) {
    out += c;
    if (c == '\\') out += "<wbr>";
  }
  return out;
}

std::string tag(std::string_view kind, std::string_view text) {
  return "<span class=\"tag" + (kind.empty() ? "" : " " + std::string(kind)) + "\">" + escaped(text) + "</span>";
}

std::string tags_of(const Finding& finding, const Section& section) {
  std::string out = "<div class=\"tags\">" + tag("", section.one);
  if (!finding.server.empty()) out += tag("plain", finding.server) + tag("plain", finding.database);
  if (finding.change == Change::fresh) out += tag("change", "recent change: new");
  if (finding.change == Change::changed)
    out += tag("change", "recent change: was " + value_in_words(finding.value_before));
  if (finding.change == Change::gone) out += tag("change", "recent change: gone");
  return out + tag("plain", finding.rule) + "</div>";
}

std::string article_of(const Finding& finding, const Section& section) {
  const std::string kind(name_of(finding.category));
  std::string out = "<article class=\"" + kind + "\" data-category=\"" + kind + "\" data-server=\"" +
                    escaped(finding.server) + "\" data-change=\"" + std::string(name_of(finding.change)) + "\">\n" +
                    tags_of(finding, section) + "<h3>" + escaped(finding.title) + "</h3>\n";
  out += "<dl><dt>Read</dt><dd><code>" + breakable(finding.setting) + "</code></dd><dt>Value</dt><dd><code>" +
         escaped(value_in_words(finding.value)) + "</code></dd></dl>\n<div class=\"body\">\n";
  out += "<div><h4>Why it matters</h4>\n<p>" + breakable(finding.explanation) + "</p></div>\n";
  if (finding.fix.empty()) return out + "</div>\n</article>\n";
  out += "<div><h4>How to correct it</h4>\n<ol>\n";
  for (const std::string& step : finding.fix) out += "<li>" + breakable(step) + "</li>\n";
  return out + "</ol></div>\n</div>\n</article>\n";
}

std::string section_of(const Analysis& analysis, const Section& section) {
  if (count_of(analysis, section.category) == 0) return {};
  std::string out = "<section data-category=\"" + std::string(name_of(section.category)) + "\">\n<h2>" +
                    std::string(section.heading) + " <small>" + std::to_string(count_of(analysis, section.category)) +
                    "</small></h2>\n";
  for (const Finding& finding : analysis.findings)
    if (finding.category == section.category && finding.change != Change::gone) out += article_of(finding, section);
  return out + "</section>\n";
}

std::string section_of_what_is_gone(const Analysis& analysis) {
  std::string out;
  for (const Section& section : kSections)
    for (const Finding& finding : analysis.findings)
      if (finding.change == Change::gone && finding.category == section.category) out += article_of(finding, section);
  return out.empty()
             ? out
             : "<section data-category=\"gone\">\n<h2>Gone since the earlier report</h2>\n" + out + "</section>\n";
}

std::string counts(const Analysis& analysis) {
  std::string out = "<ul class=\"counts\">\n";
  for (const Section& section : kSections) {
    const std::size_t count = count_of(analysis, section.category);
    out += "<li class=\"" + std::string(name_of(section.category)) + (count ? "" : " none") + "\"><b>" +
           std::to_string(count) + "</b><span>" + std::string(count == 1 ? section.one : section.many) +
           "</span></li>\n";
  }
  return out + "</ul>\n";
}

std::string server_choice(const Analysis& analysis) {
  std::set<std::string> servers;
  for (const Finding& finding : analysis.findings) servers.insert(finding.server);
  if (servers.size() < 2) return {};
  std::string out = "<label class=\"server\">Server <select><option value=\"\">all</option>";
  for (const std::string& server : servers)
    out +=
        "<option value=\"=" + escaped(server) + "\">" + (server.empty() ? "this host" : escaped(server)) + "</option>";
  return out + "</select></label>\n";
}

std::string filters(const Analysis& analysis) {
  if (analysis.findings.empty()) return {};
  std::string out = "<form class=\"filters\" aria-label=\"Show\" hidden>\n";
  for (const Section& section : kSections)
    if (count_of(analysis, section.category) > 0)
      out += "<label class=\"" + std::string(name_of(section.category)) +
             "\"><input type=\"checkbox\" checked value=\"" + std::string(name_of(section.category)) + "\">" +
             std::string(section.many) + "</label>\n";
  if (analysis.since)
    out += "<label class=\"recent\"><input type=\"checkbox\" class=\"only\">recent changes only</label>\n";
  return out + server_choice(analysis) +
         "</form>\n<p class=\"well\" id=\"nothing\" hidden>Nothing fits what is chosen above.</p>\n";
}

std::string head(const Analysis& analysis) {
  std::string out = "<h1>Configuration report</h1>\n<p class=\"about\"><strong>" + escaped(analysis.source) +
                    "</strong><br>" + escaped(analysis.time);
  if (analysis.since) out += ", compared with " + escaped(*analysis.since);
  out += "</p>\n" + counts(analysis);
  if (analysis.databases.empty()) return out;
  const std::string number = std::to_string(analysis.databases.size()) +
                             (analysis.databases.size() == 1 ? " database was read" : " databases were read");
  out += "<details class=\"read\"><summary>" + number + "</summary><ul>";
  for (const std::string& database : analysis.databases) out += "<li><code>" + breakable(database) + "</code></li>";
  return out + "</ul></details>\n";
}

}  // namespace

std::string report_as_html(const Analysis& analysis) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
      "<title>Configuration report: " +
      escaped(analysis.source) + "</title>\n<style>" + std::string(kReportStyle) +
      "</style>\n</head>\n<body>\n<main>\n";
  out += head(analysis) + filters(analysis);
  for (const Section& section : kSections) out += section_of(analysis, section);
  out += section_of_what_is_gone(analysis);
  if (count_of(analysis, Category::error) + count_of(analysis, Category::warning) == 0)
    out += "<p class=\"well\">There are no errors and no warnings.</p>\n";
  out += "<footer>mapiguard " + escaped(kVersion) + " &middot; mapiguard analyze</footer>\n</main>\n<script>" +
         std::string(kReportScript) + "</script>\n</body>\n</html>\n";
  return out;
}

}  // namespace mapiguard
