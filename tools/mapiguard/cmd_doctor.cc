#include <mapiguard/guard.h>
#include <mapiguard/version.h>

#include "base/json_text.h"
#include "base/text.h"
#include "tools/mapiguard/commands.h"

namespace mapiguard {

constinit const VerbSpec kDoctorSpec = {
    .name = "doctor",
    .summary = "check the sandbox that this host can give and the health of the state directory",
    .arguments = "",
    .actions = {},
    .options = {},
    .has_json = true,
    .notes = "Exit code: 0 all is well, 1 something needs care, 78 the state directory cannot be used.\n",
    .examples =
        "  mapiguard doctor\n"
        "  mapiguard doctor --json --state /var/lib/mapiguard\n",
};

namespace {

struct Diagnosis {
  std::vector<SandboxLayer> sandbox;
  std::vector<Ledger::Health> state;

  bool ok() const {
    for (const SandboxLayer& layer : sandbox)
      if (!layer.active) return false;
    for (const Ledger::Health& fact : state)
      if (!fact.ok) return false;
    return true;
  }
};

Result<Diagnosis> examine(const Arguments& arguments) {
  const auto directory = open_state_dir(arguments.state());
  if (!directory) return std::unexpected(directory.error());
  const auto ledger = Ledger::open(*directory);
  if (!ledger) return std::unexpected(ledger.error());
  GuardOptions options;
  options.state_dir = *directory;
  options.workers = 1;
  const auto guard = Guard::open(std::move(options));
  if (!guard) return std::unexpected(guard.error());
  return Diagnosis{(*guard)->sandbox(), (*ledger)->health()};
}

std::string as_json(const Diagnosis& diagnosis) {
  std::vector<std::string> sandbox, state;
  for (const SandboxLayer& layer : diagnosis.sandbox)
    sandbox.push_back(JsonObject()
                          .text("name", layer.name)
                          .flag("active", layer.active)
                          .text("detail", displayable(layer.detail))
                          .str());
  for (const Ledger::Health& fact : diagnosis.state)
    state.push_back(
        JsonObject().text("name", fact.name).flag("ok", fact.ok).text("detail", displayable(fact.detail)).str());
  return JsonObject()
      .flag("ok", diagnosis.ok())
      .text("version", kVersion)
      .text("build", kBuildId)
      .raw("sandbox", json_list(sandbox))
      .raw("state", json_list(state))
      .str();
}

std::string as_text(const Diagnosis& diagnosis) {
  TextTable table({"CHECK", "RESULT", "DETAIL"});
  for (const SandboxLayer& layer : diagnosis.sandbox)
    table.add({"sandbox: " + layer.name, layer.active ? "ok" : "missing", layer.detail});
  for (const Ledger::Health& fact : diagnosis.state)
    table.add({"state: " + fact.name, fact.ok ? "ok" : "needs care", fact.detail});
  return table.text() + (diagnosis.ok() ? "All is well.\n" : "Something needs care.\n");
}

}  // namespace

Result<int> run_doctor(const Arguments& arguments, Printer& printer) {
  const auto diagnosis = examine(arguments);
  if (!diagnosis) return std::unexpected(diagnosis.error());
  if (arguments.wants_json())
    printer.print(as_json(*diagnosis));
  else
    printer.print_text(as_text(*diagnosis));
  return diagnosis->ok() ? 0 : 1;
}

}  // namespace mapiguard
