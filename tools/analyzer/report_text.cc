// The report for a terminal, under the headings of the original tool.
#include <array>
#include <string>

#include "tools/analyzer/finding.h"

namespace mapiguard {
namespace {

constexpr std::size_t kWidth = 100;

struct Section {
  Category category;
  std::string_view heading;
};
constexpr std::array<Section, kCategories> kSections = {{
    {Category::error, "Critical Issues"},
    {Category::warning, "Full Issues: Warnings"},
    {Category::non_default, "Full Issues: Non-default Configuration"},
    {Category::best_practice, "Best Practices"},
    {Category::information, "Information"},
}};

// Columns that UTF-8 text takes on a terminal, near enough: one a character.
std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return columns;
}

std::string wrapped(std::string_view text, std::string_view first, std::string_view next) {
  std::string out, line(first);
  bool has_word = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (has_word && columns_of(line) + 1 + columns_of(word) > kWidth) {
      out += line + "\n";
      line = next;
      has_word = false;
    }
    line += (has_word ? " " : "") + std::string(word);
    has_word = true;
  }
  return out + line + "\n";
}

std::string mark_of(const Finding& finding) {
  switch (finding.change) {
    case Change::fresh: return "  (recent change: new)";
    case Change::changed: return "  (recent change: was " + value_in_words(finding.value_before) + ")";
    case Change::gone: return "  (recent change: gone)";
    case Change::none: return "";
  }
  return "";
}

std::string text_of(const Finding& finding) {
  std::string text = wrapped(finding.title + mark_of(finding), "* ", "  ");
  text += "  read:   " + finding.setting + "\n";
  text += wrapped(value_in_words(finding.value), "  value:  ", "          ");
  text += wrapped(finding.explanation, "  why:    ", "          ");
  for (std::size_t i = 0; i < finding.fix.size(); ++i) {
    const std::string number = std::to_string(i + 1) + ". ";
    const std::string indent = "          " + std::string(number.size(), ' ');
    text += wrapped(finding.fix[i], (i == 0 ? "  fix:    " : "          ") + number, indent);
  }
  return text + "\n";
}

std::string summary(const Analysis& analysis) {
  std::string text = "Analyzed " + analysis.source + " (" + analysis.time + ")\n";
  for (const std::string& database : analysis.databases) text += "  " + database + "\n";
  text += "\n";
  for (const Section& section : kSections) {
    const std::size_t count = count_of(analysis, section.category);
    text += (section.category == Category::error ? "" : ", ") + std::to_string(count) + " " +
            std::string(name_of(section.category));
  }
  return text + "\n\n";
}

std::string recent_changes(const Analysis& analysis) {
  std::string text = "Recent Changes, since " + *analysis.since + "\n\n";
  std::size_t count = 0;
  for (const Finding& finding : analysis.findings) {
    if (finding.change == Change::none) continue;
    ++count;
    text += wrapped(finding.title + mark_of(finding), "* ", "  ") + "  read:   " + finding.setting + "\n";
  }
  return text + (count == 0 ? "None.\n\n" : "\n");
}

}  // namespace

std::string report_as_text(const Analysis& analysis) {
  std::string text = summary(analysis);
  for (const Section& section : kSections) {
    if (count_of(analysis, section.category) == 0) continue;
    text += std::string(section.heading) + "\n" + std::string(section.heading.size(), '=') + "\n\n";
    for (const Finding& finding : analysis.findings)
      if (finding.category == section.category && finding.change != Change::gone) text += text_of(finding);
  }
  if (analysis.since) text += recent_changes(analysis);
  if (exit_code_of(analysis) == 0) text += "No errors and no warnings.\n";
  return text;
}

}  // namespace mapiguard
