#include "converter/body/html_writer.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::string_view kNonBreakingSpace = "\xC2\xA0";
constexpr unsigned kDeepestList = 8;

std::string_view reference_of(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    default: return {};
  }
}

struct Marker {
  enum class Kind : std::uint8_t { none, bullet, number, words } kind = Kind::none;
  std::string_view text;  // the digits of a number
};

// "•" or "o" is a bullet, "12." or "12)" a number; anything else ("a)", "1.2") is kept as text.
Marker read_marker(std::string_view marker) {
  std::string_view text = trim(marker);
  while (text.starts_with(kNonBreakingSpace)) text.remove_prefix(2);
  while (text.ends_with(kNonBreakingSpace)) text.remove_suffix(2);
  if (text.empty()) return {};
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_letter = [](char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; };
  const bool plain = std::none_of(text.begin(), text.end(), [&](char c) { return is_digit(c) || is_letter(c); });
  if (text == "o" || (plain && text.size() <= 4)) return {Marker::Kind::bullet, {}};
  const std::string_view digits = text.substr(0, text.size() - 1);
  const bool ends = text.back() == '.' || text.back() == ')';
  if (ends && !digits.empty() && digits.size() <= 6 && std::all_of(digits.begin(), digits.end(), is_digit))
    return {Marker::Kind::number, digits};
  return {Marker::Kind::words, text};
}

}  // namespace

void append_html_escaped(std::string& out, std::string_view utf8) {
  while (!utf8.empty()) {
    const std::size_t plain = std::min(utf8.find_first_of("&<>\""), utf8.size());
    out += utf8.substr(0, plain);
    if (plain == utf8.size()) return;
    out += reference_of(utf8[plain]);
    utf8.remove_prefix(plain + 1);
  }
}

void HtmlWriter::begin_block(const HtmlBlock& block) {
  if (block_open_) return;
  block_open_ = true;
  after_space_ = true;
  const std::string whole = std::exchange(marker_, {});
  const Marker marker = read_marker(whole);
  if (block.in_table) {
    close_lists(0);
    open_cell();
  } else {
    close_table();
    if (marker.kind == Marker::Kind::bullet || marker.kind == Marker::Kind::number)
      return open_item(marker.kind == Marker::Kind::number, marker.text, std::min(block.list_level, kDeepestList));
    close_lists(0);
    raw(block.style.empty() ? "<p>" : "<p style=\"" + block.style + "\">");
    paragraph_open_ = true;
  }
  if (marker.kind == Marker::Kind::none) return;
  text(trim(whole));
  raw("&nbsp; ");
}

void HtmlWriter::end_block() {
  end_run();
  if (paragraph_open_) raw("</p>\r\n");
  paragraph_open_ = false;
  block_open_ = false;
  marker_.clear();
}

void HtmlWriter::open_cell() {
  if (!table_open_)
    raw("<table border=\"1\" cellspacing=\"0\" cellpadding=\"4\" style=\"border-collapse:collapse\">\r\n");
  if (!row_open_) raw("<tr>");
  if (!cell_open_) raw("<td valign=\"top\">");
  if (cell_open_ && cell_has_text_) line_break();
  table_open_ = row_open_ = cell_open_ = cell_has_text_ = true;
}

// Outside a table the word is a column of a kind.
void HtmlWriter::end_cell(const HtmlBlock& block) {
  if (!block.in_table && !cell_open_) return tab();
  if (!cell_open_) begin_block(block);
  end_block();
  raw("</td>");
  cell_open_ = cell_has_text_ = false;
}

void HtmlWriter::end_row() {
  end_block();
  if (cell_open_) raw("</td>");
  if (row_open_) raw("</tr>\r\n");
  row_open_ = cell_open_ = cell_has_text_ = false;
}

void HtmlWriter::close_table() {
  if (!table_open_) return;
  if (cell_open_) raw("</td>");
  if (row_open_) raw("</tr>");
  raw("</table>\r\n");
  table_open_ = row_open_ = cell_open_ = cell_has_text_ = false;
}

void HtmlWriter::open_item(bool ordered, std::string_view number, unsigned level) {
  close_lists(level + 1);
  if (lists_.size() == level + 1 && lists_.back().ordered != ordered) close_list();
  while (lists_.size() < level + 1) {
    raw(ordered ? "<ol>" : "<ul>");
    lists_.push_back({ordered, false});
  }
  if (lists_.back().item_open) raw("</li>\r\n");
  raw(number.empty() ? "<li>" : "<li value=\"" + std::string(number) + "\">");
  lists_.back().item_open = true;
}

void HtmlWriter::close_list() {
  if (lists_.back().item_open) raw("</li>");
  raw(lists_.back().ordered ? "</ol>\r\n" : "</ul>\r\n");
  lists_.pop_back();
}

void HtmlWriter::close_lists(std::size_t down_to) {
  while (lists_.size() > down_to) close_list();
}

void HtmlWriter::begin_run(const HtmlRun& run) {
  end_run();
  if (out_.size() > most_) return;
  if (!run.link.empty()) {
    raw("<a href=\"");
    append_html_escaped(out_, run.link);
    raw("\">");
    closers_.emplace_back("</a>");
  }
  if (!run.style.empty()) {
    raw("<span style=\"" + run.style + "\">");
    closers_.emplace_back("</span>");
  }
  for (const std::string_view tag : run.tags) {
    raw("<" + std::string(tag) + ">");
    closers_.emplace_back("</" + std::string(tag) + ">");
  }
}

void HtmlWriter::end_run() {
  while (!closers_.empty()) {
    raw(closers_.back());
    closers_.pop_back();
  }
}

// A second blank in a row, and one at the head of a paragraph, would be lost in HTML.
void HtmlWriter::text(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size();) {
    const auto is_special = [](char c) {
      return static_cast<unsigned char>(c) <= ' ' || c == '&' || c == '<' || c == '>' || c == '"' || c == 0x7F;
    };
    std::size_t end = i;
    while (end < utf8.size() && !is_special(utf8[end])) ++end;
    if (end > i) after_space_ = false;
    raw(utf8.substr(i, end - i));
    if (end == utf8.size()) return;
    const char c = utf8[end];
    if (c == ' ')
      raw(after_space_ ? "&nbsp;" : " ");
    else if (c == '\t')
      tab();
    else
      raw(reference_of(c));  // other controls have no place in HTML
    after_space_ = c == ' ' && !after_space_;
    i = end + 1;
  }
}

void HtmlWriter::picture(std::string_view content_id, int width, int height) {
  raw("<img src=\"cid:");
  raw(content_id);
  raw("\"");
  if (width > 0) raw(" width=\"" + std::to_string(width) + "\"");
  if (height > 0) raw(" height=\"" + std::to_string(height) + "\"");
  raw(" alt=\"\">");
  after_space_ = false;
}

std::string HtmlWriter::finish(std::string_view body_style) {
  end_block();
  close_table();
  close_lists(0);
  std::string html =
      "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head>\r\n<body style=\"";
  html += body_style;
  html += "\">\r\n";
  html += out_;
  html += "</body></html>\r\n";
  return html;
}

}  // namespace mapiguard
