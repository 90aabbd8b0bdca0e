// Part: a MIME entity as a plain value: what the build step decides and the writer emits.
//
// A leaf's content is text of ours (owned) or a Blob of the input (streamed). Thread promise: plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "converter/model/property.h"

namespace mapiguard {

// as_is_…: the content already is what the wire carries (CRLF line ends where `is_text`).
enum class Encoding : std::uint8_t { as_is_7bit, as_is_8bit, quoted_printable, base64 };

// A header field, value already folded and encoded for the wire: ASCII, with CRLF + space at its folds. The writer
// folds nothing.
struct HeaderField {
  std::string name;
  std::string value;
};

struct Part {
  std::vector<HeaderField>
      headers;  // in the order they are written; the writer adds Content-Transfer-Encoding and boundary
  Encoding encoding = Encoding::as_is_7bit;
  std::string text;                         // content of a leaf, when blob is empty
  Blob blob;                                // content of a leaf
  std::shared_ptr<const std::string> made;  // memory that `blob` points into where it is not the input
  bool is_text = false;                     // `text` has CRLF line ends already, and is encoded as text
  std::string boundary;                     // of a multipart; empty = the writer makes one
  std::vector<Part> parts;                  // of a multipart; of message/rfc822: exactly one

  bool is_multipart() const;  // by its Content-Type
};

// A leaf of text: charset us-ascii or utf-8, encoded as is shortest. `type` is "text/plain" and the like; `parameters`
// are appended to Content-Type as they are.
Part text_part(std::string_view type, std::string_view utf8,
               const std::vector<std::pair<std::string, std::string>>& parameters = {});

Part multipart(std::string_view subtype, std::vector<Part> parts,
               const std::vector<std::pair<std::string, std::string>>& parameters = {});

// The value of a Content-Type or Content-Disposition: "type; name=value".
std::string parametrized(std::string_view field, std::string_view value,
                         const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace mapiguard
