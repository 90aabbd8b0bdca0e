#include "tools/mapiguard/settings_document.h"

#include <string_view>

#include "persist/settings.h"

namespace mapiguard {
namespace {

constexpr std::string_view kOurs = "Mapiguard\\";

std::string default_of(const SettingSpec& spec) {
  if (spec.read_only) return "";
  if (spec.name == "Replication Folder Tree RMQ Timeout") return "absent, which is " + std::string(spec.default_text);
  return spec.default_text.empty() ? "empty" : std::string(spec.default_text);
}

std::string range_of(const SettingSpec& spec) {
  if (spec.type != SettingType::dword) return "";
  return std::to_string(spec.minimum) + " … " + std::to_string(spec.maximum);
}

// -- Markdown -----------------------------------------------------------------------------------------------------
constexpr std::string_view kMarkdownHead = R"md(# Settings

This page is written by `mapiguard settings list --markdown` from the table in `persist/settings_table.h`; a test compares them.

Settings are kept in the state directory and hold for every program that uses it. `mapiguard settings list --json` gives the same
table with the values in use, each with its origin: `default` (absent), `set`, or `imported`. `settings set` refuses a value outside
its range. One that came with an import is kept as it is, the column "outside" says what is used instead, and `mapiguard analyze`
warns. A text that is not accepted is replaced by the default.

A program that runs on takes up what others have set when its settings are reloaded (`Guard::reload_settings()`), which
also says what has changed: what Exchange calls dismounting and remounting a database.

## In a registry

`mapiguard settings export-reg` writes what is present as regedit would, `import-reg` reads such files (UTF-16 "Windows Registry
Editor Version 5.00" and ANSI REGEDIT4). The keys are those of Exchange:

    HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\MSExchangeIS\<server>\Private-<GUID>
    HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\MSExchangeIS\<server>\Public-<GUID>

Settings of scope Private stand below the first, those of scope Public below the second, and ours below a key `Mapiguard` in
either. A state directory's own server is the name of the host that first asked for it, in capitals; its two GUIDs are
random; all three are made once and kept with the state directory.

)md";

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return " " + out + " |";
}

std::string markdown_row(const SettingSpec& spec) {
  return "|" + cell("`" + std::string(spec.name) + "`") + cell(name_of(spec.scope)) + cell(name_of(spec.type)) +
         cell(default_of(spec)) + cell(range_of(spec)) + cell(spec.unit) +
         cell(spec.read_only ? "read only" : outside_in_words(spec)) + cell(spec.help) + cell(spec.source) + "\n";
}

std::string markdown_table(std::string_view heading, bool ours) {
  std::string text = "## " + std::string(heading) +
                     "\n\n| name | scope | type | default | range | unit | outside | meaning | source "
                     "|\n|---|---|---|---|---|---|---|---|---|\n";
  for (const SettingSpec& spec : setting_specs())
    if (spec.name.starts_with(kOurs) == ours) text += markdown_row(spec);
  return text;
}

// -- the manual ---------------------------------------------------------------------------------------------------
constexpr std::string_view kManualHead = R"roff(.\" Written by "mapiguard settings list --man".
.TH MAPIGUARD-SETTINGS 5 "" "mapiguard" "File Formats"
.SH NAME
mapiguard-settings \- the settings of a state directory
.SH DESCRIPTION
Names are those of Exchange's registry where it has one; ours begin with
.BR Mapiguard\e .
The scope Private is that of a mailbox store, Public that of a public-folder store.
.BR mapiguard-settings (1)
shows and changes them;
.B mapiguard analyze
warns of values outside their range.
.SH SETTINGS
)roff";

constexpr std::string_view kManualFoot = R"roff(.SH SEE ALSO
.BR mapiguard-settings (1),
.BR mapiguard-analyze (1)
)roff";

std::string roff(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_ellipsis = text.substr(i).starts_with("…");
    if (text[i] == '\\')
      out += "\\e";
    else if (text[i] == '-')
      out += "\\-";
    else if (is_ellipsis)
      out += "...", i += std::string_view("…").size() - 1;
    else
      out += text[i];
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string sentence(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z' && out.find(": ") == std::string::npos)
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return roff(out) + ".\n";
}

std::string manual_entry(const SettingSpec& spec) {
  std::string text = ".TP\n.B " + roff(spec.name) + "\n" + sentence(spec.help);
  text += roff(std::string(name_of(spec.type)) + ", " + std::string(name_of(spec.scope)));
  if (!default_of(spec).empty()) text += "; default " + roff(default_of(spec));
  if (spec.type == SettingType::dword)
    text += "; " + roff(range_of(spec)) + (spec.unit.empty() ? "" : " " + roff(spec.unit));
  text += ".\n";
  if (const std::string outside = outside_in_words(spec); !outside.empty()) text += sentence(outside);
  if (spec.source != "mapiguard") text += "From: " + roff(spec.source) + ".\n";
  return text;
}

}  // namespace

std::string settings_as_markdown() {
  return std::string(kMarkdownHead) + markdown_table("Exchange's names", false) + "\n" + markdown_table("Ours", true);
}

std::string settings_as_manual() {
  std::string text(kManualHead);
  for (const SettingSpec& spec : setting_specs()) text += manual_entry(spec);
  return text + std::string(kManualFoot);
}

}  // namespace mapiguard
