// RtfReader: what every conversion of RTF shares: groups, destinations, fonts and their code pages, bytes and \u to
// UTF-8, \htmlrtf regions. A converter derives from it and is told of text, format words and ends of groups.
//
// Linear in the input, with an explicit stack of the states that groups changed (a group that changes nothing costs a
// counter), of bounded depth. Each token draws on the Budget.
//
// Thread promise: belongs to one conversion.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/budget.h"
#include "base/defects.h"
#include "converter/body/rtf_tokens.h"

namespace mapiguard {

// Where the text of a group goes.
enum class RtfPlace : std::uint8_t {
  body,
  html_tag,    // \*\htmltag: HTML of the encapsulated original
  font_table,  // names
  color_table,
  picture,      // hexadecimal digits, or \bin
  field_code,   // \fldinst
  list_text,    // \listtext, \pntext: the marker of a list item
  unused_half,  // of \upr, whose other half has the same in Unicode
};

struct RtfFont {
  std::uint32_t codepage = 0;   // 0 = the document's
  bool is_symbol = false;       // \fcharset2: the bytes are glyph numbers
  bool may_be_default = false;  // \fcharset0, which some writers put on every font
  std::string name;
};

struct RtfLook {
  bool bold = false;
  bool italic = false;
  bool underline = false;
  bool strike = false;
  bool super = false;
  bool sub = false;
  bool caps = false;
  bool hidden = false;
  std::uint16_t half_points = 24;
  std::uint16_t color = 0;       // index into the colour table
  std::uint16_t background = 0;  // likewise
  friend bool operator==(const RtfLook&, const RtfLook&) = default;
};

enum class RtfAlign : std::uint8_t { left, center, right, justify };

struct RtfParagraph {
  RtfAlign align = RtfAlign::left;
  bool in_table = false;
  std::uint8_t list_level = 0;
  std::int32_t left_twips = 0;
};

// Everything that the end of a group restores.
struct RtfState {
  RtfPlace place = RtfPlace::body;
  RtfPlace place_before_upr = RtfPlace::body;
  bool suppressed = false;           // within \htmlrtf
  std::uint8_t fallback_length = 1;  // \uc: characters that stand behind each \u for readers without Unicode
  bool has_font = false;             // \f was met; else the default font is in use
  const RtfFont* font = nullptr;     // null = the default font, or one that the font table does not have
  std::uint32_t link = 0;            // for the converter: the hyperlink that text belongs to
  RtfLook look;
  RtfParagraph paragraph;
};

class RtfReader {
 public:
  RtfReader(std::string_view rtf, Budget& budget, DefectLog& defects, std::string_view where);
  virtual ~RtfReader() = default;
  RtfReader(const RtfReader&) = delete;
  RtfReader& operator=(const RtfReader&) = delete;

  void run();

 protected:
  enum class Mode : std::uint8_t { rtf, encapsulated };
  virtual Mode mode() const = 0;
  // UTF-8 that is not within \htmlrtf; state().place says what it belongs to.
  virtual void on_text(std::string_view utf8) = 0;
  virtual void on_word(const RtfToken& token) = 0;                  // RtfRole::format, where text would be told too
  virtual void on_picture_bytes(std::string_view, bool /*hex*/) {}  // text of RtfPlace::picture
  // A destination begins, perhaps within \htmlrtf. True: read it; the converter has changed state() as it wants.
  virtual bool on_destination(RtfWord word) = 0;
  virtual void on_group_end(const RtfState& /*inner*/) {}  // state() is the outer one already
  virtual std::string symbol_text(std::string_view bytes, const RtfFont& font);

  const RtfState& state() const { return state_; }
  RtfState& edit();  // state() to be changed: saved first, where the group has not been
  const RtfFont* default_font() const { return default_; }
  DefectLog& defects() { return defects_; }
  std::string_view where() const { return where_; }
  std::size_t input_size() const { return rtf_.size(); }

 private:
  struct Saved {
    std::uint64_t depth;
    RtfState state;
  };
  // Bytes of a double-byte font, waiting for their other halves.
  struct Pending {
    std::string bytes;
    std::uint32_t codepage = 0;
    std::size_t whole = 0;  // bytes up to the last complete character
    unsigned wanted = 0;    // bytes that the incomplete one still needs
    bool may_be_western = false;
  };

  void handle(const RtfToken& token);
  void open_group();
  void close_group();
  void handle_text(std::string_view text);
  void handle_hex(unsigned char byte);
  void handle_symbol(unsigned char symbol);
  void handle_word(const RtfToken& token);
  void handle_control(const RtfToken& token);
  void handle_font_name(std::string_view text);
  void begin_destination(const RtfToken& token, bool starred);
  void skip_group();
  void define_font(const RtfToken& token);
  void select_font(std::int32_t number);
  void finish_font_table();
  void leave_font_table();

  bool is_heard() const { return !state_.suppressed && state_.place != RtfPlace::unused_half; }
  const RtfFont* current_font() const;
  void add_bytes(std::string_view bytes, bool escaped);
  void add_double(std::string_view bytes, std::uint32_t codepage, bool escaped);
  std::size_t complete_pending(std::string_view bytes);
  void settle();         // tells the complete part of what is pending
  void drop_dangling();  // settles, and gives up an incomplete character
  void add_unit(char32_t unit);
  void add_character(char32_t c);
  void tell(std::string_view utf8);

  std::string_view rtf_;
  RtfTokenizer tokens_;
  Budget& budget_;
  DefectLog& defects_;
  std::string where_;

  RtfState state_;
  std::vector<Saved> saved_;
  std::uint64_t depth_ = 0;
  bool too_deep_ = false;

  std::uint32_t document_codepage_ = 1252;
  std::int32_t default_number_ = -1;
  const RtfFont* default_ = nullptr;
  std::unordered_map<std::int32_t, RtfFont> fonts_;  // its nodes stay where they are
  RtfFont* defining_ = nullptr;                      // the font that the font table is at

  Pending pending_;
  char32_t high_surrogate_ = 0;
  unsigned to_skip_ = 0;
  bool starred_ = false;
};

}  // namespace mapiguard
