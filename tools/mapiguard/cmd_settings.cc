#include <array>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/nearest.h"

namespace mapiguard {
namespace {

constexpr std::array kActions = {
    ActionSpec{"list", "", 0, 0, "show every setting, its value and where it comes from"},
    ActionSpec{"get", "NAME", 1, 1, "show the value of one setting"},
    ActionSpec{"set", "NAME VALUE", 2, 2, "give a setting a value"},
    ActionSpec{"unset", "NAME", 1, 1, "go back to the default"},
};

}  // namespace

constinit const VerbSpec kSettingsSpec = {
    .name = "settings",
    .summary = "show and change the settings, named as in Exchange's registry",
    .arguments = "",
    .actions = kActions,
    .options = {},
    .has_json = true,
    .examples =
        "  mapiguard settings list\n"
        "  mapiguard settings set PoisonThreshold 3\n"
        "  mapiguard settings get 'DeliveredTo Expiration in Hours'\n"
        "  mapiguard settings unset 'Mapiguard\\NDR Transport'\n",
};

namespace {

using Row = Ledger::SettingRow;

std::string as_json(const Row& row) {
  return JsonObject()
      .text("name", row.name)
      .text("scope", row.scope)
      .text("type", row.type)
      .text_or_null("unit", row.unit)
      .text_or_null("value", displayable(row.value))
      .text("origin", row.origin)
      .text_or_null("default", row.default_value)
      .text_or_null("minimum", row.minimum)
      .text_or_null("maximum", row.maximum)
      .text_or_null("outside", row.outside)
      .text_or_null("source", row.source)
      .text_or_null("help", row.help)
      .text_or_null("warning", displayable(row.warning))
      .str();
}

// A misspelt name gets the nearest real one as its hint.
Error with_suggestion(Ledger& ledger, const Error& error, const std::string& name) {
  if (error.code != ErrorCode::usage || !error.hint.empty()) return error;
  const auto rows = ledger.settings();
  if (!rows) return error;
  std::vector<std::string> names;
  for (const Row& row : *rows) {
    if (row.name == name) return error;
    names.push_back(row.name);
  }
  const std::string near = nearest_word(name, names);
  return {error.code, error.message, near.empty() ? "see 'mapiguard settings list'" : "did you mean '" + near + "'?"};
}

Result<int> list(Ledger& ledger, const Arguments& arguments, Printer& printer) {
  const auto rows = ledger.settings();
  if (!rows) return std::unexpected(rows.error());
  TextTable table({"NAME", "VALUE", "UNIT", "ORIGIN", "DEFAULT", "RANGE"});
  for (const Row& row : *rows) {
    if (arguments.wants_json()) {
      printer.print(as_json(row));
      continue;
    }
    const std::string range = row.minimum.empty() && row.maximum.empty() ? "" : row.minimum + " ... " + row.maximum;
    table.add({row.name, row.value.empty() ? "-" : row.value, row.unit, row.origin, row.default_value, range});
    if (!row.warning.empty()) printer.say(row.name + ": " + row.warning);
  }
  if (!table.empty()) printer.print_text(table.text());
  return 0;
}

Result<int> get(Ledger& ledger, const Arguments& arguments, Printer& printer) {
  const auto row = ledger.setting(arguments.positionals()[0]);
  if (!row) return std::unexpected(with_suggestion(ledger, row.error(), arguments.positionals()[0]));
  if (arguments.wants_json()) {
    printer.print(as_json(*row));
    return 0;
  }
  printer.print(row->value);
  if (!row->warning.empty()) printer.say(row->name + ": " + row->warning);
  return 0;
}

Result<int> change(Ledger& ledger, const Arguments& arguments, Printer& printer) {
  const std::string& name = arguments.positionals()[0];
  const auto done =
      arguments.action() == "set" ? ledger.set_setting(name, arguments.positionals()[1]) : ledger.unset_setting(name);
  if (!done) return std::unexpected(with_suggestion(ledger, done.error(), name));
  const auto row = ledger.setting(name);
  if (row && !row->warning.empty()) printer.say(row->name + ": " + row->warning);
  return 0;
}

}  // namespace

Result<int> run_settings(const Arguments& arguments, Printer& printer) {
  const auto ledger = open_ledger(arguments);
  if (!ledger) return std::unexpected(ledger.error());
  if (arguments.action() == "list") return list(**ledger, arguments, printer);
  if (arguments.action() == "get") return get(**ledger, arguments, printer);
  return change(**ledger, arguments, printer);
}

}  // namespace mapiguard
