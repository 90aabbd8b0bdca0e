#include "persist/delivered_row.h"

#include <cstring>
#include <limits>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::uint32_t kRowMagic = 0x5244474D;  // "MGDR"
constexpr std::int64_t kNoSubmitTime = std::numeric_limits<std::int64_t>::min();
constexpr unsigned kAgeBits = 56;
constexpr std::uint64_t kRowSeed = 0x64656C697665726Full, kMarkSeed = 0x6D61726Bull;

struct Fixed {
  std::uint32_t magic, bytes;
  std::uint64_t identity[2];
  std::uint8_t content[32];
  std::int64_t submit_time;
  std::uint64_t size;
  std::uint16_t mailbox_bytes, id_bytes, database_bytes, unused;
  std::uint64_t check;  // of all above, and of the texts
  std::uint64_t state;  // kRowStateAt: state << kAgeBits | age
  std::int64_t wall_ns;
  std::uint64_t seal;
};
static_assert(sizeof(Fixed) == kRowFixedBytes && offsetof(Fixed, state) == kRowStateAt);
constexpr std::size_t kChecked = offsetof(Fixed, check);

struct Mark {
  std::uint64_t state;
  std::int64_t wall_ns;
  std::uint64_t seal;
};

Fixed fixed_of(Bytes bytes) {
  Fixed fixed;
  std::memcpy(&fixed, bytes.data(), sizeof fixed);
  return fixed;
}

std::size_t text_bytes(const Fixed& fixed) {
  return std::size_t{fixed.mailbox_bytes} + fixed.id_bytes + fixed.database_bytes;
}

std::size_t whole(std::size_t texts) { return (kRowFixedBytes + texts + 7) / 8 * 8; }

std::uint64_t check_of(const Fixed& fixed, const void* texts) {
  return checksum_of(checksum_of(kRowSeed, &fixed, kChecked), texts, text_bytes(fixed));
}

std::uint64_t seal_of(std::uint64_t state, std::int64_t wall_ns, std::uint64_t row_check) {
  const std::uint64_t words[] = {state, static_cast<std::uint64_t>(wall_ns), row_check};
  return checksum_of(kMarkSeed, words, sizeof words);
}

std::optional<RowMark> mark_of(const Fixed& fixed) {
  const std::uint64_t state = fixed.state >> kAgeBits;
  if (fixed.seal != seal_of(fixed.state, fixed.wall_ns, fixed.check)) return std::nullopt;
  if (state != static_cast<std::uint64_t>(DeliveryState::reserved) &&
      state != static_cast<std::uint64_t>(DeliveryState::delivered))
    return std::nullopt;
  return RowMark{static_cast<DeliveryState>(state),
                 static_cast<std::int64_t>(fixed.state & ((std::uint64_t{1} << kAgeBits) - 1)), fixed.wall_ns};
}

Mark sealed(const RowMark& mark, std::uint64_t row_check) {
  Mark out;
  out.state = static_cast<std::uint64_t>(mark.state) << kAgeBits |
              (static_cast<std::uint64_t>(mark.age_ms) & ((std::uint64_t{1} << kAgeBits) - 1));
  out.wall_ns = mark.wall_ns;
  out.seal = seal_of(out.state, out.wall_ns, row_check);
  return out;
}

std::string_view text_at(Bytes bytes, std::size_t at, std::size_t count) {
  return {reinterpret_cast<const char*>(bytes.data()) + at, count};
}

}  // namespace

std::uint64_t checksum_of(std::uint64_t seed, const void* bytes, std::size_t count) {
  std::uint64_t sum = seed;
  const auto* at = static_cast<const char*>(bytes);
  for (; count >= 8; count -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    sum = (sum ^ word) * 0x9FB21C651E98DF25ull;
    sum ^= sum >> 32;
  }
  std::uint64_t last = 0;
  std::memcpy(&last, at, count);
  sum = (sum ^ last ^ static_cast<std::uint64_t>(count) << 56) * 0x9FB21C651E98DF25ull;
  return sum ^ sum >> 29;
}

DeliveryIdentity identity_of(const DeliveryKey& key) {
  // Each part with its length before it: no two keys are one text.
  std::string text;
  const auto add = [&](std::string_view part) {
    const auto length = static_cast<std::uint64_t>(part.size());
    text.append(reinterpret_cast<const char*>(&length), sizeof length).append(part);
  };
  add(key.mailbox);
  add(key.message_id);
  const std::int64_t submit = key.submit_time.value_or(kNoSubmitTime);
  add({reinterpret_cast<const char*>(&submit), sizeof submit});
  if (key.message_id.empty()) add({reinterpret_cast<const char*>(key.content.data()), key.content.size()});
  const Digest digest = sha256(as_bytes(text));
  DeliveryIdentity identity;
  std::memcpy(identity.data(), digest.data(), sizeof identity);
  return identity;
}

Result<void> check_key(const DeliveryKey& key) {
  if (key.mailbox.empty()) return fail(ErrorCode::usage, "a mailbox needs a name");
  if (key.mailbox.size() > kMailboxMost)
    return fail(ErrorCode::usage, "the name of the mailbox is longer than " + std::to_string(kMailboxMost) + " bytes");
  if (key.message_id.size() > kDeliveryIdMost)
    return fail(ErrorCode::usage, "the message ID is longer than " + std::to_string(kDeliveryIdMost) + " bytes");
  return {};
}

std::string mailbox_name(std::string_view given) {
  const std::size_t at = given.rfind('@');
  if (at == std::string_view::npos) return std::string(given);
  return std::string(given.substr(0, at)) + ascii_lower(given.substr(at));
}

std::string encode_row(const DeliveredRow& row, const DeliveryIdentity& identity) {
  const std::string_view database = std::string_view(row.database).substr(0, kDatabaseNameMost);
  const std::string texts = row.key.mailbox + row.key.message_id + std::string(database);
  Fixed fixed{};
  fixed.magic = kRowMagic;
  fixed.bytes = static_cast<std::uint32_t>(whole(texts.size()));
  std::memcpy(fixed.identity, identity.data(), sizeof fixed.identity);
  std::memcpy(fixed.content, row.key.content.data(), sizeof fixed.content);
  fixed.submit_time = row.key.submit_time.value_or(kNoSubmitTime);
  fixed.size = row.size;
  fixed.mailbox_bytes = static_cast<std::uint16_t>(row.key.mailbox.size());
  fixed.id_bytes = static_cast<std::uint16_t>(row.key.message_id.size());
  fixed.database_bytes = static_cast<std::uint16_t>(database.size());
  fixed.check = check_of(fixed, texts.data());
  const Mark mark = sealed({row.state, row.age_ms, row.wall_ns}, fixed.check);
  fixed.state = mark.state;
  fixed.wall_ns = mark.wall_ns;
  fixed.seal = mark.seal;
  std::string out(fixed.bytes, '\0');
  std::memcpy(out.data(), &fixed, sizeof fixed);
  std::memcpy(out.data() + sizeof fixed, texts.data(), texts.size());
  return out;
}

std::array<char, 24> mark_bytes(const RowMark& mark, std::uint64_t row_check) {
  const Mark out = sealed(mark, row_check);
  std::array<char, sizeof out> bytes;
  std::memcpy(bytes.data(), &out, sizeof out);
  return bytes;
}

std::size_t row_length(Bytes head) {
  if (head.size() < kRowFixedBytes) return 0;
  const Fixed fixed = fixed_of(head);
  const bool fits = fixed.magic == kRowMagic && fixed.mailbox_bytes <= kMailboxMost &&
                    fixed.id_bytes <= kDeliveryIdMost && fixed.database_bytes <= kDatabaseNameMost &&
                    fixed.bytes == whole(text_bytes(fixed));
  return fits ? fixed.bytes : 0;
}

std::optional<DecodedRow> decode_row(Bytes bytes) {
  const std::size_t length = row_length(bytes);
  if (length == 0 || length > bytes.size()) return std::nullopt;
  const Fixed fixed = fixed_of(bytes);
  if (fixed.check != check_of(fixed, bytes.data() + kRowFixedBytes)) return std::nullopt;
  DecodedRow row;
  std::memcpy(row.identity.data(), fixed.identity, sizeof fixed.identity);
  std::memcpy(row.content.data(), fixed.content, sizeof fixed.content);
  row.check = fixed.check;
  row.bytes = length;
  row.mark = mark_of(fixed);
  return row;
}

DeliveredRow read_row(Bytes bytes) {
  const Fixed fixed = fixed_of(bytes);
  DeliveredRow row;
  std::size_t at = kRowFixedBytes;
  const auto take = [&](std::size_t count) {
    const std::string_view text = text_at(bytes, at, count);
    at += count;
    return std::string(text);
  };
  row.key.mailbox = take(fixed.mailbox_bytes);
  row.key.message_id = take(fixed.id_bytes);
  row.database = take(fixed.database_bytes);
  if (fixed.submit_time != kNoSubmitTime) row.key.submit_time = fixed.submit_time;
  std::memcpy(row.key.content.data(), fixed.content, sizeof fixed.content);
  row.size = fixed.size;
  if (const auto mark = mark_of(fixed)) {
    row.state = mark->state;
    row.age_ms = mark->age_ms;
    row.wall_ns = mark->wall_ns;
  }
  return row;
}

std::size_t next_row(Bytes bytes) {
  for (std::size_t at = 8; at + kRowFixedBytes <= bytes.size(); at += 8)
    if (row_length(bytes.subspan(at)) != 0) return at;
  return bytes.size();
}

}  // namespace mapiguard
