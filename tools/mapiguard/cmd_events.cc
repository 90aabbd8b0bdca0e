#include <array>

#include "base/json_text.h"
#include "base/text.h"

#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/moment.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"--follow", "-f", "", "go on showing events as they come, until interrupted"},
    OptionSpec{"--id", "", "N", "only events with this number, 9680 for instance"},
    OptionSpec{"--since", "", "TIME",
               "only events from then on: 2026-01-31T08:00:00Z, 2026-01-31, or 30m, 12h, 7d ago"},
};

}  // namespace

constinit const VerbSpec kEventsSpec = {
    .name = "events",
    .summary = "show what happened, as Exchange's event log would have it",
    .arguments = "",
    .actions = {},
    .options = kOptions,
    .has_json = true,
    .examples =
        "  mapiguard events --since 24h\n"
        "  mapiguard events --id 9681 --json\n"
        "  mapiguard events --follow\n",
};

namespace {

constexpr int kPollMilliseconds = 300;

std::string as_json(const EventRow& row) {
  std::vector<std::string> params;
  for (const std::string& param : row.params) params.push_back(displayable(param));
  return JsonObject()
      .text("time", row.time)
      .number("event_id", row.event_id)
      .text("source", row.source)
      .text("severity", row.severity)
      .text("category", row.category)
      .array("params", params)
      .text("text", displayable(row.text))
      .raw("ext", row.ext.empty() ? "{}" : row.ext)
      .str();
}

std::string as_text(const EventRow& row) {
  return displayable(row.time) + "  " + displayable(row.severity) + "  " + std::to_string(row.event_id) + "  " +
         displayable(row.source) + "  " + displayable(row.text);
}

Result<EventFilter> filter_of(const Arguments& arguments) {
  EventFilter filter;
  const auto id = arguments.number("--id", 0, 999'999);
  if (!id) return std::unexpected(id.error());
  if (*id) filter.event_id = static_cast<unsigned>(**id);
  if (const auto since = arguments.value("--since")) {
    const auto moment = moment_of(*since);
    if (!moment) return std::unexpected(moment.error());
    filter.since = *moment;
  }
  return filter;
}

// Prints what the filter lets through and moves it on behind the last.
Result<void> print_new(Ledger& ledger, EventFilter& filter, bool json, Printer& printer) {
  const auto rows = ledger.events(filter);
  if (!rows) return std::unexpected(rows.error());
  for (const EventRow& row : *rows) {
    printer.print(json ? as_json(row) : as_text(row));
    filter.after_seq = row.seq;
  }
  return rows->empty() ? Result<void>() : printer.flush();
}

}  // namespace

Result<int> run_events(const Arguments& arguments, Printer& printer) {
  auto filter = filter_of(arguments);
  if (!filter) return std::unexpected(filter.error());
  const auto ledger = open_ledger(arguments);
  if (!ledger) return std::unexpected(ledger.error());
  do {
    if (const auto printed = print_new(**ledger, *filter, arguments.wants_json(), printer); !printed)
      return std::unexpected(printed.error());
  } while (arguments.has("--follow") && !StopSignals::wait_for(kPollMilliseconds));
  return StopSignals::received() ? StopSignals::exit_code() : 0;
}

}  // namespace mapiguard
