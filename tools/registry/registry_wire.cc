#include "tools/registry/registry_wire.h"

#include <optional>

#include "base/text.h"
#include "base/try.h"
#include "tools/registry/reg_text.h"

namespace mapiguard {
namespace {

constexpr std::string_view kMagic = "MGRG";
constexpr char kKeys = 1, kRefusal = 2;
constexpr std::size_t kMostRefusal = 1024;
constexpr std::size_t kMostPathBytes = (kMostKeyName + 1) * kMostKeyDepth * 3;  // UTF-8 of UTF-16
constexpr std::size_t kMostNameBytes = kMostValueName * 3;

void put_number(std::string& out, std::size_t number) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(number >> shift & 0xFF));
}
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

std::unexpected<Error> garbled(std::string_view what) {
  return fail(ErrorCode::internal,
              "the process that read the registry answered something that is no registry: " + std::string(what),
              "the file may have been made to take that process over; do not trust it");
}

class Parser {
 public:
  explicit Parser(Bytes bytes) : cursor_(bytes) {}
  Result<Registry> keys();
  Result<Registry> refusal();

 private:
  Result<RegistryKey> key();
  Result<RegistryValue> value();
  std::optional<bool> flag() {
    const auto byte = cursor_.u8();
    return byte && *byte <= 1 ? std::optional(*byte == 1) : std::nullopt;
  }
  std::optional<Bytes> bytes(std::size_t most) {
    const auto size = cursor_.u32();
    return size && *size <= most ? cursor_.take(*size) : std::nullopt;
  }
  std::optional<std::string> text(std::size_t most) {
    const auto found = bytes(most);
    return found && is_utf8(as_chars(*found)) ? std::optional<std::string>(as_chars(*found)) : std::nullopt;
  }

  ByteCursor cursor_;
  std::size_t values_ = 0;
};

Result<RegistryValue> Parser::value() {
  if (++values_ > kMostRegistryValues) return garbled("too many values");
  RegistryValue value;
  const auto deletes = flag();
  const auto line = cursor_.u32(), type = cursor_.u32();
  auto name = text(kMostNameBytes);
  const auto data = bytes(2 * kMostValueBytes + 2);
  if (!deletes || !line || !type || !name || !data) return garbled("a value is cut short or out of bounds");
  value.deletes = *deletes;
  value.line = *line;
  value.type = static_cast<RegistryType>(*type);
  value.name = std::move(*name);
  value.data.assign(data->begin(), data->end());
  return value;
}

Result<RegistryKey> Parser::key() {
  RegistryKey key;
  const auto deletes = flag();
  const auto line = cursor_.u32();
  auto path = text(kMostPathBytes);
  const auto values = cursor_.u32();
  if (!deletes || !line || !path || !values) return garbled("a key is cut short or out of bounds");
  key.deletes = *deletes;
  key.line = *line;
  key.path = std::move(*path);
  for (std::uint32_t i = 0; i < *values; ++i) {
    auto found = value();
    if (!found) return std::unexpected(std::move(found.error()));
    key.values.push_back(std::move(*found));
  }
  return key;
}

Result<Registry> Parser::keys() {
  const auto count = cursor_.u32();
  if (!count || *count > kMostRegistryKeys) return garbled("the number of keys is out of bounds");
  Registry registry;
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto found = key();
    if (!found) return std::unexpected(std::move(found.error()));
    registry.keys.push_back(std::move(*found));
  }
  if (!cursor_.at_end()) return garbled("something follows the last key");
  return registry;
}

Result<Registry> Parser::refusal() {
  const auto reason = text(kMostRefusal);
  if (!reason || !cursor_.at_end()) return garbled("its refusal is out of bounds");
  return fail(ErrorCode::not_a_message, displayable(*reason));
}

}  // namespace

bool fits_the_wire(const Registry& registry) {
  std::size_t values = 0, bytes = 0;
  for (const RegistryKey& key : registry.keys) {
    values += key.values.size();
    bytes += key.path.size() + 32;
    for (const RegistryValue& value : key.values) bytes += value.name.size() + value.data.size() + 32;
  }
  return registry.keys.size() <= kMostRegistryKeys && values <= kMostRegistryValues && bytes <= kMostRegistryBytes;
}

std::string registry_to_wire(const Registry& registry) {
  std::string out = std::string(kMagic) + kKeys;
  put_number(out, registry.keys.size());
  for (const RegistryKey& key : registry.keys) {
    out.push_back(key.deletes ? 1 : 0);
    put_number(out, key.line);
    put_text(out, key.path);
    put_number(out, key.values.size());
    for (const RegistryValue& value : key.values) {
      out.push_back(value.deletes ? 1 : 0);
      put_number(out, value.line);
      put_number(out, static_cast<std::uint32_t>(value.type));
      put_text(out, value.name);
      put_text(out, as_chars(value.data));
    }
  }
  return out;
}

std::string refusal_to_wire(std::string_view reason) {
  std::string out = std::string(kMagic) + kRefusal;
  put_text(out, displayable(reason, kMostRefusal));
  return out;
}

Result<Registry> registry_from_wire(Bytes answer) {
  const std::size_t head = kMagic.size() + 1;
  if (answer.size() < head || answer.size() > kMostRegistryBytes || !as_chars(answer).starts_with(kMagic))
    return garbled("its head is another");
  Parser parser(slice(answer, head));
  switch (as_chars(answer)[kMagic.size()]) {
    case kKeys: return parser.keys();
    case kRefusal: return parser.refusal();
    default: return garbled("its kind is another");
  }
}

}  // namespace mapiguard
