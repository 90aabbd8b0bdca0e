#include "persist/inflight_row.h"

#include <algorithm>
#include <cstring>

namespace mapiguard {
namespace {

constexpr int kReadTries = 64;  // of a row that its owner keeps changing; the last one is then taken as torn

// Eight bytes a step: a byte-wise CRC over a long message ID would take longer than all the rest of fill().
std::uint64_t mix(std::uint64_t sum, const void* bytes, std::size_t count) {
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

std::uint64_t check_of_digest(const InflightFields& fields) {
  return mix(0x4D47494E464C4947ull, fields.sha256, sizeof fields.sha256);
}

std::uint64_t check_of(const InflightFields& fields, const char* build, const char* message_id) {
  std::uint64_t sum = mix(0x726F77, &fields, offsetof(InflightFields, check));
  sum = mix(sum, build, fields.build_bytes);
  return mix(sum, message_id, fields.id_bytes);
}

struct SlotCopy {
  InflightFields fields;
  char build[kInflightBuildBytes];
  char message_id[kInflightIdBytes];
};

// False when the owner wrote meanwhile (or died while writing).
bool copy_once(const InflightSlot& slot, SlotCopy& copy) {
  const std::uint32_t before = slot.sequence.load(std::memory_order_acquire);
  std::memcpy(&copy.fields, &slot.fields, sizeof copy.fields);
  std::memcpy(copy.build, slot.build, sizeof copy.build);
  std::memcpy(copy.message_id, slot.message_id, sizeof copy.message_id);
  std::atomic_thread_fence(std::memory_order_acquire);
  return before % 2 == 0 && slot.sequence.load(std::memory_order_relaxed) == before;
}

bool is_whole(const SlotCopy& copy) {
  return copy.fields.id_bytes <= sizeof copy.message_id && copy.fields.build_bytes <= sizeof copy.build &&
         copy.fields.check == check_of(copy.fields, copy.build, copy.message_id);
}

}  // namespace

std::optional<InflightRow> read_slot(const InflightSlot& slot) {
  SlotCopy copy;
  bool steady = false;
  for (int i = 0; i < kReadTries && !steady; ++i) {
    if (slot.filled.load(std::memory_order_acquire) == 0) return std::nullopt;
    steady = copy_once(slot, copy);
  }
  InflightRow row;
  std::memcpy(row.sha256.data(), copy.fields.sha256, row.sha256.size());
  if (steady && is_whole(copy)) {
    row.message_id.assign(copy.message_id, copy.fields.id_bytes);
    row.build.assign(copy.build, copy.fields.build_bytes);
    row.attempt = copy.fields.attempt;
    row.alone = copy.fields.alone != 0;
    row.since_ns = copy.fields.since_ns;
    return row;
  }
  if (copy.fields.digest_check != check_of_digest(copy.fields)) return std::nullopt;
  return row;
}

void fill_slot(InflightSlot& slot, const Digest& sha256, std::string_view message_id, std::uint32_t attempt, bool alone,
               std::string_view build, std::int64_t now_ns) {
  const std::uint32_t sequence = slot.sequence.load(std::memory_order_relaxed) | 1;
  slot.sequence.store(sequence, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  InflightFields& fields = slot.fields;
  std::memcpy(fields.sha256, sha256.data(), sha256.size());
  fields.digest_check = check_of_digest(fields);
  // Not before the digest is there: who dies earlier must not leave the row's last message, long finished, as a
  // suspect.
  slot.filled.store(1, std::memory_order_release);
  fields.since_ns = now_ns;
  fields.attempt = attempt;
  fields.alone = alone;
  fields.id_bytes = static_cast<std::uint16_t>(std::min(message_id.size(), sizeof slot.message_id));
  fields.build_bytes = static_cast<std::uint8_t>(std::min(build.size(), sizeof slot.build));
  std::memcpy(slot.message_id, message_id.data(), fields.id_bytes);
  std::memcpy(slot.build, build.data(), fields.build_bytes);
  fields.check = check_of(fields, slot.build, slot.message_id);
  slot.sequence.store(sequence + 1, std::memory_order_release);
}

// One store: a row is never half cleared.
void clear_slot(InflightSlot& slot) { slot.filled.store(0, std::memory_order_release); }

}  // namespace mapiguard
