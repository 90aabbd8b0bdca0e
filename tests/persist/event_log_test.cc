#include "persist/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/text.h"
#include "persist/sqlite_store.h"
#include "tests/support/child.h"
#include "tests/support/faulty_env.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using nlohmann::json;
using testing::Child;
using testing::content_of;
using testing::FaultyEnv;
using testing::lines_of;
using testing::TempDir;
using testing::write_file;

StoredEvent event_of(const std::string& text) {
  StoredEvent event;
  event.time = 1'763'805'600'000'000'000;
  event.event_id = 9680;
  event.source = "MSExchangeIS Mailbox Store";
  event.severity = "error";
  event.category = "Content Engine";
  event.params = {"mapiguard", "0-0", "<a@b>"};
  event.text = text;
  event.ext = R"({"class": "crashed"})";
  return event;
}

class EventLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_sqlite_store(posix_env(), dir_.path());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    target_.state_dir = dir_.path();
  }
  void append(int count, std::uint64_t most = 1'000'000) {
    ASSERT_TRUE(store_->write([&](Session& session) -> Result<void> {
      for (int i = 0; i < count; ++i)
        if (const auto seq = append_event(session, event_of("event " + std::to_string(++made_)), most); !seq)
          return std::unexpected(seq.error());
      return {};
    }));
  }
  void do_export(Env& env = posix_env()) {
    const auto done = export_events(*store_, env, target_);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string file() const { return dir_ / "events.jsonl"; }
  // The sequence numbers in a file, in order; every line must be whole.
  static std::vector<int> numbers_in(const std::string& path) {
    std::vector<int> numbers;
    for (const std::string& line : lines_of(path)) numbers.push_back(json::parse(line)["ext"]["seq"]);
    return numbers;
  }
  static std::vector<int> up_to(int last, int first = 1) {
    std::vector<int> numbers;
    for (int i = first; i <= last; ++i) numbers.push_back(i);
    return numbers;
  }

  TempDir dir_;
  std::unique_ptr<StateStore> store_;
  EventExport target_;
  int made_ = 0;
};

TEST_F(EventLogTest, LineHasTheShapeThatOthersRelyOn) {
  append(1);
  do_export();
  const json line = json::parse(content_of(file()));
  EXPECT_EQ(
      line,
      json::parse(
          R"({"time": "2025-11-22T10:00:00.000Z", "event_id": 9680, "source": "MSExchangeIS Mailbox Store", "severity": "error",
    "category": "Content Engine", "params": ["mapiguard", "0-0", "<a@b>"], "text": "event 1", "ext": {"seq": 1, "class": "crashed"}})"));
}

TEST_F(EventLogTest, ExportAppendsWhatIsNew) {
  append(3);
  do_export();
  do_export();
  append(2500);
  do_export();
  EXPECT_EQ(numbers_in(file()), up_to(2503));
}

TEST_F(EventLogTest, FileCutAnywhereIsRepairedAndCompleted) {
  append(5);
  do_export();
  const std::string whole = content_of(file());
  for (std::size_t length = 0; length <= whole.size(); length += 7) {
    write_file(file(), whole.substr(0, length));
    do_export();
    ASSERT_EQ(content_of(file()), whole) << "cut to " << length;
  }
}

TEST_F(EventLogTest, RemovedFileIsWrittenAnew) {
  append(5);
  do_export();
  std::filesystem::remove(file());
  do_export();
  EXPECT_EQ(numbers_in(file()), up_to(5));
}

TEST_F(EventLogTest, GarbageAtTheEndIsTakenOff) {
  append(3);
  do_export();
  const std::string whole = content_of(file());
  write_file(file(), whole + "garbage\n{\"ext\": {\"seq\": \n" + std::string(3 << 20, '\n'));
  append(1);
  do_export();
  EXPECT_EQ(numbers_in(file()), up_to(4));
}

TEST_F(EventLogTest, FileIsRotatedAtItsSizeAndResumedAfterwards) {
  target_.rotate_bytes = 2000;
  target_.keep_files = 3;
  append(100);
  do_export();
  EXPECT_LT(std::filesystem::file_size(file()), 2500u);
  EXPECT_TRUE(std::filesystem::exists(file() + ".3"));
  EXPECT_FALSE(std::filesystem::exists(file() + ".4"));
  std::vector<int> kept;
  for (const char* suffix : {".3", ".2", ".1", ""})
    for (const int number : numbers_in(file() + suffix)) kept.push_back(number);
  EXPECT_EQ(kept, up_to(100, kept.front())) << "nothing twice, nothing missing";
  std::filesystem::remove(file());
  append(1);
  do_export();
  EXPECT_EQ(numbers_in(file()).back(), 101);
  EXPECT_EQ(numbers_in(file()).front(), numbers_in(file() + ".1").back() + 1) << "after the newest rotated file";
}

TEST_F(EventLogTest, OldestRowsGoWhenThereAreTooMany) {
  append(30, 10);
  std::vector<StoredEvent> events;
  ASSERT_TRUE(store_->read([&](Session& session) -> Result<void> {
    events = *read_events(session, {});
    return {};
  }));
  ASSERT_EQ(events.size(), 10u);
  EXPECT_EQ(events.front().seq, 21u);
  do_export();
  EXPECT_EQ(numbers_in(file()), up_to(30, 21));
}

TEST_F(EventLogTest, FileAheadOfARestoredDatabaseIsPutAside) {
  append(5);
  do_export();
  ASSERT_TRUE(store_->write([&](Session& session) -> Result<void> {
    static constexpr char kForget[] = "DELETE FROM events WHERE seq > 2";
    return session.run(kForget, {});
  }));
  do_export();
  EXPECT_EQ(numbers_in(file()), up_to(2));
  EXPECT_EQ(numbers_in(file() + ".ahead"), up_to(5));
}

TEST_F(EventLogTest, FailedExportIsCompletedByTheNext) {
  append(20);
  for (unsigned step = 1; step < 12; ++step) {
    FaultyEnv env;
    env.fail_step(step);
    static_cast<void>(export_events(*store_, env, target_));
    append(1);
  }
  do_export();
  EXPECT_EQ(numbers_in(file()), up_to(made_));
}

TEST_F(EventLogTest, ManyExportersWriteEachEventOnce) {
  append(200);
  std::vector<Child> exporters;
  for (int i = 0; i < 6; ++i)
    exporters.emplace_back([&] {
      const auto own = open_sqlite_store(posix_env(), dir_.path());
      return own && export_events(**own, posix_env(), target_) ? 0 : 1;
    });
  for (Child& exporter : exporters) EXPECT_EQ(exporter.wait(), 0);
  EXPECT_EQ(numbers_in(file()), up_to(200));
}

TEST_F(EventLogTest, KilledExporterLeavesNothingDouble) {
  append(3000);
  for (int round = 0; round < 10; ++round) {
    Child exporter([&] {
      const auto own = open_sqlite_store(posix_env(), dir_.path());
      return own && export_events(**own, posix_env(), target_) ? 0 : 1;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(round));
    exporter.kill_now();
  }
  do_export();
  EXPECT_EQ(numbers_in(file()), up_to(3000));
}

TEST_F(EventLogTest, HostileTextsStayInTheirPlace) {
  StoredEvent event = event_of(displayable("x\", \"ext\": {\"seq\": 999}}\n\x1B[0m\xFF"));
  event.params[2] = displayable(std::string(100'000, '"'));
  ASSERT_TRUE(store_->write([&](Session& session) -> Result<void> {
    if (const auto seq = append_event(session, event, 100); !seq) return std::unexpected(seq.error());
    return {};
  }));
  ++made_;
  do_export();
  append(1);
  do_export();
  EXPECT_EQ(numbers_in(file()), up_to(2));
}

}  // namespace
}  // namespace mapiguard
