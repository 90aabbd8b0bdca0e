#include "converter/mime/summary.h"

#include <algorithm>

#include "base/text.h"

namespace mapiguard {
namespace {

struct Label {
  std::string_view name, text;
};
// In the order of the summary. Names of vCard (RFC 2426, 6350) and of iCalendar (RFC 5545).
constexpr Label kLabels[] = {
    {"FN", "Name"},
    {"NICKNAME", "Nickname"},
    {"ORG", "Company"},
    {"TITLE", "Job title"},
    {"ROLE", "Profession"},
    {"EMAIL", "E-mail"},
    {"TEL", "Phone"},
    {"ADR", "Address"},
    {"URL", "Web page"},
    {"BDAY", "Birthday"},
    {"MEMBER", "Member"},
    {"DTSTART", "When"},
    {"DTEND", "Until"},
    {"DUE", "Due"},
    {"RRULE", "Repeats"},
    {"LOCATION", "Where"},
    {"STATUS", "Status"},
    {"PERCENT-COMPLETE", "Complete (%)"},
    {"ORGANIZER", "Organizer"},
    {"ATTENDEE", "Attendee"},
};

struct Line {
  std::string_view name, parameters, value;
};

std::string unfolded_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 3) == "\r\n ")
      i += 2;
    else
      out += text[i];
  }
  return out;
}

// The colon that ends the parameters: not one inside quotes.
Line parse_line(std::string_view line) {
  bool quoted = false;
  std::size_t colon = 0;
  while (colon < line.size() && (quoted || line[colon] != ':')) quoted ^= line[colon++] == '"';
  const std::string_view head = line.substr(0, colon);
  const std::size_t name_end = std::min(head.find(';'), head.size());
  return {head.substr(0, name_end), head.substr(name_end), line.substr(std::min(colon + 1, line.size()))};
}

std::string parameter(std::string_view parameters, std::string_view name) {
  const std::string key = ";" + std::string(name) + "=";
  const std::size_t at = parameters.find(key);
  if (at == parameters.npos) return {};
  std::string_view value = parameters.substr(at + key.size());
  if (value.starts_with('"')) return std::string(value.substr(1, value.find('"', 1) - 1));
  return std::string(value.substr(0, value.find(';')));
}

std::string unescaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool is_escape = value[i] == '\\' && i + 1 < value.size();
    if (is_escape) ++i;
    out += is_escape && (value[i] == 'n' || value[i] == 'N') ? ' ' : value[i];
  }
  return out;
}

// "City;;12345" of a structured value: what is there, with commas between.
std::string joined_fields(std::string_view value) {
  std::string out, field;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const bool ends = i == value.size() || (value[i] == ';' && (i == 0 || value[i - 1] != '\\'));
    if (!ends) {
      field += value[i];
      continue;
    }
    if (const std::string text = unescaped(field); !trim(text).empty()) out += (out.empty() ? "" : ", ") + text;
    field.clear();
  }
  return out;
}

// 20240301T090000Z → 2024-03-01 09:00 UTC.
std::string readable_time(const Line& line) {
  constexpr std::size_t kDay = 8, kMinutes = 13;
  const std::string_view v = line.value;
  if (v.size() < kDay) return std::string(v);
  std::string out = std::string(v.substr(0, 4)).append("-").append(v.substr(4, 2)).append("-").append(v.substr(6, 2));
  if (v.size() < kMinutes) return out;
  out.append(" ").append(v.substr(9, 2)).append(":").append(v.substr(11, 2));
  const std::string zone = parameter(line.parameters, "TZID");
  return zone.empty() ? out + (v.back() == 'Z' ? " UTC" : "") : out + " (" + zone + ")";
}

std::string frequency(std::string_view rule) {
  constexpr std::string_view kKey = "FREQ=";
  if (!rule.starts_with(kKey)) return std::string(rule);
  return ascii_lower(rule.substr(kKey.size(), rule.find(';') - kKey.size()));
}

std::string person(const Line& line) {
  constexpr std::string_view kScheme = "mailto:";
  std::string_view address = line.value;
  if (starts_with_ignoring_case(address, kScheme)) address.remove_prefix(kScheme.size());
  std::string name = parameter(line.parameters, "CN");
  if (name.empty()) name = parameter(line.parameters, "X-CN");
  return name.empty() ? std::string(address) : name + " <" + std::string(address) + ">";
}

std::string readable(const Line& line) {
  for (const std::string_view name : {"DTSTART", "DTEND", "DUE"})
    if (line.name == name) return readable_time(line);
  for (const std::string_view name : {"ORGANIZER", "ATTENDEE", "MEMBER"})
    if (line.name == name) return person(line);
  if (line.name == "RRULE") return frequency(line.value);
  if (line.name == "STATUS") return ascii_lower(line.value);
  if (line.name == "ORG" || line.name == "ADR") return joined_fields(line.value);
  return unescaped(line.value);
}

// "Phone (home, fax)".
std::string shown_label(const Label& label, const Line& line) {
  std::string types;
  constexpr std::string_view kKey = ";TYPE=";
  for (std::size_t at = line.parameters.find(kKey); at != line.parameters.npos;
       at = line.parameters.find(kKey, at + kKey.size())) {
    const std::string_view rest = line.parameters.substr(at + kKey.size());
    const std::string type = ascii_lower(rest.substr(0, rest.find(';')));
    if (type != "voice" && type != "internet") types += (types.empty() ? "" : ", ") + type;
  }
  return types.empty() ? std::string(label.text) : std::string(label.text) + " (" + types + ")";
}

bool is_blank_text(const Part& part) { return trim(part.text).empty(); }

bool is_plain(const Part& part) {
  return !part.headers.empty() && part.headers.front().value.starts_with("text/plain");
}
bool is_html(const Part& part) { return !part.headers.empty() && part.headers.front().value.starts_with("text/html"); }

}  // namespace

std::string summary_of_lines(std::string_view content_lines) {
  const std::string text = unfolded_lines(content_lines);
  std::vector<Line> lines;
  std::string_view zone_or_occurrence;  // what the times of these say is not about the whole
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    const Line line = parse_line(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 2));
    if (line.name == "BEGIN" && (line.value == "VTIMEZONE" || line.value == "VALARM")) zone_or_occurrence = line.value;
    if (zone_or_occurrence.empty()) lines.push_back(line);
    if (line.name == "END" && line.value == zone_or_occurrence) zone_or_occurrence = {};
    if (line.name == "END" && line.value == "VEVENT") break;  // the exceptions of a series follow
  }
  std::string out;
  for (const Label& label : kLabels)
    for (const Line& line : lines)
      if (line.name == label.name)
        if (const std::string value = readable(line); !trim(value).empty())
          out += shown_label(label, line) + ": " + value + "\r\n";
  return out;
}

void add_summary(std::string_view content_lines, Content& content) {
  auto& alternatives = content.alternatives;
  if (std::any_of(alternatives.begin(), alternatives.end(), is_html)) return;
  const auto plain = std::find_if(alternatives.begin(), alternatives.end(), is_plain);
  if (plain != alternatives.end() && !is_blank_text(*plain)) return;
  const std::string summary = summary_of_lines(content_lines);
  if (summary.empty()) return;
  if (plain != alternatives.end()) alternatives.erase(plain);
  alternatives.insert(alternatives.begin(), text_part("text/plain", summary));
}

}  // namespace mapiguard
