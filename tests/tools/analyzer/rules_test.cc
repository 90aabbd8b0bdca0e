#include "tools/analyzer/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace mapiguard {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Mailbox stores of these tests have Track Duplicates unless they are about it.
InformationStore mailboxes(std::vector<RegistryValue> values) {
  values.push_back(dword_value("Track Duplicates", 1));
  return {"EX1", StoreKind::mailbox, "aa", 0, std::move(values)};
}
InformationStore folders(std::vector<RegistryValue> values) {
  return {"EX1", StoreKind::public_folder, "bb", 0, std::move(values)};
}

std::vector<std::string> rules_of(const std::vector<Finding>& findings) {
  std::vector<std::string> rules;
  for (const Finding& finding : findings) rules.push_back(std::string(name_of(finding.category)) + " " + finding.rule);
  return rules;
}
std::vector<std::string> rules_of(const InformationStore& store) { return rules_of(analyze_stores({store}, false)); }
Finding only(const InformationStore& store) {
  const auto findings = analyze_stores({store}, false);
  EXPECT_EQ(findings.size(), 1u);
  return findings.empty() ? Finding() : findings[0];
}
std::vector<std::string> with(std::string_view name, std::uint32_t number) {
  return rules_of(mailboxes({dword_value(std::string(name), number)}));
}

TEST(RegistryRulesTest, MissingTrackDuplicatesIsAnErrorWithItsThreeSymptoms) {
  const Finding finding = only({"EX1", StoreKind::mailbox, "aa", 0, {}});
  EXPECT_EQ(finding.rule, "track-duplicates-missing");
  EXPECT_EQ(finding.category, Category::error);
  EXPECT_EQ(finding.value, "null");
  EXPECT_EQ(finding.setting,
            "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS\\EX1\\Private-aa\\Track Duplicates");
  for (const char* symptom : {"mailbox sizes", "event 1205", "0x4e3", "receipts"})
    EXPECT_THAT(finding.explanation, HasSubstr(symptom));
  EXPECT_THAT(finding.fix, Contains(HasSubstr("REG_DWORD")));
  EXPECT_THAT(finding.fix, Contains(HasSubstr("remount")));
}

TEST(RegistryRulesTest, PublicFolderStoreNeedsNoTrackDuplicates) { EXPECT_THAT(rules_of(folders({})), IsEmpty()); }

TEST(RegistryRulesTest, AllAtTheirDefaultsHaveNoFindings) {
  EXPECT_THAT(
      rules_of(mailboxes({dword_value("PoisonThreshold", 2), dword_value("DeliveredTo Expiration in Hours", 168),
                          dword_value("DeliveredTo Cleanup Interval in Seconds", 3600), texts_value("PoisonIDs", {})})),
      IsEmpty());
}

TEST(RegistryRulesTest, RmqTimeoutIsNonDefaultWhenPresentEvenAtItsDefault) {
  EXPECT_THAT(rules_of(folders({dword_value("Replication Folder Tree RMQ Timeout", 604'800)})),
              ElementsAre("non-default rmq-timeout-present"));
}

TEST(RegistryRulesTest, RmqTimeoutOutsideAnHourAndThirtyDaysIsAWarningToo) {
  for (const std::uint32_t inside : {3600u, 2'592'000u})
    EXPECT_THAT(rules_of(folders({dword_value("Replication Folder Tree RMQ Timeout", inside)})),
                ElementsAre("non-default rmq-timeout-present"));
  for (const std::uint32_t outside : {3599u, 2'592'001u, 0u})
    EXPECT_THAT(rules_of(folders({dword_value("Replication Folder Tree RMQ Timeout", outside)})),
                ElementsAre("non-default rmq-timeout-present", "warning rmq-timeout-out-of-range"));
}

TEST(RegistryRulesTest, RmqTimeoutOfAMailboxStoreIsNobodysBusiness) {
  EXPECT_THAT(with("Replication Folder Tree RMQ Timeout", 1), IsEmpty());
}

TEST(RegistryRulesTest, PoisonIdsWithEntriesAreAWarningThatNamesThem) {
  const Finding finding = only(mailboxes({texts_value("PoisonIDs", {"<a@example.org>", "<b@example.org>"})}));
  EXPECT_EQ(finding.rule, "poison-ids-present");
  EXPECT_EQ(finding.category, Category::warning);
  EXPECT_EQ(finding.value, R"(["<a@example.org>", "<b@example.org>"])");
  EXPECT_THAT(finding.title, HasSubstr("2 corrupted messages"));
  EXPECT_THAT(finding.explanation, HasSubstr("<b@example.org>"));
  EXPECT_THAT(finding.fix, Contains(HasSubstr("error reporting")));
}

TEST(RegistryRulesTest, PoisonThresholdOtherThanTwoIsNonDefaultAndSaysHowManyCrashesItAllows) {
  EXPECT_THAT(with("PoisonThreshold", 2), IsEmpty());
  EXPECT_THAT(with("PoisonThreshold", 5), ElementsAre("non-default poison-threshold-non-default"));
  EXPECT_THAT(only(mailboxes({dword_value("PoisonThreshold", 5)})).explanation, HasSubstr("6 times"));
  EXPECT_THAT(only(mailboxes({dword_value("PoisonThreshold", 0)})).explanation, HasSubstr("once before"));
}

TEST(RegistryRulesTest, TrackDuplicatesOfMoreThanFortyNineDaysIsAWarningAndMeansADay) {
  for (const std::uint32_t hours : {0u, 1177u}) {
    const InformationStore store{"EX1", StoreKind::mailbox, "aa", 0, {dword_value("Track Duplicates", hours)}};
    EXPECT_THAT(rules_of(store), ElementsAre("warning track-duplicates-out-of-range")) << hours;
  }
  EXPECT_THAT(only({"EX1", StoreKind::mailbox, "aa", 0, {dword_value("Track Duplicates", 1177)}}).explanation,
              HasSubstr("24 hours is used"));
  EXPECT_THAT(only({"EX1", StoreKind::mailbox, "aa", 0, {dword_value("Track Duplicates", 1176)}}).rule,
              "setting-non-default");
}

TEST(RegistryRulesTest, DeliveredToExpirationIsFromAnHourToAHundredYears) {
  EXPECT_THAT(with("DeliveredTo Expiration in Hours", 1),
              ElementsAre("non-default delivered-to-expiration-non-default"));
  EXPECT_THAT(with("DeliveredTo Expiration in Hours", 876'000),
              ElementsAre("non-default delivered-to-expiration-non-default"));
  EXPECT_THAT(with("DeliveredTo Expiration in Hours", 0), ElementsAre("warning delivered-to-expiration-out-of-range"));
  EXPECT_THAT(with("DeliveredTo Expiration in Hours", 876'001),
              ElementsAre("warning delivered-to-expiration-out-of-range"));
}

TEST(RegistryRulesTest, DeliveredToIsReadInBothKindsOfDatabase) {
  EXPECT_THAT(rules_of(folders({dword_value("DeliveredTo Expiration in Hours", 0)})),
              ElementsAre("warning delivered-to-expiration-out-of-range"));
}

TEST(RegistryRulesTest, CleanupLongerThanTheExpirationIsAWarning) {
  const auto rules = [](std::uint32_t hours, std::uint32_t seconds) {
    return rules_of(mailboxes({dword_value("DeliveredTo Expiration in Hours", hours),
                               dword_value("DeliveredTo Cleanup Interval in Seconds", seconds)}));
  };
  EXPECT_THAT(rules(2, 7200), Not(Contains(HasSubstr("cleanup-longer"))));
  EXPECT_THAT(rules(2, 7201), Contains("warning delivered-to-cleanup-longer-than-expiration"));
  EXPECT_THAT(with("DeliveredTo Cleanup Interval in Seconds", 168 * 3600 + 1),
              Contains("warning delivered-to-cleanup-longer-than-expiration"))
      << "against the default of the expiration";
}

TEST(RegistryRulesTest, BackgroundCleanupOf2003IsComparedWithTrackDuplicates) {
  EXPECT_THAT(with("Background Cleanup", 3'600'000), ElementsAre("non-default setting-non-default"));
  EXPECT_THAT(with("Background Cleanup", 3'600'001),
              ElementsAre("warning delivered-to-cleanup-longer-than-expiration", "non-default setting-non-default"));
}

TEST(RegistryRulesTest, CleanupOfZeroSecondsIsOutOfRange) {
  EXPECT_THAT(with("DeliveredTo Cleanup Interval in Seconds", 0),
              ElementsAre("warning delivered-to-cleanup-out-of-range"));
}

TEST(RegistryRulesTest, ValueOfAnotherTypeIsAWarningAndNothingElse) {
  EXPECT_THAT(rules_of(mailboxes({text_value("PoisonThreshold", "5")})), ElementsAre("warning value-of-wrong-type"));
  EXPECT_THAT(rules_of(mailboxes({dword_value("PoisonIDs", 1)})), ElementsAre("warning value-of-wrong-type"));
}

TEST(RegistryRulesTest, SettingsOfOursAreComparedWithTheTable) {
  EXPECT_THAT(rules_of(mailboxes({text_value("Mapiguard\\On Poison", "drop")})),
              ElementsAre("non-default setting-non-default"));
  EXPECT_THAT(rules_of(mailboxes({text_value("Mapiguard\\On Poison", "explode")})),
              ElementsAre("warning value-not-accepted"));
  EXPECT_THAT(rules_of(mailboxes({dword_value("Mapiguard\\Era", 1999)})), ElementsAre("warning value-not-accepted"));
  EXPECT_THAT(rules_of(mailboxes({dword_value("Mapiguard\\Ear", 2003)})), ElementsAre("information setting-unknown"));
}

TEST(RegistryRulesTest, ValuesThatAreNoneOfOursHaveNoFindings) {
  EXPECT_THAT(
      rules_of(mailboxes({dword_value("Background Cleanup", 60'000), text_value("Some Product\\Colour", "blue")})),
      IsEmpty());
}

TEST(RegistryRulesTest, OtherEntriesOfTheStoreAreNonDefaultWhenPresent) {
  EXPECT_THAT(rules_of(folders({dword_value("Replication Expiry", 1), dword_value("Deletion Thread Period", 1),
                                dword_value("Enable Replication Messages At Startup", 1),
                                dword_value("Replication Short Backfill Request Timeout", 1)})),
              ElementsAre("non-default short-backfill-timeout-present", "non-default replication-at-startup-present",
                          "non-default deletion-thread-period-present", "non-default replication-expiry-present"));
}

TEST(RegistryRulesTest, MailboxWithThreeCrashesIsQuarantined) {
  EXPECT_THAT(with("QuarantinedMailboxes\\{1}\\CrashCount", 2), IsEmpty());
  EXPECT_THAT(with("QuarantinedMailboxes\\{1}\\CrashCount", 3), ElementsAre("warning mailbox-quarantined"));
}

TEST(RegistryRulesTest, EveryServerAndDatabaseIsAnalyzed) {
  const InformationStore missing{"EX1", StoreKind::mailbox, "aa", 0, {}},
      second{"EX2", StoreKind::mailbox, "cc", 0, {}};
  const auto findings = analyze_stores({missing, second}, false);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].server, "EX1");
  EXPECT_EQ(findings[1].database, "Private-cc");
}

TEST(RegistryRulesTest, StateDirectoryIsCorrectedByItsOwnCommands) {
  const auto findings = analyze_stores({{"HOST", StoreKind::mailbox, "aa", 0, {}}}, true);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0].fix, Contains(HasSubstr("mapiguard settings set 'Track Duplicates' 1")));
  EXPECT_THAT(findings[0].fix, Not(Contains(HasSubstr("regedit"))));
}

TEST(RegistryRulesTest, NoBraceIsLeftUnfilledInAnyFinding) {
  const InformationStore everything{
      "EX1",
      StoreKind::mailbox,
      "aa",
      0,
      {dword_value("Track Duplicates", 0), texts_value("PoisonIDs", {"a"}), dword_value("PoisonThreshold", 9),
       dword_value("DeliveredTo Expiration in Hours", 2),
       dword_value("DeliveredTo Cleanup Interval in Seconds", 90'000), dword_value("Deletion Thread Period", 1),
       text_value("Mapiguard\\Degrade", "x"), dword_value("Mapiguard\\Era", 2003), dword_value("Mapiguard\\Nothing", 1),
       text_value("Mapiguard\\Durable", "x"), dword_value("QuarantinedMailboxes\\{1}\\CrashCount", 3)}};
  const InformationStore missing{"EX1", StoreKind::mailbox, "dd", 0, {}};
  const InformationStore public_one{
      "EX1",
      StoreKind::public_folder,
      "bb",
      0,
      {dword_value("Replication Folder Tree RMQ Timeout", 1), dword_value("Replication Expiry", 1),
       dword_value("DeliveredTo Expiration in Hours", 0), dword_value("DeliveredTo Cleanup Interval in Seconds", 0),
       dword_value("Enable Replication Messages At Startup", 1),
       dword_value("Replication Short Backfill Request Timeout", 1)}};
  std::set<std::string> met;
  for (const bool is_here : {false, true})
    for (const Finding& finding : analyze_stores({everything, missing, public_one}, is_here)) {
      met.insert(finding.rule);
      // A mailbox's name and GUIDs may have braces of their own.
      const auto has_brace = [](const std::string& text) {
        return text.find("{1}") == std::string::npos && text.find('{') != std::string::npos;
      };
      EXPECT_FALSE(has_brace(finding.title) || has_brace(finding.explanation))
          << finding.rule << ": " << finding.explanation;
      for (const std::string& step : finding.fix) EXPECT_FALSE(has_brace(step)) << finding.rule << ": " << step;
    }
  for (const RegistryRule& rule : registry_rules()) EXPECT_TRUE(met.contains(std::string(rule.id))) << rule.id;
  for (const StoreRule& rule : store_rules()) EXPECT_TRUE(met.contains(std::string(rule.id))) << rule.id;
}

TEST(RegistryRulesTest, WhatTheRegistrySaysIsNeverShownRaw) {
  const Finding finding = only(mailboxes({texts_value("PoisonIDs", {"a\x1B[31m"})}));
  EXPECT_THAT(finding.value, Not(HasSubstr("\x1B")));
  EXPECT_THAT(finding.explanation, Not(HasSubstr("\x1B")));
}

// -- a state directory --------------------------------------------------------------------------------------------
StateFacts healthy() {
  StateFacts facts;
  facts.dir = "/var/lib/mapiguard";
  facts.build = "0.1.0-test";
  facts.quarantine_most = 1024ull << 20;
  facts.free_bytes = 1ull << 40;
  facts.free_least = 64ull << 20;
  facts.sandbox = {{"seccomp", true, ""}};
  return facts;
}
std::vector<std::string> rules_of(const StateFacts& facts) { return rules_of(analyze_state(facts)); }

TEST(StateRulesTest, HealthyDirectoryHasNoFindings) { EXPECT_THAT(rules_of(healthy()), IsEmpty()); }

TEST(StateRulesTest, QuarantineIsNearItsLimitAtFourFifths) {
  StateFacts facts = healthy();
  facts.quarantine_bytes = facts.quarantine_most / 5 * 4 - 1;
  EXPECT_THAT(rules_of(facts), IsEmpty());
  facts.quarantine_bytes = facts.quarantine_most / 5 * 4 + 4;
  EXPECT_THAT(rules_of(facts), ElementsAre("warning quarantine-near-limit"));
  facts.quarantine_most = facts.quarantine_bytes = 0;
  EXPECT_THAT(rules_of(facts), IsEmpty()) << "no copies are wanted";
}

TEST(StateRulesTest, DeliveriesMayBeAQuarterAndTwoCleanupsOlderThanTheirWindow) {
  StateFacts facts = healthy();
  constexpr std::int64_t kHour = 3'600'000;
  facts.deliveries = {5, 0, (168 + 42 + 2) * kHour, 168 * kHour, kHour};
  EXPECT_THAT(rules_of(facts), IsEmpty());
  ++facts.deliveries.oldest_ms;
  EXPECT_THAT(rules_of(facts), ElementsAre("warning delivered-to-larger-than-its-window"));
  facts.deliveries.rows = 0;
  EXPECT_THAT(rules_of(facts), IsEmpty());
}

TEST(StateRulesTest, EachTroubleOfADirectoryHasItsFinding) {
  StateFacts facts = healthy();
  facts.damage = "damaged: page 3";
  facts.breaker_is_open = true;
  facts.file_system.fsync_error = "Input/output error";
  facts.file_system.type = "tmpfs";
  facts.file_system.weakness = "it is in memory";
  facts.sandbox = {{"landlock", false, "the kernel has none"}, {"seccomp", true, ""}};
  facts.held = {"<a@example.org>"};
  facts.reports_stuck = 2;
  facts.reports_given_up = 1;
  facts.report_error = "connection refused";
  facts.free_bytes = 1;
  facts.waiting_for_this_build = 3;
  facts.deliveries = {5, 1, 300 * 3'600'000ll, 168 * 3'600'000ll, 3'600'000};
  auto findings = analyze_state(facts);
  sort_findings(findings);
  EXPECT_THAT(rules_of(findings),
              ElementsAre("error state-database-damaged", "error breaker-open", "error fsync-fails",
                          "warning state-directory-volatile", "warning sandbox-layer-missing", "warning messages-held",
                          "warning reports-stuck", "warning reports-given-up",
                          "warning delivered-to-larger-than-its-window", "warning delivered-to-damaged",
                          "warning little-room", "best-practice quarantine-waits-for-this-build"));
  for (const Finding& finding : findings) {
    EXPECT_THAT(finding.explanation, Not(HasSubstr("{"))) << finding.rule;
    EXPECT_FALSE(finding.fix.empty()) << finding.rule;
    for (const std::string& step : finding.fix) EXPECT_THAT(step, Not(HasSubstr("{"))) << finding.rule;
  }
}

TEST(StateRulesTest, EveryCheckedRuleHasItsTextAndEveryTextIsChecked) {
  std::set<std::string_view> checked;
  for (const RegistryRule& rule : registry_rules()) checked.insert(rule.id);
  for (const StoreRule& rule : store_rules()) checked.insert(rule.id);
  for (const StateRule& rule : state_rules()) checked.insert(rule.id);
  std::set<std::string_view> written;
  for (const RuleText& text : rule_texts()) written.insert(text.id);
  EXPECT_EQ(checked, written);
}

TEST(FileSystemTest, LongestMountPointCountsAndMemoryIsWeak) {
  constexpr std::string_view kMounts =
      "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
      "23 22 0:20 / /tmp rw - tmpfs tmpfs rw\n"
      "24 22 8:2 / /tmp/with\\040blank rw - ext4 /dev/sdb rw,barrier=0\n"
      "25 22 0:30 / /var rw - overlay overlay rw,lowerdir=/a,volatile\n";
  EXPECT_EQ(file_system_of("/home/state", kMounts).weakness, "");
  EXPECT_EQ(file_system_of("/home/state", kMounts).type, "ext4");
  EXPECT_THAT(file_system_of("/tmp/state", kMounts).weakness, HasSubstr("in memory"));
  EXPECT_EQ(file_system_of("/tmpfoo", kMounts).mount, "/");
  EXPECT_THAT(file_system_of("/tmp/with blank/state", kMounts).weakness, HasSubstr("barrier=0"));
  EXPECT_THAT(file_system_of("/var/lib/mapiguard", kMounts).weakness, HasSubstr("volatile"));
  EXPECT_EQ(file_system_of("/x", "nonsense\n").type, "");
}

}  // namespace
}  // namespace mapiguard
