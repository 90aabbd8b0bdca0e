#include <array>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/nearest.h"
#include "tools/mapiguard/registry_source.h"
#include "tools/mapiguard/settings_document.h"
#include "tools/mapiguard/settings_registry.h"
#include "tools/mapiguard/write_file.h"
#include "tools/registry/reg_text.h"

namespace mapiguard {
namespace {

constexpr std::array kActions = {
    ActionSpec{"list", "", 0, 0, "show every setting, its value and where it comes from"},
    ActionSpec{"get", "NAME", 1, 1, "show the value of one setting"},
    ActionSpec{"set", "NAME VALUE", 2, 2, "give a setting a value"},
    ActionSpec{"unset", "NAME", 1, 1, "go back to the default"},
    ActionSpec{"export-reg", "", 0, 0, "write what is present as a .reg file, as regedit would"},
    ActionSpec{"import-reg", "FILE", 1, 1, "take the settings in a .reg file, all or nothing"},
};

constexpr std::array kOptions = {
    OptionSpec{"--output", "-o", "FILE", "where to write (default: standard output)", false, "export-reg"},
    OptionSpec{"--ansi", "", "", "write REGEDIT4, for versions of Windows before 2000", false, "export-reg"},
    OptionSpec{"--server", "", "NAME", "of the file's servers, this one", false, "import-reg"},
    OptionSpec{"--database", "", "GUID", "of its databases, this one (may be given twice: a Private and a Public one)", true, "import-reg"},
    OptionSpec{"--markdown", "", "", "the table of settings as a document, without values", false, "list"},
    OptionSpec{"--man", "", "", "the same as a manual page", false, "list"},
};

}  // namespace

constinit const VerbSpec kSettingsSpec = {
    .name = "settings",
    .summary = "show and change the settings, named as in Exchange's registry",
    .arguments = "",
    .actions = kActions,
    .options = kOptions,
    .has_json = true,
    .examples =
        "  mapiguard settings list\n"
        "  mapiguard settings set PoisonThreshold 3\n"
        "  mapiguard settings get 'DeliveredTo Expiration in Hours'\n"
        "  mapiguard settings unset 'Mapiguard\\NDR Transport'\n"
        "  mapiguard settings export-reg -o settings.reg\n"
        "  mapiguard settings import-reg --server EX1 exchange.reg\n",
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

Result<int> export_reg(Ledger& ledger, const Arguments& arguments, Printer& printer) {
  const auto registry = exported_registry(ledger);
  if (!registry) return std::unexpected(registry.error());
  const std::string text = write_reg_text(*registry, arguments.has("--ansi") ? RegEncoding::ansi : RegEncoding::utf16);
  const std::string path = arguments.value("--output").value_or("-");
  if (path != "-") MAPIGUARD_TRY(write_file(path, text));
  if (path == "-") printer.print_text(text);
  return 0;
}

std::string as_json(const ImportRow& row) {
  return JsonObject()
      .text("name", displayable(row.name))
      .text("key", displayable(row.key))
      .text("result", name_of(row.fate))
      .text_or_null("value", displayable(row.value))
      .text_or_null("note", displayable(row.note))
      .str();
}

// What came of each value; those that are used otherwise than they stand are said aloud.
Result<void> show_import(Ledger& ledger, const ImportPlan& plan, const Arguments& arguments, Printer& printer) {
  TextTable table({"NAME", "RESULT", "VALUE", "NOTE"});
  for (const ImportRow& row : plan.rows) {
    if (arguments.wants_json())
      printer.print(as_json(row));
    else
      table.add({row.name, std::string(name_of(row.fate)), row.value, row.note});
    if (row.fate != ImportRow::Fate::imported) continue;
    const auto setting = ledger.setting(row.name);
    if (!setting) return std::unexpected(setting.error());
    if (!setting->warning.empty()) printer.say(setting->name + ": " + setting->warning);
  }
  if (!table.empty()) printer.print_text(table.text());
  return {};
}

Result<int> import_reg(const Arguments& arguments, Printer& printer) {
  const std::string& path = arguments.positionals()[0];
  const auto registry = read_registry(RegistrySource::reg_text, path);
  if (!registry) return std::unexpected(registry.error());
  auto plan = plan_import(*registry, {arguments.value("--server"), arguments.values("--database")});
  if (!plan) {
    plan.error().message = "'" + displayable(path) + "': " + plan.error().message;
    return std::unexpected(std::move(plan.error()));
  }
  const auto ledger = open_ledger(arguments);
  if (!ledger) return std::unexpected(ledger.error());
  MAPIGUARD_TRY((*ledger)->import_settings(plan->settings));
  MAPIGUARD_TRY(show_import(**ledger, *plan, arguments, printer));
  return 0;
}

}  // namespace

Result<int> run_settings(const Arguments& arguments, Printer& printer) {
  if (arguments.has("--markdown") || arguments.has("--man")) {
    printer.print_text(arguments.has("--man") ? settings_as_manual() : settings_as_markdown());
    return 0;
  }
  if (arguments.action() == "import-reg") return import_reg(arguments, printer);
  const auto ledger = open_ledger(arguments);
  if (!ledger) return std::unexpected(ledger.error());
  if (arguments.action() == "list") return list(**ledger, arguments, printer);
  if (arguments.action() == "export-reg") return export_reg(**ledger, arguments, printer);
  if (arguments.action() == "get") return get(**ledger, arguments, printer);
  return change(**ledger, arguments, printer);
}

}  // namespace mapiguard
