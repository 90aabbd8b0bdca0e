#include "converter/mime/storage_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

std::string random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

StorageEntry stream(std::u16string name, const std::string& bytes) {
  StorageEntry entry;
  entry.name = std::move(name);
  entry.data = Blob(as_bytes(bytes));
  return entry;
}

std::string write(const StorageEntry& root) {
  Budget budget(100'000'000);
  Part part;
  return write_storage_file(root, budget, part) ? part.blob.copy() : "";
}

// Red-black rules of the directory tree below `node`: the number of black nodes on each path, -1 when they differ or
// two red ones follow each other.
int black_height(const std::string& file, std::uint32_t directory, std::uint32_t node, bool parent_is_red) {
  if (node == 0xFFFFFFFF) return 1;
  const std::size_t at = 512 * (directory + 1u) + node * 128u;
  const bool is_red = file.at(at + 67) == 0;
  std::uint32_t left = 0, right = 0;
  std::memcpy(&left, &file[at + 68], 4);
  std::memcpy(&right, &file[at + 72], 4);
  if (is_red && parent_is_red) return -1;
  const int a = black_height(file, directory, left, is_red), b = black_height(file, directory, right, is_red);
  return a != b || a < 0 ? -1 : a + (is_red ? 0 : 1);
}

TEST(StorageFile, DirectoryTreeIsRedBlackForEveryCount) {
  const std::string bytes = "x";
  for (std::size_t count = 1; count <= 70; ++count) {
    StorageEntry root;
    root.is_storage = true;
    for (std::size_t i = 0; i < count; ++i)
      root.children.push_back(stream(std::u16string(1, static_cast<char16_t>('A' + i)), bytes));
    const std::string file = write(root);
    std::uint32_t directory = 0, child = 0;
    std::memcpy(&directory, &file[48], 4);
    std::memcpy(&child, &file[512 * (directory + 1u) + 76], 4);
    EXPECT_GT(black_height(file, directory, child, true), 0) << count;
  }
}

TEST(StorageFile, SizeIsWholeSectors) {
  for (const std::size_t size : {0u, 1u, 63u, 64u, 4095u, 4096u, 70'000u}) {
    const std::string bytes = random_bytes(size);
    StorageEntry root;
    root.children.push_back(stream(u"S", bytes));
    EXPECT_EQ(write(root).size() % 512, 0u) << size;
  }
}

// A reader that nobody here wrote.
TEST(StorageFile, OlefileReadsEveryStreamBack) {
  if (std::system("/usr/bin/python3 -c 'import olefile' 2>/dev/null") != 0)
    GTEST_SKIP() << "python3-olefile is not installed";
  const std::string small = random_bytes(100), mini = random_bytes(4095), large = random_bytes(4096),
                    huge = random_bytes(8'000'000), empty;
  StorageEntry inner;
  inner.name = u"Inner";
  inner.is_storage = true;
  inner.children.push_back(
      stream(u"\x01"
             u"Ole",
             mini));
  inner.children.push_back(stream(u"CONTENTS", huge));
  StorageEntry root;
  for (int i = 0; i < 20; ++i)
    root.children.push_back(stream(u"s" + std::u16string(static_cast<std::size_t>(i), u'x'), i % 2 ? small : large));
  root.children.push_back(stream(u"Empty", empty));
  root.children.push_back(std::move(inner));
  const testing::TempDir folder;
  const std::string path = folder.path() + "/a.ole", checker = folder.path() + "/check.py";
  std::ofstream(path, std::ios::binary) << write(root);
  const std::string script = "import olefile,sys\no=olefile.OleFileIO('" + path +
                             "',raise_defects=olefile.DEFECT_UNSURE)\n"
                             "assert len(o.listdir())==23, o.listdir()\n"
                             "assert len(o.openstream('Inner/CONTENTS').read())==8000000\n"
                             "assert len(o.openstream(['Inner','\\x01Ole']).read())==4095\n"
                             "assert len(o.openstream('Empty').read())==0\n"
                             "assert not o.parsing_issues, o.parsing_issues\n";
  std::ofstream(checker) << script;
  EXPECT_EQ(std::system(("/usr/bin/python3 '" + checker + "'").c_str()), 0);
}

TEST(StorageFile, EndlessNestingIsRefused) {
  StorageEntry root;
  StorageEntry* at = &root;
  for (int i = 0; i < 100; ++i) {
    StorageEntry child;
    child.is_storage = true;
    child.name = u"s";
    at->children.push_back(std::move(child));
    at = &at->children[0];
  }
  EXPECT_EQ(write(root), "");
}

}  // namespace
}  // namespace mapiguard
