#include "guardian/duplicates.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/try.h"
#include "guardian/signals_blocked.h"
#include "persist/settings_table.h"

namespace mapiguard {
namespace {

constexpr std::uint32_t kEra2003 = 2003;
constexpr std::int64_t kMsPerSecond = 1000;
// How long a change of the settings may go unheard by the cleaner.
constexpr std::int64_t kLongestNapMs = 60'000;

}  // namespace

TrackingRules tracking_rules_of(const SettingValues& values) {
  TrackingRules rules;
  rules.era = values.number(setting::kEra) == kEra2003 ? kEra2003 : 2007;
  const bool is_2003 = rules.era == kEra2003;
  rules.window_ms = kHourMs * values.number(is_2003 ? setting::kTrackDuplicates : setting::kDeliveredToExpiration);
  rules.cleanup_ms = is_2003 ? std::int64_t{values.number(setting::kBackgroundCleanup)}
                             : kMsPerSecond * values.number(setting::kDeliveredToCleanup);
  rules.durable = values.flag(setting::kDurable);
  rules.database = values.text(setting::kDatabaseName);
  return rules;
}

DeliveryVerdict judge_delivery(const DeliveredTo::Sighting& seen) {
  if (seen.same) return DeliveryVerdict::duplicate;
  return seen.other ? DeliveryVerdict::other_content : DeliveryVerdict::deliver;
}

Duplicates::Duplicates(Ledger& ledger, TrackingRules rules, std::unique_ptr<DeliveredTo> store)
    : ledger_(ledger), rules_(std::move(rules)), store_(std::move(store)) {}

Duplicates::~Duplicates() {
  if (!cleaner_.joinable()) return;
  cleaner_.request_stop();
  wake_.notify_all();
}

Result<std::unique_ptr<Duplicates>> Duplicates::open(const std::string& state_dir, Ledger& ledger, Cleaner cleaner,
                                                     const AgeClock& clock) {
  auto rules = ledger.tracking_rules();
  if (!rules) return std::unexpected(rules.error());
  auto store = DeliveredTo::open(state_dir, {rules->window_ms, rules->durable}, clock);
  if (!store) return std::unexpected(store.error());
  std::unique_ptr<Duplicates> duplicates(new Duplicates(ledger, std::move(*rules), std::move(*store)));
  if (cleaner == Cleaner::in_background) {
    const SignalsBlocked blocked;
    duplicates->cleaner_ =
        std::jthread([self = duplicates.get()](const std::stop_token& stop) { self->clean_until_stopped(stop); });
  }
  return duplicates;
}

void Duplicates::clean_until_stopped(const std::stop_token& stop) {
  std::int64_t cleanup_ms = rules_.cleanup_ms;
  while (!stop.stop_requested()) {
    if (const auto rules = ledger_.tracking_rules()) {
      store_->set_window(rules->window_ms);
      cleanup_ms = rules->cleanup_ms;
    }
    if (store_->is_cleanup_due(cleanup_ms))
      if (const auto cleaned = store_->cleanup(false); !cleaned)
        log(LogLevel::warning, "expired deliveries were not removed: " + cleaned.error().message);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, std::chrono::milliseconds(std::min(cleanup_ms, kLongestNapMs)), [] { return false; });
  }
}

Result<void> Duplicates::clean_up_when_due() {
  if (!store_->is_cleanup_due(rules_.cleanup_ms)) return {};
  const auto cleaned = store_->cleanup(false);
  return cleaned ? Result<void>() : std::unexpected(cleaned.error());
}

Duplicates::Delivery Duplicates::begin(const std::string& mailbox, const MailIdentity& mail, std::uint64_t size,
                                       double wait_seconds) {
  Delivery delivery;
  delivery.owner_ = this;
  delivery.key_ = {mailbox_name(mailbox), mail.message_id, mail.submit_time, mail.sha256};
  if (const auto fits = check_key(delivery.key_); !fits) {
    delivery.trouble_ = fits.error().message;
    return delivery;
  }
  auto hold = store_->hold(identity_of(delivery.key_), wait_seconds);
  if (!hold) {
    delivery.trouble_ = hold.error().message;
  } else if (!*hold) {
    delivery.is_busy_ = true;
    delivery.trouble_ = "another process is delivering the same message to the same mailbox";
  } else {
    delivery.hold_.emplace(std::move(**hold));
    decide(delivery, size);
  }
  return delivery;
}

void Duplicates::decide(Delivery& delivery, std::uint64_t size) {
  const DeliveryIdentity identity = identity_of(delivery.key_);
  const auto seen = store_->look(delivery.key_, identity);
  if (!seen) {
    delivery.trouble_ = seen.error().message;
    return;
  }
  delivery.trouble_ = seen->trouble;
  delivery.verdict_ = judge_delivery(*seen);
  delivery.seen_ = seen->same ? seen->same : seen->other;
  if (delivery.is_duplicate()) {
    delivery.hold_.reset();
    return;
  }
  DeliveredRow row;
  row.key = delivery.key_;
  row.size = size;
  row.database = rules_.database;
  const auto place = store_->reserve(row, identity, *seen);
  if (place)
    delivery.place_ = *place;
  else
    delivery.trouble_ = place.error().message;
}

Result<void> Duplicates::Delivery::delivered() {
  if (!place_) return fail(ErrorCode::io, trouble_);
  MAPIGUARD_TRY(owner_->store_->mark_delivered(*place_));
  hold_.reset();
  if (verdict_ != DeliveryVerdict::other_content) return {};
  return owner_->ledger_.note_other_content(
      {key_.mailbox, key_.message_id, seen_->content, key_.content, seen_->wall_ns});
}

}  // namespace mapiguard
