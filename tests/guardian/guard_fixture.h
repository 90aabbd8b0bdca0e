// A Guard over misbehaving converters, with a state directory of its own.
#pragma once

#include <gtest/gtest.h>
#include <mapiguard/guard.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "guardian/ledger.h"

namespace mapiguard::testing {

class MemorySink final : public ResultSink {
 public:
  bool write(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }
  Result<void> commit() override {
    committed = true;
    return {};
  }
  std::string text;
  bool committed = false;
};

// A state directory and a folder of misbehaving converters that every user can reach.
class GuardFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "mapiguard-guard-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    std::filesystem::copy(std::filesystem::path(MAPIGUARD_BUILD_DIR) / "misbehave", folder_ / "bin");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  GuardOptions options_for(const std::string& program, std::vector<std::string> arguments = {}) const {
    GuardOptions options;
    options.state_dir = (folder_ / "state").string();
    options.worker_path = std::string(MAPIGUARD_BUILD_DIR) + "/mapiguard-worker";
    options.workers = 2;
    options.timeout_seconds = 2;
    options.memory_bytes = 256ull << 20;
    options.replay = false;
    options.converter = ExternalConverter{};
    options.converter->argv.push_back((folder_ / "bin" / program).string());
    for (auto& argument : arguments) options.converter->argv.push_back(std::move(argument));
    return options;
  }
  // Our own worker's stand-in, which does as the message says (escape_worker.cc).
  GuardOptions options_for_worker(const std::string& worker) const {
    GuardOptions options = options_for("echo");
    options.converter.reset();
    options.worker_path = std::string(MAPIGUARD_BUILD_DIR) + "/" + worker;
    return options;
  }
  std::unique_ptr<Guard> open(GuardOptions options) {
    auto guard = Guard::open(std::move(options));
    EXPECT_TRUE(guard) << guard.error().message;
    return guard ? std::move(*guard) : nullptr;
  }
  Conversion convert(Guard& guard, const std::string& message, Envelope envelope = {}) {
    sink_ = {};
    return guard.convert(as_bytes(message), envelope, {}, sink_);
  }
  std::unique_ptr<Ledger> ledger() {
    auto opened = Ledger::open((folder_ / "state").string());
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  static std::span<const std::byte> as_bytes(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
  }

  std::filesystem::path folder_;
  MemorySink sink_;
};

}  // namespace mapiguard::testing
