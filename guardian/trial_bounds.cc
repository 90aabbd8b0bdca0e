// What a trial must keep within bounds: the ten PoisonIDs when they alone count, the suspects, and the NDRs of a
// sender.
#include <algorithm>

#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/trial.h"

namespace mapiguard {
namespace {

constexpr std::int64_t kHour = 3600 * kNsPerSecond;
constexpr std::size_t kMostSenderBytes = 320;  // 64 + @ + 255 (RFC 3696 erratum 1690 says 254; 5321 allows this)

bool is_usable(std::string_view address) {
  const auto is_plain = [](char c) {
    return c > 0x20 && c < 0x7F && std::string_view("<>(),;:\\\"[]").find(c) == std::string_view::npos;
  };
  const std::size_t at = address.rfind('@');
  return at != std::string_view::npos && at > 0 && at + 1 < address.size() && address.size() <= kMostSenderBytes &&
         address.find('@') == at && std::all_of(address.begin(), address.end(), is_plain);
}

}  // namespace

std::string bare_address(std::string_view address) {
  address = trim(address);
  if (address.size() >= 2 && address.front() == '<' && address.back() == '>')
    address = trim(address.substr(1, address.size() - 2));
  return std::string(address);
}

Result<std::string> reason_for_no_ndr(Session& session, const SettingValues& values, const Envelope& envelope,
                                      std::int64_t now) {
  const std::string sender = bare_address(envelope.sender);
  if (trim(envelope.sender).empty()) return std::string("no sender");
  if (sender.empty()) return std::string("null sender");
  if (envelope.is_report) return std::string("report");
  if (values.text(setting::kOnPoison) != "ndr") return "Mapiguard\\On Poison is " + values.text(setting::kOnPoison);
  if (!is_usable(sender)) return std::string("the sender's address cannot be written to");
  const auto made = outbox_count(session, sender, now - kHour + 1);
  if (!made) return std::unexpected(made.error());
  return std::string(*made >= values.number(setting::kNdrPerSender) ? "rate limit" : "");
}

Result<void> drop_beyond_ten(Session& session, const SettingValues& values, std::int64_t now) {
  if (!values.flag(setting::kExactPoisonIds)) return {};
  const auto keys = charged_keys(session, kPoisonIdsShown, 1000);
  if (!keys) return std::unexpected(keys.error());
  for (const Digest& key : *keys) {
    const auto copies = copies_of(session, key, key);
    if (!copies) return std::unexpected(copies.error());
    for (const Suspect& copy : *copies) {
      MAPIGUARD_TRY(clear_suspect(session, copy, now));
      if (!copy.blocked) continue;
      const std::string name = shown_name(copy.sha256, copy.message_id);
      MAPIGUARD_TRY(
          note(session, values,
               own_event(event_context(values, now), kEventUnblocked, "warning", name,
                         "Message " + displayable(name, 300) +
                             " is no longer blocked: it was the oldest of more than ten entries of PoisonIDs, "
                             "and Mapiguard\\Exact PoisonIDs is 1.",
                         JsonObject().text("sha256", hex(copy.sha256)).number("crashes", copy.crashes).str())));
    }
  }
  return {};
}

Result<void> drop_oldest_suspects(Session& session, const SettingValues& values, std::int64_t now) {
  const auto oldest = suspects_beyond(session, values.number(setting::kSuspectsMax));
  if (!oldest) return std::unexpected(oldest.error());
  if (oldest->empty()) return {};
  for (const Suspect& suspect : *oldest) MAPIGUARD_TRY(erase_suspect(session, suspect.sha256));
  const Suspect& first = oldest->front();
  const bool held = std::any_of(oldest->begin(), oldest->end(), [](const Suspect& suspect) { return suspect.held; });
  return note(
      session, values,
      own_event(event_context(values, now), kEventForgotten, held ? "warning" : "information",
                shown_name(first.sha256, first.message_id),
                "The oldest of the suspects were forgotten: " + std::to_string(oldest->size()) +
                    " beyond Mapiguard\\Suspects Max = " + std::to_string(values.number(setting::kSuspectsMax)) +
                    (held ? "; some had been held." : "."),
                JsonObject().number("forgotten", oldest->size()).flag("held", held).str()));
}

}  // namespace mapiguard
