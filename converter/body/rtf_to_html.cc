// Readable HTML of RTF that was not HTML before.
#include <algorithm>
#include <cstdio>
#include <unordered_set>

#include "base/text.h"
#include "converter/body/html_writer.h"
#include "converter/body/rtf.h"
#include "converter/body/rtf_field.h"
#include "converter/body/rtf_picture.h"
#include "converter/body/rtf_reader.h"
#include "converter/body/rtf_symbols.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostCodeBytes = 16 * 1024;
constexpr std::size_t kMostColors = 4'096;
constexpr std::size_t kMostPictures = 5'000;
constexpr std::size_t kMostMarkerBytes = 256;
constexpr std::size_t kMostGrowth = 32;       // bytes of HTML for each of RTF before formats are left out …
constexpr std::size_t kFreeGrowth = 1 << 20;  // … and as many in any case
constexpr std::int32_t kTwipsPerPoint = 20;
constexpr std::int32_t kMostIndent = 14'400;  // twips: ten inches

std::string printed(const char* format, unsigned value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

// A font's name as CSS: letters, digits, blanks, hyphens; what else there is would be no name.
std::string css_font(std::string_view name) {
  std::string safe;
  for (const char c : trim(name))
    if (c == ' ' || c == '-' || c == '_' || (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'))
      safe += c;
  return safe.empty() ? safe : "font-family:'" + safe + "'";
}

std::string css_size(unsigned half_points) {
  return printed("font-size:%u", half_points / 2) + (half_points % 2 ? ".5pt" : "pt");
}

class HtmlMaker final : public RtfReader {
 public:
  HtmlMaker(std::string_view rtf, std::vector<EmbeddedPicture>& pictures, Budget& budget, DefectLog& defects,
            std::string_view where)
      : RtfReader(rtf, budget, defects, where), writer_(kFreeGrowth + rtf.size() * kMostGrowth), pictures_(pictures) {}

  std::string take() {
    std::string style = default_font() ? css_font(default_font()->name) : std::string();
    if (!style.empty()) style += ';';
    return writer_.finish(style + css_size(base_size_ ? base_size_ : RtfLook().half_points));
  }

 private:
  Mode mode() const override { return Mode::rtf; }

  void on_text(std::string_view utf8) override {
    switch (state().place) {
      case RtfPlace::body:
        begin_run();
        writer_.text(utf8);
        break;
      case RtfPlace::list_text:
        if (marker_.size() < kMostMarkerBytes) marker_ += utf8;
        break;
      case RtfPlace::field_code:
        if (code_.size() < kMostCodeBytes) code_ += utf8;
        break;
      case RtfPlace::color_table:
        for (const char c : utf8)
          if (c == ';') end_color();
        break;
      default: break;
    }
  }

  void on_picture_bytes(std::string_view bytes, bool hex) override {
    if (hex)
      picture_.add_hex(bytes);
    else
      picture_.add_binary(bytes);
  }

  void on_word(const RtfToken& token) override {
    switch (state().place) {
      case RtfPlace::body:
        if (!on_flow(token) && !on_look(token)) on_paragraph(token);
        break;
      case RtfPlace::color_table: on_color(token); break;
      case RtfPlace::picture: picture_.note(token); break;
      default: break;
    }
  }

  bool on_flow(const RtfToken& token) {
    switch (token.row->word) {
      case RtfWord::par:
      case RtfWord::sect:
      case RtfWord::page: end_paragraph(token.row->word == RtfWord::par); return true;
      case RtfWord::line:
      case RtfWord::nestrow:
        begin_block();
        writer_.line_break();
        return true;
      case RtfWord::tab:
      case RtfWord::nestcell:
        begin_block();
        writer_.tab();
        return true;
      case RtfWord::cell:
        end_run();
        writer_.end_cell(block());
        return true;
      case RtfWord::row:
        end_run();
        writer_.end_row();
        return true;
      default: return false;
    }
  }

  bool on_look(const RtfToken& token) {
    const bool on = !token.has_number || token.number != 0;
    const auto number = static_cast<std::uint16_t>(std::clamp(token.number, 0, 0xFFFF));
    switch (token.row->word) {
      case RtfWord::b: edit().look.bold = on; return true;
      case RtfWord::i: edit().look.italic = on; return true;
      case RtfWord::ul: edit().look.underline = on; return true;
      case RtfWord::ulnone: edit().look.underline = false; return true;
      case RtfWord::strike: edit().look.strike = on; return true;
      case RtfWord::caps: edit().look.caps = on; return true;
      case RtfWord::v: edit().look.hidden = on; return true;
      case RtfWord::super: edit().look.super = on; return true;
      case RtfWord::sub: edit().look.sub = on; return true;
      case RtfWord::nosupersub: edit().look.super = edit().look.sub = false; return true;
      case RtfWord::cf: edit().look.color = number; return true;
      case RtfWord::cb:
      case RtfWord::chcbpat:
      case RtfWord::highlight: edit().look.background = number; return true;
      case RtfWord::fs: edit().look.half_points = number ? number : RtfLook().half_points; return true;
      default: return false;
    }
  }

  void on_paragraph(const RtfToken& token) {
    switch (token.row->word) {
      case RtfWord::pard: edit().paragraph = {}; break;
      case RtfWord::intbl: edit().paragraph.in_table = true; break;
      case RtfWord::itap: edit().paragraph.in_table = token.number > 0; break;
      case RtfWord::ilvl:
        edit().paragraph.list_level = static_cast<std::uint8_t>(std::clamp(token.number, 0, 8));
        break;
      case RtfWord::li: edit().paragraph.left_twips = std::clamp(token.number, 0, kMostIndent); break;
      case RtfWord::ql: edit().paragraph.align = RtfAlign::left; break;
      case RtfWord::qc: edit().paragraph.align = RtfAlign::center; break;
      case RtfWord::qr: edit().paragraph.align = RtfAlign::right; break;
      case RtfWord::qj: edit().paragraph.align = RtfAlign::justify; break;
      default: break;
    }
  }

  void on_color(const RtfToken& token) {
    const auto part = static_cast<unsigned>(std::clamp(token.number, 0, 255));
    const int shift = token.row->word == RtfWord::red ? 16 : token.row->word == RtfWord::green ? 8 : 0;
    if (shift == 0 && token.row->word != RtfWord::blue) return;
    color_ = color_.value_or(0) | part << shift;
  }
  void end_color() {
    if (colors_.size() < kMostColors) colors_.push_back(color_);
    color_.reset();
  }

  bool on_destination(RtfWord word) override {
    switch (word) {
      case RtfWord::colortbl: edit().place = RtfPlace::color_table; return true;
      case RtfWord::pict:
        if (state().place != RtfPlace::body) return false;
        edit().place = RtfPlace::picture;
        picture_ = {};
        return true;
      case RtfWord::shppict: has_shape_picture_ = true; return true;
      case RtfWord::nonshppict: return !has_shape_picture_;  // the same picture for older readers
      case RtfWord::fldinst:
        if (state().place != RtfPlace::field_code) code_.clear();
        edit().place = RtfPlace::field_code;
        return true;
      case RtfWord::fldrslt: begin_link(); return true;
      case RtfWord::listtext:
      case RtfWord::pntext:
        if (state().place != RtfPlace::body) return false;
        edit().place = RtfPlace::list_text;
        marker_.clear();
        return true;
      default: return word == RtfWord::field || word == RtfWord::object || word == RtfWord::result;
    }
  }

  void begin_link() {
    if (state().place != RtfPlace::body) return;
    const auto target = hyperlink_of_field(code_);
    code_.clear();
    if (!target) return;
    links_.push_back(*target);
    edit().link = static_cast<std::uint32_t>(links_.size());
  }

  void on_group_end(const RtfState& inner) override {
    if (inner.place == state().place) return;
    if (inner.place == RtfPlace::picture) end_picture();
    if (inner.place == RtfPlace::list_text && !writer_.is_block_open()) writer_.set_marker(std::move(marker_));
  }

  void end_picture() {
    if (picture_.empty()) return;
    const int width = picture_.width();
    const int height = picture_.height();
    auto picture = picture_.take();
    if (!picture || pictures_.size() >= kMostPictures) {
      defects().loss(std::string(where()),
                     "A picture in RTF is of a kind that mail readers do not show; it was left out.");
      return;
    }
    begin_run();
    writer_.picture(picture->content_id, width, height);
    if (seen_.insert(picture->content_id).second) pictures_.push_back(*std::move(picture));
  }

  HtmlBlock block() const {
    const RtfParagraph& paragraph = state().paragraph;
    HtmlBlock block{paragraph.in_table, paragraph.list_level, "margin:0"};
    constexpr const char* kAligns[] = {"", ";text-align:center", ";text-align:right", ";text-align:justify"};
    block.style += kAligns[static_cast<std::size_t>(paragraph.align)];
    if (paragraph.left_twips > 0)
      block.style += printed(";margin-left:%upt", static_cast<unsigned>(paragraph.left_twips / kTwipsPerPoint));
    return block;
  }
  void begin_block() {
    if (!writer_.is_block_open()) writer_.begin_block(block());
  }
  void end_paragraph(bool may_be_empty) {
    end_run();
    const bool is_empty = !writer_.is_block_open();
    if (is_empty && !may_be_empty) return;
    begin_block();
    if (is_empty && !state().paragraph.in_table) writer_.line_break();
    writer_.end_block();
  }

  struct RunKey {
    RtfLook look;
    const RtfFont* font = nullptr;
    std::uint32_t link = 0;
    friend bool operator==(const RunKey&, const RunKey&) = default;
  };

  void begin_run() {
    begin_block();
    const RunKey wanted{state().look, state().has_font ? state().font : default_font(), state().link};
    if (run_open_ && wanted == run_) return;
    if (base_size_ == 0) base_size_ = wanted.look.half_points;
    run_ = wanted;
    run_open_ = true;
    writer_.begin_run(elements_of(wanted));
  }
  void end_run() {
    writer_.end_run();
    run_open_ = false;
  }

  HtmlRun elements_of(const RunKey& key) const {
    HtmlRun run;
    if (key.link) run.link = links_[key.link - 1];
    const auto add = [&](const std::string& css) {
      if (!run.style.empty() && !css.empty()) run.style += ';';
      run.style += css;
    };
    const RtfLook& look = key.look;
    if (key.font && key.font != default_font() && !key.font->is_symbol) add(css_font(key.font->name));
    if (look.half_points != base_size_) add(css_size(look.half_points));
    if (const auto color = color_at(look.color)) add(printed("color:#%06x", *color));
    if (const auto color = color_at(look.background)) add(printed("background:#%06x", *color));
    if (look.caps) add("text-transform:uppercase");
    if (look.hidden) add("display:none");
    if (look.bold) run.tags.push_back("b");
    if (look.italic) run.tags.push_back("i");
    if (look.underline && !key.link) run.tags.push_back("u");
    if (look.strike) run.tags.push_back("s");
    if (look.super) run.tags.push_back("sup");
    if (look.sub) run.tags.push_back("sub");
    return run;
  }
  std::optional<unsigned> color_at(std::uint16_t index) const {
    return index < colors_.size() ? colors_[index] : std::nullopt;
  }

  std::string symbol_text(std::string_view bytes, const RtfFont& font) override {
    return symbol_font_text(bytes, font.name);
  }

  HtmlWriter writer_;
  std::vector<EmbeddedPicture>& pictures_;
  std::unordered_set<std::string> seen_;         // content ids
  std::vector<std::optional<unsigned>> colors_;  // 0xRRGGBB; none = automatic
  std::optional<unsigned> color_;                // the one that the table is at
  std::vector<std::string> links_;
  std::string code_;    // of the field at hand
  std::string marker_;  // of the list item at hand
  RtfPicture picture_;
  bool has_shape_picture_ = false;
  RunKey run_;
  bool run_open_ = false;
  unsigned base_size_ = 0;
};

}  // namespace

std::string rtf_to_html(std::string_view rtf, std::vector<EmbeddedPicture>& pictures, Budget& budget,
                        DefectLog& defects, std::string_view where) {
  HtmlMaker maker(rtf, pictures, budget, defects, where);
  maker.run();
  return maker.take();
}

}  // namespace mapiguard
