// What the rules say. One row a rule, in the order in which findings of one category are shown; a step may stand in
// several. The documents that the rules are from are named in the rows; docs/five-documents.md shows which of their
// sentences went where.
#include <algorithm>
#include <array>

#include "tools/analyzer/rules.h"

namespace mapiguard {
namespace {

using Step = std::string_view;

// -- steps on the Exchange server ---------------------------------------------------------------------------------
constexpr Step kBackUp =
    "Before you edit the registry, make sure that you know how to restore it when something goes wrong: see the help "
    "topic "
    "\"Restore the Registry\" in Regedit.exe or Regedt32.exe, and Knowledge Base article 256986, \"Description of the "
    "Microsoft "
    "Windows Registry\".";
constexpr Step kOpen = "On the server {server}, click Start, click Run, type regedit, and press ENTER.";
constexpr Step kFindKey = "Locate and then click the subkey {key}.";
constexpr Step kExit = "Exit Registry Editor.";
constexpr Step kRemount =
    "Dismount and then remount the affected database. Alternatively, restart the Microsoft Exchange Information Store "
    "service.";
constexpr Step kRestart = "Restart the Microsoft Exchange Information Store service.";
constexpr Step kDeleteValue =
    "Right-click the value {entry}, click Delete, and confirm: without it the default, {default}, is used.";
constexpr Step kSetDefault =
    "Double-click {entry}, click Decimal, and enter {number}; or delete the value, which has the same effect.";
constexpr Step kSetInRange =
    "Double-click {entry}, click Decimal, and enter a number from {minimum} to {maximum} ({unit}); or delete the "
    "value, "
    "and the "
    "default, {default}, is used.";
constexpr Step kMeant = "If the value was changed on purpose, and the purpose still holds, leave it and note why.";

// -- steps in a state directory of ours ---------------------------------------------------------------------------
constexpr Step kUnsetHere = "mapiguard settings unset '{name}'";
constexpr Step kSetInRangeHere =
    "mapiguard settings set '{name}' NUMBER, with a number from {minimum} to {maximum} ({unit}), or mapiguard settings "
    "unset '{name}'";
constexpr Step kReloadHere =
    "Programs that have the state directory open take it up when their settings are reloaded, at the latest when they "
    "start again.";

// -- Track Duplicates ---------------------------------------------------------------------------------------------
constexpr std::array kTrackMissingFix = {
    kBackUp,
    kOpen,
    kFindKey,
    Step("Create the entry: on the Edit menu, point to New, click DWORD Value, and type Track Duplicates (value type "
         "REG_DWORD). Double-click it and "
         "enter the value data 1."),
    kExit,
    kRemount,
    Step("If a mailbox was moved while the entry was missing, look at the mailbox resources of the source and of the "
         "destination "
         "server before anybody moves it again. If it is listed on both, with close to 0 KB on the source, the mail is "
         "on the "
         "destination and the directory object is not: do not attempt a second move, which would delete both (error "
         "c1040b00)."),
    Step("For such a mailbox, either change Home-MDB and Home-MTA to the destination server, in the raw properties of "
         "the mailbox (\"c:\\exchsrvr\\bin\\admin /r\"; raw "
         "mode can do damage that needs a reinstallation, at your own risk), as "
         "/o=<Organization>/ou=<Site>/cn=Configuration/cn=Servers/cn=<ServerName>/cn=Microsoft Private MDB and "
         "…/cn=Microsoft MTA; or delete the "
         "server recipient on the source and re-create the mailbox on the destination with the same distinguished "
         "name."),
};
constexpr std::array kTrackMissingHere = {Step("mapiguard settings set 'Track Duplicates' 1"), kReloadHere};
constexpr std::array kTrackRangeFix = {kBackUp,
                                       kOpen,
                                       kFindKey,
                                       Step("Double-click Track Duplicates, click Decimal, and enter 1, or as many "
                                            "hours as duplicates are to be tracked, up to {maximum} (49 days)."),
                                       kExit,
                                       kRemount};
constexpr std::array kRangeHere = {kSetInRangeHere, kReloadHere};

// -- PoisonIDs ----------------------------------------------------------------------------------------------------
constexpr std::array kPoisonIdsFix = {
    Step("If a mailbox store has problems with a corrupted message, investigate: look for the Error events 9680 and "
         "9681 in the "
         "Application log, which name the database, the folder and the message."),
    Step("If the server stops because of corrupted messages, it may help to enable automatic error reporting (Exchange "
         "Error "
         "Reporting) on it: the data is used to find and to fix problems in the software."),
    Step("Look in the queues for the blocked messages: where no non-delivery report could be sent, one may remain "
         "there until it expires. Tell "
         "its sender."),
    Step("Install Exchange Server 2003 Service Pack 1 or later where it is missing; without it such messages are not "
         "held off at all."),
};
constexpr std::array kPoisonIdsHere = {
    Step("mapiguard poison list, and mapiguard poison show ID for each: how it died, and where."),
    Step("mapiguard events --id 9680 and --id 9681: the same as it happened. mapiguard ndr list: whether the senders "
         "were told."),
    Step("Report the crash, with the copy that mapiguard poison export ID -o FILE writes and what mapiguard poison "
         "show ID prints, so that the converter can be mended."),
    Step("After an upgrade, mapiguard poison retry: what passes is released. To let a message through all the same: "
         "mapiguard poison release ID."),
};
constexpr std::array kThresholdFix = {kMeant, kBackUp, kOpen, kFindKey, kSetDefault, kExit, kRestart};
constexpr std::array kUnsetStepsHere = {kMeant, kUnsetHere, kReloadHere};

// -- public folders -----------------------------------------------------------------------------------------------
constexpr std::array kRmqFix = {
    Step("If the time-out was raised for a period of heavy replication traffic (after a new public folder store was "
         "added, for "
         "example), reset it once that is over."),
    kBackUp, Step("Open a registry editor, such as Regedit.exe or Regedt32.exe, and navigate to {key}."),
    Step("Delete Replication Folder Tree RMQ Timeout to return to the default, 604800 seconds (7 days)."), kRestart};
constexpr std::array kDeleteFix = {kMeant, kBackUp, kOpen, kFindKey, kDeleteValue, kExit, kRestart};
constexpr std::array kSetRangeFix = {kBackUp, kOpen, kFindKey, kSetInRange, kExit, kRemount};

// -- DeliveredTo --------------------------------------------------------------------------------------------------
constexpr std::array kDeliveredFix = {
    kMeant,
    kBackUp,
    Step("On the server {server}, start Registry Editor and expand {key}."),
    Step("Right-click {entry}, click Modify, and enter {default} (Decimal); where it is missing, right-click the key, "
         "point to New, click DWORD "
         "Value, and type the name."),
    Step("Do the same below the other Private-<GUID> and Public-<GUID> keys of the server: each database has its own."),
    kExit,
    kRemount};
constexpr std::array kCleanupLongerFix = {kBackUp,
                                          Step("On the server {server}, start Registry Editor and expand {key}."),
                                          Step("Set {entry} to at most {most}, or "
                                               "delete it: by default the cleanup runs every {default}."),
                                          kExit, kRemount};
constexpr std::array kCleanupLongerHere = {Step("mapiguard settings unset '{name}', or set it to at most {most}"),
                                           kReloadHere};
constexpr std::array kUnsetCleanupHere = {kUnsetHere, kReloadHere};

// -- any value ----------------------------------------------------------------------------------------------------
constexpr std::array kTypeFix = {kBackUp,  kOpen,
                                 kFindKey, Step("Note what {entry} holds, delete it, and create it again as {wanted}."),
                                 kExit,    kRemount};
constexpr std::array kGenericFix = {kMeant, kBackUp, kOpen, kFindKey, kDeleteValue, kExit, kRemount};
constexpr std::array kUnknownFix = {
    Step("Compare the name with the list that mapiguard settings list shows, and correct or delete it.")};
constexpr std::array kMailboxQuarantineFix = {
    Step("Find out why the mailbox makes the store crash or hang (events 10018 and the crash reports around {when}) "
         "and install the update that mends it: "
         "without one the quarantine returns."),
    Step("Then release the mailbox: Disable-MailboxQuarantine, or wait until the quarantine ends.")};

// -- a state directory --------------------------------------------------------------------------------------------
constexpr std::array kFsyncFix = {
    Step("Look for disk errors in the kernel's log (dmesg) and at the state of the disk or volume."),
    Step("Move the state directory to a sound file system: end all programs that use it, copy it, and name it with "
         "--state or MAPIGUARD_STATE."),
    Step("mapiguard doctor checks the copy.")};
constexpr std::array kDamageFix = {Step("End all programs that use the state directory, and copy it as it is."),
                                   Step("Restore state.db from a backup; or move it away, with state.db-wal and "
                                        "state.db-shm, and set the settings anew (mapiguard settings import-reg)."),
                                   Step("mapiguard doctor checks the result.")};
constexpr std::array kBreakerFix = {
    Step("Look for what changed: the host's memory and disk, libraries, the kernel. mapiguard doctor names what the "
         "sandbox misses."),
    Step("Install the build before this one, or a mended one: conversions go on by themselves as soon as the known "
         "messages convert again."),
    Step("Nobody was charged meanwhile; the messages wait with their senders (exit code 75).")};
constexpr std::array kVolatileFix = {
    Step("Move the state directory to a file system on a disk: end all programs that use it, copy it, and name it with "
         "--state or MAPIGUARD_STATE."),
    Step("If nothing needs to outlive a loss of power here (a test, a container that is thrown away), leave it.")};
constexpr std::array kSandboxFix = {
    Step("mapiguard doctor says of each layer why it is missing."),
    Step("In a container, allow it user namespaces and a seccomp filter of its own; on a host, look at "
         "/proc/sys/kernel/unprivileged_userns_clone and /proc/sys/user/max_user_namespaces, and use a kernel with "
         "Landlock (5.13 or newer)."),
    Step("The other layers hold meanwhile: a worker still runs without rights of its own.")};
constexpr std::array kQuarantineFix = {
    Step("mapiguard poison list, then mapiguard poison forget ID for what is not needed any more."),
    Step("Or more room: mapiguard settings set 'Mapiguard\\Quarantine Max MiB' NUMBER."),
    Step("When it is full, messages are still blocked, but no copies are kept: they cannot be looked at or tried again "
         "later.")};
constexpr std::array kRoomFix = {
    Step("Free room on the file system of {dir}, or move the state directory."),
    Step("mapiguard settings set 'Mapiguard\\Min Free MiB' NUMBER changes what must be left free.")};
constexpr std::array kOutboxFix = {
    Step("mapiguard ndr list shows each report with its last error, the newest being: {error}"),
    Step(
        "Look at where reports go: mapiguard settings get 'Mapiguard\\NDR Transport'. Is that server or folder there?"),
    Step("Then mapiguard ndr retry; or mapiguard ndr drop ID for what nobody waits for."),
    Step("A sender who gets no report believes that the mail arrived: tell the senders otherwise.")};
constexpr std::array kHeldFix = {
    Step("Look for who kills processes on this host: the kernel short of memory (dmesg), a watchdog, a person."),
    Step("mapiguard poison show ID for each, then mapiguard poison release ID to have it tried again."),
    Step("If such deaths should count against the message: mapiguard settings set 'Mapiguard\\Charge Unexplained "
         "Deaths' 1.")};
constexpr std::array kExpireFix = {
    Step("mapiguard delivered expire removes what has expired; mapiguard delivered stats shows what is left."),
    Step("mapiguard settings get 'DeliveredTo Cleanup Interval in Seconds' (of the rules of 2003: 'Background "
         "Cleanup') says how often this happens by itself: with mail "
         "that passes through mapiguard delivered filter, and in daemons.")};
constexpr std::array kDeliveredDamageFix = {
    Step("Look for disk errors in the kernel's log (dmesg), and for a full file system."),
    Step("The files lie in {dir}/delivered under another name; nothing reads them any more, and they may be deleted.")};
constexpr std::array kNewBuildFix = {
    Step("mapiguard poison retry replays the quarantined copies with this build and releases what passes.")};

#define MAPIGUARD_SYMPTOMS                                                                                            \
  "one or more of these may be seen: (1) Exchange System Manager does not display mailbox sizes correctly: the size " \
  "differs from the one in "                                                                                          \
  "Outlook, and may not decrease when items are removed, because the space of deleted items is not reclaimed. (2) "   \
  "Moving mailboxes is "                                                                                              \
  "unsuccessful, and the Application log has an Error event 1205 (source MSExchangeIS Mailbox Store, category "       \
  "General): \"Failed to "                                                                                            \
  "create the mailbox of /o=<organizationName>/ou=<organizationalUnit>/cn=Recipients/cn=<username> with error "       \
  "0x4e3.\" (3) Unread "                                                                                              \
  "receipts may not be generated for items that are deleted before they are read."

constexpr std::string_view kTrackDocument = "The Track Duplicates registry entry is missing";
constexpr std::string_view kDuplicatesDocument = "How to Configure Duplicate Message Detection in Exchange 2007";
constexpr std::string_view kPoisonDocument = "PoisonIDs";
constexpr std::string_view kRmqDocument = "Replication Folder Tree RMQ Timeout";
constexpr std::string_view kOriginal = "the rules of the Exchange Best Practices Analyzer";
constexpr std::string_view kOurs = "mapiguard";
using enum Category;

constexpr std::array kTexts = {
    RuleText{"track-duplicates-missing", error, "The Track Duplicates registry entry is missing",
             "The database has no entry Track Duplicates. While it is missing, " MAPIGUARD_SYMPTOMS
             " Re-create the entry.",
             kTrackMissingFix, kTrackMissingHere, kTrackDocument},
    RuleText{"state-database-damaged",
             error,
             "The state database is damaged",
             "The database in {dir} does not pass its own check: {detail}. What it says of poison messages, settings "
             "and reports may be wrong.",
             {},
             kDamageFix,
             kOurs},
    RuleText{"breaker-open",
             error,
             "Conversions are held: this build kills its workers on messages that are known to be good",
             "Many different messages died alike, and messages that this build ({build}) is known to convert died, "
             "too. So the build or the "
             "host is sick, not the messages: nothing is charged, and every conversion is held until the known "
             "messages convert again.",
             {},
             kBreakerFix,
             kOurs},
    RuleText{"fsync-fails",
             error,
             "What is written to the state directory cannot be made safe",
             "A file was written in {dir} and its fsync failed: {detail}. Counts of crashes, blocked messages and "
             "reports may be lost "
             "when the machine stops.",
             {},
             kFsyncFix,
             kOurs},
    RuleText{"track-duplicates-out-of-range", warning, "Track Duplicates is outside its range",
             "Track Duplicates is the number of hours for which duplicates are tracked, 1 to {maximum} (49 days); 1 is "
             "the default. The value {value} is "
             "outside that range, and {used} is used instead: a larger one is not clamped but ignored.",
             kTrackRangeFix, kRangeHere, "KB Q257252; the Exchange team, 2004"},
    RuleText{"poison-ids-present", warning, "{count} in PoisonIDs",
             "Each entry is a message that was being converted from MAPI to MIME when the process stopped "
             "unexpectedly: {ids}. Its message ID is written "
             "with Error events 9680 and 9681 in the Application log. A message that is involved in more crashes than "
             "PoisonThreshold allows (2 by default, so in "
             "three) is blocked when the store starts again, and a non-delivery report is tried; where none can be "
             "sent, the message may remain in the "
             "queue until it expires. The list has ten places: an eleventh message drops the one with the oldest "
             "crash, so there may have been more.",
             kPoisonIdsFix, kPoisonIdsHere, kPoisonDocument},
    RuleText{"rmq-timeout-out-of-range", warning, "Replication Folder Tree RMQ Timeout is outside its range",
             "The value, in seconds, must be between 3600 (one hour) and 2592000 (30 days). It is {value}, and {used} "
             "is used instead.",
             kSetRangeFix, kRangeHere, kRmqDocument},
    RuleText{"delivered-to-expiration-out-of-range", warning, "DeliveredTo Expiration in Hours is outside its range",
             "Deliveries are remembered for 1 hour at least, so that duplicate detection cannot be turned off, and for "
             "{maximum} hours (100 years) at most. The value "
             "is {value}, and {used} is used instead.",
             kSetRangeFix, kRangeHere, kDuplicatesDocument},
    RuleText{"delivered-to-cleanup-out-of-range", warning,
             "DeliveredTo Cleanup Interval in Seconds is outside its range",
             "The interval must be at least {minimum} second. The value is {value}, and {used} is used instead.",
             kSetRangeFix, kRangeHere, kDuplicatesDocument},
    RuleText{"delivered-to-cleanup-longer-than-expiration", warning,
             "Expired deliveries stay longer than they are meant to",
             "Deliveries expire after {hours} hours, but expired ones are removed only every {interval}, which "
             "is longer. The "
             "DeliveredTo table grows larger than its window explains, and a large table slows delivery down.",
             kCleanupLongerFix, kCleanupLongerHere, kDuplicatesDocument},
    RuleText{"value-of-wrong-type",
             warning,
             "{name} has the wrong type",
             "{name} is {type} and must be {wanted}. A value of another type is not read: the default, {default}, is "
             "used whatever this one says.",
             kTypeFix,
             {},
             kOurs},
    RuleText{"value-not-accepted", warning, "{name} has a value that is not accepted", "{warning}.", kSetRangeFix,
             kUnsetCleanupHere, kOurs},
    RuleText{"mailbox-quarantined",
             warning,
             "A mailbox has been quarantined",
             "The mailbox {mailbox} made the store crash or hang {count} times; at three it is quarantined, and its "
             "user cannot open it. "
             "(Exchange 2010 and later keep this count below the database's key.)",
             kMailboxQuarantineFix,
             {},
             kOriginal},
    RuleText{"state-directory-volatile",
             warning,
             "What stands in the state directory does not survive a loss of power",
             "{dir} is on a file system ({type}, mounted at {mount}) that keeps nothing safe: {detail}. After a loss "
             "of power poison messages are "
             "unknown again, and reports that were due are lost.",
             {},
             kVolatileFix,
             kOurs},
    RuleText{"sandbox-layer-missing",
             warning,
             "A layer of the workers' sandbox is missing: {layer}",
             "This host does not give the workers the layer '{layer}': {detail}. A message that takes a worker over "
             "finds fewer walls around it.",
             {},
             kSandboxFix,
             kOurs},
    RuleText{"messages-held",
             warning,
             "{count} held",
             "The workers of these messages were killed three times in a row by something unexplained, while each was "
             "converted "
             "alone: {ids}. Nobody was charged; they wait until they are released.",
             {},
             kHeldFix,
             kOurs},
    RuleText{
        "reports-stuck",
        warning,
        "{count} cannot be delivered",
        "Reports of blocked messages were tried in vain and are tried again: {error}. Their senders do not know yet.",
        {},
        kOutboxFix,
        kOurs},
    RuleText{"reports-given-up",
             warning,
             "{count} given up",
             "Reports of blocked messages expired or were refused for good: {error}. Their senders were never told.",
             {},
             kOutboxFix,
             kOurs},
    RuleText{"quarantine-near-limit",
             warning,
             "The quarantine is nearly full",
             "Copies of blocked messages take {used} of {most} MiB.",
             {},
             kQuarantineFix,
             kOurs},
    RuleText{"delivered-to-larger-than-its-window",
             warning,
             "DeliveredTo is larger than its window explains",
             "{rows} remembered, the oldest from {oldest} hours ago, and they expire after {window}. Expired ones have "
             "not been removed. A very large table slows the delivery of messages down.",
             {},
             kExpireFix,
             kDuplicatesDocument},
    RuleText{"delivered-to-damaged",
             warning,
             "What was delivered is in part forgotten",
             "{count} damaged and put aside. What they remembered may be delivered once more; nothing is lost.",
             {},
             kDeliveredDamageFix,
             kOurs},
    RuleText{"little-room",
             warning,
             "There is little room for the state directory",
             "{free} MiB are free on the file system of {dir}; {least} MiB must be left free for a copy of a blocked "
             "message to be kept.",
             {},
             kRoomFix,
             kOurs},
    RuleText{
        "poison-threshold-non-default", non_default, "PoisonThreshold is not 2",
        "A message is blocked when the number of crashes that it was involved in exceeds PoisonThreshold; by default, "
        "2, it is blocked after three. It "
        "is {value} here: a corrupted message can stop the Information Store service (here, kill a worker) {stops} "
        "before it is blocked.",
        kThresholdFix, kUnsetStepsHere, kPoisonDocument},
    RuleText{"rmq-timeout-present", non_default, "Replication Folder Tree RMQ Timeout has been set",
             "By default the entry does not exist, and replicated changes of the folder hierarchy remain in memory for "
             "at most 604800 seconds (7 "
             "days); it is {value} here. A change that cannot be processed yet, because that of its parent folder has "
             "not arrived, is deleted when the time-out elapses, and "
             "must then come again by backfill. In most circumstances changing this is not recommended; it may have "
             "been raised temporarily "
             "during heavy replication traffic.",
             kRmqFix, kUnsetStepsHere, kRmqDocument},
    RuleText{"delivered-to-expiration-non-default", non_default, "DeliveredTo Expiration in Hours is not 168",
             "The store remembers for {value} hours which messages a user has received, and discards those that come "
             "again with the same Internet "
             "Message ID and client submit time; the default is 168 hours (7 days). The longer this is, the larger the "
             "DeliveredTo table "
             "grows, and a very large one may slow delivery down. Whatever the value, duplicates can still occur: when "
             "either property differs "
             "(Outlook Web Access of Exchange 2000 and earlier stamps another ID), when the second message comes after "
             "the first was cleaned up, and "
             "after the mailbox was moved to another database, since the table stays behind. Typical duplicates come "
             "from a distribution list "
             "that includes the user and is hidden or expanded on another server.",
             kDeliveredFix, kUnsetStepsHere, kDuplicatesDocument},
    RuleText{"delivered-to-cleanup-non-default", non_default, "DeliveredTo Cleanup Interval in Seconds is not 3600",
             "The background cleanup that deletes old items from the DeliveredTo table runs every {value} seconds; by "
             "default, every 3600 (1 hour).",
             kDeliveredFix, kUnsetStepsHere, kDuplicatesDocument},
    RuleText{"short-backfill-timeout-present",
             non_default,
             "Replication Short Backfill Request Timeout has been set",
             "By default the entry does not exist. It changes how soon missing public-folder data is asked for again.",
             kDeleteFix,
             {},
             kOriginal},
    RuleText{"replication-at-startup-present",
             non_default,
             "Enable Replication Messages At Startup has been set",
             "By default the entry does not exist, and a public-folder store sends its hierarchy's status only once, "
             "when it is made. With it, "
             "each start of the store causes replication traffic.",
             kDeleteFix,
             {},
             kOriginal},
    RuleText{"deletion-thread-period-present",
             non_default,
             "Deletion Thread Period has been set",
             "By default the entry does not exist. It changes how often the store frees the space of deleted items and "
             "folders.",
             kDeleteFix,
             {},
             kOriginal},
    RuleText{"replication-expiry-present",
             non_default,
             "Replication Expiry has been set",
             "By default the entry does not exist. It changes how often a public-folder store looks for items that "
             "have expired.",
             kDeleteFix,
             {},
             kOriginal},
    RuleText{"setting-non-default", non_default, "{name} is not at its default",
             "{name} is {value}; the default is {default}. What it is for: {help}.", kGenericFix, kUnsetStepsHere,
             kOurs},
    RuleText{"quarantine-waits-for-this-build",
             best_practice,
             "Quarantined messages were judged by another build",
             "{count} convicted by another build than this one ({build}). An upgrade may have "
             "mended what they died of.",
             {},
             kNewBuildFix,
             kOurs},
    RuleText{"setting-unknown",
             information,
             "{name} is no setting",
             "Values below the key Mapiguard are ours, and there is none of this name. It has no effect.",
             kUnknownFix,
             {},
             kOurs},
};

constexpr bool ids_are_unique_and_categories_in_order() {
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    if (i > 0 && kTexts[i].category < kTexts[i - 1].category) return false;
    for (std::size_t k = i + 1; k < kTexts.size(); ++k)
      if (kTexts[i].id == kTexts[k].id) return false;
  }
  return true;
}
constexpr bool every_rule_says_how_to_correct_it() {
  return std::all_of(kTexts.begin(), kTexts.end(),
                     [](const RuleText& rule) { return !rule.fix.empty() || !rule.fix_here.empty(); });
}
static_assert(ids_are_unique_and_categories_in_order());
static_assert(every_rule_says_how_to_correct_it());

}  // namespace

std::span<const RuleText> rule_texts() { return kTexts; }

const RuleText& text_of_rule(std::string_view id) {
  return *std::find_if(kTexts.begin(), kTexts.end(), [&](const RuleText& rule) { return rule.id == id; });
}

}  // namespace mapiguard
