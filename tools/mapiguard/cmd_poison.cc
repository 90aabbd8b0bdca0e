#include <fcntl.h>

#include <array>

#include "base/env.h"
#include "base/text.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/exit_codes.h"
#include "tools/mapiguard/guard_options.h"
#include "tools/mapiguard/poison_print.h"
#include "tools/mapiguard/replay.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

constexpr std::array kActions = {
    ActionSpec{"list", "", 0, 0, "show the ten messages with the newest crashes, those held, and what is under way"},
    ActionSpec{"show", "ID", 1, 1, "show everything that is known about one message"},
    ActionSpec{"export", "ID", 1, 1, "write the quarantined message to a file"},
    ActionSpec{"release", "ID", 1, 1, "let it be tried again; its count goes back to 0, the quarantined copy is kept"},
    ActionSpec{"forget", "ID", 1, 1, "delete the record and the quarantined copy"},
    ActionSpec{"retry", "[ID]", 0, 1,
               "replay the quarantined copy with this build, charged to nobody, and release it if it passes; "
               "without an ID, every blocked message"},
};

constexpr OptionSpec of_retry(OptionSpec option) {
  option.action = "retry";
  return option;
}

constexpr std::array kOptions = {
    OptionSpec{"--output", "-o", "FILE", "where the message goes, - is standard output", false, "export"},
    of_retry(kConverterOption),
    of_retry(kRejectExitOption),
    of_retry(kTimeoutOption),
    of_retry(kMemoryOption),
    of_retry(kOutputLimitOption),
};

}  // namespace

constinit const VerbSpec kPoisonSpec = {
    .name = "poison",
    .summary = "look after the messages that killed workers",
    .arguments = "",
    .actions = kActions,
    .options = kOptions,
    .has_json = true,
    .notes =
        "ID is a message ID, \"sha256:<hex>\", or a beginning of the SHA-256 that only one message has.\n"
        "Exit code of retry: 0 it passed, 65 it is damaged, 75 it kills its worker still.\n",
    .examples =
        "  mapiguard poison list\n"
        "  mapiguard poison show 9f86d081\n"
        "  mapiguard poison export '<1@example.org>' -o poison.msg\n"
        "  mapiguard poison retry\n",
};

namespace {

constexpr std::uint32_t kExportMode = 0600;  // it is somebody's mail

Result<int> export_copy(Ledger& ledger, const Arguments& arguments) {
  const std::string& id = arguments.positionals()[0];
  const auto path = arguments.value("--output");
  if (!path || path->empty()) return usage_error(kPoisonSpec, "'poison export' needs '-o FILE'");
  if (*path == "-") {
    const auto done =
        ledger.export_copy(id, [](Bytes piece) { return write_all(1, as_chars(piece), "standard output"); });
    return done ? Result<int>(0) : std::unexpected(done.error());
  }
  auto file = AtomicFile::create(posix_env(), *path, kExportMode);
  if (!file) return std::unexpected(file.error());
  if (const auto done = ledger.export_copy(id, [&](Bytes piece) { return file->write(piece); }); !done)
    return std::unexpected(done.error());
  const auto committed = file->commit();
  return committed ? Result<int>(0) : std::unexpected(committed.error());
}

struct Retried {
  std::string message_id, sha256;
  Conversion result;
  bool released = false;
};

Result<Retried> retry_one(Ledger& ledger, const PoisonRow& row, const GuardOptions& options,
                          const std::string& state_dir) {
  const std::string digest = hex(row.sha256);
  if (!row.has_copy)
    return fail(ErrorCode::cannot_open, "no copy of '" + row.message_id + "' is in quarantine",
                "convert the message itself again; 'mapiguard poison release' lets it be tried");
  Spool copy(state_dir);
  const auto read = ledger.export_copy(digest, [&](Bytes piece) { return copy.add(piece); });
  if (!read) return std::unexpected(read.error());
  auto result = replay(copy, options);
  if (!result) return std::unexpected(result.error());
  Retried retried{row.message_id, digest, std::move(*result)};
  if (retried.result.outcome == Outcome::converted) {
    if (const auto released = ledger.release(digest); !released) return std::unexpected(released.error());
    retried.released = true;
  }
  return retried;
}

Result<std::vector<PoisonRow>> rows_to_retry(Ledger& ledger, const Arguments& arguments) {
  if (!arguments.positionals().empty()) {
    auto row = ledger.find_poison(arguments.positionals()[0]);
    if (!row) return std::unexpected(row.error());
    return std::vector<PoisonRow>{std::move(*row)};
  }
  return ledger.blocked_rows();
}

void print_retried(const Retried& retried, bool json, Printer& printer) {
  const Conversion& result = retried.result;
  if (json) {
    printer.print(JsonObject()
                      .text("message_id", displayable(retried.message_id))
                      .text("sha256", retried.sha256)
                      .text("outcome", name_of(result.outcome))
                      .flag("released", retried.released)
                      .raw("verdict", verdict_json(result.verdict))
                      .text_or_null("error", result.error ? displayable(result.error->message) : "")
                      .str());
    return;
  }
  const std::string what = retried.released
                               ? "passed, released"
                               : "not released: " + (result.error ? result.error->message : name_of(result.outcome));
  printer.print(displayable(retried.message_id) + "  " + displayable(what));
}

// The exit code is that of the worst, as convert has it.
Result<int> retry(Ledger& ledger, const Arguments& arguments, Printer& printer) {
  const auto options = guard_options_of(kPoisonSpec, arguments);
  if (!options) return std::unexpected(options.error());
  const auto state_dir = open_state_dir(arguments.state());
  if (!state_dir) return std::unexpected(state_dir.error());
  const auto rows = rows_to_retry(ledger, arguments);
  if (!rows) return std::unexpected(rows.error());
  int exit_code = 0;
  for (const PoisonRow& row : *rows) {
    if (StopSignals::received()) break;
    const auto retried = retry_one(ledger, row, *options, *state_dir);
    if (!retried) {  // the others go on
      printer.complain(retried.error());
      exit_code = worst_exit(exit_code, exit_code_of(retried.error().code));
      continue;
    }
    if (StopSignals::received()) break;  // cut short: nothing is known
    print_retried(*retried, arguments.wants_json(), printer);
    exit_code = worst_exit(exit_code, retried->result.exit_code());
  }
  return StopSignals::received() ? StopSignals::exit_code() : exit_code;
}

Result<int> list(Ledger& ledger, const Arguments& arguments, Printer& printer) {
  const auto view = ledger.poison_view();
  if (!view) return std::unexpected(view.error());
  printer.print_text(arguments.wants_json() ? poison_view_json(*view) + "\n" : poison_view_text(*view));
  return 0;
}

Result<int> show(Ledger& ledger, const Arguments& arguments, Printer& printer) {
  const auto row = ledger.find_poison(arguments.positionals()[0]);
  if (!row) return std::unexpected(row.error());
  printer.print_text(arguments.wants_json() ? poison_row_json(*row, true) + "\n" : poison_row_text(*row));
  return 0;
}

}  // namespace

Result<int> run_poison(const Arguments& arguments, Printer& printer) {
  const auto opened = open_ledger(arguments);
  if (!opened) return std::unexpected(opened.error());
  Ledger& ledger = **opened;
  const std::string& action = arguments.action();
  if (action == "list") return list(ledger, arguments, printer);
  if (action == "show") return show(ledger, arguments, printer);
  if (action == "export") return export_copy(ledger, arguments);
  if (action == "retry") return retry(ledger, arguments, printer);
  const std::string& id = arguments.positionals()[0];
  const auto done = action == "release" ? ledger.release(id) : ledger.forget(id);
  return done ? Result<int>(0) : std::unexpected(done.error());
}

}  // namespace mapiguard
