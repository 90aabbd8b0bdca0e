// A folder of a fuzz target's own, gone when the program ends; in memory where the machine has such a place.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace mapiguard::fuzzing {

class Scratch {
 public:
  Scratch() {
    std::error_code absent;
    const std::string shared = "/dev/shm";
    std::string pattern =
        (std::filesystem::is_directory(shared, absent) ? shared : std::filesystem::temp_directory_path().string()) +
        "/mapiguard-fuzz-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void put_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file.write(content.data(), static_cast<std::streamsize>(content.size()))) std::abort();
}

}  // namespace mapiguard::fuzzing
