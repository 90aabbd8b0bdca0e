#include <array>

#include "base/json_text.h"
#include "base/text.h"
#include "tools/mapiguard/commands.h"

namespace mapiguard {
namespace {

constexpr std::array kActions = {
    ActionSpec{"list", "", 0, 0, "show the non-delivery reports and how far they got"},
    ActionSpec{"retry", "[ID]", 0, 1, "try to deliver now: one report, or all that wait"},
    ActionSpec{"drop", "ID", 1, 1, "give a report up"},
};

}  // namespace

constinit const VerbSpec kNdrSpec = {
    .name = "ndr",
    .summary = "look after the non-delivery reports of blocked messages",
    .arguments = "",
    .actions = kActions,
    .options = {},
    .has_json = true,
    .examples =
        "  mapiguard ndr list\n"
        "  mapiguard ndr retry\n"
        "  mapiguard ndr drop 4f1c2a\n",
};

namespace {

std::string as_json(const NdrRow& row) {
  return JsonObject()
      .text("id", row.id)
      .text("message_id", displayable(row.message_id))
      .text("sender", displayable(row.sender))
      .text("state", row.state)
      .text_or_null("created", row.created)
      .text_or_null("next_try", row.next_try)
      .number("tries", row.tries)
      .text_or_null("last_error", displayable(row.last_error))
      .str();
}

Result<int> list(Ledger& ledger, const Arguments& arguments, Printer& printer) {
  const auto rows = ledger.ndrs();
  if (!rows) return std::unexpected(rows.error());
  TextTable table({"ID", "STATE", "CREATED", "TRIES", "TO", "ABOUT", "LAST ERROR"});
  for (const NdrRow& row : *rows) {
    if (arguments.wants_json())
      printer.print(as_json(row));
    else
      table.add(
          {row.id, row.state, row.created, std::to_string(row.tries), row.sender, row.message_id, row.last_error});
  }
  if (!table.empty()) printer.print_text(table.text());
  return 0;
}

}  // namespace

Result<int> run_ndr(const Arguments& arguments, Printer& printer) {
  const auto ledger = open_ledger(arguments);
  if (!ledger) return std::unexpected(ledger.error());
  if (arguments.action() == "list") return list(**ledger, arguments, printer);
  const std::string id = arguments.positionals().empty() ? "" : arguments.positionals()[0];
  const auto done = arguments.action() == "retry" ? (*ledger)->retry_ndr(id) : (*ledger)->drop_ndr(id);
  return done ? Result<int>(0) : std::unexpected(done.error());
}

}  // namespace mapiguard
