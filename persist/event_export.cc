// The export of the events table to events.jsonl (event_log.h).
#include <algorithm>
#include <charconv>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "base/try.h"
#include "persist/event_log.h"
#include "persist/file_lock.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kBatch = 1000;          // events read and written at once
constexpr std::uint64_t kTailBytes = 64 << 10;  // more than nearly any line; doubled until one is found
constexpr double kWaitSeconds = 5;
constexpr std::string_view kSeqMark = "\"ext\": {\"seq\": ";

constexpr char kBounds[] = "SELECT MAX(seq) FROM events";

// The sequence number of a line that event_line() wrote, 0 when it is none. What is quoted in a line has its quotation
// marks escaped, so the mark cannot stand in it.
std::uint64_t seq_of(std::string_view line) {
  const std::size_t at = line.find(kSeqMark);
  if (at == std::string_view::npos || !line.starts_with('{') || !line.ends_with("}}")) return 0;
  std::uint64_t seq = 0;
  const std::string_view digits = line.substr(at + kSeqMark.size());
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  return read.ec == std::errc() ? seq : 0;
}

struct Tail {
  std::uint64_t seq = 0;   // of the last whole line; 0: none
  std::uint64_t size = 0;  // where it ends: what follows is torn
};

// The last whole line of ours in the file's last `reach` bytes.
Result<std::optional<Tail>> tail_within(Env& env, const std::string& path, std::uint64_t size, std::uint64_t reach) {
  std::string text;
  const std::uint64_t from = size > reach ? size - reach : 0;
  MAPIGUARD_TRY(env.read(path, from, [&](Bytes piece) -> Result<void> {
    text.append(as_chars(piece));
    return {};
  }));
  std::string_view rest = std::string_view(text).substr(0, size - from);
  for (std::size_t end = rest.rfind('\n'); end != std::string_view::npos; end = rest.rfind('\n')) {
    const std::size_t before = end == 0 ? std::string_view::npos : rest.rfind('\n', end - 1);
    const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
    if (const std::uint64_t seq = seq_of(rest.substr(start, end - start))) return Tail{seq, from + end + 1};
    rest = rest.substr(0, start);
  }
  return std::optional<Tail>();
}

Result<Tail> tail_of(Env& env, const std::string& path, std::uint64_t size) {
  for (std::uint64_t reach = kTailBytes;; reach *= 2) {
    const auto tail = tail_within(env, path, size, reach);
    if (!tail) return std::unexpected(tail.error());
    if (*tail) return **tail;
    if (reach >= size) return Tail{};
  }
}

class Exporter {
 public:
  Exporter(StateStore& store, Env& env, const EventExport& target)
      : store_(store), env_(env), target_(target), path_(target.state_dir + "/events.jsonl") {}

  Result<void> run() {
    MAPIGUARD_TRY(resume());
    for (;;) {
      std::vector<StoredEvent> events;
      MAPIGUARD_TRY(store_.read([&](Session& session) -> Result<void> {
        EventQuery query;
        query.after_seq = done_;
        query.most = kBatch;
        auto read = read_events(session, query);
        if (!read) return std::unexpected(std::move(read.error()));
        events = std::move(*read);
        return {};
      }));
      if (events.empty()) return {};
      MAPIGUARD_TRY(write(events));
      done_ = events.back().seq;
    }
  }

 private:
  // Where the file ends, with a torn end taken off.
  Result<void> resume() {
    const auto info = env_.info(path_);
    if (!info) return std::unexpected(info.error());
    if (*info) {
      const auto tail = tail_of(env_, path_, (*info)->size);
      if (!tail) return std::unexpected(tail.error());
      if (tail->size < (*info)->size) MAPIGUARD_TRY(env_.truncate(path_, tail->size));
      done_ = tail->seq;
      size_ = tail->size;
    }
    if (done_ == 0) MAPIGUARD_TRY(resume_after_rotation());
    return restart_when_ahead();
  }

  Result<void> resume_after_rotation() {
    const std::string newest = path_ + ".1";
    const auto info = env_.info(newest);
    if (!info) return std::unexpected(info.error());
    if (!*info) return {};
    const auto tail = tail_of(env_, newest, (*info)->size);
    if (!tail) return std::unexpected(tail.error());
    done_ = tail->seq;
    return {};
  }

  // A file with events that the table has never had belongs to a state before a restored backup: it is put aside.
  Result<void> restart_when_ahead() {
    std::uint64_t newest = 0;
    MAPIGUARD_TRY(store_.query(kBounds, {}, [&](const SqlRow& row) {
      newest = static_cast<std::uint64_t>(row.integer(0));
      return false;
    }));
    if (done_ <= newest) return {};
    log(LogLevel::warning,
        "events.jsonl is ahead of the database (a restored backup?); it is put aside and written anew");
    if (size_ > 0) MAPIGUARD_TRY(env_.rename(path_, path_ + ".ahead"));
    done_ = size_ = 0;
    return {};
  }

  Result<void> write(const std::vector<StoredEvent>& events) {
    std::string lines;
    for (const StoredEvent& event : events) {
      if (size_ + lines.size() >= target_.rotate_bytes) {
        MAPIGUARD_TRY(append(lines));
        MAPIGUARD_TRY(rotate());
        lines.clear();
      }
      lines += event_line(event) + "\n";
    }
    return append(lines);
  }

  Result<void> append(const std::string& lines) {
    if (lines.empty()) return {};
    const auto file = env_.append(path_, 0600);
    if (!file) return std::unexpected(file.error());
    MAPIGUARD_TRY((*file)->write(as_bytes(lines)));
    size_ += lines.size();
    return {};
  }

  Result<void> rotate() {
    const auto numbered = [&](unsigned n) { return path_ + "." + std::to_string(n); };
    for (unsigned n = target_.keep_files; n > 0; --n) {
      const std::string from = n == 1 ? path_ : numbered(n - 1);
      const auto info = env_.info(from);
      if (!info) return std::unexpected(info.error());
      if (*info) MAPIGUARD_TRY(env_.rename(from, numbered(n)));
    }
    if (target_.keep_files == 0) MAPIGUARD_TRY(env_.truncate(path_, 0));
    size_ = 0;
    return {};
  }

  StateStore& store_;
  Env& env_;
  const EventExport& target_;
  const std::string path_;
  std::uint64_t done_ = 0, size_ = 0;
};

}  // namespace

Result<void> export_events(StateStore& store, Env& env, const EventExport& target) {
  const auto lock = FileLock::take(target.state_dir + "/events.lock", 0, kWaitSeconds);
  if (!lock) return std::unexpected(lock.error());
  if (!*lock) return fail(ErrorCode::try_again, "another process has been exporting events for long", "try again");
  return Exporter(store, env, target).run();
}

}  // namespace mapiguard
