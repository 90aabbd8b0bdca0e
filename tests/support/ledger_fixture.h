// What tests of the ledger share: a state directory, messages, and deaths in one line each.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/env.h"
#include "guardian/ledger.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace mapiguard::testing {

inline Identity identity_of(const std::string& bytes, const std::string& message_id = "") {
  return {sha256(as_bytes(bytes)), message_id};
}

inline Death death_of(DeathClass death_class, bool alone = false) {
  Death death;
  death.verdict.death = death_class;
  if (death_class == DeathClass::crashed) death.verdict.signal = 11;
  death.alone = alone;
  death.build = "0.1.0-test";
  return death;
}

inline Envelope envelope_from(const std::string& sender) {
  Envelope envelope;
  envelope.sender = sender;
  envelope.recipients = {"bob@example.org", "carol@example.net"};
  return envelope;
}

inline Ledger::CopySource bytes_source(const std::string& bytes) {
  return
      [bytes](const std::function<Result<void>(std::span<const std::byte>)>& write) { return write(as_bytes(bytes)); };
}

class LedgerTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }

  void reopen() {
    auto opened = Ledger::open(dir_ / "state", posix_env(), clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
  }
  Decision die(const std::string& bytes, DeathClass death_class = DeathClass::crashed, bool alone = false,
               Envelope envelope = {}) {
    const auto decision = ledger_->record_death(identity_of(bytes, envelope.message_id), envelope,
                                                death_of(death_class, alone), bytes_source(bytes));
    EXPECT_TRUE(decision) << decision.error().message;
    return decision ? *decision : Decision{};
  }
  Standing standing(const std::string& bytes, const std::string& message_id = "") {
    const auto standing = ledger_->standing(identity_of(bytes, message_id));
    EXPECT_TRUE(standing) << standing.error().message;
    return standing ? *standing : Standing{};
  }
  PoisonView view() {
    const auto view = ledger_->poison_view();
    EXPECT_TRUE(view) << view.error().message;
    return view ? *view : PoisonView{};
  }
  std::vector<EventRow> events(std::optional<unsigned> event_id = {}) {
    EventFilter filter;
    filter.event_id = event_id;
    const auto events = ledger_->events(filter);
    EXPECT_TRUE(events) << events.error().message;
    return events ? *events : std::vector<EventRow>();
  }
  void set(const std::string& name, const std::string& value) {
    const auto done = ledger_->set_setting(name, value);
    EXPECT_TRUE(done) << done.error().message;
  }
  std::string state(const std::string& name) const { return dir_ / ("state/" + name); }

  TempDir dir_;
  FakeClock clock_;
  std::unique_ptr<Ledger> ledger_;
};

}  // namespace mapiguard::testing
