// mapiguard convert: request → inputs → plan → guard → outputs → run. Each step is a file of its own.
#include "guardian/ledger.h"
#include "persist/settings_table.h"
#include "tools/fuzzing/minimize_blocked.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/convert_options.h"
#include "tools/mapiguard/convert_run.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

// What an administrator has set once for every run.
struct StoredSettings {
  std::string imcea_domain;
  bool durable = false;
};

Result<StoredSettings> stored_settings(Ledger& ledger) {
  const auto domain = ledger.setting(setting::kImceaDomain);
  if (!domain) return std::unexpected(domain.error());
  const auto durable = ledger.setting(setting::kDurable);
  if (!durable) return std::unexpected(durable.error());
  return StoredSettings{domain->value, durable->value == "1"};
}

Result<InputList> inputs_of(const ConvertRequest& request, const std::string& state_dir) {
  const auto key_of = [](const std::optional<std::string>& path) { return path ? file_key(*path) : std::nullopt; };
  const OwnPaths own{key_of(request.output), file_key(state_dir), key_of(request.report)};
  auto list = expand_inputs(request.inputs, own);
  if (list && list->is_several() && request.has_envelope())
    return usage_error(kConvertSpec,
                       "'--message-id', '--sender' and '--recipient' speak of one message, and several are given");
  return list;
}

}  // namespace

Result<int> run_convert(const Arguments& arguments, Printer& printer) {
  auto request = convert_request_of(arguments);
  if (!request) return std::unexpected(request.error());
  const auto list = inputs_of(*request, state_dir_path(arguments.state()));
  if (!list) return std::unexpected(list.error());
  auto plan = plan_outputs(*request, *list);
  if (!plan) return std::unexpected(plan.error());

  const auto state_dir = open_state_dir(arguments.state());
  if (!state_dir) return std::unexpected(state_dir.error());
  // Stays open until the end: the last connection to a database that closes tidies it up, which takes a while.
  const auto ledger = Ledger::open(*state_dir);
  if (!ledger) return std::unexpected(ledger.error());
  auto settings = stored_settings(**ledger);
  if (!settings) return std::unexpected(settings.error());
  if (!settings->imcea_domain.empty()) request->convert.imcea_domain = std::move(settings->imcea_domain);
  const auto outputs = Outputs::make(std::move(*plan), {settings->durable, request->envelope.sender, *state_dir});
  if (!outputs) return std::unexpected(outputs.error());
  auto report = ReportFile::open(request->report);
  if (!report) return std::unexpected(report.error());

  request->guard.state_dir = *state_dir;
  const auto guard = Guard::open(request->guard);
  if (!guard) return std::unexpected(guard.error());
  if (request->guard.isolation == Isolation::none)
    printer.say("warning: --isolation none: a bad message takes this program down");
  auto minimizing = MinimizeBlocked::note(**ledger, *state_dir);
  if (!minimizing) return std::unexpected(minimizing.error());
  const int exit_code = ConvertRun({*request, *list, **guard, **outputs, *report, printer, *state_dir}).run();
  if (!StopSignals::received()) minimizing->run(request->guard, printer);
  return exit_code;
}

}  // namespace mapiguard
