// GroupSync: fdatasync of one file, shared by all that wait for it at the same time (group commit).
//
// Thread promise: sync() from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include <mapiguard/result.h>

namespace mapiguard {

class GroupSync {
 public:
  using Sync = std::function<Result<void>()>;
  explicit GroupSync(Sync sync) : sync_(std::move(sync)) {}
  GroupSync(const GroupSync&) = delete;
  GroupSync& operator=(const GroupSync&) = delete;

  // What was written before the call is on the disk afterwards. One caller syncs for all that came before it began; who
  // comes meanwhile waits for the next one, since it may have written too late for this one. An Error goes to all whom
  // the sync was for.
  Result<void> sync();

  std::uint64_t rounds();  // how often the file was really synced

 private:
  struct Round {
    std::atomic<unsigned> members{0};
    bool done = false;
    Result<void> outcome;
    std::condition_variable ended;
  };
  void gather(const Round& round) const;
  Result<void> lead(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Round>& round);

  const Sync sync_;
  std::mutex mutex_;
  std::shared_ptr<Round> gathering_ = std::make_shared<Round>();
  bool under_way_ = false;
  std::uint64_t rounds_ = 0;
  unsigned last_members_ = 0;
  std::chrono::nanoseconds last_took_{0};
};

}  // namespace mapiguard
