// One row of an in-flight table as it lies in the mapped file (docs/formats.md), and how it is filled and read.
//
// A row is a seqlock: `sequence` is odd while its owner writes. Two checksums tell a torn row: one over the digest
// alone, so that the message can be named even when the rest cannot be trusted, and one over everything.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "persist/inflight.h"

namespace mapiguard {

inline constexpr std::size_t kInflightBuildBytes = 104;
inline constexpr char kInflightMagic[8] = {'M', 'G', 'I', 'N', 'F', 'L', '0', '1'};

struct InflightHeader {
  char magic[8];
  std::uint32_t row_bytes;
  std::uint32_t rows;
  std::int64_t pid;
  std::int64_t started_ns;
  std::uint8_t reserved[32];
};

struct InflightFields {
  std::uint8_t sha256[32];
  std::uint64_t digest_check;  // over sha256 alone
  std::int64_t since_ns;
  std::uint32_t attempt;
  std::uint16_t id_bytes;
  std::uint8_t build_bytes;
  std::uint8_t alone;
  std::uint64_t check;  // over all of the above and the used bytes of the texts
};

struct InflightSlot {
  std::atomic<std::uint32_t> sequence;
  std::atomic<std::uint32_t> filled;
  InflightFields fields;
  char build[kInflightBuildBytes];
  char message_id[kInflightIdBytes];
  std::uint8_t reserved[80];
};

static_assert(sizeof(InflightHeader) == 64);
static_assert(sizeof(InflightSlot) % 64 == 0, "rows of different threads share no cache line");
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "a lock inside the file would outlive its owner");
static_assert(std::is_trivially_copyable_v<InflightFields>);

// What a reader finds in a slot: nothing, a whole row, or what the digest tells of a torn one.
std::optional<InflightRow> read_slot(const InflightSlot& slot);
void fill_slot(InflightSlot& slot, const Digest& sha256, std::string_view message_id, std::uint32_t attempt, bool alone,
               std::string_view build, std::int64_t now_ns);
void clear_slot(InflightSlot& slot);

}  // namespace mapiguard
