// How fast is 50 MB encoded to base64 in lines: our encoder (with CRLF), GMime's, and memcpy of as many bytes for scale.
#include <gmime/gmime.h>

#include <cstdlib>
#include <cstring>

#include "bench/measure.h"
#include "converter/mime/base64.h"

namespace mapiguard::bench {
namespace {

constexpr std::size_t kBytes = 50 << 20;
constexpr std::size_t kPiece = 57 * 1024;  // how much an encoder is given at once, as a writer would

std::string noise() {
  std::string bytes(kBytes, '\0');
  std::uint32_t state = 1;
  for (char& c : bytes) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  return bytes;
}

void encode_with_mapiguard(const std::string& in, std::string& out) {
  for (Bytes left = as_bytes(in); !left.empty();) {
    const Bytes piece = slice(left, 0, kPiece);
    left = left.subspan(piece.size());
    const std::size_t lines = piece.size() / kBase64LineBytes;
    char* end = encode_base64_lines(piece.data(), lines, out.data());
    end = encode_base64_last_line(piece.subspan(lines * kBase64LineBytes), end);
    keep(*out.data());
  }
}

void encode_with_gmime(const std::string& in, std::string& out) {
  GMimeEncoding state;
  g_mime_encoding_init_encode(&state, GMIME_CONTENT_ENCODING_BASE64);
  for (Bytes left = as_bytes(in); !left.empty();) {
    const Bytes piece = slice(left, 0, kPiece);
    left = left.subspan(piece.size());
    g_mime_encoding_step(&state, as_chars(piece).data(), piece.size(), out.data());
    keep(*out.data());
  }
  g_mime_encoding_flush(&state, "", 0, out.data());
}

int run() {
  const std::string in = noise();
  std::string out(kPiece * 2, '\0'), whole(in.size(), '\0');
  std::vector<Contender> contenders{{"mapiguard", [&] { encode_with_mapiguard(in, out); }, {}},
                                    {"gmime", [&] { encode_with_gmime(in, out); }, {}},
                                    {"memcpy", [&] { std::memcpy(whole.data(), in.data(), in.size()); keep(whole[0]); }, {}}};
  take_turns(contenders, 9, 0.05);
  JsonSeries json;
  for (const Contender& c : contenders) json.add(c.name, c.microseconds);
  json.print();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mapiguard::bench

int main() { return mapiguard::bench::run(); }
