// A row of DeliveredTo: that a mailbox was given a message, or is about to be. Rows stand one behind the other in a
// partition's file (docs/formats.md); this is their layout, with checksums, and nothing else.
//
// Thread promise: plain values, pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mapiguard/result.h>
#include "base/bytes.h"
#include "base/sha256.h"

namespace mapiguard {

inline constexpr std::size_t kMailboxMost = 1024;    // bytes; a longer name is refused
inline constexpr std::size_t kDeliveryIdMost = 998;  // bytes, one header line (RFC 5322 2.1.1)
inline constexpr std::size_t kDatabaseNameMost = 255;

// What tells one delivery from another. A message without an ID is known by its content.
struct DeliveryKey {
  std::string mailbox;
  std::string message_id;                   // "" = none
  std::optional<std::int64_t> submit_time;  // of the client: seconds since 1970
  Digest content{};
};

// 128 bits of mailbox, ID (or content) and submit time: what "the same message" means.
using DeliveryIdentity = std::array<std::uint64_t, 2>;
DeliveryIdentity identity_of(const DeliveryKey& key);
// Error usage: the mailbox is empty or too long, or the ID is too long.
Result<void> check_key(const DeliveryKey& key);
// As mailboxes are compared: the domain in lower case. The local part stays: two users may differ in its case.
std::string mailbox_name(std::string_view given);

enum class DeliveryState : std::uint8_t { reserved = 1, delivered = 2 };

struct DeliveredRow {
  DeliveryKey key;
  std::uint64_t size = 0;  // of the mail in bytes
  std::string database;
  DeliveryState state = DeliveryState::reserved;
  std::int64_t age_ms = 0;   // when that state began, by the store's own time
  std::int64_t wall_ns = 0;  // the same by the wall clock, to be shown
};

inline constexpr std::size_t kRowFixedBytes = 112;
inline constexpr std::size_t kRowStateAt = 88;  // within a row: what mark_bytes() gives
inline constexpr std::size_t kRowMost =
    (kRowFixedBytes + kMailboxMost + kDeliveryIdMost + kDatabaseNameMost + 7) / 8 * 8;

// A row as it stands in its file; a multiple of eight bytes.
std::string encode_row(const DeliveredRow& row, const DeliveryIdentity& identity);

// What a row says of its state, alone: 24 bytes at kRowStateAt, sealed by a checksum that includes the row's own.
struct RowMark {
  DeliveryState state = DeliveryState::reserved;
  std::int64_t age_ms = 0, wall_ns = 0;
};
std::array<char, 24> mark_bytes(const RowMark& mark, std::uint64_t row_check);

// A row found in bytes.
struct DecodedRow {
  DeliveryIdentity identity{};
  Digest content{};
  std::uint64_t check = 0;
  std::size_t bytes = 0;        // of the whole row
  std::optional<RowMark> mark;  // nullopt: torn while it was written; nobody knows whether it was delivered
};
// nullopt: no row begins here, or it is cut or damaged.
std::optional<DecodedRow> decode_row(Bytes bytes);
// Its texts too; only of bytes that decode_row() takes. An absent mark reads as reserved.
DeliveredRow read_row(Bytes bytes);
// The length that stands at the head of a row; 0 when none can begin there.
std::size_t row_length(Bytes head);
// Where the next row might begin in bytes that are damaged at the start; their size when nowhere.
std::size_t next_row(Bytes bytes);

// Eight bytes a step.
std::uint64_t checksum_of(std::uint64_t seed, const void* bytes, std::size_t count);

}  // namespace mapiguard
