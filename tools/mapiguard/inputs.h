// Inputs: what was given on the command line, expanded to single messages.
//
// Thread promise: plain values; functions from any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mapiguard/result.h>
#include "guardian/descriptor.h"
#include "tools/mapiguard/spool.h"

namespace mapiguard {

// What tells two names of one file apart from two files.
struct FileKey {
  dev_t device = 0;
  ino_t number = 0;
  friend auto operator<=>(const FileKey&, const FileKey&) = default;
};

std::optional<FileKey> file_key(const std::string& path);

struct Input {
  std::string path;              // to open, its true bytes; "-" = standard input
  std::string name;              // of its output below an output folder, without the ending
  FileKey key;                   // all zero when unknown
  std::optional<Error> trouble;  // it stands for a folder that could not be read, or that holds nothing

  bool is_stdin() const { return path == "-"; }
};

struct InputList {
  std::vector<Input> inputs;  // in the order given, within a folder sorted by their bytes
  bool has_folder = false;

  bool is_several() const { return has_folder || inputs.size() > 1; }
};

// What is ours, and no input wherever it is met below a folder.
struct OwnPaths {
  std::optional<FileKey> output, state, report;
  bool has(const FileKey& key) const { return output == key || state == key || report == key; }
};

// Links below a folder are not followed. Errors: usage (standard input twice; the output folder as input).
Result<InputList> expand_inputs(const std::vector<std::string>& given, const OwnPaths& own);

// An input, open for reading. Regular files are handed on as they are; a pipe, a device or standard input is read
// to its end into a spool first, so that a signal can interrupt it.
struct OpenInput {
  UniqueFd file;  // a regular file
  std::optional<Spool> stream;
};
// `spool_dir` takes what does not fit into memory. Errors: cannot_open, io, try_again (interrupted).
Result<OpenInput> open_input(const Input& input, const std::string& spool_dir);

}  // namespace mapiguard
