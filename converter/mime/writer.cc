// The one file that emits MIME. Contents stream through a buffer of fixed size: an attachment of 1 GB costs no more
// memory than one of 1 KB.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "base/sha256.h"
#include "base/text.h"
#include "converter/mime/base64.h"
#include "converter/mime/build.h"
#include "converter/mime/quoted_printable.h"

namespace mapiguard {
namespace {

// Collects small pieces; large ones pass through.
class Output {
 public:
  explicit Output(OutputSink& sink) : sink_(sink) {}

  void put(std::string_view text) {
    if (text.size() > buffer_.size() - used_) flush();
    if (text.size() >= buffer_.size()) {
      ok_ = ok_ && sink_.write(as_bytes(text));
      return;
    }
    std::memcpy(buffer_.data() + used_, text.data(), text.size());
    used_ += text.size();
  }
  // Room for at least `least` characters at the end of the buffer; wrote() says how many were used.
  char* room(std::size_t least) {
    if (least > buffer_.size() - used_) flush();
    return buffer_.data() + used_;
  }
  std::size_t left() const { return buffer_.size() - used_; }
  void wrote(const char* end) { used_ = static_cast<std::size_t>(end - buffer_.data()); }

  bool ok() const { return ok_; }
  bool finish() {
    flush();
    return ok_;
  }

 private:
  void flush() {
    if (used_ > 0) ok_ = ok_ && sink_.write(as_bytes({buffer_.data(), used_}));
    used_ = 0;
  }

  OutputSink& sink_;
  std::array<char, 64 * 1024> buffer_;
  std::size_t used_ = 0;
  bool ok_ = true;
};

// Base64 over content that comes in pieces: what does not fill a line waits for the next piece.
class Base64Stream {
 public:
  explicit Base64Stream(Output& out) : out_(out) {}

  void add(Bytes piece) {
    if (carried_ > 0) {
      const Bytes taken = slice(piece, 0, kBase64LineBytes - carried_);
      std::memcpy(carry_.data() + carried_, taken.data(), taken.size());
      carried_ += taken.size();
      piece = slice(piece, taken.size());
      if (carried_ < kBase64LineBytes) return;
      encode_lines(carry_);
      carried_ = 0;
    }
    const std::size_t whole = piece.size() / kBase64LineBytes * kBase64LineBytes;
    encode_lines(slice(piece, 0, whole));
    const Bytes rest = slice(piece, whole);
    if (!rest.empty()) std::memcpy(carry_.data(), rest.data(), rest.size());
    carried_ = rest.size();
  }
  void finish() {
    out_.wrote(encode_base64_last_line(slice(Bytes(carry_), 0, carried_), out_.room(kBase64LineChars)));
    carried_ = 0;
  }

 private:
  void encode_lines(Bytes lines) {
    while (!lines.empty() && out_.ok()) {
      char* room = out_.room(kBase64LineChars);
      const std::size_t count = std::min(out_.left() / kBase64LineChars, lines.size() / kBase64LineBytes);
      out_.wrote(encode_base64_lines(lines.data(), count, room));
      lines = slice(lines, count * kBase64LineBytes);
    }
  }

  Output& out_;
  std::array<std::byte, kBase64LineBytes> carry_;
  std::size_t carried_ = 0;
};

// A boundary must not occur in what it bounds, and the same input must give the same output. It is a hash over every
// header and over everything that is written as it is; "=_" keeps it out of quoted-printable and base64 (RFC 2045 6.7).
class Boundaries {
 public:
  explicit Boundaries(const Part& root) : root_(root) {}
  std::string next() {
    if (seed_.empty()) {  // a mail of one part needs none
      Sha256 hash;
      add(root_, hash);
      seed_ = hex(hash.finish()).substr(0, 24);
    }
    char text[48];
    std::snprintf(text, sizeof text, "=_%04u_%s", ++count_, seed_.c_str());
    return text;
  }

 private:
  static void add(const Part& part, Sha256& hash) {
    for (const HeaderField& field : part.headers) {
      hash.add(as_bytes(field.name));
      hash.add(as_bytes(field.value));
    }
    if (part.encoding == Encoding::as_is_7bit || part.encoding == Encoding::as_is_8bit) {
      hash.add(as_bytes(part.text));
      for (std::size_t i = 0; i < part.blob.pieces(); ++i) hash.add(part.blob.piece(i));
    }
    for (const Part& child : part.parts) add(child, hash);
  }

  const Part& root_;
  std::string seed_;
  unsigned count_ = 0;
};

bool has_8bit(const Part& part) {
  return part.encoding == Encoding::as_is_8bit || std::any_of(part.parts.begin(), part.parts.end(), has_8bit);
}

const char* transfer_encoding(const Part& part) {
  if (!part.parts.empty()) return has_8bit(part) ? "8bit" : nullptr;
  switch (part.encoding) {
    case Encoding::as_is_7bit: return nullptr;
    case Encoding::as_is_8bit: return "8bit";
    case Encoding::quoted_printable: return "quoted-printable";
    case Encoding::base64: return "base64";
  }
  return nullptr;
}

class MailWriter {
 public:
  MailWriter(const Part& root, OutputSink& sink) : out_(sink), boundaries_(root) {}

  bool write(const Part& root) {
    entity(root);
    return out_.finish();
  }

 private:
  // Ends with a line end, unless the content is exact and has none.
  void entity(const Part& part) {
    const std::string boundary = !part.is_multipart() ? "" : part.boundary.empty() ? boundaries_.next() : part.boundary;
    headers(part, boundary);
    if (!part.parts.empty() && boundary.empty())
      entity(part.parts.front());  // message/rfc822
    else if (!boundary.empty())
      children(part, boundary);
    else
      content(part);
  }

  void headers(const Part& part, const std::string& boundary) {
    for (const HeaderField& field : part.headers) {
      out_.put(field.name);
      out_.put(": ");
      out_.put(field.value);
      if (!boundary.empty() && field.name == "Content-Type") {
        out_.put(";\r\n boundary=\"");
        out_.put(boundary);
        out_.put("\"");
      }
      out_.put("\r\n");
    }
    if (const char* encoding = transfer_encoding(part)) {
      out_.put("Content-Transfer-Encoding: ");
      out_.put(encoding);
      out_.put("\r\n");
    }
    out_.put("\r\n");
  }

  // The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1).
  void children(const Part& part, const std::string& boundary) {
    bool needs_line_end = false;
    for (const Part& child : part.parts) {
      if (needs_line_end) out_.put("\r\n");
      out_.put("--");
      out_.put(boundary);
      out_.put("\r\n");
      entity(child);
      needs_line_end = child.encoding != Encoding::base64 || !child.parts.empty() || is_empty(child);
    }
    if (needs_line_end) out_.put("\r\n");
    out_.put("--");
    out_.put(boundary);
    out_.put("--\r\n");
  }

  static bool is_empty(const Part& leaf) { return leaf.text.empty() && leaf.blob.empty(); }

  void content(const Part& part) {
    switch (part.encoding) {
      case Encoding::as_is_7bit:
      case Encoding::as_is_8bit:
        out_.put(part.text);
        for (std::size_t i = 0; i < part.blob.pieces(); ++i) out_.put(as_chars(part.blob.piece(i)));
        break;
      case Encoding::quoted_printable: out_.put(quoted_printable(part.text)); break;
      case Encoding::base64: {
        Base64Stream stream(out_);
        stream.add(as_bytes(part.text));
        for (std::size_t i = 0; i < part.blob.pieces() && out_.ok(); ++i) stream.add(part.blob.piece(i));
        stream.finish();
        break;
      }
    }
  }

  Output out_;
  Boundaries boundaries_;
};

}  // namespace

bool write_mail(const Part& root, OutputSink& out) { return MailWriter(root, out).write(root); }

}  // namespace mapiguard
