// Readable plain text of HTML, in one pass.
#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "converter/body/html_entities.h"
#include "converter/body/html_tags.h"
#include "converter/body/rtf.h"

namespace mapiguard {
namespace {

constexpr std::size_t kBytesPerStep = 16;
constexpr std::size_t kDeepestList = 16;
constexpr unsigned kDeepestQuote = 8;
constexpr std::size_t kLongestLink = 2'048;
constexpr std::size_t kLongestSought = 256;
constexpr std::string_view kNonBreakingSpace = "\xC2\xA0";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

// Lines of text: blanks collapsed, line ends wanted but not yet written, a prefix for quotations.
class TextLines {
 public:
  void want_break(unsigned lines) {
    if (!out_.empty() && !at_cell_start_) breaks_ = std::max(breaks_, lines);
    blank_ = false;
  }
  void force_break() {  // <br>: each one counts
    breaks_ = out_.empty() ? 0 : breaks_ + 1;
    blank_ = false;
    at_cell_start_ = false;
  }
  void want_blank() { blank_ = true; }
  void set_quote(unsigned depth) { quote_ = depth; }

  void add(std::string_view text) {
    if (text.empty()) return;
    if (breaks_ > 0 || out_.empty())
      start_line();
    else if (blank_ && !out_.ends_with(' ') && !out_.ends_with('\t'))
      out_ += ' ';
    blank_ = false;
    at_cell_start_ = false;
    out_ += text;
  }
  // The paragraphs that cells are made of do not break the row.
  void start_cell(bool is_first) {
    if (!is_first) {
      breaks_ = 0;
      out_ += '\t';
    }
    blank_ = false;
    at_cell_start_ = true;
  }
  void end_cell() { breaks_ = std::min(breaks_, 1u); }
  void start_row() {
    at_cell_start_ = false;
    want_break(1);
  }
  std::size_t size() const { return out_.size(); }
  std::string_view since(std::size_t begin) const {
    return std::string_view(out_).substr(std::min(begin, out_.size()));
  }

  std::string take() {
    trim_line();
    if (!out_.empty()) out_ += '\n';
    return std::move(out_);
  }

 private:
  void trim_line() { out_.erase(out_.find_last_not_of(" \t") + 1); }
  void start_line() {
    if (!out_.empty()) trim_line();
    out_.append(out_.empty() ? 0 : breaks_, '\n');
    breaks_ = 0;
    for (unsigned i = 0; i < quote_; ++i) out_ += "> ";
  }

  std::string out_;
  unsigned breaks_ = 0;
  unsigned quote_ = 0;
  bool blank_ = false;
  bool at_cell_start_ = false;
};

class TextOfHtml {
 public:
  TextOfHtml(std::string_view html, Budget& budget) : html_(html), budget_(budget) {}

  std::string run() {
    while (at_ < html_.size() && budget_.spend(1 + (at_ - counted_) / kBytesPerStep)) {
      counted_ = at_;
      if (html_[at_] == '<')
        markup();
      else
        text();
    }
    return lines_.take();
  }

 private:
  struct List {
    bool ordered;
    unsigned number;
  };

  void text() {
    const std::size_t end = std::min(html_.find('<', at_ + 1), html_.size());
    const std::string_view run = html_.substr(at_, end - at_);
    at_ = end;
    for (std::size_t i = 0; i < run.size();) i = preformatted_ ? word_as_it_is(run, i) : word(run, i);
  }

  // One stretch without blanks and references, or one of those; the place behind it.
  std::size_t word(std::string_view run, std::size_t i) {
    if (is_blank(run[i])) {
      lines_.want_blank();
      while (i < run.size() && is_blank(run[i])) ++i;
      return i;
    }
    if (run[i] == '&') return reference(run, i);
    if (run.substr(i).starts_with(kNonBreakingSpace)) {
      lines_.add(" ");
      return i + kNonBreakingSpace.size();
    }
    std::size_t end = i + 1;
    while (end < run.size() && !is_blank(run[end]) && run[end] != '&' && run[end] != kNonBreakingSpace[0]) ++end;
    lines_.add(run.substr(i, end - i));
    return end;
  }

  std::size_t word_as_it_is(std::string_view run, std::size_t i) {
    if (run[i] == '&') return reference(run, i);
    if (run[i] == '\n') {
      lines_.force_break();
      return i + 1;
    }
    std::size_t end = i + 1;
    while (end < run.size() && run[end] != '\n' && run[end] != '&') ++end;
    std::string_view line = run.substr(i, end - i);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines_.add(line);
    return end;
  }

  std::size_t reference(std::string_view run, std::size_t i) {
    const HtmlReference found = read_html_reference(run.substr(i));
    if (found.code_point == 0xA0) {
      lines_.add(" ");
    } else if (found.length > 0) {
      std::string utf8;
      append_utf8(utf8, found.code_point);
      lines_.add(utf8);
    } else {
      lines_.add("&");
    }
    return i + std::max<std::size_t>(found.length, 1);
  }

  void markup() {
    const std::string_view rest = html_.substr(at_);
    if (rest.starts_with("<!--")) return skip_past("-->", 4);
    if (rest.starts_with("<!") || rest.starts_with("<?")) return skip_past(">", 2);
    HtmlTag tag;
    if (!scanner_.read(html_, at_, tag)) {  // a lone "<"
      lines_.add("<");
      ++at_;
      return;
    }
    at_ = tag.end;
    element(tag);
  }

  // What never ends goes to the end of the document, as in a browser.
  void skip_past(std::string_view close, std::size_t opening) {
    const std::size_t end = html_.find(close, at_ + opening);
    at_ = end == std::string_view::npos ? html_.size() : end + close.size();
  }

  void element(const HtmlTag& tag) {
    const HtmlElement& element = find_html_element(tag.name);
    switch (element.kind) {
      case HtmlElement::Kind::hidden:
        if (!tag.is_end) skip_element(element.name);
        return;
      case HtmlElement::Kind::line_break: lines_.force_break(); return;
      case HtmlElement::Kind::line: lines_.want_break(1); return;
      case HtmlElement::Kind::paragraph: lines_.want_break(is_tight(tag) ? 1 : 2); return;
      case HtmlElement::Kind::rule:
        lines_.want_break(1);
        lines_.add("----------------------------------------");
        lines_.want_break(1);
        return;
      case HtmlElement::Kind::cell:
        if (tag.is_end)
          lines_.end_cell();
        else
          lines_.start_cell(std::exchange(row_is_new_, false));
        return;
      case HtmlElement::Kind::row:
        lines_.start_row();
        row_is_new_ = true;
        return;
      case HtmlElement::Kind::preformatted:
        lines_.want_break(1);
        preformatted_ = !tag.is_end;
        return;
      case HtmlElement::Kind::quote: quote(tag); return;
      case HtmlElement::Kind::list: list(tag, element.name == "ol"); return;
      case HtmlElement::Kind::item: item(tag); return;
      case HtmlElement::Kind::link: link(tag); return;
      case HtmlElement::Kind::image: image(tag); return;
      case HtmlElement::Kind::other: return;
    }
  }

  // Outlook's paragraphs have no space between them: an empty line is a paragraph of its own there.
  bool is_tight(const HtmlTag& tag) {
    if (!tag.is_end) tight_ = tag.attributes.find("Mso") != std::string_view::npos;
    return tight_;
  }

  // <style>, <script> … up to their end tag.
  void skip_element(std::string_view name) {
    for (std::size_t i = html_.find("</", at_); i != std::string_view::npos; i = html_.find("</", i + 2)) {
      if (!starts_with_ignoring_case(html_.substr(i + 2), name)) continue;
      at_ = i;
      return;
    }
    at_ = html_.size();
  }

  void quote(const HtmlTag& tag) {
    lines_.want_break(1);
    if (!tag.is_end)
      ++quotes_;
    else if (quotes_ > 0)
      --quotes_;
    lines_.set_quote(std::min(quotes_, kDeepestQuote));
  }

  void list(const HtmlTag& tag, bool ordered) {
    lines_.want_break(1);
    if (!tag.is_end && lists_.size() < kDeepestList)
      lists_.push_back({ordered, 0});
    else if (!tag.is_end)
      ++deeper_lists_;
    else if (deeper_lists_ > 0)
      --deeper_lists_;
    else if (!lists_.empty())
      lists_.pop_back();
  }

  void item(const HtmlTag& tag) {
    lines_.want_break(1);
    if (tag.is_end) return;
    std::string marker(lists_.empty() ? 0 : (lists_.size() - 1) * 2, ' ');
    if (!lists_.empty() && lists_.back().ordered) {
      const std::string value(tag.attribute("value"));
      const bool is_number =
          !value.empty() && value.size() < 7 && value.find_first_not_of("0123456789") == std::string::npos;
      lists_.back().number = is_number ? static_cast<unsigned>(std::stoul(value)) : lists_.back().number + 1;
      marker += std::to_string(lists_.back().number) + ". ";
    } else {
      marker += "* ";
    }
    lines_.add(marker);
  }

  void image(const HtmlTag& tag) {
    std::string instead = decode_html_references(tag.attribute("alt"));
    std::replace_if(instead.begin(), instead.end(), is_blank, ' ');
    lines_.add(trim(instead));
  }

  // Behind the text of a link, its target, unless that is what the text says.
  void link(const HtmlTag& tag) {
    const std::string target = std::exchange(target_, {});
    const std::size_t begin = std::exchange(target_begin_, lines_.size());
    if (!tag.is_end) {
      const std::string_view href = trim(tag.attribute("href"));
      if (href.size() <= kLongestLink &&
          (starts_with_ignoring_case(href, "http") || starts_with_ignoring_case(href, "mailto:")))
        target_ = decode_html_references(href);
    }
    std::string_view shown = target;
    if (starts_with_ignoring_case(shown, "mailto:")) shown.remove_prefix(7);
    const std::string_view text = lines_.since(begin);
    if (shown.empty() || trim(text).empty()) return;
    const bool says = shown.size() <= kLongestSought && text.find(shown) != std::string_view::npos;
    std::string_view bare = shown.substr(shown.find("://") == std::string_view::npos ? 0 : shown.find("://") + 3);
    if (bare.ends_with('/')) bare.remove_suffix(1);
    if (says || equals_ignoring_case(trim(text), bare)) return;
    lines_.want_blank();
    lines_.add("<" + std::string(shown) + ">");
  }

  std::string_view html_;
  Budget& budget_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  HtmlTagScanner scanner_;
  TextLines lines_;
  std::vector<List> lists_;
  std::size_t deeper_lists_ = 0;  // open beyond kDeepestList
  unsigned quotes_ = 0;
  bool preformatted_ = false;
  bool tight_ = false;
  bool row_is_new_ = true;
  std::string target_;  // of the link that is open
  std::size_t target_begin_ = 0;
};

}  // namespace

std::string html_to_text(std::string_view html, Budget& budget) { return TextOfHtml(html, budget).run(); }

}  // namespace mapiguard
