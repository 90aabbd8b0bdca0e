// Pictures within RTF: the data of a \pict group, hexadecimal or \bin, to a file that a mail reader can show.
//
// Thread promise: one RtfPicture belongs to one conversion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "converter/body/choose.h"
#include "converter/body/rtf_tokens.h"

namespace mapiguard {

class RtfPicture {
 public:
  void note(const RtfToken& token);  // \pngblip, \picwgoal …
  void add_hex(std::string_view digits);
  void add_binary(std::string_view bytes) { data_ += bytes; }

  bool empty() const { return data_.empty(); }
  // With a content id made from the bytes. nullopt for kinds that nothing shows (Macintosh QuickDraw, device bitmaps).
  std::optional<EmbeddedPicture> take();
  int width() const { return pixels(goal_width_, scale_x_); }  // 0 = not told
  int height() const { return pixels(goal_height_, scale_y_); }

 private:
  enum class Kind : std::uint8_t { unknown, png, jpeg, emf, wmf, dib };
  static int pixels(std::int32_t twips, std::int32_t percent);

  Kind kind_ = Kind::unknown;
  std::string data_;
  int high_digit_ = -1;
  std::int32_t goal_width_ = 0, goal_height_ = 0;  // twips
  std::int32_t scale_x_ = 100, scale_y_ = 100;     // percent
};

}  // namespace mapiguard
