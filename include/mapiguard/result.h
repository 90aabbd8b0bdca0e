// Result<T>: what an operation of ours returns when it can fail.
//
// Three kinds of bad news are kept apart in mapiguard:
//   Error    our operation failed (this file)
//   Defect   the message is irregular, the conversion went on (report.h)
//   Verdict  how a worker process ended (verdict.h)
//
// Thread promise: plain values; share them as you would share a std::string.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace mapiguard {

// Why an operation failed. Each code has exactly one exit code (exit_code_of below), after sysexits(3).
enum class ErrorCode : std::uint8_t {
  usage,          // 64  the call itself is wrong
  not_a_message,  // 65  the input is no message, or damaged beyond use
  cannot_open,    // 66  the input cannot be opened or read
  blocked,        // 69  the message is blocked as poison
  internal,       // 70  a fault of ours
  cannot_create,  // 73  the output cannot be created
  io,             // 74  the output cannot be written
  try_again,      // 75  the worker died, or the message is held; another try is allowed
  config,         // 78  settings or state directory cannot be used
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;  // one sentence: what failed and where
  std::string hint;     // what the user can do about it; may be empty
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(hint)});
}

constexpr int exit_code_of(ErrorCode code) {
  constexpr int kExit[] = {64, 65, 66, 69, 70, 73, 74, 75, 78};
  return kExit[static_cast<std::size_t>(code)];
}

}  // namespace mapiguard
