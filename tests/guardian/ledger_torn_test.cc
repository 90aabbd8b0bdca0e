// Each file of a state directory, cut or zeroed at each sector: what is lost is told, nothing begins afresh in silence,
// and nobody crashes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "tests/support/child.h"
#include "tests/support/ledger_fixture.h"

namespace mapiguard {
namespace {

using testing::bytes_source;
using testing::Child;
using testing::content_of;
using testing::death_of;
using testing::envelope_from;
using ::testing::HasSubstr;
using testing::identity_of;
using testing::TempDir;
namespace fs = std::filesystem;

constexpr std::size_t kSector = 512;

enum class Damage { cut, zero_sector, zero_rest };

std::string damaged(const std::string& whole, std::size_t at, Damage damage) {
  std::string torn = whole;
  if (damage == Damage::cut)
    torn.resize(at);
  else
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(at),
              damage == Damage::zero_rest
                  ? torn.end()
                  : torn.begin() + static_cast<std::ptrdiff_t>(std::min(at + kSector, torn.size())),
              '\0');
  return torn;
}

const char* name_of(Damage damage) {
  return damage == Damage::cut ? "cut" : damage == Damage::zero_sector ? "a sector zeroed" : "zeroed from there";
}

// What a state directory remembers, in words that can be compared. "" and an Error when it says that it is damaged.
struct Memory {
  std::vector<std::string> poison, events, ndrs, settings;
  bool operator==(const Memory&) const = default;
};

template <class T>
bool took(const Result<T>& result, Error& error) {
  if (!result) error = result.error();
  return result.has_value();
}

Result<Memory> remember(Ledger& ledger) {
  Memory memory;
  Error error;
  const auto view = ledger.poison_view();
  if (!took(view, error)) return std::unexpected(error);
  for (const PoisonRow& row : view->poison_ids)
    memory.poison.push_back(row.message_id + " " + hex(row.sha256) + " " + std::to_string(row.crashes) +
                            (row.blocked ? " blocked " : " ") + row.first_crash + row.last_crash + row.sender +
                            row.death_class + row.build + row.detail);
  const auto events = ledger.events({});
  if (!took(events, error)) return std::unexpected(error);
  for (const EventRow& row : *events)
    memory.events.push_back(std::to_string(row.seq) + row.time + std::to_string(row.event_id) + row.text + row.ext);
  const auto ndrs = ledger.ndrs();
  if (!took(ndrs, error)) return std::unexpected(error);
  for (const NdrRow& row : *ndrs) memory.ndrs.push_back(row.id + row.sender + row.message_id);
  const auto settings = ledger.settings();
  if (!took(settings, error)) return std::unexpected(error);
  for (const auto& row : *settings)
    if (row.name != "PoisonIDs") memory.settings.push_back(row.name + "=" + row.stored);
  return memory;
}

void charge(Ledger& ledger, const std::string& bytes, int times) {
  Envelope envelope = envelope_from(bytes + "@example.com");
  envelope.message_id = "<" + bytes + "@example.org>";
  for (int i = 0; i < times; ++i)
    ASSERT_TRUE(ledger.record_death(identity_of(bytes, envelope.message_id), envelope, death_of(DeathClass::crashed),
                                    bytes_source(bytes)));
}

class TornTest : public ::testing::Test {
 protected:
  // In memory where that can be had: thousands of directories are made, and no disk is asked what it keeps.
  static void SetUpTestSuite() {
    if (::access("/dev/shm", W_OK | X_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 1);
  }
  // A history of some length. `clean`: all of it is in the database; else its end is in the write-ahead log, as a kill
  // leaves it.
  void make(bool clean) {
    const std::string state = dir_ / "made";
    Child maker([&] {
      auto ledger = Ledger::open(state);
      if (!ledger || !(*ledger)->set_setting("PoisonThreshold", "2")) return 1;
      if (!(*ledger)->set_setting("Mapiguard\\NDR Postmaster", "postmaster@example.org")) return 1;
      for (int i = 0; i < 6; ++i) charge(**ledger, "suspect" + std::to_string(i), 1);
      charge(**ledger, "blocked", 3);
      if (!(*ledger)->deliver_outbox() || !(*ledger)->export_events()) return 1;
      if (clean) {
        ledger->reset();
        return 0;
      }
      ::raise(SIGKILL);
      return 1;
    });
    ASSERT_EQ(maker.wait(), clean ? 0 : 1000 + SIGKILL);
    fs::rename(state, dir_ / "whole");
    history_ = look(true);
    ASSERT_EQ(history_.poison.size(), 7u);
  }

  void put_back() {
    fs::remove_all(dir_ / "state");
    fs::copy(dir_ / "whole", dir_ / "state", fs::copy_options::recursive);
  }

  Memory look(bool must) {
    put_back();
    const auto ledger = Ledger::open(dir_ / "state");
    if (!ledger) {
      EXPECT_FALSE(must) << ledger.error().message;
      return {};
    }
    const auto memory = remember(**ledger);
    EXPECT_TRUE(memory) << memory.error().message;
    return memory ? *memory : Memory{};
  }

  // `check(memory or Error)` for each damage of one file.
  template <class Check>
  void damage_all(const std::string& name, Check check) {
    const std::string whole = content_of(dir_ / ("whole/" + name));
    ASSERT_FALSE(whole.empty()) << name;
    for (std::size_t at = 0; at < whole.size(); at += kSector)
      for (const Damage damage : {Damage::cut, Damage::zero_sector, Damage::zero_rest}) {
        SCOPED_TRACE(name + " at " + std::to_string(at) + ": " + name_of(damage));
        put_back();
        testing::write_file(dir_ / ("state/" + name), damaged(whole, at, damage));
        check();
        if (HasFailure()) return;
      }
  }

  Result<Memory> open_and_remember() {
    auto ledger = Ledger::open(dir_ / "state");
    if (!ledger) return std::unexpected(ledger.error());
    const auto settled = (*ledger)->settle();
    if (!settled) return std::unexpected(settled.error());
    return remember(**ledger);
  }

  static void expect_told(const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::config) << error.message;
    EXPECT_THAT(error.message, HasSubstr("state.db"));
    EXPECT_FALSE(error.hint.empty());
  }

  TempDir dir_;
  Memory history_;
};

template <class T>
bool is_beginning_of(const std::vector<T>& part, const std::vector<T>& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

// All of it, or an Error that names the file: no damaged row is taken for a true one, and no row goes unnoticed.
TEST_F(TornTest, DatabaseIsWholeOrSaysThatItIsNot) {
  make(true);
  unsigned refused = 0, unharmed = 0;
  damage_all("state.db", [&] {
    const auto memory = open_and_remember();
    if (!memory) {
      ++refused;
      return expect_told(memory.error());
    }
    ++unharmed;
    EXPECT_TRUE(*memory == history_) << "something is lost, and nobody said so";
  });
  EXPECT_GT(refused, 2 * unharmed);
  RecordProperty("refused", std::to_string(refused));
}

// Commits that are cut off were not finished; what stands before them is kept.
TEST_F(TornTest, LogLosesItsEndAndNothingElse) {
  make(false);
  ASSERT_TRUE(fs::exists(dir_ / "whole/state.db-wal"));
  std::set<std::size_t> lengths;
  damage_all("state.db-wal", [&] {
    const auto memory = open_and_remember();
    if (!memory) return expect_told(memory.error());
    EXPECT_TRUE(is_beginning_of(memory->events, history_.events));
    lengths.insert(memory->events.size());
    unsigned charges = 0;
    for (const std::string& event : memory->events) charges += event.find("9680") != std::string::npos;
    EXPECT_TRUE(is_beginning_of(memory->ndrs, history_.ndrs));
    if (memory->events == history_.events) {
      EXPECT_EQ(memory->poison, history_.poison);
    }
  });
  EXPECT_GT(lengths.size(), 5u) << "each transaction can be the last";
}

TEST_F(TornTest, IndexOfTheLogIsMadeAnew) {
  make(false);
  damage_all("state.db-shm", [&] {
    const auto memory = open_and_remember();
    ASSERT_TRUE(memory) << memory.error().message;
    EXPECT_TRUE(*memory == history_);
  });
}

// The export is derived: it is mended, and in the end tells each event once.
TEST_F(TornTest, ExportedEventsAreMadeWholeAgain) {
  make(true);
  damage_all("events.jsonl", [&] {
    auto ledger = Ledger::open(dir_ / "state");
    ASSERT_TRUE(ledger);
    ASSERT_TRUE((*ledger)->export_events());
    std::multiset<std::string> told;
    for (const std::string& name : testing::names_in(dir_ / "state"))
      if (name.starts_with("events.jsonl"))
        for (const std::string& line : testing::lines_of(dir_ / ("state/" + name))) {
          const std::size_t seq = line.find("\"seq\": ");
          if (seq != std::string::npos) told.insert(line.substr(seq, line.find(',', seq) - seq));
        }
    for (std::size_t seq = 1; seq <= history_.events.size(); ++seq)
      EXPECT_LE(told.count("\"seq\": " + std::to_string(seq)), 1u) << seq;
    EXPECT_EQ(told.count("\"seq\": " + std::to_string(history_.events.size())), 1u);
  });
}

TEST_F(TornTest, DamagedCopyIsNeverGivenForTheMessage) {
  make(true);
  const std::string name = "quarantine/" + hex(identity_of("blocked").sha256) + ".bin";
  damage_all(name, [&] {
    auto ledger = Ledger::open(dir_ / "state");
    ASSERT_TRUE(ledger);
    const auto copied = (*ledger)->export_copy(hex(identity_of("blocked").sha256),
                                               [](std::span<const std::byte>) { return Result<void>(); });
    ASSERT_FALSE(copied);
    EXPECT_THAT(copied.error().message, HasSubstr("changed"));
    EXPECT_TRUE((*ledger)->standing(identity_of("blocked"))->blocked) << "it stays blocked";
  });
}

// A table's torn rows are left out or named by their digest; a lock file has no content that could be torn.
TEST_F(TornTest, InFlightTableNamesTheRightMessagesOrNone) {
  make(true);
  Child supervisor([&] {
    auto table = InflightTable::create(dir_ / "whole", 4);
    for (std::size_t i = 0; table && i < 4; ++i)
      (*table)->fill(i, identity_of("flying" + std::to_string(i)).sha256, "", 1, true, "build", 1);
    ::raise(SIGKILL);
    return 1;
  });
  ASSERT_EQ(supervisor.wait(), 1000 + SIGKILL);
  std::string name;
  for (const std::string& found : testing::names_in(dir_ / "whole/inflight"))
    if (found.ends_with(".table")) name = "inflight/" + found;
  damage_all(name, [&] {
    auto ledger = Ledger::open(dir_ / "state");
    ASSERT_TRUE(ledger);
    const auto suspects = (*ledger)->settle();
    ASSERT_TRUE(suspects) << suspects.error().message;
    unsigned named = 0;
    for (int i = 0; i < 4; ++i) {
      const auto standing = (*ledger)->standing(identity_of("flying" + std::to_string(i)));
      ASSERT_TRUE(standing);
      named += standing->run_alone;
      EXPECT_EQ(standing->crashes, 0u);
    }
    EXPECT_EQ(named, *suspects);
  });
}

}  // namespace
}  // namespace mapiguard
