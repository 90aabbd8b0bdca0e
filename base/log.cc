#include "base/log.h"

#include <exception>
#include <mutex>
#include <utility>

namespace mapiguard {
namespace {

struct Sink {
  std::mutex mutex;
  LogSink write;
};

Sink& sink() {
  static Sink only;
  return only;
}

}  // namespace

void set_log_sink(LogSink write) {
  const std::lock_guard lock(sink().mutex);
  sink().write = std::move(write);
}

void log(LogLevel level, std::string_view line) {
  const std::lock_guard lock(sink().mutex);
  if (!sink().write) return;
  try {
    sink().write(level, line);
  } catch (const std::exception&) {
    return;  // what cannot be logged must not end what was worth a line
  }
}

}  // namespace mapiguard
