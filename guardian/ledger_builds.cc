// What the ledger knows of builds: the breaker, and the parole of messages that another build has judged.
#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/ledger_impl.h"
#include "guardian/policy.h"
#include "persist/breaker.h"

namespace mapiguard {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kTakenBack = 60 * kSecond;
constexpr std::uint64_t kMostParoles = 1000;  // a start

DeathKind kind_of(const Verdict& verdict, const std::string& build) {
  return {build, name_of(verdict.death), has_a_place(verdict.death) ? std::string_view(verdict.stack) : std::string_view()};
}

// Those that died of the build's sickness are as innocent as the canary.
Result<std::uint64_t> take_back(Session& session, const Verdict& verdict, const std::string& build, std::int64_t now) {
  const auto alike = charged_alike(session, kind_of(verdict, build), now - kTakenBack);
  if (!alike) return std::unexpected(alike.error());
  for (const Suspect& suspect : *alike) {
    MAPIGUARD_TRY(clear_suspect(session, suspect, now));
    MAPIGUARD_TRY(drop_queued_ndrs(session, suspect.sha256));
  }
  return alike->size();
}

}  // namespace

Result<unsigned> Ledger::count_alike(const Verdict& verdict, const std::string& build, std::int64_t seconds) {
  unsigned count = 0;
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) -> Result<void> {
    const auto alike = charged_alike(session, kind_of(verdict, build), impl_->clock.now_ns() - seconds * kSecond);
    if (!alike) return std::unexpected(alike.error());
    count = static_cast<unsigned>(alike->size());
    return {};
  }));
  return count;
}

Result<void> Ledger::open_breaker(const std::string& build, const Verdict& verdict, const std::string& canary) {
  const std::int64_t now = impl_->clock.now_ns();
  MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
    const auto values = SettingValues::load(session);
    if (!values) return std::unexpected(values.error());
    const auto opened = put_breaker(session, {build, now, std::string(name_of(verdict.death)), verdict.stack, canary});
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) return {};
    const auto taken_back = take_back(session, verdict, build, now);
    if (!taken_back) return std::unexpected(taken_back.error());
    return note(session, *values,
                own_event(event_context(*values, now), kEventBreakerOpen, "error", "build " + displayable(build),
                          "Conversions are held: build " + displayable(build) + " kills its workers (" + std::string(name_of(verdict.death)) +
                              "), on a message that it is known to convert (" + canary + "), too. Nothing is charged; charges of the last "
                              "minute for this death are taken back.",
                          JsonObject()
                              .text("build", displayable(build))
                              .text("class", name_of(verdict.death))
                              .text_or_null("stack", displayable(verdict.stack))
                              .text("canary", canary)
                              .number("taken_back", *taken_back)
                              .str()));
  }));
  impl_->export_in_passing();
  return {};
}

Result<void> Ledger::close_breaker(const std::string& build) {
  const std::int64_t now = impl_->clock.now_ns();
  MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
    const auto values = SettingValues::load(session);
    if (!values) return std::unexpected(values.error());
    const auto closed = erase_breaker(session, build);
    if (!closed) return std::unexpected(closed.error());
    if (!*closed) return {};
    return note(session, *values,
                own_event(event_context(*values, now), kEventBreakerClosed, "information", "build " + displayable(build),
                          "Conversions go on: build " + displayable(build) + " converts the messages again that it is known to convert.",
                          JsonObject().text("build", displayable(build)).str()));
  }));
  impl_->export_in_passing();
  return {};
}

Result<bool> Ledger::breaker(const std::string& build) {
  bool open = false;
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) -> Result<void> {
    const auto row = breaker_of(session, build);
    if (!row) return std::unexpected(row.error());
    open = row->has_value();
    return {};
  }));
  return open;
}

Result<std::vector<Digest>> Ledger::parole_candidates(const std::string& build) {
  std::vector<Digest> found;
  MAPIGUARD_TRY(impl_->store->read([&](Session& session) -> Result<void> {
    const auto values = SettingValues::load(session);
    if (!values) return std::unexpected(values.error());
    if (!values->flag(setting::kRetryOnNewBuild)) return {};
    const auto rows = blocked_by_other_builds(session, build, kMostParoles);
    if (!rows) return std::unexpected(rows.error());
    for (const Suspect& row : *rows) {
      const auto kept = quarantine_of(session, row.sha256);
      if (!kept) return std::unexpected(kept.error());
      if (*kept && (*kept)->has_copy()) found.push_back(row.sha256);
    }
    return {};
  }));
  return found;
}

Result<void> Ledger::end_parole(const Digest& sha256, const std::string& build, bool passed) {
  const std::int64_t now = impl_->clock.now_ns();
  MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
    auto suspect = suspect_of(session, sha256);
    if (!suspect) return std::unexpected(std::move(suspect.error()));
    if (!*suspect || !(*suspect)->blocked) return {};  // somebody else was here
    const std::string judged_by = (*suspect)->build;
    (*suspect)->build = displayable(build);
    if (!passed) return put_suspect(session, **suspect);
    const auto copies = copies_of(session, sha256, (*suspect)->message_key);  // blocked together, released together
    if (!copies) return std::unexpected(copies.error());
    const auto values = SettingValues::load(session);
    if (!values) return std::unexpected(values.error());
    const std::string name = shown_name(sha256, (*suspect)->message_id);
    MAPIGUARD_TRY(note(session, *values,
                       own_event(event_context(*values, now), kEventParoled, "information", name,
                                 "Message " + displayable(name, 300) + " is released: build " + displayable(build) +
                                     " does not die of it, as build " + judged_by + " did. Its copy is still in quarantine.",
                                 JsonObject().text("sha256", hex(sha256)).text("build", displayable(build)).text("judged_by", judged_by).str())));
    for (const Suspect& copy : *copies) MAPIGUARD_TRY(clear_suspect(session, copy, now));
    return {};
  }));
  impl_->export_in_passing();
  return {};
}

}  // namespace mapiguard
