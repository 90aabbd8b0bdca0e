// Plan: what a torture is to do, and how it talks to whoever runs it.
//
// Thread promise: constant once made; the hooks may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <mapiguard/guard.h>
#include "tools/torture/mix.h"

namespace mapiguard::torture {

inline constexpr std::uint64_t kMemoryMib = 128,
                               kOutputMib = 8;  // limits of a message: small, so that they are reached soon

struct Hooks {
  std::function<void(std::string_view)> say;       // a line of the log
  std::function<void(std::string_view)> progress;  // what is going on just now
  std::function<bool()> is_stopped;
};

struct Plan {
  std::string profile;  // "quick" or "soak"
  Mix mix;
  std::uint64_t seed = 1;
  std::size_t messages = 0;  // on each way; kBuiltInTimes as many with the built-in converter
  std::size_t in_a_round = 0;
  unsigned seconds = 0;  // no round begins after; 0 = no limit
  unsigned jobs = 0;
  unsigned timeout = 2;           // seconds for a message
  std::string program;            // mapiguard itself
  std::string converter;          // the same where a converter's user can reach it; "" = nowhere
  std::string converter_trouble;  // why not
  std::string folder;             // of this torture, 0700
  Hooks hooks;

  bool is_stopped() const { return hooks.is_stopped && hooks.is_stopped(); }
  GuardOptions guard_options(const std::string& state_dir, bool commanded) const {
    GuardOptions options;
    options.state_dir = state_dir;
    options.workers = jobs;
    options.timeout_seconds = timeout;
    options.memory_bytes = kMemoryMib << 20;
    options.output_bytes = kOutputMib << 20;
    if (commanded) options.converter = ExternalConverter{{converter, "torture-converter"}, {65}};
    return options;
  }
};

// The built-in converter is so much faster than a command; kills need time to fall.
inline constexpr std::size_t kBuiltInTimes = 5;

// What a stopped torture ends with.
inline std::unexpected<Error> interrupted() { return fail(ErrorCode::try_again, "interrupted"); }

class Findings;
struct Figures;

// One way of using mapiguard. Rounds, then close() of all ways, then finish(), by one thread.
class Way {
 public:
  virtual ~Way() = default;
  // `count` messages from number `first` on, with the built-in converter kBuiltInTimes as many. Errors: what keeps
  // torture itself from working, never a broken promise.
  virtual Result<void> round(std::uint64_t first, std::size_t count) = 0;
  virtual void close() {}             // what is open for all rounds
  virtual Result<void> finish() = 0;  // the last looks
  virtual const Findings& findings() const = 0;
  virtual const Figures& figures() const = 0;
};

}  // namespace mapiguard::torture
