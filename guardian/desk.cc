#include "guardian/desk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace mapiguard {
namespace {

// The outbox: the page, then for each place a count of 8 bytes in a cache line of its own and the output.
constexpr std::size_t kCountBytes = 64;
constexpr std::size_t kOutboxPlace = kCountBytes + kPlaceOutputBytes;
static_assert(kTestimonyBytes % 4096 == 0 && kPlaceInputBytes % 4096 == 0);

std::size_t outbox_bytes(unsigned places) { return kTestimonyBytes + places * kOutboxPlace; }
std::size_t count_at(unsigned place) { return kTestimonyBytes + place * kOutboxPlace; }
std::size_t output_at(unsigned place) { return count_at(place) + kCountBytes; }

UniqueFd memory(const char* name, std::size_t size) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return {};
  return fd;
}

bool seal(const UniqueFd& fd, int seals) {
  return ::fcntl(fd.get(), F_ADD_SEALS, seals | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0;
}

std::size_t size_of(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace

Mapping::Mapping(int fd, std::size_t size, bool writable) : size_(size) {
  void* memory = ::mmap(nullptr, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
  if (memory != MAP_FAILED) memory_ = static_cast<std::byte*>(memory);
}
Mapping::Mapping(Mapping&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), size_(std::exchange(other.size_, 0)) {}
Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  return *this;
}
Mapping::~Mapping() {
  if (memory_) ::munmap(memory_, size_);
}

// -- the supervisor's half ----------------------------------------------------------------------------------------------

std::unique_ptr<Desk> Desk::make(unsigned places) {
  std::unique_ptr<Desk> desk(new Desk);
  desk->inbox_fd_ = memory("mapiguard-inbox", std::max<std::size_t>(1, places) * kPlaceInputBytes);
  if (!desk->inbox_fd_) return nullptr;
  desk->inbox_ = Mapping(desk->inbox_fd_.get(), std::max<std::size_t>(1, places) * kPlaceInputBytes, true);
  if (!desk->inbox_) return nullptr;
  if (!seal(desk->inbox_fd_, F_SEAL_FUTURE_WRITE)) places = 0;
  desk->outbox_fd_ = memory("mapiguard-outbox", outbox_bytes(places));
  if (!desk->outbox_fd_ || !seal(desk->outbox_fd_, 0)) return nullptr;
  desk->outbox_ = Mapping(desk->outbox_fd_.get(), outbox_bytes(places), false);
  if (!desk->outbox_) return nullptr;
  desk->used_.assign(places, 0);
  return desk;
}

const TestimonyPage& Desk::said() const { return *reinterpret_cast<const TestimonyPage*>(outbox_.at(0)); }

void Desk::put(unsigned place, Bytes message) {
  std::byte* start = inbox_.at(place * kPlaceInputBytes);
  std::size_t& used = used_[place];
  if (!message.empty()) std::memcpy(start, message.data(), message.size());
  if (used > message.size()) std::memset(start + message.size(), 0, used - message.size());
  used = message.size();
}

std::optional<std::vector<std::byte>> Desk::take(unsigned place, std::uint64_t size) const {
  std::uint64_t count;
  std::memcpy(&count, outbox_.at(count_at(place)), sizeof count);
  if (count != size || size > kPlaceOutputBytes) return std::nullopt;
  const std::byte* start = outbox_.at(output_at(place));
  return std::vector<std::byte>(start, start + size);
}

bool Desk::wipe() {
  for (unsigned place = 0; place < used_.size(); ++place) put(place, {});
  // The worker may have written more than it told of. The kernel's fresh pages are blank.
  return ::fallocate(outbox_fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                     static_cast<off_t>(outbox_.size())) == 0;
}

// -- the worker's half ------------------------------------------------------------------------------------------------

WorkerDesk::WorkerDesk(int inbox, int outbox)
    : inbox_(inbox, size_of(inbox), false), outbox_(outbox, size_of(outbox), true) {
  if (!inbox_ || outbox_.size() < kTestimonyBytes) outbox_ = {};
}

TestimonyPage* WorkerDesk::testimony() const { return reinterpret_cast<TestimonyPage*>(outbox_.at(0)); }

unsigned WorkerDesk::places() const {
  return static_cast<unsigned>((outbox_.size() - kTestimonyBytes) / kOutboxPlace);
}

Bytes WorkerDesk::message(unsigned place, std::size_t size) const {
  return {inbox_.at(place * kPlaceInputBytes), size};
}

std::span<std::byte> WorkerDesk::output(unsigned place) const {
  return {outbox_.at(output_at(place)), kPlaceOutputBytes};
}

void WorkerDesk::set_written(unsigned place, std::uint64_t bytes) const {
  std::memcpy(outbox_.at(count_at(place)), &bytes, sizeof bytes);
}

}  // namespace mapiguard
