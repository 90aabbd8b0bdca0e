#include "persist/quarantine.h"

#include "base/text.h"
#include "base/try.h"

namespace mapiguard {
namespace {

constexpr std::string_view kSuffix = ".bin";
constexpr std::string_view kStamp = "/.swept";
constexpr std::int64_t kSweepInterval = 24 * 3600 * 1'000'000'000ll;

constexpr char kPut[] =
    "INSERT INTO quarantine (sha256, state, size, stored, crash_report) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (sha256) DO UPDATE SET state = excluded.state, size = excluded.size, stored = excluded.stored, "
    "crash_report = excluded.crash_report";
constexpr char kGet[] = "SELECT state, size, stored, crash_report FROM quarantine WHERE sha256 = $1";
constexpr char kErase[] = "DELETE FROM quarantine WHERE sha256 = $1";
constexpr char kCount[] = "SELECT COUNT(*) FROM quarantine";
constexpr char kUsed[] = "SELECT SUM(size) FROM quarantine WHERE state = 'stored'";

std::string folder(const std::string& state_dir) { return state_dir + "/quarantine"; }

std::string mib(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

// How many bytes a copy may have, and the sentence for one that has more.
struct Room {
  std::uint64_t bytes = 0;
  std::string when_more;
};

Result<Room> room_in(Env& env, const std::string& dir, std::uint64_t used, const QuarantineLimits& limits) {
  const auto free = env.free_bytes(dir);
  if (!free) return std::unexpected(free.error());
  const std::uint64_t by_setting = used < limits.max_bytes ? limits.max_bytes - used : 0;
  const std::uint64_t by_disk = *free > limits.min_free_bytes ? *free - limits.min_free_bytes : 0;
  if (by_setting <= by_disk)
    return Room{by_setting, "the quarantine is full: " + mib(used) + " are used of Mapiguard\\Quarantine Max MiB = " +
                                std::to_string(limits.max_bytes >> 20)};
  return Room{by_disk, "the file system has " + mib(*free) + " free, and Mapiguard\\Min Free MiB = " +
                           std::to_string(limits.min_free_bytes >> 20) + " must be left"};
}

Result<std::uint64_t> number(Session& session, const char* sql) {
  std::uint64_t value = 0;
  MAPIGUARD_TRY(session.run(sql, {}, [&](const SqlRow& row) {
    value = static_cast<std::uint64_t>(row.integer(0));
    return false;
  }));
  return value;
}

Result<bool> is_orphan(StateStore& store, Env& env, const std::string& path, const Digest& digest,
                       std::int64_t before_ns) {
  const auto info = env.info(path);
  if (!info) return std::unexpected(info.error());
  if (!*info || (*info)->modified_ns >= before_ns) return false;
  bool named = false;
  MAPIGUARD_TRY(store.query(kGet, {bytes_of(digest)}, [&](const SqlRow& row) {
    named = row.text(0) == kCopyStored;
    return false;
  }));
  return !named;
}

}  // namespace

std::string quarantine_path(const std::string& state_dir, const Digest& sha256) {
  return folder(state_dir) + "/" + hex(sha256) + std::string(kSuffix);
}

Result<std::uint64_t> store_copy(Env& env, const std::string& state_dir, const Digest& sha256, std::uint64_t used,
                                 const QuarantineLimits& limits, const CopySource& source) {
  MAPIGUARD_TRY(env.make_dir(folder(state_dir), 0700));
  const auto room = room_in(env, folder(state_dir), used, limits);
  if (!room) return std::unexpected(room.error());
  if (room->bytes == 0) return fail(ErrorCode::io, room->when_more);
  auto file = AtomicFile::create(env, quarantine_path(state_dir, sha256), 0600);
  if (!file) return std::unexpected(std::move(file.error()));
  Sha256 hash;
  std::uint64_t written = 0;
  MAPIGUARD_TRY(source([&](Bytes piece) -> Result<void> {
    written += piece.size();
    if (written > room->bytes) return fail(ErrorCode::io, room->when_more);
    hash.add(piece);
    return file->write(piece);
  }));
  if (hash.finish() != sha256) return fail(ErrorCode::io, "the bytes to be kept are not those of the message");
  MAPIGUARD_TRY(file->commit());
  return written;
}

Result<void> read_copy(Env& env, const std::string& state_dir, const Digest& sha256, const ByteSink& write) {
  Sha256 hash;
  const std::string path = quarantine_path(state_dir, sha256);
  MAPIGUARD_TRY(env.read(path, 0, [&](Bytes piece) -> Result<void> {
    hash.add(piece);
    return write(piece);
  }));
  if (hash.finish() != sha256)
    return fail(ErrorCode::io,
                "the quarantined copy '" + displayable(path) + "' has been changed: its SHA-256 is another one");
  return {};
}

Result<void> put_quarantine(Session& session, const Digest& sha256, const QuarantineRow& row) {
  return session.run(kPut, {bytes_of(sha256), std::string_view(row.state), static_cast<std::int64_t>(row.size),
                            row.stored, std::string_view(row.crash_report)});
}

Result<std::optional<QuarantineRow>> quarantine_of(Session& session, const Digest& sha256) {
  std::optional<QuarantineRow> found;
  MAPIGUARD_TRY(session.run(kGet, {bytes_of(sha256)}, [&](const SqlRow& row) {
    found = QuarantineRow{std::string(row.text(0)), static_cast<std::uint64_t>(row.integer(1)), row.integer(2),
                          std::string(row.text(3))};
    return false;
  }));
  return found;
}

Result<void> erase_quarantine(Session& session, const Digest& sha256) {
  return session.run(kErase, {bytes_of(sha256)});
}
Result<std::uint64_t> count_quarantined(Session& session) { return number(session, kCount); }
Result<std::uint64_t> quarantine_bytes(Session& session) { return number(session, kUsed); }

Result<void> sweep_quarantine(StateStore& store, Env& env, const std::string& state_dir, std::int64_t before_ns) {
  const auto there = env.info(folder(state_dir));
  if (!there) return std::unexpected(there.error());
  if (!*there) return {};
  const auto swept = env.info(folder(state_dir) + std::string(kStamp));
  if (!swept) return std::unexpected(swept.error());
  if (*swept && (*swept)->modified_ns > before_ns - kSweepInterval) return {};
  MAPIGUARD_TRY(sweep_temporaries(env, folder(state_dir)));
  const auto names = env.list(folder(state_dir));
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix)) continue;
    const auto digest = digest_from_hex(std::string_view(name).substr(0, name.size() - kSuffix.size()));
    if (!digest) continue;
    const auto orphan = is_orphan(store, env, folder(state_dir) + "/" + name, *digest, before_ns);
    if (!orphan) return std::unexpected(orphan.error());
    if (*orphan) MAPIGUARD_TRY(env.remove(folder(state_dir) + "/" + name));
  }
  auto stamp = AtomicFile::create(env, folder(state_dir) + std::string(kStamp), 0600);
  if (!stamp) return std::unexpected(std::move(stamp.error()));
  return stamp->commit();
}

}  // namespace mapiguard
