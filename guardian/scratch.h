// Scratch: the folder of its own that an external command may write to, for the time of one message.
//
// A lock on it says that somebody lives who will remove it; sweep() removes those whose owners were killed.
// Thread promise: belongs to one process; a forked one shares it and its lock, which lasts until all have closed it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "guardian/descriptor.h"

namespace mapiguard {

class Scratch {
 public:
  // In the first of `bases` in which this user can make one.
  static std::optional<Scratch> make(const std::vector<std::string>& bases);
  static void sweep(const std::vector<std::string>& bases);

  const std::string& path() const { return path_; }
  int fd() const { return folder_.get(); }
  // Moves its descriptor out of the way of lower numbers.
  bool hold_at_least(int number);
  // With all that is in it, whatever its modes and however deep; everybody who writes there must have ended.
  void remove() const;

 private:
  Scratch(std::string path, UniqueFd folder) : path_(std::move(path)), folder_(std::move(folder)) {}
  std::string path_;
  UniqueFd folder_;
};

}  // namespace mapiguard
