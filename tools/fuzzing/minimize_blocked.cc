#include "tools/fuzzing/minimize_blocked.h"

#include <charconv>
#include <utility>

#include "base/env.h"
#include "base/text.h"
#include "base/try.h"
#include "persist/settings_table.h"
#include "tools/fuzzing/minimizer.h"

namespace mapiguard {

Result<MinimizeBlocked> MinimizeBlocked::note(Ledger& ledger, std::string state_dir) {
  MinimizeBlocked noted(ledger, std::move(state_dir));
  const auto setting = ledger.setting(setting::kMinimizeBlocked);
  if (!setting) return std::unexpected(setting.error());
  std::from_chars(setting->value.data(), setting->value.data() + setting->value.size(), noted.seconds_);
  if (noted.seconds_ == 0) return noted;
  const auto rows = ledger.blocked_rows();
  if (!rows) return std::unexpected(rows.error());
  for (const PoisonRow& row : *rows) noted.before_.insert(hex(row.sha256));
  return noted;
}

void MinimizeBlocked::run(const GuardOptions& like, Printer& printer) {
  if (seconds_ == 0) return;
  const auto rows = ledger_->blocked_rows();
  if (!rows) return printer.complain(rows.error());
  for (const PoisonRow& row : *rows) {
    if (before_.contains(hex(row.sha256)) || !row.has_copy) continue;
    if (auto done = minimize_one(row, like, printer); !done) {
      const Error& why = done.error();
      printer.complain({why.code, "'" + displayable(row.message_id) + "' could not be minimized: " + why.message, why.hint});
    }
  }
}

Result<void> MinimizeBlocked::minimize_one(const PoisonRow& row, const GuardOptions& like, Printer& printer) const {
  ByteString message;
  MAPIGUARD_TRY(ledger_->export_copy(hex(row.sha256), [&](Bytes piece) -> Result<void> {
    message.insert(message.end(), piece.begin(), piece.end());
    return {};
  }));
  GuardOptions options = like;
  options.isolation = Isolation::message;
  const auto mutator = Mutator::open(options, 1);
  if (!mutator) return std::unexpected(mutator.error());
  const unsigned jobs = std::max(1u, options.workers);
  const auto target = Target::open(std::move(options), {});
  if (!target) return std::unexpected(target.error());
  const auto small = minimize(message, {.jobs = jobs, .seconds = seconds_}, *target, *mutator, printer);
  if (!small) return std::unexpected(small.error());
  const std::string folder = state_dir_ + "/minimized";
  MAPIGUARD_TRY(posix_env().make_dir(folder, 0700));
  MAPIGUARD_TRY(write_minimized(folder + "/" + hex(row.sha256), *small));
  printer.say("'" + displayable(row.message_id) + "' was minimized from " + std::to_string(message.size()) + " to " +
              std::to_string(small->bytes.size()) + " bytes: " + folder + "/" + hex(row.sha256));
  return {};
}

}  // namespace mapiguard
