// Pools over the trying worker (escape_worker.cc), and what tests ask of their attempts.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "guardian/descriptor.h"
#include "guardian/pool.h"
#include "guardian/snapshot.h"
#include "tests/support/temp_dir.h"

namespace mapiguard::testing {

inline std::string trying_worker() { return std::string(MAPIGUARD_BUILD_DIR) + "/trying-worker"; }
inline std::string real_worker() { return std::string(MAPIGUARD_BUILD_DIR) + "/mapiguard-worker"; }

inline GuardOptions trying_options() {
  GuardOptions options;
  options.worker_path = trying_worker();
  options.workers = 2;
  options.timeout_seconds = 10;
  options.memory_bytes = 256ull << 20;
  return options;
}

// One attempt with its output, as text.
struct Ran {
  Attempt attempt;
  std::string output;
  Verdict verdict;  // where it died

  bool replied() const { return attempt.reply && attempt.reply->has_value(); }
  std::string first_defect() const {
    return replied() && !(*attempt.reply)->defects.empty() ? (*attempt.reply)->defects.front().what : "";
  }
  // One word for everything: "converted", "damaged", a death class, or the failure's sentence.
  std::string outcome() const {
    if (attempt.failure) return "failure: " + attempt.failure->message;
    if (attempt.ending) return std::string(name_of(verdict.death));
    return replied() ? "converted" : "damaged";
  }
};

class TestPool {
 public:
  explicit TestPool(GuardOptions options) : options_(std::move(options)) {
    options_.state_dir = state_.path();
    auto started = Pool::start(options_);
    if (started)
      pool_ = std::move(*started);
    else
      ADD_FAILURE() << started.error().message;
  }

  Ran run(std::string_view message, bool alone = false) {
    Ran ran;
    auto snapshot = Snapshot::of_bytes(as_bytes(message), options_.state_dir);
    const std::uint64_t limit = options_.output_bytes ? options_.output_bytes : 64ull << 20;
    if (!snapshot) {
      ADD_FAILURE() << snapshot.error().message;
      return ran;
    }
    Task task;
    task.message = &*snapshot;
    task.output_limit = limit;
    task.alone = alone;
    ran.attempt = pool_->run(task);
    if (ran.attempt.ending) ran.verdict = judge(*ran.attempt.ending, options_, false);
    EXPECT_TRUE(ran.attempt.output.give_to([&](Bytes piece) -> Result<void> {
      ran.output += as_chars(piece);
      return {};
    }));
    return ran;
  }

  Pool& operator*() { return *pool_; }
  Pool* operator->() { return pool_.get(); }
  void end() { pool_.reset(); }
  const GuardOptions& options() const { return options_; }

 private:
  TempDir state_;
  GuardOptions options_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace mapiguard::testing
