// DeliveryThread: delivers reports beside the conversions, so that no conversion waits for a mail server.
//
// Thread promise: wake() from any thread; made and destroyed by one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace mapiguard {

class DeliveryThread {
 public:
  // Delivers what is due, and says in how many nanoseconds something will be again; nullopt: nothing waits.
  using Deliver = std::function<std::optional<std::int64_t>(const std::stop_token&)>;
  explicit DeliveryThread(Deliver deliver) : deliver_(std::move(deliver)) {}
  DeliveryThread(const DeliveryThread&) = delete;
  DeliveryThread& operator=(const DeliveryThread&) = delete;
  // Gives what was due kDeliveryGraceSeconds to be delivered; then no new try begins, and the one under way is waited
  // for, at most as long as a try may take.
  ~DeliveryThread();

  // Something may be due. Starts the thread when there is none; all signals are blocked in it: they are the host's.
  void wake();

 private:
  void run(const std::stop_token& stop);

  const Deliver deliver_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = false, busy_ = false;
  std::jthread thread_;
};

inline constexpr int kDeliveryGraceSeconds = 15;

}  // namespace mapiguard
