#include "persist/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/try.h"
#include "persist/settings_table.h"
#include "persist/sqlite_store.h"
#include "tests/support/temp_dir.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;
using testing::TempDir;

class SettingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_sqlite_store(posix_env(), dir_.path());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  static const SettingSpec& spec(std::string_view name) {
    const auto found = find_setting(name);
    EXPECT_TRUE(found) << name;
    return **found;
  }
  Result<void> set(std::string_view name, std::string_view value) {
    return store_->write([&](Session& session) { return set_setting(session, spec(name), value, 1); });
  }
  Result<void> import(std::string_view name, std::string_view value) {
    return store_->write([&](Session& session) { return import_setting(session, spec(name), value, 1); });
  }
  EffectiveSetting get(std::string_view name) {
    SettingValues values;
    EXPECT_TRUE(store_->read([&](Session& session) -> Result<void> {
      auto loaded = SettingValues::load(session);
      if (!loaded) return std::unexpected(loaded.error());
      values = std::move(*loaded);
      return {};
    }));
    return values.get(spec(name).name);
  }
  void expect_usage(std::string_view name, std::string_view value, const std::string& sentence) {
    const auto done = set(name, value);
    ASSERT_FALSE(done) << name << " = " << value;
    EXPECT_EQ(done.error().code, ErrorCode::usage);
    EXPECT_THAT(done.error().message, HasSubstr(sentence));
  }

  TempDir dir_;
  std::unique_ptr<StateStore> store_;
};

TEST_F(SettingsTest, DefaultsAreExchangesOwn) {
  EXPECT_EQ(get("PoisonThreshold").number, 2u);
  EXPECT_EQ(get("DeliveredTo Expiration in Hours").number, 168u);
  EXPECT_EQ(get("DeliveredTo Cleanup Interval in Seconds").number, 3600u);
  EXPECT_EQ(get("Replication Folder Tree RMQ Timeout").number, 604800u);
  EXPECT_EQ(get("Replication Folder Tree RMQ Timeout").origin, "default") << "absent";
  EXPECT_EQ(get("Mapiguard\\Suspects Max").number, 100'000u);
  EXPECT_EQ(get("Mapiguard\\NDR Transport").text, "maildir:ndr");
}

TEST_F(SettingsTest, TrackDuplicatesIsPresentInANewStateDirectory) {
  EXPECT_EQ(get("Track Duplicates").number, 1u);
  EXPECT_EQ(get("Track Duplicates").origin, "set");
}

TEST_F(SettingsTest, NamesMatchIgnoringCaseAndWithoutOurPrefix) {
  EXPECT_EQ(spec("poisonTHRESHOLD").name, "PoisonThreshold");
  EXPECT_EQ(spec("MAPIGUARD\\exact poisonids").name, "Mapiguard\\Exact PoisonIDs");
  EXPECT_EQ(spec("exact poisonids").name, "Mapiguard\\Exact PoisonIDs");
}

TEST_F(SettingsTest, UnknownNameIsAUsageErrorThatNamesTheNearest) {
  for (const auto& [name, nearest] : {std::pair{"PoisonTreshold", "'PoisonThreshold'"},
                                      {"quarantine max", "Quarantine Max MiB"},
                                      {"Track Duplicate", "'Track Duplicates'"}}) {
    const auto found = find_setting(name);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::usage);
    EXPECT_THAT(found.error().hint, HasSubstr(nearest));
  }
  EXPECT_FALSE(find_setting(std::string(100'000, 'x')));
  EXPECT_FALSE(find_setting(""));
  EXPECT_THAT(find_setting("a\x1B[31m").error().message, ::testing::Not(HasSubstr("\x1B")));
}

TEST_F(SettingsTest, ValuesWithinTheRangeAreKeptAlsoInHexadecimal) {
  ASSERT_TRUE(set("PoisonThreshold", "0"));
  EXPECT_EQ(get("PoisonThreshold").number, 0u);
  ASSERT_TRUE(set("PoisonThreshold", " 0xFFFFffff "));
  EXPECT_EQ(get("PoisonThreshold").number, 0xFFFFFFFFu);
  EXPECT_EQ(get("PoisonThreshold").text, "4294967295");
  EXPECT_EQ(get("PoisonThreshold").origin, "set");
  ASSERT_TRUE(set("DeliveredTo Expiration in Hours", "876000"));
  EXPECT_EQ(get("DeliveredTo Expiration in Hours").warning, "");
}

TEST_F(SettingsTest, UnsetGoesBackToTheDefault) {
  ASSERT_TRUE(set("PoisonThreshold", "7"));
  ASSERT_TRUE(store_->write([&](Session& session) { return unset_setting(session, spec("PoisonThreshold")); }));
  EXPECT_EQ(get("PoisonThreshold").number, 2u);
  EXPECT_EQ(get("PoisonThreshold").origin, "default");
}

TEST_F(SettingsTest, ValuesOutsideTheRangeAreRefusedWithRangeAndUnit) {
  expect_usage("DeliveredTo Expiration in Hours", "0", "from 1 to 876000 hours");
  expect_usage("DeliveredTo Expiration in Hours", "876001", "from 1 to 876000 hours");
  expect_usage("Replication Folder Tree RMQ Timeout", "3599", "from 3600 to 2592000 seconds");
  expect_usage("Replication Folder Tree RMQ Timeout", "2592001", "from 3600 to 2592000 seconds");
  expect_usage("Track Duplicates", "1177", "from 1 to 1176 hours");
  expect_usage("PoisonThreshold", "4294967296", "from 0 to 4294967295 crashes");
  for (const char* value : {"", "-1", "two", "1.5", "1 2", "0x", "0xG", "99999999999999999999999999"})
    expect_usage("PoisonThreshold", value, "must be a number");
}

TEST_F(SettingsTest, PoisonIdsIsAViewAndCannotBeSet) {
  expect_usage("PoisonIDs", "<a@b>", "is a view");
  const auto done = import("PoisonIDs", "<a@b>");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::usage);
}

TEST_F(SettingsTest, TextsAreCheckedByTheirOwnRule) {
  for (const char* good : {"maildir:ndr", "maildir:/var/mail/ndr", "sendmail:/usr/sbin/sendmail"})
    EXPECT_TRUE(set("Mapiguard\\NDR Transport", good)) << good;
  for (const char* bad : {"", "maildir:", "sendmail:sendmail", "sendmail:/", "pigeon:", "maildir:a\nb"})
    expect_usage("Mapiguard\\NDR Transport", bad, "maildir:PATH");
  for (const char* good : {"smtp://localhost:25", "smtp://relay", "smtps://mail.example.org:465", "smtp://[::1]:2525"})
    EXPECT_EQ(objection_to_transport(good), "") << good;
  for (const char* bad :
       {"smtp://", "smtp://relay:0", "smtp://relay:65536", "smtp://relay:25x", "smtp://u:p@relay", "smtp://relay/path",
        "smtp://re lay", "smtp://[::1", "smtp://[::1]25", "smtps:relay", "lmtp://x"})
    expect_usage("Mapiguard\\NDR Transport", bad, "must be maildir:PATH");
  expect_usage("Mapiguard\\SMTP TLS", "maybe", "must be one of");
  expect_usage("Mapiguard\\SMTP Credentials File", "secret", "absolute path");
  EXPECT_TRUE(set("Mapiguard\\NDR Postmaster", "postmaster@example.org"));
  for (const char* bad : {"postmaster", "a@b@c d", "a@-b.org", "a b@c.org", "@c.org", "a@"})
    expect_usage("Mapiguard\\NDR Postmaster", bad, "one address");
  EXPECT_TRUE(set("Mapiguard\\IMCEA Domain", "imcea.example.org"));
  for (const char* bad : {"a..b", "-a.org", "a b", "a/b"}) expect_usage("Mapiguard\\IMCEA Domain", bad, "domain name");
  EXPECT_TRUE(set("Mapiguard\\On Poison", "quarantine"));
  expect_usage("Mapiguard\\On Poison", "explode", "one of ndr, quarantine, drop");
  expect_usage("Mapiguard\\Degrade", "", "one of off, notice, attach");
  expect_usage("Mapiguard\\Database Name", "\x1B", "can be shown");
  expect_usage("Mapiguard\\Database Name", std::string(10'000, 'x'), "is too long");
}

TEST_F(SettingsTest, ImportedValueOutsideItsRangeMeansWhatItsRuleSays) {
  struct Row {
    const char *name, *value;
    std::uint32_t used;
  };
  for (const Row& row : {Row{"Track Duplicates", "5000", 24},
                         {"Track Duplicates", "0", 1},
                         {"Track Duplicates", "1176", 1176},
                         {"DeliveredTo Expiration in Hours", "900000", 876'000},
                         {"DeliveredTo Expiration in Hours", "0", 1},
                         {"Replication Folder Tree RMQ Timeout", "1", 3600},
                         {"Replication Folder Tree RMQ Timeout", "4294967295", 2'592'000}}) {
    ASSERT_TRUE(import(row.name, row.value));
    const EffectiveSetting setting = get(row.name);
    EXPECT_EQ(setting.number, row.used) << row.name << " = " << row.value;
    EXPECT_EQ(setting.origin, "imported");
    EXPECT_EQ(setting.warning.empty(), std::string(row.value) == std::to_string(row.used));
  }
  EXPECT_FALSE(import("Track Duplicates", "many"));
  ASSERT_TRUE(import("Mapiguard\\NDR Transport", "lmtp://relay"));
  EXPECT_EQ(get("Mapiguard\\NDR Transport").text, "maildir:ndr");
  EXPECT_THAT(get("Mapiguard\\NDR Transport").warning, HasSubstr("'maildir:ndr' is used"));
}

TEST_F(SettingsTest, RulesAreSaidInWords) {
  EXPECT_EQ(outside_in_words(spec("Track Duplicates")), "below 1: clamped to 1; above 1176: replaced by 24");
  EXPECT_EQ(outside_in_words(spec("Replication Folder Tree RMQ Timeout")),
            "below 3600: clamped to 3600; above 2592000: clamped to 2592000");
  EXPECT_EQ(outside_in_words(spec("PoisonThreshold")), "");
}

TEST_F(SettingsTest, EveryRowSaysWhatItIsAndWhereItIsFrom) {
  for (const SettingSpec& row : setting_specs()) {
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_FALSE(row.source.empty()) << row.name;
    EXPECT_EQ(get(row.name).text, row.default_text) << row.name;
    EXPECT_TRUE(row.type != SettingType::text || !row.objection || row.objection(row.default_text).empty()) << row.name;
  }
}

}  // namespace
}  // namespace mapiguard
