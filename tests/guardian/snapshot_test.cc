#include "guardian/snapshot.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "guardian/descriptor.h"
#include "guardian/limits.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using testing::TempDir;

std::string content(const Snapshot& snapshot) {
  std::string text(static_cast<std::size_t>(snapshot.size()), '\0');
  EXPECT_EQ(::pread(snapshot.fd(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return text;
}

TEST(SnapshotTest, HoldsTheBytesAndTheirDigest) {
  TempDir state;
  const auto snapshot = Snapshot::of_bytes(as_bytes("hello"), state.path());
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(content(*snapshot), "hello");
  EXPECT_EQ(snapshot->sha256(), sha256(as_bytes("hello")));
}

TEST(SnapshotTest, AnEmptyMessageIsOne) {
  TempDir state;
  const auto snapshot = Snapshot::of_bytes({}, state.path());
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->size(), 0u);
}

TEST(SnapshotTest, NobodyCanChangeIt) {
  TempDir state;
  const auto snapshot = Snapshot::of_bytes(as_bytes("hello"), state.path());
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(::pwrite(snapshot->fd(), "j", 1, 0), -1);
  EXPECT_EQ(::ftruncate(snapshot->fd(), 0), -1);
  EXPECT_EQ(::mmap(nullptr, 5, PROT_READ | PROT_WRITE, MAP_SHARED, snapshot->fd(), 0), MAP_FAILED);
}

TEST(SnapshotTest, AFileIsReadFromItsOffset) {
  TempDir state;
  testing::write_file(state / "in", "0123456789");
  const UniqueFd file(::open((state / "in").c_str(), O_RDONLY));
  ::lseek(file.get(), 4, SEEK_SET);
  const auto snapshot = Snapshot::of_file(file.get(), state.path());
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(content(*snapshot), "456789");
}

TEST(SnapshotTest, LaterChangesOfTheFileAreNotSeen) {
  TempDir state;
  testing::write_file(state / "in", "before");
  const UniqueFd file(::open((state / "in").c_str(), O_RDWR));
  const auto snapshot = Snapshot::of_file(file.get(), state.path());
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(::pwrite(file.get(), "after!", 6, 0), 6);
  EXPECT_EQ(content(*snapshot), "before");
}

TEST(SnapshotTest, APipeIsReadToItsEnd) {
  TempDir state;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  UniqueFd reading(ends[0]), writing(ends[1]);
  const std::string large(3 << 20, 'p');
  std::thread writer([&] {
    for (std::size_t at = 0; at < large.size();) {
      const ssize_t done = ::write(writing.get(), large.data() + at, large.size() - at);
      if (done <= 0) break;
      at += static_cast<std::size_t>(done);
    }
    writing.reset();
  });
  const auto snapshot = Snapshot::of_file(reading.get(), state.path());
  writer.join();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->size(), large.size());
  EXPECT_EQ(snapshot->sha256(), sha256(as_bytes(large)));
}

TEST(SnapshotTest, ALargeOneIsAnUnlinkedFileForReadingAlone) {
  TempDir state;
  const std::string large(kSnapshotInMemory + 1, 'x');
  const auto snapshot = Snapshot::of_bytes(as_bytes(large), state.path());
  ASSERT_TRUE(snapshot);
  struct stat status;
  ASSERT_EQ(::fstat(snapshot->fd(), &status), 0);
  EXPECT_EQ(status.st_nlink, 0u);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), large.size());
  EXPECT_EQ(::fcntl(snapshot->fd(), F_GETFL) & O_ACCMODE, O_RDONLY);
  EXPECT_EQ(snapshot->sha256(), sha256(as_bytes(large)));
  EXPECT_TRUE(std::filesystem::is_empty(state / "tmp"));
}

TEST(SnapshotTest, APipeThatTurnsOutLargeMovesToAFile) {
  TempDir state;
  const std::string path = state / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const std::string large(kSnapshotInMemory + (1 << 20), 'y');
  std::thread writer([&] { testing::write_file(path, large); });
  const UniqueFd file(::open(path.c_str(), O_RDONLY));
  const auto snapshot = Snapshot::of_file(file.get(), state.path());
  writer.join();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->sha256(), sha256(as_bytes(large)));
}

TEST(SnapshotTest, AFolderCannotBeRead) {
  TempDir state;
  const UniqueFd folder(::open(state.path().c_str(), O_RDONLY));
  const auto snapshot = Snapshot::of_file(folder.get(), state.path());
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, ErrorCode::cannot_open);
}

TEST(SnapshotTest, OutputsCannotShrinkUnderTheirReader) {
  TempDir state;
  const auto output = make_output(1000, state.path());
  ASSERT_TRUE(output);
  const UniqueFd owned(*output);
  ASSERT_EQ(::write(*output, "abc", 3), 3);
  EXPECT_EQ(::ftruncate(*output, 0), -1);
  EXPECT_NE(::fcntl(*output, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(SnapshotTest, OutputsWithALargeLimitAreUnlinkedFiles) {
  TempDir state;
  const auto output = make_output(kOutputInMemory + 1, state.path());
  ASSERT_TRUE(output);
  const UniqueFd owned(*output);
  struct stat status;
  ASSERT_EQ(::fstat(*output, &status), 0);
  EXPECT_EQ(status.st_nlink, 0u);
}

}  // namespace
}  // namespace mapiguard
