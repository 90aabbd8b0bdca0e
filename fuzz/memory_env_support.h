// An Env whose files are strings: what an export does to them can be compared to the byte, and no disk is worn.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/env.h"

namespace mapiguard::fuzzing {

class MemoryEnv final : public Env {
 public:
  std::map<std::string, std::string> files;

  Result<std::unique_ptr<WritableFile>> create(const std::string& path, std::uint32_t) override {
    if (files.contains(path)) return fail(ErrorCode::cannot_create, path + " exists");
    return std::make_unique<File>(files[path]);
  }
  Result<std::unique_ptr<WritableFile>> append(const std::string& path, std::uint32_t) override {
    return std::make_unique<File>(files[path]);
  }
  Result<void> read(const std::string& path, std::uint64_t offset, const ByteSink& write) override {
    constexpr std::size_t kPiece = 1000;  // lines lie across pieces
    const auto file = files.find(path);
    if (file == files.end()) return fail(ErrorCode::cannot_open, path + " is absent");
    for (Bytes rest = slice(as_bytes(file->second), offset); !rest.empty(); rest = slice(rest, kPiece))
      if (auto taken = write(slice(rest, 0, kPiece)); !taken) return taken;
    return {};
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    auto node = files.extract(from);
    if (node.empty()) return fail(ErrorCode::io, from + " is absent");
    files[to] = std::move(node.mapped());
    return {};
  }
  Result<void> remove(const std::string& path) override {
    files.erase(path);
    return {};
  }
  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    files[path].resize(size);
    return {};
  }
  Result<void> sync_dir(const std::string&) override { return {}; }
  Result<void> make_dir(const std::string&, std::uint32_t) override { return {}; }
  Result<std::vector<std::string>> list(const std::string&) override {
    std::vector<std::string> names;
    for (const auto& [name, content] : files) names.push_back(name.substr(name.rfind('/') + 1));
    return names;
  }
  Result<std::optional<FileInfo>> info(const std::string& path) override {
    const auto file = files.find(path);
    if (file == files.end()) return std::optional<FileInfo>();
    FileInfo info;
    info.size = file->second.size();
    info.is_regular = true;
    return std::optional<FileInfo>(info);
  }
  Result<std::uint64_t> free_bytes(const std::string&) override { return UINT64_MAX; }
  bool is_in_use(const std::string&) override { return false; }

 private:
  class File final : public WritableFile {
   public:
    explicit File(std::string& content) : content_(content) {}
    Result<void> write(Bytes bytes) override {
      content_ += as_chars(bytes);
      return {};
    }
    Result<void> sync() override { return {}; }

   private:
    std::string& content_;
  };
};

}  // namespace mapiguard::fuzzing
