// The samples of the corpus, and real messages where MAPIGUARD_CORPUS names their folder.
#pragma once

#include <mapiguard/convert.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace mapiguard::testing {

inline std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Sample {
  std::string name, bytes, outcome;  // outcome: what INDEX.tsv owes it
};

inline const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = [] {
    const std::filesystem::path folder = std::filesystem::path(MAPIGUARD_SOURCE_DIR) / "corpus/samples";
    std::vector<Sample> out;
    std::ifstream index(folder / "INDEX.tsv");
    std::string line;
    std::getline(index, line);
    while (std::getline(index, line)) {
      std::istringstream fields(line);
      std::string name, kind, outcome;
      std::getline(fields, name, '\t');
      std::getline(fields, kind, '\t');
      std::getline(fields, outcome, '\t');
      if (std::filesystem::exists(folder / name)) out.push_back({name, file_bytes(folder / name), outcome});
    }
    return out;
  }();
  return all;
}

inline const std::string& sample(const std::string& name) {
  for (const Sample& one : samples())
    if (one.name == name) return one.bytes;
  static const std::string none;
  return none;
}

inline std::string text_of(const std::vector<std::byte>& bytes) { return std::string(as_chars(bytes)); }

inline std::string converted(std::string_view bytes) {
  static const bool prepared = (prepare_converter(), true);
  (void)prepared;
  std::string out;
  StringSink sink(out);
  const auto report = convert(as_bytes(bytes), {}, sink);
  return report ? out : "error: " + report.error().message;
}

}  // namespace mapiguard::testing
