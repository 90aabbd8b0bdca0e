// What tests see of processes: descendants, their names, whether they live.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "guardian/process.h"

namespace mapiguard::testing {

// All descendants of `root`. Those in a pid namespace are found too: their numbers here are ordinary ones.
inline std::vector<pid_t> descendants(pid_t root) {
  std::vector<pid_t> found;
  std::error_code gone;  // it may end while we look
  for (auto entry = std::filesystem::directory_iterator("/proc/" + std::to_string(root) + "/task", gone);
       !gone && entry != std::filesystem::directory_iterator(); entry.increment(gone)) {
    std::ifstream children(entry->path() / "children");
    for (pid_t child; children >> child;) {
      found.push_back(child);
      for (const pid_t below : descendants(child)) found.push_back(below);
    }
  }
  return found;
}

inline std::string status_line(pid_t pid, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field + ":")) return line.substr(line.find_first_not_of(" \t", field.size() + 1));
  return "";
}

inline bool lives(pid_t pid) {
  const char state = state_of(pid);
  return state != 0 && state != 'Z' && state != 'X';
}

// Those that have a message, and the spares.
inline std::vector<pid_t> workers_of(pid_t supervisor) {
  std::vector<pid_t> workers;
  for (const pid_t pid : descendants(supervisor))
    if (status_line(pid, "Name") == "mapiguard-worke") workers.push_back(pid);
  return workers;
}

inline bool await(const std::function<bool()>& condition, double seconds = 10) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

}  // namespace mapiguard::testing
