// Mailroom: an inbox of messages, runs of `mapiguard convert` over it until all is done, and a look at every output.
// What has its whole output leaves the inbox, as a queue would have it; killers stay, until they are blocked.
//
// Thread promise: of one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/torture/convert_call.h"
#include "tools/torture/figures.h"
#include "tools/torture/findings.h"
#include "tools/torture/messages.h"
#include "tools/torture/roster.h"

namespace mapiguard::torture {

class Mailroom {
 public:
  // `room`: where the state directory and the outputs lie; the inbox is in `folder`.
  Mailroom(const Plan& plan, bool commanded, std::string folder, std::string room, Findings& findings,
           Figures& figures);

  // Writes the messages to the inbox and forgets those before.
  Result<void> receive(std::uint64_t first, std::size_t count, std::uint64_t seed);

  // One run over the inbox. Worker kills and a kill of the supervisor after so many seconds, where asked.
  struct Weather {
    std::optional<double> kill_after;
    std::uint64_t worker_kills = 0;
    std::string isolation = "message";
    bool disk_is_full = false;  // errors of writing are right then
    std::uint64_t file_limit = 0;
  };
  Result<void> run(const Weather& weather);
  // Releases what torture's own kills have had held, and takes killers aside before the charge that blocks them. Each
  // run ends with it, but for those on a full disk.
  Result<void> look_at_record();
  // The same messages, the innocent ones alone, in peace, with a state directory of their own. How long it took.
  Result<double> run_quietly();
  // Each killer by itself, with an envelope, until it is blocked; then once more, when it must be refused.
  Result<void> strike();
  // Nothing is missing from the outputs and nothing is beside them; then they are removed.
  Result<void> close();

  std::size_t innocents_waiting() const { return innocents_; }
  std::size_t killers_waiting() const;  // that may be charged once more before an envelope must be given
  std::size_t waiting() const { return waiting_.size(); }
  const std::string& state() const { return state_; }
  const Roster& roster() const { return roster_; }

 private:
  struct Waiting {
    Fault fault;
    Digest expected;
    std::string sha256;
    bool condemned = false;  // one more charge blocks it
  };
  struct Strike;

  Result<void> attend(Child& child, const Weather& weather, bool& killed);
  void harvest();
  void note_report(const std::vector<ReportLine>& lines, Latencies& latencies);
  void check_ending(int status, const Weather& weather);
  void check_quiet_outputs();
  Result<bool> step(Strike& strike);
  std::string in(const std::string& name) const { return inbox_ + "/" + name; }
  std::string out(const std::string& name) const { return outbox_ + "/" + name + ".eml"; }

  const Plan& plan_;
  bool commanded_;
  std::string folder_, room_, inbox_, condemned_, outbox_, state_, report_, errors_;
  Findings& findings_;
  Figures& figures_;
  Roster roster_;
  std::map<std::string, Waiting> waiting_;    // by name
  std::map<std::string, Waiting> delivered_;  // of this round
  std::size_t innocents_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace mapiguard::torture
