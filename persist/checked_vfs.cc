#include "persist/checked_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace mapiguard {
namespace {

constexpr char kName[] = "mapiguard";
constexpr int kPageBytes = 4096;                         // SQLite's default, which persist/schema.cc keeps
constexpr int kReservedOffset = 20, kHeaderBytes = 100;  // database file format, section 1.3
constexpr int kSummedBytes = kPageBytes - kPageSumBytes;
using Page = std::array<unsigned char, kPageBytes>;

// Eight bytes a step in four lanes, that a page costs less than a system call. It begins with the page's place: a page
// that has been written elsewhere is wrong too.
std::uint64_t sum_of(const unsigned char* page, sqlite3_int64 offset) {
  constexpr std::uint64_t kFactor = 0x9FB21C651E98DF25ull;
  std::uint64_t lanes[4] = {static_cast<std::uint64_t>(offset), 1, 2, 3};
  for (int at = 0; at < kSummedBytes; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, page + at, 8);
    std::uint64_t& lane = lanes[at / 8 % 4];
    lane = (lane ^ word) * kFactor;
    lane ^= lane >> 32;
  }
  std::uint64_t sum = 0x50414745ull;
  for (const std::uint64_t lane : lanes) {
    sum = (sum ^ lane) * kFactor;
    sum ^= sum >> 29;
  }
  return sum;
}

struct File {
  sqlite3_file base;
  bool is_database;
  bool has_sums;  // the database says so in its header
};

sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1); }
bool is_page(const sqlite3_file* file, int amount, sqlite3_int64 offset) {
  return reinterpret_cast<const File*>(file)->is_database && amount == kPageBytes && offset % kPageBytes == 0;
}
void see_header(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 offset) {
  if (offset == 0 && amount >= kHeaderBytes)
    reinterpret_cast<File*>(file)->has_sums =
        static_cast<const unsigned char*>(bytes)[kReservedOffset] == kPageSumBytes;
}

int close_file(sqlite3_file* file) {
  return real(file)->pMethods ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
}

int read_file(sqlite3_file* file, void* bytes, int amount, sqlite3_int64 offset) {
  const int code = real(file)->pMethods->xRead(real(file), bytes, amount, offset);
  // A page that is asked for is one that the database has: where the file ends before it, it has been cut. SQLite would
  // take the rest for zeros.
  if (code == SQLITE_IOERR_SHORT_READ && is_page(file, amount, offset) && reinterpret_cast<File*>(file)->has_sums)
    return SQLITE_IOERR_DATA;
  if (code != SQLITE_OK) return code;
  if (reinterpret_cast<File*>(file)->is_database) see_header(file, bytes, amount, offset);
  if (!is_page(file, amount, offset) || !reinterpret_cast<File*>(file)->has_sums) return SQLITE_OK;
  const auto* page = static_cast<const unsigned char*>(bytes);
  const std::uint64_t sum = sum_of(page, offset);
  return std::memcmp(page + kSummedBytes, &sum, sizeof sum) == 0 ? SQLITE_OK : SQLITE_IOERR_DATA;
}

int write_file(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 offset) {
  if (reinterpret_cast<File*>(file)->is_database) see_header(file, bytes, amount, offset);
  if (!is_page(file, amount, offset) || !reinterpret_cast<File*>(file)->has_sums)
    return real(file)->pMethods->xWrite(real(file), bytes, amount, offset);
  Page page;
  std::memcpy(page.data(), bytes, kSummedBytes);
  const std::uint64_t sum = sum_of(page.data(), offset);
  std::memcpy(page.data() + kSummedBytes, &sum, sizeof sum);
  return real(file)->pMethods->xWrite(real(file), page.data(), amount, offset);
}

// What is only handed on.
int truncate_file(sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); }
int sync_file(sqlite3_file* f, int flags) { return real(f)->pMethods->xSync(real(f), flags); }
int file_size(sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); }
int lock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int is_reserved(sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
int control_file(sqlite3_file* f, int what, void* with) { return real(f)->pMethods->xFileControl(real(f), what, with); }
int sector_size(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
// A page is written in one piece as far as SQLite is concerned, but not as far as we know: no promise of the device's
// about atomic writes is handed on.
int characteristics(sqlite3_file* f) {
  return real(f)->pMethods->xDeviceCharacteristics(real(f)) & SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN;
}
int map_shared(sqlite3_file* f, int page, int size, int extend, void volatile** at) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, at);
}
int lock_shared(sqlite3_file* f, int from, int count, int flags) {
  return real(f)->pMethods->xShmLock(real(f), from, count, flags);
}
void barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int unmap_shared(sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

// Version 2: without xFetch, whose mapped pages nobody would check.
constexpr sqlite3_io_methods kMethods = {
    2,           close_file,  read_file,    write_file,   truncate_file, sync_file,       file_size,
    lock_file,   unlock_file, is_reserved,  control_file, sector_size,   characteristics, map_shared,
    lock_shared, barrier,     unmap_shared, nullptr,      nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* below = static_cast<sqlite3_vfs*>(vfs->pAppData);
  auto* ours = reinterpret_cast<File*>(file);
  ours->base.pMethods = nullptr;
  ours->is_database = flags & SQLITE_OPEN_MAIN_DB;
  ours->has_sums = false;
  const int code = below->xOpen(below, name, real(file), flags, out_flags);
  // xClose is called, also after a failure, for what has methods.
  if (real(file)->pMethods) ours->base.pMethods = &kMethods;
  return code;
}

sqlite3_vfs* make_vfs() {
  sqlite3_vfs* below = sqlite3_vfs_find(nullptr);
  if (!below) return nullptr;
  static sqlite3_vfs vfs = *below;  // the rest takes the file system's functions as they are
  vfs.pNext = nullptr;
  vfs.zName = kName;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + below->szOsFile;
  vfs.pAppData = below;
  vfs.xOpen = open_file;
  return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? &vfs : nullptr;
}

}  // namespace

const char* checked_vfs() {
  static const sqlite3_vfs* const vfs = make_vfs();
  return vfs ? kName : nullptr;
}

}  // namespace mapiguard
