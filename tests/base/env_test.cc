#include "base/env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/child.h"
#include "tests/support/faulty_env.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using testing::Child;
using testing::content_of;
using ::testing::ElementsAre;
using testing::FaultyEnv;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::names_in;
using testing::TempDir;

Result<void> replace(Env& env, const std::string& path, const std::string& text) {
  auto file = AtomicFile::create(env, path, 0600);
  if (!file) return std::unexpected(file.error());
  if (auto written = file->write(as_bytes(text)); !written) return written;
  return file->commit();
}

TEST(Env, AtomicFileReplacesTheWholeFileAndLeavesNothingElse) {
  const TempDir dir;
  ASSERT_TRUE(replace(posix_env(), dir / "a", "first"));
  ASSERT_TRUE(replace(posix_env(), dir / "a", "second"));
  EXPECT_EQ(content_of(dir / "a"), "second");
  EXPECT_THAT(names_in(dir.path()), ElementsAre("a"));
  struct stat status {};
  ASSERT_EQ(::stat((dir / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(Env, FailureAtAnyStepLeavesTheOldFileOrTheNewOneWhole) {
  for (unsigned step = 1;; ++step) {
    const TempDir dir;
    ASSERT_TRUE(replace(posix_env(), dir / "a", "old"));
    FaultyEnv env;
    env.fail_step(step);
    const auto done = replace(env, dir / "a", "new");
    const std::string content = content_of(dir / "a");
    EXPECT_TRUE(content == "old" || content == "new") << content;
    EXPECT_THAT(names_in(dir.path()), ElementsAre("a")) << "step " << step;
    EXPECT_TRUE(!done || content == "new");
    if (!env.failed()) {
      EXPECT_EQ(step, 6u) << "create, write, sync, rename, sync_dir";
      break;
    }
  }
}

TEST(Env, UncommittedFileIsRemoved) {
  const TempDir dir;
  {
    auto file = AtomicFile::create(posix_env(), dir / "a", 0600);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(as_bytes("half")));
  }
  EXPECT_THAT(names_in(dir.path()), IsEmpty());
}

TEST(Env, SweepRemovesOnlyTheTemporariesOfTheDead) {
  const TempDir dir;
  Child writer([&] {
    auto file = AtomicFile::create(posix_env(), dir / "dead", 0600);
    if (file) ::raise(SIGKILL);
    return 1;
  });
  EXPECT_EQ(writer.wait(), 1000 + SIGKILL);
  auto living = AtomicFile::create(posix_env(), dir / "living", 0600);
  ASSERT_TRUE(living);
  testing::write_file(dir / ".other.tmp", "not ours");
  EXPECT_EQ(names_in(dir.path()).size(), 3u);
  ASSERT_TRUE(sweep_temporaries(posix_env(), dir.path()));
  EXPECT_EQ(names_in(dir.path()).size(), 2u);
  ASSERT_TRUE(living->commit());
  EXPECT_EQ(names_in(dir.path()).size(), 2u);
}

TEST(Env, FoldersAreMadeWithTheirParents) {
  const TempDir dir;
  ASSERT_TRUE(posix_env().make_dir(dir / "a/b/c", 0700));
  ASSERT_TRUE(posix_env().make_dir(dir / "a/b/c", 0700)) << "there already";
  testing::write_file(dir / "file", "x");
  EXPECT_FALSE(posix_env().make_dir(dir / "file", 0700));
  EXPECT_FALSE(posix_env().make_dir(dir / "file/below", 0700));
}

TEST(Env, ErrorsNameThePathAndTheReason) {
  const TempDir dir;
  const auto text = read_whole(posix_env(), dir / "absent", 100);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::cannot_open);
  EXPECT_THAT(text.error().message, HasSubstr("absent': No such file"));
  testing::write_file(dir / "large", "12345");
  EXPECT_EQ(*read_whole(posix_env(), dir / "large", 5), "12345");
  EXPECT_EQ(read_whole(posix_env(), dir / "large", 4).error().code, ErrorCode::io);
  EXPECT_FALSE(posix_env().create(dir / "large", 0600)) << "it exists";
  EXPECT_TRUE(posix_env().remove(dir / "absent")) << "gone already";
}

TEST(Env, FolderOfAPathIsFound) {
  EXPECT_EQ(folder_of("a"), ".");
  EXPECT_EQ(folder_of(""), ".");
  EXPECT_EQ(folder_of("/a"), "/");
  EXPECT_EQ(folder_of("/"), "/");
  EXPECT_EQ(folder_of("a/b"), "a");
  EXPECT_EQ(folder_of("/a/b/"), "/a");
  EXPECT_EQ(folder_of("/a//b"), "/a");
}

}  // namespace
}  // namespace mapiguard
