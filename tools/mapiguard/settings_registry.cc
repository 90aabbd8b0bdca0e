#include "tools/mapiguard/settings_registry.h"

#include <algorithm>

#include "base/text.h"
#include "base/try.h"
#include "persist/settings.h"
#include "tools/analyzer/own_stores.h"

namespace mapiguard {
namespace {

bool is_chosen(const InformationStore& store, const StoreChoice& choice) {
  if (choice.server && !equals_ignoring_case(store.server, *choice.server)) return false;
  return choice.databases.empty() ||
         std::any_of(choice.databases.begin(), choice.databases.end(), [&](const std::string& name) {
           return equals_ignoring_case(name, store.guid) || equals_ignoring_case(name, store.database());
         });
}

std::string listed(const std::vector<InformationStore>& stores) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(stores.size(), kMost); ++i)
    text += (i == 0 ? "" : ", ") + displayable(stores[i].server + '\\' + stores[i].database());
  return text + (stores.size() > kMost ? " and " + std::to_string(stores.size() - kMost) + " more" : "");
}

bool is_ambiguous(const std::vector<InformationStore>& stores) {
  for (std::size_t i = 0; i < stores.size(); ++i)
    for (std::size_t k = i + 1; k < stores.size(); ++k)
      if (stores[i].kind == stores[k].kind || !equals_ignoring_case(stores[i].server, stores[k].server)) return true;
  return false;
}

Result<std::vector<InformationStore>> chosen_stores(const Registry& registry, const StoreChoice& choice) {
  auto stores = stores_as_changes(registry);
  if (!stores) return stores;
  if (stores->empty())
    return fail(ErrorCode::not_a_message, "the file names no information store",
                "values must stand below …\\Services\\MSExchangeIS\\<server>\\Private-<GUID> or Public-<GUID>");
  std::vector<InformationStore> chosen;
  for (const InformationStore& store : *stores)
    if (is_chosen(store, choice)) chosen.push_back(store);
  if (chosen.empty())
    return fail(ErrorCode::usage, "no database of the file is the one named; there are " + listed(*stores));
  if (is_ambiguous(chosen))
    return fail(ErrorCode::usage, "the file has several databases that may be meant: " + listed(chosen),
                "choose with --server NAME and --database GUID");
  return chosen;
}

const SettingSpec* spec_named(std::string_view name) {
  const auto specs = setting_specs();
  const auto found = std::find_if(specs.begin(), specs.end(),
                                  [&](const SettingSpec& spec) { return equals_ignoring_case(spec.name, name); });
  return found == specs.end() ? nullptr : &*found;
}

StoreKind kind_of(const SettingSpec& spec) {
  return spec.scope == SettingScope::private_store ? StoreKind::mailbox : StoreKind::public_folder;
}

// As it is stored.
Result<std::string> stored_text(const SettingSpec& spec, const RegistryValue& value) {
  if (spec.type == SettingType::dword) {
    if (const auto number = dword_of(value)) return std::to_string(*number);
  } else if (auto text = text_of(value)) {
    return std::move(*text);
  }
  return fail(ErrorCode::not_a_message,
              (value.line ? "line " + std::to_string(value.line) + ": " : std::string()) + "'" +
                  std::string(spec.name) + "' is " + type_name(value.type) + " and must be " +
                  std::string(name_of(spec.type)),
              "nothing was imported");
}

class Planner {
 public:
  Result<void> take(const InformationStore& store);
  ImportPlan plan;

 private:
  Result<void> take_value(const InformationStore& store, const RegistryValue& value);
  void take_deletion_of_all(const InformationStore& store, const RegistryValue& value);
  void unset(const SettingSpec& spec, ImportRow row);
};

void Planner::unset(const SettingSpec& spec, ImportRow row) {
  row.name = spec.name;
  row.fate = ImportRow::Fate::unset;
  plan.settings.push_back({std::string(spec.name), std::nullopt});
  plan.rows.push_back(std::move(row));
}

// [-key]: every setting that stands below it.
void Planner::take_deletion_of_all(const InformationStore& store, const RegistryValue& value) {
  const std::string_view head = std::string_view(value.name).substr(0, value.name.size() - kAllBelow.size());
  for (const SettingSpec& spec : setting_specs())
    if (kind_of(spec) == store.kind && !spec.read_only && starts_with_ignoring_case(spec.name, head))
      unset(spec, {.name = {}, .key = store.path(), .line = value.line, .value = {}, .note = {}});
}

Result<void> Planner::take_value(const InformationStore& store, const RegistryValue& value) {
  ImportRow row{.name = value.name,
                .key = store.path(),
                .line = value.line,
                .value = value.deletes ? "" : shown(value),
                .note = {}};
  const SettingSpec* spec = spec_named(value.name);
  if (!spec) {
    plan.rows.push_back(std::move(row));
    return {};
  }
  row.name = spec->name;
  row.fate = ImportRow::Fate::skipped;
  if (spec->read_only) {
    row.note = "is read only: a view of what this state directory knows";
  } else if (kind_of(*spec) != store.kind) {
    row.note = "is taken from " + std::string(name_of(spec->scope)) + "-<GUID> alone";
  } else if (value.deletes) {
    unset(*spec, std::move(row));
    return {};
  } else {
    auto text = stored_text(*spec, value);
    if (!text) return std::unexpected(std::move(text.error()));
    row.fate = ImportRow::Fate::imported;
    row.value = *text;
    plan.settings.push_back({std::string(spec->name), std::move(*text)});
  }
  plan.rows.push_back(std::move(row));
  return {};
}

Result<void> Planner::take(const InformationStore& store) {
  for (const RegistryValue& value : store.values) {
    if (value.deletes && value.name.ends_with(kAllBelow))
      take_deletion_of_all(store, value);
    else
      MAPIGUARD_TRY(take_value(store, value));
  }
  return {};
}

}  // namespace

Result<ImportPlan> plan_import(const Registry& registry, const StoreChoice& choice) {
  const auto stores = chosen_stores(registry, choice);
  if (!stores) return std::unexpected(stores.error());
  Planner planner;
  for (const InformationStore& store : *stores) MAPIGUARD_TRY(planner.take(store));
  return std::move(planner.plan);
}

Result<Registry> exported_registry(Ledger& ledger) {
  const auto stores = own_stores(ledger);
  if (!stores) return std::unexpected(stores.error());
  Registry registry;
  for (const InformationStore& store : *stores)
    for (RegistryKey& key : keys_of(store)) registry.keys.push_back(std::move(key));
  return registry;
}

}  // namespace mapiguard
