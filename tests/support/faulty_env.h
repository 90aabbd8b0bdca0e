// An Env that fails at the step that a test names; everything before it happens really.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/env.h"

namespace mapiguard::testing {

class FaultyEnv final : public Env {
 public:
  explicit FaultyEnv(Env& real = posix_env()) : real_(real) {}

  // Fails the n-th step from now (1 = the next); 0: none.
  void fail_step(unsigned n) { left_ = n; }
  bool failed() const { return failed_; }
  void set_free_bytes(std::uint64_t bytes) { free_bytes_ = bytes; }

  Result<std::unique_ptr<WritableFile>> create(const std::string& path, std::uint32_t mode) override {
    if (auto fault = step("create")) return std::unexpected(*fault);
    return wrapped(real_.create(path, mode));
  }
  Result<std::unique_ptr<WritableFile>> append(const std::string& path, std::uint32_t mode) override {
    if (auto fault = step("append")) return std::unexpected(*fault);
    return wrapped(real_.append(path, mode));
  }
  Result<void> read(const std::string& path, std::uint64_t offset, const ByteSink& write) override {
    if (auto fault = step("read")) return std::unexpected(*fault);
    return real_.read(path, offset, write);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (auto fault = step("rename")) return std::unexpected(*fault);
    return real_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override { return real_.remove(path); }
  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    if (auto fault = step("truncate")) return std::unexpected(*fault);
    return real_.truncate(path, size);
  }
  Result<void> sync_dir(const std::string& path) override {
    if (auto fault = step("sync_dir")) return std::unexpected(*fault);
    return real_.sync_dir(path);
  }
  Result<void> make_dir(const std::string& path, std::uint32_t mode) override {
    if (auto fault = step("make_dir")) return std::unexpected(*fault);
    return real_.make_dir(path, mode);
  }
  Result<std::vector<std::string>> list(const std::string& dir) override { return real_.list(dir); }
  Result<std::optional<FileInfo>> info(const std::string& path) override { return real_.info(path); }
  Result<std::uint64_t> free_bytes(const std::string& path) override {
    return free_bytes_ ? Result<std::uint64_t>(*free_bytes_) : real_.free_bytes(path);
  }
  bool is_in_use(const std::string& path) override { return real_.is_in_use(path); }

 private:
  class File final : public WritableFile {
   public:
    File(FaultyEnv& env, std::unique_ptr<WritableFile> real) : env_(env), real_(std::move(real)) {}
    Result<void> write(Bytes bytes) override {
      if (auto fault = env_.step("write")) return std::unexpected(*fault);
      return real_->write(bytes);
    }
    Result<void> sync() override {
      if (auto fault = env_.step("sync")) return std::unexpected(*fault);
      return real_->sync();
    }

   private:
    FaultyEnv& env_;
    std::unique_ptr<WritableFile> real_;
  };

  Result<std::unique_ptr<WritableFile>> wrapped(Result<std::unique_ptr<WritableFile>> file) {
    if (!file) return file;
    return std::make_unique<File>(*this, std::move(*file));
  }
  std::optional<Error> step(const char* name) {
    if (left_ == 0 || --left_ != 0) return std::nullopt;
    failed_ = true;
    return Error{ErrorCode::io, std::string("planted failure of ") + name, {}};
  }

  Env& real_;
  unsigned left_ = 0;
  bool failed_ = false;
  std::optional<std::uint64_t> free_bytes_;
};

}  // namespace mapiguard::testing
