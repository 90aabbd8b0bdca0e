#include "guardian/delivery_thread.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "guardian/signals_blocked.h"

namespace mapiguard {
namespace {

// What another process has left in the outbox is found at the latest then.
constexpr std::chrono::nanoseconds kLongestSleep = std::chrono::minutes(5);
constexpr std::chrono::nanoseconds kShortestSleep = std::chrono::milliseconds(100);

}  // namespace

DeliveryThread::~DeliveryThread() {
  if (!thread_.joinable()) return;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(kDeliveryGraceSeconds), [&] { return !busy_ && !woken_; });
  lock.unlock();
  thread_.request_stop();
  thread_.join();
}

void DeliveryThread::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
  if (thread_.joinable()) return;
  const SignalsBlocked blocked;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void DeliveryThread::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    woken_ = false;
    busy_ = true;
    lock.unlock();
    const auto next = deliver_(stop);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
    const auto sleep =
        next ? std::clamp(std::chrono::nanoseconds(*next), kShortestSleep, kLongestSleep) : kLongestSleep;
    changed_.wait_for(lock, stop, sleep, [&] { return woken_; });
  }
}

}  // namespace mapiguard
