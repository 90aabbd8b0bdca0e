// Log: what an operator should hear that is no event and no Error of a call. A library prints nothing by itself: until
// a program says where lines go, they go nowhere.
//
// Thread promise: log() from any thread; set_log_sink() once, before other threads start.
#pragma once

#include <functional>
#include <string_view>

namespace mapiguard {

enum class LogLevel : unsigned char { debug, information, warning, error };
constexpr const char* name_of(LogLevel level) {
  constexpr const char* kNames[] = {"debug", "information", "warning", "error"};
  return kNames[static_cast<unsigned>(level)];
}

using LogSink = std::function<void(LogLevel level, std::string_view line)>;

void set_log_sink(LogSink sink);
// `line` is one sentence; untrusted parts of it have gone through displayable(). A sink that throws is not heard.
void log(LogLevel level, std::string_view line);

}  // namespace mapiguard
