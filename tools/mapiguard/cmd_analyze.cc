#include <array>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/errand.h"
#include "tools/analyzer/own_stores.h"
#include "tools/analyzer/rules.h"
#include "tools/analyzer/since.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/registry_source.h"
#include "tools/mapiguard/write_file.h"

namespace mapiguard {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"--reg", "", "FILE", "analyze a registry export (.reg); - is standard input"},
    OptionSpec{"--hive", "", "FILE", "analyze an offline SYSTEM hive"},
    OptionSpec{"--html", "", "FILE", "write the report as one page, too"},
    OptionSpec{"--since", "", "FILE", "compare with an earlier report of --json: what is new, changed, gone"},
    OptionSpec{"--rules", "", "", "list the rules instead"},
};

constexpr std::size_t kMostReportBytes = 64u << 20;

}  // namespace

constinit const VerbSpec kAnalyzeSpec = {
    .name = "analyze",
    .summary = "say what is wrong, odd or not at its default, why it matters and how to correct it",
    .arguments = "",
    .actions = {},
    .options = kOptions,
    .has_json = true,
    .notes =
        "Without --reg or --hive the state directory is analyzed: its settings, and how it fares.\n"
        "Exit code: 0 no errors or warnings, 1 warnings, 2 errors.\n",
    .examples =
        "  mapiguard analyze\n"
        "  mapiguard analyze --reg exchange.reg --html report.html\n"
        "  mapiguard analyze --hive /mnt/Windows/System32/config/SYSTEM --json > today.json\n"
        "  mapiguard analyze --since yesterday.json\n",
};

namespace {

Result<Analysis> analyze_registry(RegistrySource source, const std::string& path) {
  const auto registry = read_registry(source, path);
  if (!registry) return std::unexpected(registry.error());
  const auto stores = stores_as_state(*registry);
  if (!stores) return std::unexpected(stores.error());
  if (stores->empty())
    return fail(ErrorCode::not_a_message, "'" + displayable(path) + "' names no information store",
                "a mailbox store is a key …\\Services\\MSExchangeIS\\<server>\\Private-<GUID>");
  Analysis analysis;
  analysis.source = (source == RegistrySource::hive ? "the hive " : "the registry export ") + displayable(path);
  for (const InformationStore& store : *stores) analysis.databases.push_back(displayable(store.path(), 4096));
  analysis.findings = analyze_stores(*stores, false);
  return analysis;
}

// The layers that workers get. Where no worker can be started, that is what is missing.
std::vector<SandboxLayer> sandbox_layers() {
  GuardOptions options;
  options.workers = 1;
  const auto errands = Errands::open(std::move(options));
  if (!errands) return {{"workers", false, errands.error().message}};
  return (*errands)->sandbox();
}

Result<Analysis> analyze_state_directory(const Arguments& arguments) {
  const auto directory = open_state_dir(arguments.state());
  if (!directory) return std::unexpected(directory.error());
  const auto ledger = Ledger::open(*directory);
  if (!ledger) return std::unexpected(ledger.error());
  const auto facts = state_facts(**ledger, *directory, sandbox_layers());
  if (!facts) return std::unexpected(facts.error());
  const auto stores = own_stores(**ledger);
  if (!stores) return std::unexpected(stores.error());
  Analysis analysis;
  analysis.source = "the state directory " + displayable(*directory);
  for (const InformationStore& store : *stores) analysis.databases.push_back(displayable(store.path(), 4096));
  analysis.findings = analyze_stores(*stores, true);
  for (Finding& finding : analyze_state(*facts)) analysis.findings.push_back(std::move(finding));
  return analysis;
}

Result<Analysis> analyze(const Arguments& arguments) {
  const auto reg = arguments.value("--reg"), hive = arguments.value("--hive");
  if ((reg && hive) || ((reg || hive) && arguments.has("--state")))
    return usage_error(kAnalyzeSpec, "only one of --reg, --hive and --state can be analyzed at once");
  if (reg) return analyze_registry(RegistrySource::reg_text, *reg);
  return hive ? analyze_registry(RegistrySource::hive, *hive) : analyze_state_directory(arguments);
}

Result<void> compare(Analysis& analysis, const Arguments& arguments) {
  const auto since = arguments.value("--since");
  if (!since) return {};
  const auto report = contents_of(*since, kMostReportBytes);
  if (!report) return std::unexpected(report.error());
  analysis.since = displayable(*since);
  return compare_with(analysis, *report);
}

void list_rules(const Arguments& arguments, Printer& printer) {
  TextTable table({"RULE", "CATEGORY", "TITLE", "SOURCE"});
  for (const RuleText& rule : rule_texts()) {
    if (arguments.wants_json())
      printer.print(JsonObject()
                        .text("rule", rule.id)
                        .text("category", name_of(rule.category))
                        .text("title", rule.title)
                        .text("explanation", rule.explanation)
                        .array("fix", {rule.fix.begin(), rule.fix.end()})
                        .array("fix_here", {rule.fix_here.begin(), rule.fix_here.end()})
                        .text("source", rule.source)
                        .str());
    else
      table.add({std::string(rule.id), std::string(name_of(rule.category)), std::string(rule.title),
                 std::string(rule.source)});
  }
  if (!table.empty()) printer.print_text(table.text());
}

}  // namespace

Result<int> run_analyze(const Arguments& arguments, Printer& printer) {
  if (arguments.has("--rules")) {
    list_rules(arguments, printer);
    return 0;
  }
  auto analysis = analyze(arguments);
  if (!analysis) return std::unexpected(analysis.error());
  analysis->time = rfc3339(system_clock().now_ns());
  sort_findings(analysis->findings);
  MAPIGUARD_TRY(compare(*analysis, arguments));
  const auto page = arguments.value("--html");
  if (page) MAPIGUARD_TRY(write_file(*page, report_as_html(*analysis)));
  if (arguments.wants_json())
    printer.print(report_as_json(*analysis));
  else if (page)
    printer.say("the report is in '" + displayable(*page) + "'");
  else
    printer.print_text(report_as_text(*analysis));
  return exit_code_of(*analysis);
}

}  // namespace mapiguard
