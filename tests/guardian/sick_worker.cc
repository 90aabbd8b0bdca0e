// A worker whose build is sick: it crashes on everything but a message that begins with "well". For tests of the breaker.
#include <csignal>
#include <cstring>

#include "guardian/nursery.h"

namespace {

[[gnu::no_sanitize("undefined")]] mapiguard::Result<mapiguard::Report> crash(std::span<const std::byte> input, const mapiguard::ConvertOptions&, mapiguard::OutputSink&) {
  if (input.size() < 4 || std::memcmp(input.data(), "well", 4) != 0) {
    volatile char* volatile nothing = nullptr;
    *nothing = 1;
  }
  return mapiguard::Report{};
}

}  // namespace

int main() { return mapiguard::run_nursery({.convert = crash}); }
