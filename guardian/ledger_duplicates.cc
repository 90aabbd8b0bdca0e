// What the ledger knows for duplicate detection: the rules, and the event of a key that came with two contents.
#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/duplicates.h"
#include "guardian/ledger_impl.h"

namespace mapiguard {

Result<TrackingRules> Ledger::tracking_rules() {
  const auto values = impl_->settings();
  if (!values) return std::unexpected(values.error());
  return tracking_rules_of(*values);
}

Result<void> Ledger::note_other_content(const OtherContent& found) {
  constexpr std::size_t kShownInText = 300;
  const std::string name = displayable(found.message_id);
  MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
    const auto values = SettingValues::load(session);
    if (!values) return std::unexpected(values.error());
    return note(session, *values,
                own_event(event_context(*values, impl_->clock.now_ns()), kEventOtherContent, "warning", name,
                          "Message " + displayable(found.message_id, kShownInText) + " came to mailbox '" +
                              displayable(found.mailbox, kShownInText) +
                              "' with the ID and the submit time of one that was delivered before, but with another "
                              "content. It was delivered.",
                          JsonObject()
                              .text("mailbox", displayable(found.mailbox))
                              .text("sha256", hex(found.second))
                              .text("first_sha256", hex(found.first))
                              .text("first_delivered", rfc3339(found.first_wall_ns))
                              .str()));
  }));
  impl_->export_in_passing();
  return {};
}

}  // namespace mapiguard
