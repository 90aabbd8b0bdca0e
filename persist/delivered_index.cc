#include "persist/delivered_index.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/env.h"
#include "base/text.h"
#include "base/try.h"

namespace mapiguard {
namespace {

constexpr char kIndexMagic[8] = {'M', 'G', 'D', 'E', 'L', 'X', '0', '1'};
constexpr std::uint64_t kIndexSeed = 0x696E646578ull;
constexpr unsigned kPlaceBits = 39;  // of a place in units of eight bytes: 4 TiB
constexpr std::uint64_t kPlaceMask = (std::uint64_t{1} << kPlaceBits) - 1;
constexpr std::uint64_t kEmptyBit = std::uint64_t{1} << 63;
// Seven tenths full: a search ends after two or three slots, which are one cache line.
constexpr std::uint64_t kFullTenths = 7;
constexpr std::uint64_t kMostSlots = std::uint64_t{1} << 32;

__extension__ using Wide = unsigned __int128;

std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t header_check(const IndexHeader& header) {
  return checksum_of(kIndexSeed, &header, offsetof(IndexHeader, check));
}

std::unexpected<Error> trouble(const char* what, const std::string& path) {
  return fail(ErrorCode::io, std::string("cannot ") + what + " '" + displayable(path) + "': " + std::strerror(errno));
}

class File {
 public:
  explicit File(int opened) : fd(opened) {}
  File(const File&) = delete;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  const int fd;
};

bool is_sound(const void* base, std::uint64_t bytes) {
  const auto& header = *static_cast<const IndexHeader*>(base);
  return std::memcmp(header.magic, kIndexMagic, sizeof kIndexMagic) == 0 && header.check == header_check(header) &&
         std::has_single_bit(header.capacity) && header.capacity <= kMostSlots &&
         bytes == kIndexHeaderBytes + header.capacity * 16;
}

void draw_salt(IndexHeader& header, const DeliveredIndex* salted_as) {
  if (salted_as)
    std::memcpy(header.salt, salted_as->header().salt, sizeof header.salt);
  else if (::getrandom(header.salt, sizeof header.salt, 0) != sizeof header.salt)
    header.salt[0] = reinterpret_cast<std::uintptr_t>(&header);  // better than none
}

}  // namespace

DeliveredIndex::DeliveredIndex(std::string path, std::string now_named, void* base, std::size_t bytes)
    : path_(std::move(path)), name_(std::move(now_named)), base_(base), bytes_(bytes) {
  shift_ = 64u - static_cast<unsigned>(std::countr_zero(header().capacity));
  mask_ = header().capacity - 1;
  salt_[0] = header().salt[0];
  salt_[1] = header().salt[1];
  // Each look is at one page anywhere: reading ahead would be in vain.
  ::madvise(base_, bytes_, MADV_RANDOM);
}

DeliveredIndex::~DeliveredIndex() {
  ::munmap(base_, bytes_);
  if (name_ != path_) ::unlink(name_.c_str());  // never published
}

Result<std::unique_ptr<DeliveredIndex>> DeliveredIndex::create(const std::string& path, std::uint64_t rows,
                                                               const DeliveredIndex* salted_as) {
  const std::uint64_t capacity = std::bit_ceil(std::max(kFewestSlots, rows * 10 / kFullTenths + 1));
  const std::size_t bytes = kIndexHeaderBytes + capacity * sizeof(Slot);
  const std::string making = path + ".new";
  const File file(::open(making.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.fd < 0) return trouble("make", making);
  if (const int reason = ::posix_fallocate(file.fd, 0, static_cast<off_t>(bytes)); reason != 0) {
    ::unlink(making.c_str());
    errno = reason;
    return trouble("make room for", making);
  }
  void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
  if (base == MAP_FAILED) {
    const auto failed = trouble("map", making);
    ::unlink(making.c_str());
    return failed;
  }
  auto& header = *new (base) IndexHeader{};
  std::memcpy(header.magic, kIndexMagic, sizeof kIndexMagic);
  header.capacity = capacity;
  draw_salt(header, salted_as);
  header.check = header_check(header);
  std::unique_ptr<DeliveredIndex> index(new DeliveredIndex(path, making, base, bytes));
  index->clear_all();
  return index;
}

Result<std::unique_ptr<DeliveredIndex>> DeliveredIndex::open(const std::string& path) {
  const File file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (file.fd < 0 && errno == ENOENT) return std::unique_ptr<DeliveredIndex>();
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) return trouble("open", path);
  const auto bytes = static_cast<std::size_t>(info.st_size);
  if (!S_ISREG(info.st_mode) || bytes < kIndexHeaderBytes) return std::unique_ptr<DeliveredIndex>();
  void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
  if (base == MAP_FAILED) return trouble("map", path);
  if (!is_sound(base, bytes)) {
    ::munmap(base, bytes);
    return std::unique_ptr<DeliveredIndex>();
  }
  return std::unique_ptr<DeliveredIndex>(new DeliveredIndex(path, path, base, bytes));
}

Result<void> DeliveredIndex::publish() {
  MAPIGUARD_TRY(posix_env().rename(name_, path_));
  name_ = path_;
  return {};
}

Result<void> DeliveredIndex::sync() const {
  if (::msync(base_, bytes_, MS_SYNC) != 0) return trouble("write", name_);
  return {};
}

bool DeliveredIndex::has_room(std::size_t rows) const {
  return (header().entries + rows) * 10 < (mask_ + 1) * kFullTenths;
}

std::uint64_t DeliveredIndex::fingerprint(const DeliveryIdentity& identity) const {
  return folded(identity[0] ^ salt_[0], identity[1] ^ salt_[1]);
}

std::uint64_t DeliveredIndex::fingerprint(const DeliveryIdentity& identity, const Digest& content) const {
  std::uint64_t words[4];
  std::memcpy(words, content.data(), sizeof words);
  return folded(fingerprint(identity) ^ words[0], words[1] ^ salt_[1]);
}

std::uint64_t DeliveredIndex::empty_seal(std::uint64_t slot) const {
  return folded(slot ^ salt_[0], 0x9FB21C651E98DF25ull) | kEmptyBit;
}

std::uint64_t DeliveredIndex::filled(std::uint64_t fingerprint, std::uint64_t place) const {
  const std::uint64_t at = place / 8;
  const std::uint64_t check = folded(fingerprint ^ salt_[1], at ^ 0x9E3779B97F4A7C15ull) & 0xFFFFFF;
  return check << kPlaceBits | (at & kPlaceMask);
}

DeliveredIndex::Step DeliveredIndex::next(Cursor& cursor, std::uint64_t& place) const {
  for (; cursor.seen <= mask_; ++cursor.seen) {
    const std::uint64_t at = cursor.slot;
    // The place is written last: with it, the fingerprint is there.
    const std::uint64_t found = slots()[at].place.load(std::memory_order_acquire);
    if (found & kEmptyBit) return found == empty_seal(at) ? Step::end : Step::damaged;
    const std::uint64_t fingerprint = slots()[at].fingerprint.load(std::memory_order_relaxed);
    if (found != filled(fingerprint, (found & kPlaceMask) * 8)) return Step::damaged;
    cursor.slot = (at + 1) & mask_;
    if (fingerprint != cursor.fingerprint) continue;
    ++cursor.seen;
    place = (found & kPlaceMask) * 8;
    return Step::row;
  }
  return Step::end;
}

void DeliveredIndex::insert(std::uint64_t fingerprint, std::uint64_t place) {
  std::uint64_t at = home(fingerprint);
  while (!(slots()[at].place.load(std::memory_order_relaxed) & kEmptyBit)) at = (at + 1) & mask_;
  slots()[at].fingerprint.store(fingerprint, std::memory_order_relaxed);
  slots()[at].place.store(filled(fingerprint, place), std::memory_order_release);
  header().entries.fetch_add(1, std::memory_order_relaxed);
}

bool DeliveredIndex::copy_into(DeliveredIndex& larger) const {
  for (std::uint64_t at = 0; at <= mask_; ++at) {
    const std::uint64_t found = slots()[at].place.load(std::memory_order_relaxed);
    const std::uint64_t fingerprint = slots()[at].fingerprint.load(std::memory_order_relaxed);
    if (found & kEmptyBit) {
      if (found != empty_seal(at)) return false;
      continue;
    }
    const std::uint64_t place = (found & kPlaceMask) * 8;
    if (found != filled(fingerprint, place)) return false;
    larger.insert(fingerprint, place);
  }
  return true;
}

void DeliveredIndex::clear_all() {
  for (std::uint64_t at = 0; at <= mask_; ++at) slots()[at].place.store(empty_seal(at), std::memory_order_relaxed);
}

}  // namespace mapiguard
