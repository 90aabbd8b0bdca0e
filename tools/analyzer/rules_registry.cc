// Rules over what a registry says of a database.
#include <algorithm>
#include <array>
#include <map>

#include "base/json_text.h"
#include "base/text.h"
#include "persist/settings_table.h"
#include "tools/analyzer/rules.h"

namespace mapiguard {
namespace {

const SettingSpec* spec_of(std::string_view name) {
  const auto specs = setting_specs();
  const auto found = std::find_if(specs.begin(), specs.end(),
                                  [&](const SettingSpec& spec) { return equals_ignoring_case(spec.name, name); });
  return found == specs.end() ? nullptr : &*found;
}

bool belongs_to(const SettingSpec& spec, StoreKind kind) {
  return (spec.scope == SettingScope::private_store) == (kind == StoreKind::mailbox);
}

RegistryType registry_type(const SettingSpec& spec) {
  return spec.type == SettingType::dword  ? RegistryType::dword
         : spec.type == SettingType::text ? RegistryType::sz
                                          : RegistryType::multi_sz;
}

bool has_right_type(const SettingSpec& spec, const RegistryValue& value) {
  switch (spec.type) {
    case SettingType::dword: return dword_of(value).has_value();
    case SettingType::text: return text_of(value).has_value();
    case SettingType::multi_text: return texts_of(value).has_value();
  }
  return false;
}

// What the value amounts to; nullopt for one that is absent or of another type.
std::optional<EffectiveSetting> effective_of(const SettingSpec& spec, const RegistryValue* value) {
  if (!value || !has_right_type(spec, *value)) return std::nullopt;
  const std::string stored =
      spec.type == SettingType::dword ? std::to_string(*dword_of(*value)) : text_of(*value).value_or("");
  return effective(spec, StoredSetting{stored, "imported"});
}

std::string with_unit(const SettingSpec& spec, std::string_view number) {
  return spec.unit.empty() ? std::string(number) : std::string(number) + " " + std::string(spec.unit);
}

std::string default_in_words(const SettingSpec& spec) {
  return spec.default_text.empty() ? "empty" : with_unit(spec, spec.default_text);
}

Words words_of(const SettingSpec& spec, const EffectiveSetting& setting) {
  return {{"used", with_unit(spec, setting.text)},
          {"default", default_in_words(spec)},
          {"number", std::string(spec.default_text)},
          {"minimum", std::to_string(spec.minimum)},
          {"maximum", std::to_string(spec.maximum)},
          {"unit", spec.unit.empty() ? "a number" : std::string(spec.unit)},
          {"warning", setting.warning},
          {"help", std::string(spec.help)}};
}

Hit hit_of(const RegistryValue& value, Words words = {}) { return {value.name, json_of(value), std::move(words)}; }

// -- checks of one value ------------------------------------------------------------------------------------------
std::optional<Hit> is_missing(const InformationStore& store, std::string_view name) {
  return store.find(name) ? std::nullopt : std::optional(Hit{std::string(name), "null"});
}

std::optional<Hit> is_present(const InformationStore& store, std::string_view name) {
  const RegistryValue* value = store.find(name);
  if (!value) return std::nullopt;
  const SettingSpec* spec = spec_of(name);
  return hit_of(*value, {{"default", spec ? default_in_words(*spec) : "that of Exchange"}});
}

std::optional<Hit> is_outside_its_range(const InformationStore& store, std::string_view name) {
  const SettingSpec& spec = *spec_of(name);
  const RegistryValue* value = store.find(name);
  const auto setting = effective_of(spec, value);
  if (!setting || setting->warning.empty()) return std::nullopt;
  return hit_of(*value, words_of(spec, *setting));
}

std::optional<Hit> is_not_default(const InformationStore& store, std::string_view name) {
  const SettingSpec& spec = *spec_of(name);
  const RegistryValue* value = store.find(name);
  const auto setting = effective_of(spec, value);
  if (!setting || !setting->warning.empty() || setting->text == spec.default_text) return std::nullopt;
  return hit_of(*value, words_of(spec, *setting));
}

std::optional<Hit> is_another_threshold(const InformationStore& store, std::string_view name) {
  auto hit = is_not_default(store, name);
  if (!hit) return hit;
  const std::uint64_t stops = std::uint64_t{*dword_of(*store.find(name))} + 1;
  hit->words.emplace_back("stops", stops == 1 ? "once" : std::to_string(stops) + " times");
  return hit;
}

std::optional<Hit> has_entries(const InformationStore& store, std::string_view name) {
  const RegistryValue* value = store.find(name);
  const auto entries = value ? texts_of(*value) : std::nullopt;
  if (!entries || entries->empty()) return std::nullopt;
  std::string ids;
  for (const std::string& id : *entries) ids += (ids.empty() ? "" : ", ") + displayable(id, 200);
  return hit_of(*value, {{"count", counted(entries->size(), "corrupted message", "corrupted messages")}, {"ids", ids}});
}

// `per_hour`: the unit of the interval.
std::optional<Hit> cleans_up_after(const InformationStore& store, std::string_view name, std::string_view retention,
                                   std::uint64_t per_hour) {
  const SettingSpec& window = *spec_of(retention);
  const SettingSpec& cleanup = *spec_of(name);
  const RegistryValue* value = store.find(name);
  const auto interval = effective_of(cleanup, value);
  if (!interval) return std::nullopt;
  const auto hours = effective_of(window, store.find(window.name)).value_or(effective(window, std::nullopt)).number;
  const std::uint64_t most = hours * per_hour;
  if (interval->number <= most) return std::nullopt;
  return hit_of(*value, {{"hours", std::to_string(hours)},
                         {"interval", with_unit(cleanup, interval->text)},
                         {"most", with_unit(cleanup, std::to_string(most))},
                         {"default", default_in_words(cleanup)}});
}

std::optional<Hit> cleans_up_too_rarely(const InformationStore& store, std::string_view name) {
  return cleans_up_after(store, name, setting::kDeliveredToExpiration, 3600);
}
// The same by the rules of 2003.
std::optional<Hit> cleans_up_too_rarely_2003(const InformationStore& store, std::string_view name) {
  return cleans_up_after(store, name, setting::kTrackDuplicates, 3'600'000);
}

constexpr auto kMailboxes = StoreKind::mailbox;
constexpr auto kFolders = StoreKind::public_folder;
constexpr std::array kRules = {
    RegistryRule{"track-duplicates-missing", kMailboxes, setting::kTrackDuplicates, is_missing},
    RegistryRule{"track-duplicates-out-of-range", kMailboxes, setting::kTrackDuplicates, is_outside_its_range},
    RegistryRule{"poison-ids-present", kMailboxes, setting::kPoisonIds, has_entries},
    RegistryRule{"poison-threshold-non-default", kMailboxes, setting::kPoisonThreshold, is_another_threshold},
    RegistryRule{"rmq-timeout-present", kFolders, setting::kRmqTimeout, is_present},
    RegistryRule{"rmq-timeout-out-of-range", kFolders, setting::kRmqTimeout, is_outside_its_range},
    RegistryRule{"delivered-to-expiration-out-of-range", {}, setting::kDeliveredToExpiration, is_outside_its_range},
    RegistryRule{"delivered-to-expiration-non-default", {}, setting::kDeliveredToExpiration, is_not_default},
    RegistryRule{"delivered-to-cleanup-out-of-range", {}, setting::kDeliveredToCleanup, is_outside_its_range},
    RegistryRule{"delivered-to-cleanup-non-default", {}, setting::kDeliveredToCleanup, is_not_default},
    RegistryRule{"delivered-to-cleanup-longer-than-expiration", {}, setting::kDeliveredToCleanup, cleans_up_too_rarely},
    RegistryRule{"delivered-to-cleanup-longer-than-expiration", kMailboxes, setting::kBackgroundCleanup,
                 cleans_up_too_rarely_2003},
    RegistryRule{"short-backfill-timeout-present", kFolders, "Replication Short Backfill Request Timeout", is_present},
    RegistryRule{"replication-at-startup-present", kFolders, "Enable Replication Messages At Startup", is_present},
    RegistryRule{"deletion-thread-period-present", {}, "Deletion Thread Period", is_present},
    RegistryRule{"replication-expiry-present", kFolders, "Replication Expiry", is_present},
};

// Those whose value rules of their own look after.
bool has_own_rule(std::string_view name) {
  return std::any_of(kRules.begin(), kRules.end(), [&](const RegistryRule& rule) {
    return equals_ignoring_case(rule.name, name) && rule.check != is_missing && rule.check != cleans_up_too_rarely_2003;
  });
}

// -- checks of all values -----------------------------------------------------------------------------------------
// Known names of this kind of database, each with its row of the table.
template <class F>
std::vector<Hit> for_known(const InformationStore& store, F check) {
  std::vector<Hit> hits;
  for (const RegistryValue& value : store.values) {
    const SettingSpec* spec = spec_of(value.name);
    if (!spec || (!belongs_to(*spec, store.kind) && !has_own_rule(spec->name))) continue;
    if (auto hit = check(*spec, value)) hits.push_back(std::move(*hit));
  }
  return hits;
}

std::vector<Hit> of_wrong_type(const InformationStore& store) {
  return for_known(store, [](const SettingSpec& spec, const RegistryValue& value) -> std::optional<Hit> {
    if (has_right_type(spec, value)) return std::nullopt;
    return hit_of(value, {{"type", type_name(value.type)},
                          {"wanted", type_name(registry_type(spec))},
                          {"default", default_in_words(spec)}});
  });
}

std::vector<Hit> not_accepted(const InformationStore& store) {
  return for_known(store, [](const SettingSpec& spec, const RegistryValue& value) -> std::optional<Hit> {
    const auto setting = effective_of(spec, &value);
    if (has_own_rule(spec.name) || spec.read_only || !setting || setting->warning.empty()) return std::nullopt;
    return hit_of(value, words_of(spec, *setting));
  });
}

// Track Duplicates has a rule for its range, and none for another number of hours.
std::vector<Hit> not_default(const InformationStore& store) {
  return for_known(store, [](const SettingSpec& spec, const RegistryValue& value) -> std::optional<Hit> {
    const bool is_looked_after = has_own_rule(spec.name) && spec.name != setting::kTrackDuplicates;
    const auto setting = effective_of(spec, &value);
    if (is_looked_after || spec.read_only || !setting || !setting->warning.empty() ||
        setting->text == spec.default_text)
      return std::nullopt;
    return hit_of(value, words_of(spec, *setting));
  });
}

std::vector<Hit> unknown_of_ours(const InformationStore& store) {
  std::vector<Hit> hits;
  for (const RegistryValue& value : store.values)
    if (starts_with_ignoring_case(value.name, "Mapiguard\\") && !spec_of(value.name)) hits.push_back(hit_of(value));
  return hits;
}

constexpr std::string_view kQuarantined = "QuarantinedMailboxes";

// What a value says of a quarantined mailbox: the mailbox, when it is of that name.
std::optional<std::string> mailbox_of(const RegistryValue& value, std::string_view name) {
  const auto parts = key_parts(value.name);
  if (parts.size() != 3 || !equals_ignoring_case(parts[0], kQuarantined) || !equals_ignoring_case(parts[2], name))
    return std::nullopt;
  return ascii_lower(parts[1]);
}

// …\QuarantinedMailboxes\{mailbox}\CrashCount (Exchange 2010 and later).
std::vector<Hit> quarantined_mailboxes(const InformationStore& store) {
  constexpr std::uint32_t kQuarantinedAt = 3;
  std::map<std::string, std::string> last_crashes;
  for (const RegistryValue& value : store.values)
    if (const auto mailbox = mailbox_of(value, "LastCrashTime")) last_crashes[*mailbox] = shown(value);
  std::vector<Hit> hits;
  for (const RegistryValue& value : store.values) {
    const auto mailbox = mailbox_of(value, "CrashCount");
    const auto count = dword_of(value);
    if (!mailbox || !count || *count < kQuarantinedAt) continue;
    const auto when = last_crashes.find(*mailbox);
    hits.push_back(hit_of(value, {{"mailbox", displayable(*mailbox)},
                                  {"count", std::to_string(*count)},
                                  {"when", when == last_crashes.end() ? "that time" : when->second}}));
  }
  return hits;
}

constexpr std::array kStoreRules = {
    StoreRule{"value-of-wrong-type", of_wrong_type},         StoreRule{"value-not-accepted", not_accepted},
    StoreRule{"setting-non-default", not_default},           StoreRule{"setting-unknown", unknown_of_ours},
    StoreRule{"mailbox-quarantined", quarantined_mailboxes},
};

}  // namespace

std::span<const RegistryRule> registry_rules() { return kRules; }
std::span<const StoreRule> store_rules() { return kStoreRules; }

std::string json_of(const RegistryValue& value) {
  if (const auto number = dword_of(value)) return std::to_string(*number);
  const auto texts = texts_of(value);
  if (!texts) return json_quoted(shown(value));
  std::vector<std::string> safe;
  for (const std::string& text : *texts) safe.push_back(displayable(text));
  return json_array(safe);
}

}  // namespace mapiguard
