#include "persist/delivered_partition.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/env.h"
#include "base/text.h"
#include "base/try.h"

namespace mapiguard {
namespace {

constexpr char kRowsSuffix[] = ".rows";
constexpr char kIndexSuffix[] = ".index";
constexpr char kFileMagic[8] = {'M', 'G', 'D', 'E', 'L', 'R', '0', '1'};
constexpr std::uint64_t kFileSeed = 0x70617274ull;
constexpr std::size_t kScanPiece = 1u << 20;
// Rows of one identity that a look reads: a sender whose mails all have one ID costs no more than this.
constexpr unsigned kMostRowsRead = 64;

struct FileHead {
  char magic[8];
  std::uint64_t number;
  std::int64_t made_wall_ns;
  std::uint64_t unused[4];
  std::uint64_t check;
};
static_assert(sizeof(FileHead) == 64);

std::string stem_of(const std::string& folder, std::uint64_t number) {
  char name[24];
  std::snprintf(name, sizeof name, "/%08llu", static_cast<unsigned long long>(number));
  return folder + name;
}

std::uint64_t head_check(const FileHead& head) { return checksum_of(kFileSeed, &head, offsetof(FileHead, check)); }

std::unexpected<Error> trouble(const char* what, const std::string& path) {
  return fail(ErrorCode::io, std::string("cannot ") + what + " '" + displayable(path) + "': " + std::strerror(errno));
}

// All of it, but for the end of the file.
Result<std::size_t> read_at(int fd, std::span<std::byte> into, std::uint64_t at, const std::string& path) {
  std::size_t got = 0;
  while (got < into.size()) {
    const ssize_t n = ::pread(fd, into.data() + got, into.size() - got, static_cast<off_t>(at + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return trouble("read", path);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

Result<void> write_at(int fd, Bytes bytes, std::uint64_t at, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return trouble("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  return {};
}

std::uint64_t size_of(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

// The first row of an identity is found by that alone, the others by their contents too: a sender whose mails all have
// one ID makes no chain.
void enter(DeliveredIndex& index, const DeliveryIdentity& identity, const Digest& content, std::uint64_t place) {
  std::uint64_t ignored = 0;
  const std::uint64_t first = index.fingerprint(identity);
  auto cursor = index.cursor(first);
  const bool is_first = index.next(cursor, ignored) == DeliveredIndex::Step::end;
  index.insert(is_first ? first : index.fingerprint(identity, content), place);
}

bool is_delivered(const DecodedRow& row) { return row.mark && row.mark->state == DeliveryState::delivered; }

}  // namespace

DeliveredPartition::DeliveredPartition(std::string folder, std::uint64_t number, int fd)
    : folder_(std::move(folder)), number_(number), fd_(fd), group_([this]() -> Result<void> {
        if (::fdatasync(fd_) != 0) return trouble("write", rows_path());
        return {};
      }) {}
DeliveredPartition::~DeliveredPartition() { ::close(fd_); }

std::string DeliveredPartition::rows_path() const { return stem_of(folder_, number_) + kRowsSuffix; }
std::string DeliveredPartition::index_path() const { return stem_of(folder_, number_) + kIndexSuffix; }

Result<std::unique_ptr<DeliveredPartition>> DeliveredPartition::create(const std::string& folder, std::uint64_t number,
                                                                       const ClockReading& now) {
  const std::string path = stem_of(folder, number) + kRowsSuffix, making = path + ".new";
  const int fd = ::open(making.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return trouble("make", making);
  std::unique_ptr<DeliveredPartition> partition(new DeliveredPartition(folder, number, fd));
  FileHead head{};
  std::memcpy(head.magic, kFileMagic, sizeof kFileMagic);
  head.number = number;
  head.made_wall_ns = now.wall_ns;
  head.check = head_check(head);
  MAPIGUARD_TRY(write_at(fd, std::as_bytes(std::span(&head, 1)), 0, making));
  MAPIGUARD_TRY(posix_env().remove(partition->index_path()));  // a namesake's, whose rows are gone
  MAPIGUARD_TRY(partition->rebuild(now));
  partition->rebuilt_ = false;
  MAPIGUARD_TRY(posix_env().rename(making, path));
  return partition;
}

Result<std::unique_ptr<DeliveredPartition>> DeliveredPartition::open(const std::string& folder, std::uint64_t number,
                                                                     const ClockReading& now) {
  const std::string path = stem_of(folder, number) + kRowsSuffix;
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return trouble("open", path);
  std::unique_ptr<DeliveredPartition> partition(new DeliveredPartition(folder, number, fd));
  FileHead head{};
  const auto got = read_at(fd, std::as_writable_bytes(std::span(&head, 1)), 0, path);
  if (!got) return std::unexpected(got.error());
  if (*got != sizeof head || std::memcmp(head.magic, kFileMagic, sizeof kFileMagic) != 0 ||
      head.check != head_check(head) || head.number != number)
    return fail(ErrorCode::not_a_message, "the head of '" + displayable(path) + "' is damaged");
  auto index = DeliveredIndex::open(partition->index_path());
  if (!index) return std::unexpected(index.error());
  partition->index_ = std::move(*index);
  const auto is_sound = [&] {
    if (!partition->index_) return false;
    const IndexHeader& of = partition->header();
    const bool same_boot = of.boot[0] == now.boot[0] && of.boot[1] == now.boot[1];
    // After a loss of power pages of either file may be of any moment.
    return (of.sealed != 0 || same_boot) && of.tail >= sizeof(FileHead) && of.tail <= size_of(fd);
  };
  if (!is_sound()) MAPIGUARD_TRY(partition->rebuild(now));
  return partition;
}

Result<std::optional<DecodedRow>> DeliveredPartition::row_at(std::uint64_t place) const {
  std::array<std::byte, kRowMost> bytes;
  // Most rows are short; a long one is read again.
  for (const std::size_t piece : {std::size_t{512}, kRowMost}) {
    const auto got = read_at(fd_, std::span(bytes).first(piece), place, rows_path());
    if (!got) return std::unexpected(got.error());
    const Bytes read = Bytes(bytes).first(*got);
    if (row_length(read) > piece) continue;
    return decode_row(read);
  }
  return std::optional<DecodedRow>();
}

Result<bool> DeliveredPartition::look_by(std::uint64_t fingerprint, const DeliveryIdentity& identity,
                                         const Digest& content, Look& look) const {
  bool met = false;
  auto cursor = index_->cursor(fingerprint);
  for (unsigned rows = 0;; ++rows) {
    std::uint64_t place = 0;
    const auto step = index_->next(cursor, place);
    if (step == DeliveredIndex::Step::end) return met;
    if (rows == kMostRowsRead) return met;
    if (step == DeliveredIndex::Step::damaged) {
      look.doubt = true;
      return met;
    }
    auto row = row_at(place);
    if (!row) return std::unexpected(row.error());
    if (!*row) {
      look.doubt = true;
      continue;
    }
    if ((*row)->identity != identity) continue;  // another one's fingerprint, by chance
    met = true;
    if ((*row)->content == content)
      look.same.push_back({place, std::move(**row)});
    else if (!look.other || (is_delivered((*row).value()) && !is_delivered(look.other->row)))
      look.other = {place, std::move(**row)};
  }
}

Result<DeliveredPartition::Look> DeliveredPartition::look(const DeliveryIdentity& identity,
                                                          const Digest& content) const {
  Look look;
  const auto met = look_by(index_->fingerprint(identity), identity, content, look);
  if (!met) return std::unexpected(met.error());
  if (!*met) return look;
  if (const auto more = look_by(index_->fingerprint(identity, content), identity, content, look); !more)
    return std::unexpected(more.error());
  return look;
}

void DeliveredPartition::note_age(std::int64_t age_ms) {
  IndexHeader& of = header();
  if (of.oldest_ms == 0 || age_ms < of.oldest_ms) of.oldest_ms = age_ms;
  if (age_ms > of.newest_ms) of.newest_ms = age_ms;
}

Result<void> DeliveredPartition::append(std::span<NewRow> rows, std::int64_t now_ms) {
  std::string bytes;
  const std::uint64_t tail = header().tail;
  for (NewRow& added : rows) {
    const std::string row = encode_row(*added.row, added.identity);
    added.place = tail + bytes.size();
    std::memcpy(&added.check, row.data() + kRowStateAt - sizeof added.check, sizeof added.check);
    bytes += row;
  }
  MAPIGUARD_TRY(write_at(fd_, as_bytes(bytes), tail, rows_path()));
  // First the tail, then the index: whoever is killed in between leaves a row that nobody finds, not a place that the
  // next row would be written to.
  header().tail = tail + bytes.size();
  if (header().began_ms == 0) header().began_ms = now_ms;
  for (const NewRow& added : rows) {
    note_age(added.row->age_ms);
    enter(*index_, added.identity, added.row->key.content, added.place);
  }
  return {};
}

Result<void> DeliveredPartition::mark(std::uint64_t place, std::uint64_t row_check, const RowMark& mark) {
  const auto bytes = mark_bytes(mark, row_check);
  MAPIGUARD_TRY(
      write_at(fd_, as_bytes(std::string_view(bytes.data(), bytes.size())), place + kRowStateAt, rows_path()));
  std::int64_t newest = header().newest_ms;
  while (newest < mark.age_ms && !header().newest_ms.compare_exchange_weak(newest, mark.age_ms)) {
  }
  return {};
}

bool DeliveredPartition::needs_growth(std::size_t rows) const {
  return !index_->has_room(rows);
}

Result<void> DeliveredPartition::grow(std::size_t rows) {
  auto larger = DeliveredIndex::create(index_path(), (header().entries + rows) * 2, index_.get());
  if (!larger) return std::unexpected(larger.error());
  if (!index_->copy_into(**larger))
    return fail(ErrorCode::not_a_message, "the index '" + displayable(index_path()) + "' is damaged");
  const IndexHeader& old = header();
  IndexHeader& fresh = (*larger)->header();
  fresh.tail = old.tail.load();
  fresh.began_ms = old.began_ms.load();
  fresh.oldest_ms = old.oldest_ms.load();
  fresh.newest_ms = old.newest_ms.load();
  fresh.cap_ms = old.cap_ms.load();
  fresh.boot[0] = old.boot[0].load();
  fresh.boot[1] = old.boot[1].load();
  MAPIGUARD_TRY((*larger)->publish());
  index_ = std::move(*larger);
  return {};
}

Result<void> DeliveredPartition::scan(const std::function<bool(std::uint64_t, Bytes)>& take, std::uint64_t end,
                                      std::uint64_t& damaged, std::uint64_t& last) const {
  std::vector<std::byte> piece(kScanPiece);
  std::uint64_t at = sizeof(FileHead);
  last = at;
  while (at < end) {
    const auto got =
        read_at(fd_, std::span(piece).first(std::min<std::uint64_t>(kScanPiece, end - at)), at, rows_path());
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    const Bytes read = Bytes(piece).first(*got);
    const bool is_last = at + *got >= end;
    std::size_t within = 0;
    // A row that the piece cuts comes whole with the next one.
    while (within < read.size() && (is_last || read.size() - within >= kRowMost)) {
      const Bytes rest = read.subspan(within);
      if (const auto row = decode_row(rest)) {
        if (!take(at + within, rest.first(row->bytes))) return {};
        within += row->bytes;
        last = at + within;
        continue;
      }
      const std::size_t skipped = next_row(rest);
      damaged += skipped;
      within += skipped;
    }
    if (within == 0) break;
    at += within;
  }
  return {};
}

Result<void> DeliveredPartition::rebuild(const ClockReading& now) {
  struct Entry {
    DeliveryIdentity identity;
    Digest content;
    std::uint64_t place;
  };
  std::vector<Entry> entries;
  std::int64_t oldest = 0, newest = 0;
  std::uint64_t damaged = 0, last = 0;
  const auto collect = [&](std::uint64_t place, Bytes bytes) {
    const auto row = decode_row(bytes);
    entries.push_back({row->identity, row->content, place});
    const std::int64_t age = row->mark ? row->mark->age_ms : 0;
    if (age != 0 && (oldest == 0 || age < oldest)) oldest = age;
    newest = std::max(newest, age);
    return true;
  };
  MAPIGUARD_TRY(scan(collect, size_of(fd_), damaged, last));
  auto index = DeliveredIndex::create(index_path(), entries.size() * 2);
  if (!index) return std::unexpected(index.error());
  for (const Entry& entry : entries) enter(**index, entry.identity, entry.content, entry.place);
  IndexHeader& fresh = (*index)->header();
  fresh.tail = last;
  fresh.began_ms = fresh.oldest_ms = oldest;
  fresh.newest_ms = newest;
  fresh.boot[0] = now.boot[0];
  fresh.boot[1] = now.boot[1];
  MAPIGUARD_TRY((*index)->publish());
  index_ = std::move(*index);
  damaged_bytes_ = damaged;
  rebuilt_ = true;
  return {};
}

Result<void> DeliveredPartition::for_each(std::uint64_t end,
                                          const std::function<bool(std::uint64_t, Bytes)>& take) const {
  std::uint64_t damaged = 0, last = 0;
  return scan(take, end, damaged, last);
}

Result<void> DeliveredPartition::sync() { return group_.sync(); }

Result<void> DeliveredPartition::seal(DeliveredIndex& index) {
  MAPIGUARD_TRY(sync());
  MAPIGUARD_TRY(index.sync());
  index.header().sealed = 1;
  return index.sync();
}

// The index first: rows without one are found, an index without rows is nothing.
Result<void> DeliveredPartition::remove_files() {
  MAPIGUARD_TRY(posix_env().remove(index_path()));
  return posix_env().remove(rows_path());
}

std::uint64_t DeliveredPartition::bytes() const { return size_of(fd_) + kIndexHeaderBytes + header().capacity * 16; }

Result<std::vector<std::uint64_t>> partition_numbers(const std::string& folder) {
  std::vector<std::uint64_t> numbers;
  const auto names = posix_env().list(folder);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && std::string_view(end) == kRowsSuffix && number > 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<void> put_aside(const std::string& folder, std::uint64_t number) {
  const std::string stem = stem_of(folder, number);
  MAPIGUARD_TRY(posix_env().remove(stem + kIndexSuffix));
  return posix_env().rename(stem + kRowsSuffix, stem + kRowsSuffix + kAsideSuffix);
}

}  // namespace mapiguard
