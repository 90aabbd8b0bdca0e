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
  std::string text;
  EXPECT_TRUE(snapshot.give_to([&](Bytes piece) -> Result<void> {
    text += as_chars(piece);
    return {};
  }));
  return text;
}

int descriptor_of(const Snapshot& snapshot) {
  const auto fd = snapshot.descriptor();
  EXPECT_TRUE(fd);
  return fd.value_or(-1);
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
  const int fd = descriptor_of(*snapshot);
  char bytes[5];
  ASSERT_EQ(::pread(fd, bytes, sizeof bytes, 0), 5);
  EXPECT_EQ(std::string_view(bytes, 5), "hello");
  EXPECT_EQ(::pwrite(fd, "j", 1, 0), -1);
  EXPECT_EQ(::ftruncate(fd, 0), -1);
  EXPECT_EQ(::mmap(nullptr, 5, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
}

TEST(SnapshotTest, OneThatIsNoLongerSmallIsSealedMemory) {
  TempDir state;
  const std::string text(kSmallSnapshot + 1, 'm');
  const auto snapshot = Snapshot::of_bytes(as_bytes(text), state.path());
  ASSERT_TRUE(snapshot);
  EXPECT_FALSE(snapshot->is_small());
  EXPECT_EQ(content(*snapshot), text);
  EXPECT_EQ(::pwrite(descriptor_of(*snapshot), "j", 1, 0), -1);
}

TEST(SnapshotTest, APipeThatGrowsMovesFromMemoryToMemory) {
  TempDir state;
  const std::string path = state / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const std::string text(kSmallSnapshot * 3 + 7, 'p');
  std::thread writer([&] { testing::write_file(path, text); });
  const UniqueFd file(::open(path.c_str(), O_RDONLY));
  const auto snapshot = Snapshot::of_file(file.get(), state.path());
  writer.join();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(content(*snapshot), text);
  EXPECT_EQ(snapshot->sha256(), sha256(as_bytes(text)));
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
  const int fd = descriptor_of(*snapshot);
  ASSERT_EQ(::fstat(fd, &status), 0);
  EXPECT_EQ(status.st_nlink, 0u);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), large.size());
  EXPECT_EQ(::fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
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
  ASSERT_EQ(::write(output->get(), "abc", 3), 3);
  EXPECT_EQ(::ftruncate(output->get(), 0), -1);
  EXPECT_NE(::fcntl(output->get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(SnapshotTest, OutputsWithALargeLimitAreUnlinkedFiles) {
  TempDir state;
  const auto output = make_output(kOutputInMemory + 1, state.path());
  ASSERT_TRUE(output);
  struct stat status;
  ASSERT_EQ(::fstat(output->get(), &status), 0);
  EXPECT_EQ(status.st_nlink, 0u);
}

}  // namespace
}  // namespace mapiguard
