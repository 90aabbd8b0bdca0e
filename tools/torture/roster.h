// Roster: the killers that were let loose on one state directory, and what its record must say of them in the end.
//
// Thread promise: any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <mapiguard/guard.h>
#include "guardian/ledger.h"
#include "tools/torture/findings.h"
#include "tools/torture/messages.h"

namespace mapiguard::torture {

// The trusted envelope of a message: a sender of its own, so that no rate limit silences an NDR.
Envelope envelope_of(const std::string& name);

class Roster {
 public:
  struct Killer {
    std::string name;
    Fault fault = Fault::none;
    unsigned forgiven = 0;  // charges that went with a release
    bool refused = false;   // it was blocked, and refused when it came again
  };

  void add(const Message& message);
  void note_refused(const std::string& sha256);
  void note_released(const std::string& sha256, unsigned charges);
  std::size_t size() const;
  std::map<std::string, Killer> killers() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Killer> killers_;  // by SHA-256, hexadecimal
};

// Releases what is held: deaths that nobody accounts for were torture's own doing. How many there were.
Result<unsigned> release_held(Ledger& ledger, Roster& roster);

// Compares the record with the roster: charges, blocks, events, NDRs, view, and the health of the directory.
// Errors: the record cannot be read.
Result<void> examine_record(const std::string& state_dir, const Roster& roster, Findings& findings);

}  // namespace mapiguard::torture
