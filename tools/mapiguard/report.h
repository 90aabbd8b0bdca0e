// Report: what came of one input, as the JSON Lines object of `convert --report`, and as a sentence.
//
// Thread promise: pure.
#pragma once

#include <optional>
#include <string>

#include <mapiguard/guard.h>
#include "tools/mapiguard/inputs.h"

namespace mapiguard {

struct InputResult {
  std::string input;       // path as given or found
  std::string output;      // "" = none, or standard output
  std::string message_id;  // trusted, from the envelope
  Conversion conversion;
  int exit = 0;

  std::size_t losses() const;
};

// The exit code of one input: the conversion's, and with `strict` 65 when something of the message was lost.
int exit_of(const InputResult& result, bool strict);

std::string report_line(const InputResult& result);  // without its line end
// What to tell the person at the terminal; nullopt when all went well.
std::optional<Error> complaint_about(const InputResult& result);

}  // namespace mapiguard
