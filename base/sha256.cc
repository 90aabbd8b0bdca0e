#include "base/sha256.h"

// The one-algorithm functions are "deprecated" in favour of providers, whose set-up is what costs.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

namespace mapiguard {
namespace {

SHA256_CTX* context_in(std::array<std::uint32_t, 28>& words) {
  static_assert(sizeof words == sizeof(SHA256_CTX) && alignof(SHA256_CTX) == alignof(std::uint32_t));
  return reinterpret_cast<SHA256_CTX*>(words.data());
}

}  // namespace

Sha256::Sha256() { SHA256_Init(context_in(context_)); }
void Sha256::add(Bytes bytes) { SHA256_Update(context_in(context_), bytes.data(), bytes.size()); }
Digest Sha256::finish() {
  Digest digest;
  SHA256_Final(digest.data(), context_in(context_));
  return digest;
}

Digest sha256(Bytes bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

std::string hex(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}
std::string hex(const Digest& digest) { return hex(std::as_bytes(std::span(digest))); }

std::optional<Digest> digest_from_hex(std::string_view text) {
  Digest digest;
  if (text.size() != 2 * digest.size()) return std::nullopt;
  const auto nibble = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

}  // namespace mapiguard
