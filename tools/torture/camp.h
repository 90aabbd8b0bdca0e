// Camp: the folder in which torture works, and the program that commands are started from. Everything goes with it;
// what a killed torture left is removed by the next.
//
// Thread promise: of one thread.
#pragma once

#include <string>

#include <mapiguard/result.h>
#include "guardian/descriptor.h"

namespace mapiguard::torture {

class Camp {
 public:
  // Below `state_dir`. Errors: config (no folder can be made there).
  static Result<Camp> pitch(const std::string& state_dir);
  Camp(Camp&&) noexcept = default;
  Camp& operator=(Camp&&) = delete;
  ~Camp();

  const std::string& folder() const { return folder_; }
  const std::string& program() const { return program_; }  // this one
  const std::string& converter() const {
    return converter_;
  }  // the same, where the user of commands can reach it; "" = nowhere
  const std::string& converter_trouble() const { return trouble_; }

 private:
  Camp() = default;
  void find_converter();

  std::string folder_, program_, converter_, trouble_;
  std::string shared_;  // folder of a copy of the program, "" = none was needed
  UniqueFd lock_, shared_lock_;
};

}  // namespace mapiguard::torture
