#include <array>
#include <deque>
#include <limits>

#include "base/clock.h"
#include "base/env.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/duplicates.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/delivered_filter.h"
#include "tools/mapiguard/delivered_rows.h"

namespace mapiguard {
namespace {

constexpr std::array kActions = {
    ActionSpec{"filter", "-- CMD [ARG...]", 1, std::numeric_limits<std::size_t>::max(),
               "run CMD with the mail on standard input, unless the mailbox has that mail already"},
    ActionSpec{"list", "", 0, 0, "show the deliveries that are remembered, oldest first"},
    ActionSpec{"stats", "", 0, 0, "show how many they are, and what the settings amount to"},
    ActionSpec{"expire", "", 0, 0, "remove now what has expired"},
    ActionSpec{"export", "", 0, 0, "write the deliveries of one mailbox to a file, to move them with it"},
    ActionSpec{"import", "FILE", 1, 1, "add deliveries that were exported, - is standard input"},
};

constexpr std::array kOptions = {
    OptionSpec{"--mailbox", "-m", "U", "the recipient; of import: the mailbox's new name"},
    OptionSpec{"--wait", "", "SECONDS", "how long to wait for another process that delivers the same mail (default 60)",
               false, "filter"},
    OptionSpec{"--limit", "", "N", "the N newest alone", false, "list"},
    OptionSpec{"--output", "-o", "FILE", "where the deliveries go, - is standard output", false, "export"},
};

}  // namespace

constinit const VerbSpec kDeliveredSpec = {
    .name = "delivered",
    .summary = "keep a mailbox from getting the same mail twice",
    .arguments = "",
    .actions = kActions,
    .options = kOptions,
    .has_json = true,
    .notes =
        "A mail is the same when mailbox, message ID, Date and content are (content: From, Date, Message-ID,\n"
        "Subject and the decoded bodies). The same ID with another content is delivered, and event 514 tells.\n"
        "Exit code of filter: 99 a duplicate, CMD was not run; else CMD's, 128+N when signal N ended it. The mail is\n"
        "marked as delivered only when CMD ended with 0. Whatever fails in between: CMD is run, and a line says why.\n",
    .examples =
        "  mapiguard delivered filter --mailbox anna@example.org -- /usr/lib/dovecot/deliver -d anna\n"
        "  mapiguard delivered list --mailbox anna@example.org --limit 20\n"
        "  mapiguard delivered stats\n"
        "  mapiguard delivered export --mailbox anna@example.org -o anna.jsonl\n"
        "  mapiguard delivered import anna.jsonl --mailbox anna@example.net\n",
};

namespace {

constexpr std::uint32_t kExportMode = 0600;  // who wrote to whom is nobody else's business
constexpr std::uint64_t kMostImported = std::uint64_t{1} << 30;
constexpr unsigned kLinesAFlush = 1000;
constexpr std::uint64_t kMostListed = 1'000'000'000;

struct Opened {
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Duplicates> duplicates;
};

Result<Opened> open_duplicates(const Arguments& arguments) {
  const auto directory = open_state_dir(arguments.state());
  if (!directory) return std::unexpected(directory.error());
  auto ledger = Ledger::open(*directory);
  if (!ledger) return std::unexpected(ledger.error());
  auto duplicates = Duplicates::open(*directory, **ledger, Duplicates::Cleaner::none);
  if (!duplicates) return std::unexpected(duplicates.error());
  return Opened{std::move(*ledger), std::move(*duplicates)};
}

std::optional<std::string> wanted_mailbox(const Arguments& arguments) {
  const auto given = arguments.value("--mailbox");
  return given ? std::optional(mailbox_name(*given)) : std::nullopt;
}

// Rows of the wanted mailbox, or of all.
Result<void> each_row(DeliveredTo& store, const std::optional<std::string>& mailbox,
                      const std::function<Result<void>(const DeliveredRow&)>& take) {
  Result<void> taken;
  MAPIGUARD_TRY(store.for_each([&](const DeliveredRow& row) {
    if (!mailbox || row.key.mailbox == *mailbox) taken = take(row);
    return taken.has_value();
  }));
  return taken;
}

Result<int> print_rows(const std::deque<DeliveredRow>& rows, bool json, Printer& printer) {
  TextTable table({"DELIVERED", "STATE", "MAILBOX", "SIZE", "SHA256", "MESSAGE ID"});
  for (const DeliveredRow& row : rows) {
    if (json)
      printer.print(delivered_json(row));
    else
      table.add(delivered_cells(row));
  }
  if (!json && !table.empty()) printer.print_text(table.text());
  return 0;
}

Result<int> list(DeliveredTo& store, const Arguments& arguments, Printer& printer) {
  const auto limit = arguments.number("--limit", 1, kMostListed);
  if (!limit) return std::unexpected(limit.error());
  const bool streams = arguments.wants_json() && !*limit;
  unsigned lines = 0;
  std::deque<DeliveredRow> rows;
  const auto done = each_row(store, wanted_mailbox(arguments), [&](const DeliveredRow& row) -> Result<void> {
    if (streams) {
      printer.print(delivered_json(row));
      return ++lines % kLinesAFlush == 0 ? printer.flush() : Result<void>();
    }
    rows.push_back(row);
    if (*limit && rows.size() > **limit) rows.pop_front();
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return print_rows(rows, arguments.wants_json(), printer);
}

Result<int> show_stats(Duplicates& duplicates, const Arguments& arguments, Printer& printer) {
  const auto stats = duplicates.store().stats();
  if (!stats) return std::unexpected(stats.error());
  const TrackingRules& rules = duplicates.rules();
  const std::string oldest = stats->oldest_wall_ns ? rfc3339(*stats->oldest_wall_ns) : "";
  if (arguments.wants_json()) {
    printer.print(JsonObject()
                      .number("rows", stats->rows)
                      .number("partitions", stats->partitions)
                      .number("bytes", stats->bytes)
                      .text_or_null("oldest", oldest)
                      .number("era", rules.era)
                      .number("window_seconds", rules.window_ms / 1000)
                      .number("cleanup_milliseconds", rules.cleanup_ms)
                      .number("damaged_files", stats->damaged_files)
                      .str());
    return 0;
  }
  printer.print("deliveries     " + std::to_string(stats->rows) + " in " + std::to_string(stats->partitions) +
                " partitions, " + std::to_string(stats->bytes) + " bytes");
  printer.print("oldest         " + (oldest.empty() ? "none" : oldest));
  printer.print("window         " + std::to_string(rules.window_ms / kHourMs) + " hours (rules of " +
                std::to_string(rules.era) + ")");
  printer.print("cleanup        every " + std::to_string(rules.cleanup_ms / 1000) + " seconds");
  if (stats->damaged_files > 0)
    printer.print("damaged        " + std::to_string(stats->damaged_files) +
                  " files were put aside in the folder 'delivered'");
  return 0;
}

Result<int> expire(DeliveredTo& store, const Arguments& arguments, Printer& printer) {
  const auto cleaned = store.cleanup(true);
  if (!cleaned) return std::unexpected(cleaned.error());
  if (cleaned->somebody_else)
    return fail(ErrorCode::try_again, "another process has been removing expired deliveries for long", "try again");
  if (arguments.wants_json())
    printer.print(JsonObject().number("rows", cleaned->rows).number("files", cleaned->files).str());
  else
    printer.print(std::to_string(cleaned->rows) + " deliveries in " + std::to_string(cleaned->files) +
                  " partitions removed");
  return 0;
}

Result<int> export_rows(DeliveredTo& store, const Arguments& arguments, Printer& printer) {
  const auto path = arguments.value("--output");
  const auto mailbox = wanted_mailbox(arguments);
  std::optional<AtomicFile> file;
  if (*path != "-") {
    auto created = AtomicFile::create(posix_env(), *path, kExportMode);
    if (!created) return std::unexpected(created.error());
    file.emplace(std::move(*created));
  }
  const auto done = each_row(store, mailbox, [&](const DeliveredRow& row) -> Result<void> {
    if (row.state != DeliveryState::delivered) return {};
    const std::string line = delivered_json(row) + '\n';
    if (file) return file->write(as_bytes(line));
    printer.print_text(line);
    return printer.flush();
  });
  if (!done) return std::unexpected(done.error());
  if (file)
    if (const auto committed = file->commit(); !committed) return std::unexpected(committed.error());
  return 0;
}

Result<std::vector<DeliveredRow>> rows_of(std::string_view text, const std::optional<std::string>& mailbox) {
  std::vector<DeliveredRow> rows;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    auto row = delivered_row_of(line);
    if (!row) return fail(ErrorCode::not_a_message, "line " + std::to_string(number) + ": " + row.error().message);
    if (mailbox) row->key.mailbox = *mailbox;
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<int> import_rows(DeliveredTo& store, const Arguments& arguments, Printer& printer) {
  const std::string& path = arguments.positionals()[0];
  const auto text = read_whole(posix_env(), path == "-" ? "/dev/stdin" : path, kMostImported);
  if (!text) return std::unexpected(text.error());
  const auto rows = rows_of(*text, wanted_mailbox(arguments));
  if (!rows) return std::unexpected(rows.error());
  const auto added = store.import(*rows);
  if (!added) return std::unexpected(added.error());
  const std::uint64_t left_out = rows->size() - *added;
  if (arguments.wants_json())
    printer.print(JsonObject().number("added", *added).number("left_out", left_out).str());
  else
    printer.print(std::to_string(*added) + " deliveries added, " + std::to_string(left_out) + " known or expired");
  return 0;
}

// Before anything is opened.
Result<void> check_call(const Arguments& arguments) {
  const std::string& action = arguments.action();
  if ((action == "stats" || action == "expire") && arguments.has("--mailbox"))
    return usage_error(kDeliveredSpec, "'delivered " + action + "' is about all mailboxes");
  if (action == "export" &&
      (arguments.value("--mailbox").value_or("").empty() || arguments.value("--output").value_or("").empty()))
    return usage_error(kDeliveredSpec, "'delivered export' needs '--mailbox U' and '-o FILE'");
  const auto limit = arguments.number("--limit", 1, kMostListed);
  return limit ? Result<void>() : std::unexpected(limit.error());
}

}  // namespace

Result<int> run_delivered(const Arguments& arguments, Printer& printer) {
  const std::string& action = arguments.action();
  if (action == "filter") return run_delivered_filter(kDeliveredSpec, arguments, printer);
  if (const auto fits = check_call(arguments); !fits) return std::unexpected(fits.error());
  const auto opened = open_duplicates(arguments);
  if (!opened) return std::unexpected(opened.error());
  Duplicates& duplicates = *opened->duplicates;
  if (action == "list") return list(duplicates.store(), arguments, printer);
  if (action == "stats") return show_stats(duplicates, arguments, printer);
  if (action == "expire") return expire(duplicates.store(), arguments, printer);
  if (action == "export") return export_rows(duplicates.store(), arguments, printer);
  return import_rows(duplicates.store(), arguments, printer);
}

}  // namespace mapiguard
