// What this process and its descendants have used, from /proc: our workers are reaped by others, so getrusage would miss them.
//
// Thread promise: from any thread; values are a moment's.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace mapiguard::bench {

struct ProcessStat {
  int parent = 0;
  double cpu_seconds = 0;  // its own, and that of the children it has reaped
};

// Fields 4 and 14 to 17 of /proc/PID/stat (proc(5)); the name before them may hold anything.
inline std::optional<ProcessStat> stat_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  ProcessStat stat;
  fields >> skipped >> stat.parent;
  for (int field = 5; field < 14; ++field) fields >> skipped;
  long long ticks = 0, part = 0;
  for (int field = 14; field <= 17 && fields >> part; ++field) ticks += part;
  stat.cpu_seconds = static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return stat;
}

// Every process below (and with) `root`.
inline std::map<int, ProcessStat> tree_of(int root) {
  std::map<int, ProcessStat> all, tree;
  DIR* folder = opendir("/proc");
  if (folder == nullptr) return tree;
  while (const dirent* entry = readdir(folder))
    if (const int pid = std::atoi(entry->d_name); pid > 0)
      if (const auto stat = stat_of(pid)) all.emplace(pid, *stat);
  closedir(folder);
  for (const auto& [pid, stat] : all) {
    int at = pid;
    while (at > 1 && at != root && all.contains(at)) at = all.at(at).parent;
    if (at == root) tree.emplace(pid, stat);
  }
  return tree;
}

inline double tree_cpu_seconds() {
  double total = 0;
  for (const auto& [pid, stat] : tree_of(getpid())) total += stat.cpu_seconds;
  return total;
}

// A line of /proc/PID/status that counts kB, in bytes; 0 when there is none.
inline std::uint64_t status_bytes(int pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name + ":")) return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10) * 1024;
  return 0;
}

}  // namespace mapiguard::bench
