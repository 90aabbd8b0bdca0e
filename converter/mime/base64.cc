#include "converter/mime/base64.h"

#include <array>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mapiguard {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Two characters for each twelve bits: half the look-ups of one for six.
constexpr auto kPairs = [] {
  std::array<std::array<char, 2>, 4096> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kAlphabet[i >> 6], kAlphabet[i & 63]};
  return pairs;
}();

constexpr auto kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 64; ++i) values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}();

char* encode_groups(const std::byte* in, std::size_t groups, char* out) {
  for (; groups > 0; --groups, in += 3, out += 4) {
    const std::uint32_t bits = std::to_integer<std::uint32_t>(in[0]) << 16 |
                               std::to_integer<std::uint32_t>(in[1]) << 8 | std::to_integer<std::uint32_t>(in[2]);
    std::memcpy(out, kPairs[bits >> 12].data(), 2);
    std::memcpy(out + 2, kPairs[bits & 0xFFF].data(), 2);
  }
  return out;
}

char* encode_tail(Bytes tail, char* out) {
  if (tail.empty()) return out;
  const std::byte padded[3] = {tail[0], tail.size() > 1 ? tail[1] : std::byte{0}, std::byte{0}};
  encode_groups(padded, 1, out);
  out[3] = '=';
  if (tail.size() == 1) out[2] = '=';
  return out + 4;
}

char* end_line(char* out) {
  *out++ = '\r';
  *out++ = '\n';
  return out;
}

char* encode_lines_portable(const std::byte* in, std::size_t lines, char* out) {
  for (; lines > 0; --lines, in += kBase64LineBytes) out = end_line(encode_groups(in, kBase64LineBytes / 3, out));
  return out;
}

#if defined(__x86_64__)
// W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding using AVX2 Instructions" (2018): a byte shuffle brings
// each three bytes into one 32-bit lane, two multiplications move the four 6-bit fields into bytes of their own,
// and a 16-entry look-up gives the distance from value to character.
__attribute__((target("avx2"))) inline __m256i characters_of(__m256i bytes) {
  const __m256i spread =
      _mm256_shuffle_epi8(bytes, _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0, 2, 1, 4, 3,
                                                  5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
  const __m256i odd =
      _mm256_mulhi_epu16(_mm256_and_si256(spread, _mm256_set1_epi32(0x0FC0FC00)), _mm256_set1_epi32(0x04000040));
  const __m256i even =
      _mm256_mullo_epi16(_mm256_and_si256(spread, _mm256_set1_epi32(0x003F03F0)), _mm256_set1_epi32(0x01000010));
  const __m256i values = _mm256_or_si256(odd, even);
  const __m256i is_upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
  const __m256i row =
      _mm256_or_si256(_mm256_subs_epu8(values, _mm256_set1_epi8(51)), _mm256_and_si256(is_upper, _mm256_set1_epi8(13)));
  const __m256i distance = _mm256_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                            '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0,
                                            'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                            '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
  return _mm256_add_epi8(values, _mm256_shuffle_epi8(distance, row));
}

__attribute__((target("avx2"))) inline __m256i load_two(const std::byte* low, const std::byte* high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(low))),
                                 _mm_loadu_si128(reinterpret_cast<const __m128i*>(high)), 1);
}

// A line is 24 + 24 + 9 bytes. Each half of a register takes 12 bytes and loads 16, so the last 9 are taken as the
// 12 from 45 on, loaded from 41 (three characters groups overlap, and are written twice alike): no byte beyond the
// line is read.
__attribute__((target("avx2"))) char* encode_lines_avx2(const std::byte* in, std::size_t lines, char* out) {
  for (; lines > 0; --lines, in += kBase64LineBytes, out += kBase64LineChars) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), characters_of(load_two(in, in + 12)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32), characters_of(load_two(in + 24, in + 36)));
    const __m128i last = _mm_srli_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 41)), 4);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 60),
                     _mm256_castsi256_si128(characters_of(_mm256_castsi128_si256(last))));
    out[76] = '\r';
    out[77] = '\n';
  }
  return out;
}
#endif

}  // namespace

char* encode_base64_lines(const std::byte* in, std::size_t lines, char* out) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) return encode_lines_avx2(in, lines, out);
#endif
  return encode_lines_portable(in, lines, out);
}

char* encode_base64_last_line(Bytes rest, char* out) {
  if (rest.empty()) return out;
  out = encode_groups(rest.data(), rest.size() / 3, out);
  return end_line(encode_tail(rest.subspan(rest.size() / 3 * 3), out));
}

std::string base64(Bytes bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  char* end = encode_groups(bytes.data(), bytes.size() / 3, text.data());
  encode_tail(bytes.subspan(bytes.size() / 3 * 3), end);
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size() - padding; ++i) {
    const int value = kValues[static_cast<unsigned char>(text[i])];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (i % 4 != 0) out += static_cast<char>(bits >> (6 - 2 * (i % 4)));
  }
  return out;
}

}  // namespace mapiguard
