#include "persist/group_sync.h"

#include <thread>

namespace mapiguard {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Who was served by the last round is likely to come again at once. Waiting for them a small part of what a sync takes
// makes rounds twice as large (measured with 32 callers: without it a few lead and all others miss the round).
constexpr int kGatheringPart = 8;

}  // namespace

void GroupSync::gather(const Round& round) const {
  const auto end = SteadyClock::now() + last_took_ / kGatheringPart;
  while (round.members.load(std::memory_order_relaxed) < last_members_ && SteadyClock::now() < end)
    std::this_thread::yield();
}

Result<void> GroupSync::lead(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Round>& round) {
  under_way_ = true;
  lock.unlock();
  if (last_members_ > 1) gather(*round);  // the leader alone touches the last_… fields
  lock.lock();
  gathering_ = std::make_shared<Round>();
  lock.unlock();
  const auto began = SteadyClock::now();
  Result<void> outcome = sync_();
  last_took_ = SteadyClock::now() - began;
  lock.lock();
  last_members_ = round->members.load(std::memory_order_relaxed);
  ++rounds_;
  under_way_ = false;
  round->outcome = outcome;
  round->done = true;
  round->ended.notify_all();
  gathering_->ended.notify_one();  // who leads it
  return outcome;
}

Result<void> GroupSync::sync() {
  std::unique_lock lock(mutex_);
  const auto round = gathering_;
  round->members.fetch_add(1, std::memory_order_relaxed);
  round->ended.wait(lock, [&] { return round->done || !under_way_; });
  return round->done ? round->outcome : lead(lock, round);
}

std::uint64_t GroupSync::rounds() {
  const std::lock_guard lock(mutex_);
  return rounds_;
}

}  // namespace mapiguard
