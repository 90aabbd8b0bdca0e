// Plain text of RTF: of text that was put into RTF (MS-OXRTFEX 2.2.3.3), and of any other RTF, as readable as can be.
#include <algorithm>

#include "converter/body/rtf.h"
#include "converter/body/rtf_field.h"
#include "converter/body/rtf_reader.h"
#include "converter/body/rtf_symbols.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostCodeBytes = 16 * 1024;
constexpr std::size_t kLongestSought = 256;  // of a target within the text of its link: the search costs their product
constexpr std::string_view kSoftHyphen = "\xC2\xAD";

class TextMaker final : public RtfReader {
 public:
  TextMaker(std::string_view rtf, bool is_pure, Budget& budget, DefectLog& defects, std::string_view where)
      : RtfReader(rtf, budget, defects, where), is_pure_(is_pure) {}
  std::string take() { return std::move(out_); }

 private:
  Mode mode() const override { return is_pure_ ? Mode::rtf : Mode::encapsulated; }

  void on_text(std::string_view utf8) override {
    switch (state().place) {
      case RtfPlace::body:
      case RtfPlace::list_text:
        if (utf8 != kSoftHyphen && !state().look.hidden) out_ += utf8;
        break;
      case RtfPlace::field_code:
        if (code_.size() < kMostCodeBytes) code_ += utf8;
        break;
      default: break;
    }
  }

  void on_word(const RtfToken& token) override {
    const bool shown = state().place == RtfPlace::body || state().place == RtfPlace::list_text;
    if (!shown) return;
    switch (token.row->word) {
      case RtfWord::par:
      case RtfWord::line:
      case RtfWord::sect:
      case RtfWord::page:
      case RtfWord::nestrow:
      case RtfWord::row: break_line(token.row->word); break;
      case RtfWord::tab:
      case RtfWord::cell:
      case RtfWord::nestcell: out_ += '\t'; break;
      case RtfWord::v: edit().look.hidden = is_pure_ && (!token.has_number || token.number != 0); break;
      default: break;
    }
  }

  // A row ends with a cell of its own: its tab is no text.
  void break_line(RtfWord word) {
    if ((word == RtfWord::row || word == RtfWord::nestrow) && out_.ends_with('\t')) out_.pop_back();
    out_ += "\r\n";
  }

  bool on_destination(RtfWord word) override {
    switch (word) {
      case RtfWord::fldinst:
        if (state().place != RtfPlace::field_code) code_.clear();
        edit().place = RtfPlace::field_code;
        return true;
      case RtfWord::fldrslt: begin_link(); return true;
      case RtfWord::listtext:
      case RtfWord::pntext:
        if (state().place == RtfPlace::body) edit().place = RtfPlace::list_text;
        return is_pure_;
      default: return word == RtfWord::field || word == RtfWord::object || word == RtfWord::result;
    }
  }

  void begin_link() {
    if (state().place != RtfPlace::body) return;
    targets_.push_back(is_pure_ ? hyperlink_of_field(code_).value_or("") : std::string());
    edit().link = static_cast<std::uint32_t>(targets_.size());
    link_begin_ = out_.size();
    code_.clear();
  }

  // Behind the text of a link, its target, unless that is what the text says.
  void on_group_end(const RtfState& inner) override {
    if (inner.link == state().link || inner.link == 0) return;
    std::string_view target = targets_[inner.link - 1];
    const std::string_view text = std::string_view(out_).substr(std::min(link_begin_, out_.size()));
    if (target.starts_with("mailto:")) target.remove_prefix(7);
    if (target.empty() || target.starts_with('#') || says(text, target)) return;
    out_ += " <" + std::string(target) + '>';
  }

  static bool says(std::string_view text, std::string_view target) {
    return target.size() <= kLongestSought ? text.find(target) != std::string_view::npos : text.starts_with(target);
  }

  std::string symbol_text(std::string_view bytes, const RtfFont& font) override {
    return is_pure_ ? symbol_font_text(bytes, font.name) : RtfReader::symbol_text(bytes, font);
  }

  bool is_pure_;
  std::string out_;
  std::string code_;  // of the field at hand
  std::vector<std::string> targets_;
  std::size_t link_begin_ = 0;
};

}  // namespace

std::string rtf_to_text(std::string_view rtf, Budget& budget, DefectLog& defects, std::string_view where) {
  TextMaker maker(rtf, rtf_kind(rtf) != RtfKind::from_text, budget, defects, where);
  maker.run();
  return maker.take();
}

}  // namespace mapiguard
