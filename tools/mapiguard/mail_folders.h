// Mail folders as outputs: mbox and Maildir.
//
// Thread promise: as in outputs.h.
#pragma once

#include <memory>
#include <string>

#include "tools/mapiguard/outputs.h"

namespace mapiguard {

// One file, written beside its name and renamed by finish(); `path` "" = standard output, a stream is written as it is.
Result<std::unique_ptr<Outputs>> make_mbox(const std::string& path, const Outputs::Details& details);

// cur, new and tmp are made where they lack; each message is written in tmp and renamed into new. Its name is made of
// its date, its SHA-256 and the path of its input, so that the same run twice gives the same names and two copies stay
// two.
Result<std::unique_ptr<Outputs>> make_maildir(const std::string& path, const Outputs::Details& details);

}  // namespace mapiguard
