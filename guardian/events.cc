#include "guardian/events.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::size_t kShownInText = 300;  // of a message ID inside a sentence; params have it at full length

StoredEvent about(const EventContext& context, unsigned event_id, const char* severity, const std::string& name) {
  StoredEvent event;
  event.time = context.now;
  event.event_id = event_id;
  const bool is_exchange = event_id == kEventCharge || event_id == kEventBlock;
  event.source = is_exchange ? kStoreSource : kOwnSource;
  event.category = is_exchange ? kContentEngine : kGuardCategory;
  event.severity = severity;
  event.params = {context.database, kNoFolder, name};
  return event;
}

std::string how_it_ended(const Verdict& verdict) {
  std::string text(name_of(verdict.death));
  if (verdict.signal) text += " (signal " + std::to_string(*verdict.signal) + ")";
  return text;
}

std::string times(unsigned count) { return count == 1 ? "once" : std::to_string(count) + " times"; }

// What every event about a death carries beyond Exchange's parameters.
JsonObject death_facts(const Identity& identity, const Death& death) {
  JsonObject facts;
  facts.text("sha256", hex(identity.sha256))
      .text("class", name_of(death.verdict.death))
      .number("signal", death.verdict.signal)
      .text_or_null("stack", displayable(death.verdict.stack))
      .text("build", displayable(death.build))
      .number("attempt", death.attempt)
      .flag("alone", death.alone)
      .text_or_null("detail", displayable(death.verdict.detail));
  if (!death.phase.empty()) facts.text("phase", displayable(death.phase));
  if (!death.found_message_id.empty()) facts.text("found_message_id", displayable(death.found_message_id));
  return facts;
}

}  // namespace

std::string shown_name(const Identity& identity) { return displayable(identity.name()); }

std::string shown_name(const Digest& sha256, const std::string& shown_message_id) {
  return shown_message_id.empty() ? "sha256:" + hex(sha256) : shown_message_id;
}

StoredEvent charge_event(const EventContext& context, const Identity& identity, const Death& death,
                         const ChargeFacts& facts) {
  StoredEvent event = about(context, kEventCharge, "error", shown_name(identity));
  event.text = "The conversion of message " + displayable(identity.name(), kShownInText) +
               " ended its worker: " + how_it_ended(death.verdict) + ". The message has done so " +
               times(facts.crashes) + "; it is blocked when that exceeds " + std::to_string(facts.threshold) + ".";
  event.ext = death_facts(identity, death).number("crashes", facts.crashes).number("threshold", facts.threshold).str();
  return event;
}

StoredEvent block_event(const EventContext& context, const Identity& identity, const Death& death,
                        const BlockFacts& facts) {
  StoredEvent event = about(context, kEventBlock, "error", shown_name(identity));
  event.text = "Message " + displayable(identity.name(), kShownInText) + " has been blocked: it ended its worker " +
               times(facts.crashes) + ", more often than PoisonThreshold allows (" + std::to_string(facts.threshold) +
               "). It will not be converted again until it is released.";
  event.ext = death_facts(identity, death)
                  .number("crashes", facts.crashes)
                  .number("threshold", facts.threshold)
                  .text("copy", facts.copy)
                  .text("ndr", facts.ndr)
                  .text_or_null("ndr_id", facts.ndr_id)
                  .str();
  return event;
}

StoredEvent held_event(const EventContext& context, const Identity& identity, const Death& death,
                       unsigned uncharged_alone) {
  StoredEvent event = about(context, kEventHeld, "warning", shown_name(identity));
  event.text = "Message " + displayable(identity.name(), kShownInText) + " is held: its worker ended unexplained " +
               times(uncharged_alone) + " in a row while it ran alone (" + how_it_ended(death.verdict) +
               "). It is not charged; release it to have it tried again.";
  event.ext = death_facts(identity, death).number("uncharged_alone", uncharged_alone).str();
  return event;
}

StoredEvent cancelled_event(const EventContext& context, const Identity& identity, const Acquittal& acquittal) {
  StoredEvent event = about(context, kEventCancelled, "information", shown_name(identity));
  event.text = "The charge against message " + displayable(identity.name(), kShownInText) + " is cancelled: it ended its worker " +
               times(acquittal.charges) + " (" + how_it_ended(acquittal.first) +
               "), but passed when it was replayed alone. The state that earlier messages left in that worker is to blame.";
  event.ext = JsonObject()
                  .text("sha256", hex(identity.sha256))
                  .text("class", name_of(acquittal.first.death))
                  .text_or_null("stack", displayable(acquittal.first.stack))
                  .number("charges", acquittal.charges)
                  .str();
  return event;
}

StoredEvent supervisor_event(const EventContext& context, const InflightRow& row) {
  const Identity identity{row.sha256, row.message_id};
  StoredEvent event = about(context, kEventSupervisorDied, "information", shown_name(identity));
  event.text = "Message " + displayable(identity.name(), kShownInText) +
               " was in flight when its supervisor died. It is not charged, and runs alone when it comes again.";
  event.ext = JsonObject()
                  .text("sha256", hex(row.sha256))
                  .text("class", name_of(DeathClass::supervisor_died))
                  .text("build", displayable(row.build))
                  .number("attempt", row.attempt)
                  .flag("alone", row.alone)
                  .text_or_null("since", row.since_ns ? rfc3339(row.since_ns) : "")
                  .str();
  return event;
}

StoredEvent own_event(const EventContext& context, unsigned event_id, const std::string& severity,
                      const std::string& name, const std::string& text, const std::string& ext) {
  StoredEvent event = about(context, event_id, severity.c_str(), name);
  event.text = text;
  event.ext = ext;
  return event;
}

}  // namespace mapiguard
