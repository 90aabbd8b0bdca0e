// Part: a MIME entity as a plain value: what the build step decides and the writer emits.
//
// A leaf's content is text of ours (owned) or a Blob of the input (streamed). Thread promise: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "converter/model/property.h"

namespace mapiguard {

enum class Encoding : std::uint8_t { as_is_7bit, quoted_printable, base64 };

// A header field, value unfolded and already encoded for the wire (ASCII); the writer folds nothing.
// `value` may contain CRLF + space where the encoder folded it.
struct HeaderField {
  std::string name;
  std::string value;
};

struct Part {
  std::vector<HeaderField> headers;  // Content-Type … in the order they are written; the writer adds the boundary
  Encoding encoding = Encoding::as_is_7bit;
  std::string text;         // content of a leaf, when blob is empty; LF or CRLF line ends (see is_text)
  Blob blob;                // content of a leaf
  bool is_text = false;     // line ends become CRLF
  std::string boundary;     // of a multipart; deterministic
  std::vector<Part> parts;  // of a multipart; of message/rfc822: exactly one
};

}  // namespace mapiguard
