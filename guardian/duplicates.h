// Duplicates: whether a mailbox has this mail already. The Exchange store's DeliveredTo, with its holes closed: one key
// with two contents is two messages, a message without an ID is known by its content, and a crash between "delivered"
// and "marked" means once more, never not at all.
//
//   auto delivery = duplicates->begin(mailbox, identity, size, 60);
//   if (delivery.is_duplicate()) …
//   … deliver …
//   delivery.delivered();
//
// Whatever fails in here means: deliver, and say so (trouble()).
//
// Thread promise: Duplicates from many threads; a Delivery from one.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/mail_identity.h"
#include "guardian/ledger.h"
#include "persist/delivered_to.h"

namespace mapiguard {

class SettingValues;

// What the settings amount to. Era 2007: always on, for `DeliveredTo Expiration in Hours`. Era 2003: `Track Duplicates`
// is no switch but the retention in hours, and `Background Cleanup` the interval in milliseconds.
struct TrackingRules {
  std::uint32_t era = 2007;
  std::int64_t window_ms = 168 * kHourMs;
  std::int64_t cleanup_ms = kHourMs;
  bool durable = false;
  std::string database;
  friend bool operator==(const TrackingRules&, const TrackingRules&) = default;
};
TrackingRules tracking_rules_of(const SettingValues& values);

enum class DeliveryVerdict : std::uint8_t {
  deliver,        // nothing is on record within the window
  duplicate,      // the same message was delivered
  other_content,  // the key is known, the content is another: deliver, and tell
};
constexpr const char* name_of(DeliveryVerdict verdict) {
  constexpr const char* kNames[] = {"deliver", "duplicate", "other_content"};
  return kNames[static_cast<std::size_t>(verdict)];
}
// Pure. What could not be read never makes a duplicate.
DeliveryVerdict judge_delivery(const DeliveredTo::Sighting& seen);

class Duplicates {
 public:
  enum class Cleaner : std::uint8_t { none, in_background };
  // The ledger and the clock must outlive it. In the background: expired rows go every cleanup interval, and changed
  // settings are heeded.
  static Result<std::unique_ptr<Duplicates>> open(const std::string& state_dir, Ledger& ledger, Cleaner cleaner,
                                                  const AgeClock& clock = boot_clock());
  ~Duplicates();

  class Delivery {
   public:
    bool is_duplicate() const { return verdict_ == DeliveryVerdict::duplicate; }
    DeliveryVerdict verdict() const { return verdict_; }
    // Of a duplicate, when the message was delivered; of another content, when the first one was.
    std::optional<DeliveredTo::Seen> seen() const { return seen_; }
    // Somebody else is still delivering the same message. Ask again, or deliver beside him.
    bool is_busy() const { return is_busy_; }
    // Whether delivered() will be remembered.
    bool is_reserved() const { return place_.has_value(); }
    const std::string& trouble() const { return trouble_; }  // "" = all is well
    // The mailbox has it now. An Error: it has, but may get it again.
    Result<void> delivered();

   private:
    friend class Duplicates;
    Duplicates* owner_ = nullptr;
    DeliveryKey key_;
    std::optional<DeliveredTo::Hold> hold_;
    std::optional<DeliveredTo::Place> place_;
    DeliveryVerdict verdict_ = DeliveryVerdict::deliver;
    std::optional<DeliveredTo::Seen> seen_;
    bool is_busy_ = false;
    std::string trouble_;
  };
  // While somebody else delivers the same message to the same mailbox it waits for that one's end, up to
  // `wait_seconds`. Never fails: see trouble().
  Delivery begin(const std::string& mailbox, const MailIdentity& mail, std::uint64_t size, double wait_seconds);

  // A cleanup when the last one of anybody is an interval ago; for one who does not live long.
  Result<void> clean_up_when_due();

  DeliveredTo& store() { return *store_; }
  const TrackingRules& rules() const { return rules_; }

 private:
  Duplicates(Ledger& ledger, TrackingRules rules, std::unique_ptr<DeliveredTo> store);
  void decide(Delivery& delivery, std::uint64_t size);
  void clean_until_stopped(const std::stop_token& stop);

  Ledger& ledger_;
  TrackingRules rules_;
  std::unique_ptr<DeliveredTo> store_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread cleaner_;  // the last: it uses all the others
};

}  // namespace mapiguard
