// The table of settings (settings.h says what a row means). A new setting is one row here.
#pragma once

#include <array>
#include <string_view>

#include "persist/settings.h"

namespace mapiguard {

namespace setting {
inline constexpr std::string_view kPoisonThreshold = "PoisonThreshold";
inline constexpr std::string_view kPoisonIds = "PoisonIDs";
inline constexpr std::string_view kTrackDuplicates = "Track Duplicates";
inline constexpr std::string_view kDeliveredToExpiration = "DeliveredTo Expiration in Hours";
inline constexpr std::string_view kDeliveredToCleanup = "DeliveredTo Cleanup Interval in Seconds";
inline constexpr std::string_view kBackgroundCleanup = "Background Cleanup";
inline constexpr std::string_view kRmqTimeout = "Replication Folder Tree RMQ Timeout";
inline constexpr std::string_view kExactPoisonIds = "Mapiguard\\Exact PoisonIDs";
inline constexpr std::string_view kSuspectsMax = "Mapiguard\\Suspects Max";
inline constexpr std::string_view kChargeUnexplained = "Mapiguard\\Charge Unexplained Deaths";
inline constexpr std::string_view kRetryOnNewBuild = "Mapiguard\\Retry On New Build";
inline constexpr std::string_view kEra = "Mapiguard\\Era";
inline constexpr std::string_view kQuarantineMax = "Mapiguard\\Quarantine Max MiB";
inline constexpr std::string_view kMinFree = "Mapiguard\\Min Free MiB";
inline constexpr std::string_view kOnPoison = "Mapiguard\\On Poison";
inline constexpr std::string_view kDegrade = "Mapiguard\\Degrade";
inline constexpr std::string_view kNdrTransport = "Mapiguard\\NDR Transport";
inline constexpr std::string_view kSmtpTls = "Mapiguard\\SMTP TLS";
inline constexpr std::string_view kSmtpCaFile = "Mapiguard\\SMTP CA File";
inline constexpr std::string_view kSmtpCredentials = "Mapiguard\\SMTP Credentials File";
inline constexpr std::string_view kNdrPerSender = "Mapiguard\\NDR Max Per Sender And Hour";
inline constexpr std::string_view kNdrLifetime = "Mapiguard\\NDR Lifetime in Hours";
inline constexpr std::string_view kNdrPostmaster = "Mapiguard\\NDR Postmaster";
inline constexpr std::string_view kReportingMta = "Mapiguard\\Reporting MTA";
inline constexpr std::string_view kDurable = "Mapiguard\\Durable";
inline constexpr std::string_view kImceaDomain = "Mapiguard\\IMCEA Domain";
inline constexpr std::string_view kEventsMax = "Mapiguard\\Events Max";
inline constexpr std::string_view kEventLogMax = "Mapiguard\\Event Log Max MiB";
inline constexpr std::string_view kMinimizeBlocked = "Mapiguard\\Minimize Blocked";
inline constexpr std::string_view kEventLogFiles = "Mapiguard\\Event Log Files";
inline constexpr std::string_view kDatabaseName = "Mapiguard\\Database Name";
}  // namespace setting

// What is wrong with a text, "" when nothing is.
std::string_view objection_to_transport(std::string_view text);
std::string_view objection_to_address(std::string_view text);
std::string_view objection_to_domain(std::string_view text);
std::string_view objection_to_database_name(std::string_view text);
std::string_view objection_to_on_poison(std::string_view text);
std::string_view objection_to_degrade(std::string_view text);
std::string_view objection_to_smtp_tls(std::string_view text);
std::string_view objection_to_file(std::string_view text);

namespace detail {

constexpr std::uint32_t kMostDword = 0xFFFFFFFF;

constexpr SettingSpec number(std::string_view name, std::string_view by_default, std::uint32_t minimum,
                             std::uint32_t maximum, std::string_view unit, std::string_view source,
                             std::string_view help) {
  return {name,
          SettingScope::private_store,
          SettingType::dword,
          by_default,
          minimum,
          maximum,
          unit,
          minimum > 0 ? Outside::clamp : Outside::none,
          maximum < kMostDword ? Outside::clamp : Outside::none,
          0,
          nullptr,
          false,
          false,
          source,
          help};
}
constexpr SettingSpec text(std::string_view name, std::string_view by_default,
                           std::string_view (*objection)(std::string_view), std::string_view help) {
  return {name,
          SettingScope::private_store,
          SettingType::text,
          by_default,
          0,
          0,
          "",
          Outside::none,
          Outside::none,
          0,
          objection,
          false,
          false,
          "mapiguard",
          help};
}
constexpr SettingSpec in_public(SettingSpec spec) {
  spec.scope = SettingScope::public_store;
  return spec;
}
// The Exchange team, 2004: the retention in hours, at most 49 days; a larger value is ignored and 24 hours are used.
constexpr SettingSpec track_duplicates() {
  SettingSpec spec = number(
      setting::kTrackDuplicates, "1", 1, 49 * 24, "hours", "The Track Duplicates registry entry is missing; KB Q257252",
      "how long duplicates are tracked under the rules of 2003; its absence is an error to the Analyzer");
  spec.above = Outside::replace;
  spec.replacement = 24;
  spec.present_when_new = true;
  return spec;
}
constexpr SettingSpec poison_ids() {
  SettingSpec spec = text(setting::kPoisonIds, "", nullptr,
                          "the ten messages with the newest crash: a view, changed by `poison release`");
  spec.type = SettingType::multi_text;
  spec.read_only = true;
  spec.source = "PoisonIDs";
  return spec;
}

}  // namespace detail

inline constexpr std::array kSettings = {
    detail::number(setting::kPoisonThreshold, "2", 0, detail::kMostDword, "crashes", "PoisonIDs",
                   "a message is blocked when its crashes exceed this"),
    detail::poison_ids(),
    detail::track_duplicates(),
    detail::number(setting::kDeliveredToExpiration, "168", 1, 876'000, "hours",
                   "How to Configure Duplicate Message Detection in Exchange 2007",
                   "how long a delivery is remembered"),
    detail::number(setting::kDeliveredToCleanup, "3600", 1, detail::kMostDword, "seconds",
                   "How to Configure Duplicate Message Detection in Exchange 2007",
                   "how often expired deliveries are removed"),
    detail::number(setting::kBackgroundCleanup, "60000", 1, detail::kMostDword, "milliseconds", "KB Q257252",
                   "how often expired deliveries are removed under the rules of 2003"),
    detail::in_public(detail::number(setting::kRmqTimeout, "604800", 3'600, 2'592'000, "seconds",
                                     "Replication Folder Tree RMQ Timeout",
                                     "how long a hierarchy change waits for its parent folder")),
    detail::number(setting::kExactPoisonIds, "0", 0, 1, "", "mapiguard",
                   "1: decisions from the ten entries of PoisonIDs alone, as Exchange made them"),
    detail::number(setting::kSuspectsMax, "100000", 10, 10'000'000, "messages", "mapiguard",
                   "how many messages that are not blocked are remembered"),
    detail::number(setting::kChargeUnexplained, "0", 0, 1, "", "mapiguard",
                   "1: three unexplained deaths in a row alone are a charge, not a hold"),
    detail::number(setting::kRetryOnNewBuild, "1", 0, 1, "", "mapiguard",
                   "1: `poison retry` without an ID replays what another build convicted"),
    detail::number(setting::kEra, "2007", 2003, 2007, "", "mapiguard",
                   "whose rules duplicates follow: Exchange 2003 or 2007"),
    detail::number(setting::kQuarantineMax, "1024", 0, 1u << 24, "MiB", "mapiguard",
                   "how much the copies of blocked messages may take; 0: none are kept"),
    detail::number(setting::kMinFree, "64", 0, 1u << 24, "MiB", "mapiguard",
                   "what a copy must leave free on the file system"),
    detail::text(setting::kOnPoison, "ndr", objection_to_on_poison,
                 "ndr: keep a copy, tell the sender; quarantine: keep a copy; drop: neither"),
    detail::text(setting::kDegrade, "off", objection_to_degrade,
                 "what a gateway delivers for a message that cannot be converted: off, notice, attach"),
    detail::text(setting::kNdrTransport, "maildir:ndr", objection_to_transport,
                 "where NDRs go: maildir:PATH (in the state directory unless absolute), sendmail:PATH, "
                 "smtp://HOST:PORT or smtps://HOST:PORT"),
    detail::text(setting::kSmtpTls, "if-offered", objection_to_smtp_tls,
                 "STARTTLS of smtp://: if-offered, required (as it always is with credentials), off"),
    detail::text(setting::kSmtpCaFile, "", objection_to_file,
                 "who vouches for the mail server's certificate, a PEM file; empty: whom the system trusts"),
    detail::text(setting::kSmtpCredentials, "", objection_to_file,
                 "a file of two lines, user name and password, that only its owner may read; empty: no AUTH"),
    detail::number(setting::kNdrPerSender, "20", 0, 1'000'000, "NDRs an hour", "mapiguard",
                   "how many NDRs one sender may cause; 0: none"),
    detail::number(setting::kNdrLifetime, "120", 1, 8'760, "hours", "mapiguard",
                   "how long delivery of an NDR is tried"),
    detail::text(setting::kNdrPostmaster, "", objection_to_address,
                 "whom NDRs are from; empty: postmaster at the reporting MTA"),
    detail::text(setting::kReportingMta, "", objection_to_domain, "the host that NDRs name; empty: this host"),
    detail::number(setting::kDurable, "0", 0, 1, "", "mapiguard",
                   "1: what is in flight and what was decided survives power loss too, at the price of fsyncs"),
    detail::text(setting::kImceaDomain, "invalid", objection_to_domain,
                 "domain of the addresses made for X.500 recipients"),
    detail::number(setting::kEventsMax, "1000000", 1'000, detail::kMostDword, "events", "mapiguard",
                   "how many events are kept in the database"),
    detail::number(setting::kEventLogMax, "16", 1, 1u << 20, "MiB", "mapiguard",
                   "the size at which events.jsonl is rotated"),
    detail::number(setting::kMinimizeBlocked, "0", 0, 86'400, "seconds", "mapiguard",
                   "how long `convert` may make a message that it has blocked small and empty, for its converter's "
                   "maintainers; 0: it does not"),
    detail::number(setting::kEventLogFiles, "5", 0, 1'000, "files", "mapiguard",
                   "how many rotated files of events are kept"),
    detail::text(setting::kDatabaseName, "mapiguard", objection_to_database_name,
                 "the database that events name as their first parameter"),
};

namespace detail {

constexpr bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}
constexpr bool names_are_unique() {
  for (std::size_t i = 0; i < kSettings.size(); ++i)
    for (std::size_t k = i + 1; k < kSettings.size(); ++k)
      if (same_name(kSettings[i].name, kSettings[k].name)) return false;
  return true;
}
constexpr std::uint32_t decimal(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint32_t>(c - '0');
  return value;
}
constexpr bool defaults_are_in_range() {
  for (const SettingSpec& spec : kSettings)
    if (spec.type == SettingType::dword &&
        (decimal(spec.default_text) < spec.minimum || decimal(spec.default_text) > spec.maximum))
      return false;
  return true;
}
constexpr bool numbers_outside_have_a_rule() {
  for (const SettingSpec& spec : kSettings)
    if (spec.type == SettingType::dword && ((spec.minimum > 0) != (spec.below != Outside::none) ||
                                            (spec.maximum < kMostDword) != (spec.above != Outside::none)))
      return false;
  return true;
}

}  // namespace detail

static_assert(detail::names_are_unique());
static_assert(detail::defaults_are_in_range());
static_assert(detail::numbers_outside_have_a_rule());

}  // namespace mapiguard
