#include "tools/registry/information_stores.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::array<std::string_view, 5> kWay = {"HKEY_LOCAL_MACHINE", "SYSTEM", "CurrentControlSet", "Services",
                                                  "MSExchangeIS"};
constexpr std::size_t kControlSet = 2, kServer = kWay.size(), kDatabase = kServer + 1;

bool is_numbered_set(std::string_view part) {
  return part.size() == 13 && starts_with_ignoring_case(part, "ControlSet") &&
         std::all_of(part.begin() + 10, part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// As far as the path goes.
bool leads_there(const std::vector<std::string_view>& parts) {
  for (std::size_t i = 0; i < std::min(parts.size(), kWay.size()); ++i)
    if (!equals_ignoring_case(parts[i], kWay[i]) && !(i == kControlSet && is_numbered_set(parts[i]))) return false;
  return true;
}

std::optional<StoreKind> kind_of(std::string_view part) {
  for (const StoreKind kind : {StoreKind::mailbox, StoreKind::public_folder})
    if (part.size() > prefix_of(kind).size() && starts_with_ignoring_case(part, prefix_of(kind))) return kind;
  return std::nullopt;
}

std::string joined(std::span<const std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += std::string(part) + '\\';
  return text;
}

// The control set that counts, "" where no key names one.
Result<std::string> control_set(const Registry& registry) {
  std::set<std::string> numbered;
  for (const RegistryKey& key : registry.keys) {
    const auto parts = key_parts(key.path);
    if (parts.size() <= kControlSet || !leads_there(parts)) continue;
    if (equals_ignoring_case(parts[kControlSet], kWay[kControlSet])) return std::string(kWay[kControlSet]);
    numbered.insert(ascii_lower(parts[kControlSet]));
  }
  if (numbered.size() > 1)
    return fail(ErrorCode::not_a_message,
                "the file has several numbered control sets and does not say which is the current one",
                "export HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet, or analyze the hive itself");
  return numbered.empty() ? std::string() : *numbered.begin();
}

class Collector {
 public:
  explicit Collector(std::string control_set) : control_set_(std::move(control_set)) {}
  void take(const RegistryKey& key);
  std::vector<InformationStore> stores;

 private:
  InformationStore& store_of(const std::vector<std::string_view>& parts, StoreKind kind, std::uint32_t line);
  void delete_below(const std::vector<std::string_view>& parts, std::uint32_t line);

  const std::string control_set_;
  std::map<std::string, std::size_t> places_;  // of stores
};

RegistryValue deletion(std::string name, std::uint32_t line) {
  RegistryValue value;
  value.name = std::move(name);
  value.deletes = true;
  value.line = line;
  return value;
}

InformationStore& Collector::store_of(const std::vector<std::string_view>& parts, StoreKind kind, std::uint32_t line) {
  const auto [place, is_new] =
      places_.try_emplace(ascii_lower(parts[kServer]) + '\\' + ascii_lower(parts[kDatabase]), stores.size());
  if (!is_new) return stores[place->second];
  InformationStore store;
  store.server = parts[kServer];
  store.kind = kind;
  store.guid = parts[kDatabase].substr(prefix_of(kind).size());
  store.line = line;
  return stores.emplace_back(std::move(store));
}

// [-key] of a parent: of every database below it that has been named before.
void Collector::delete_below(const std::vector<std::string_view>& parts, std::uint32_t line) {
  for (InformationStore& store : stores)
    if (parts.size() <= kServer || equals_ignoring_case(store.server, parts[kServer]))
      store.values.push_back(deletion(std::string(kAllBelow), line));
}

void Collector::take(const RegistryKey& key) {
  const auto parts = key_parts(key.path);
  if (!leads_there(parts)) return;
  if (parts.size() > kControlSet && !equals_ignoring_case(parts[kControlSet], control_set_)) return;
  if (parts.size() <= kDatabase) {
    if (key.deletes) delete_below(parts, key.line);
    return;
  }
  const auto kind = kind_of(parts[kDatabase]);
  if (!kind) return;
  InformationStore& store = store_of(parts, *kind, key.line);
  const std::string below = joined(std::span(parts).subspan(kDatabase + 1));
  if (key.deletes) store.values.push_back(deletion(below + std::string(kAllBelow), key.line));
  for (RegistryValue value : key.values) {
    value.name.insert(0, below);
    store.values.push_back(std::move(value));
  }
}

// What is there when each has acted on those before it. A file of strangers may have a million of them, so no step
// looks at all the others: names that begin alike are neighbours in the map.
void settle(InformationStore& store) {
  std::map<std::string, std::size_t> present;  // name in lower case → its place in the file
  for (std::size_t place = 0; place < store.values.size(); ++place) {
    const RegistryValue& value = store.values[place];
    std::string name = ascii_lower(value.name);
    if (!value.deletes) {
      present[std::move(name)] = place;
      continue;
    }
    if (!name.ends_with(kAllBelow)) {
      present.erase(name);
      continue;
    }
    name.resize(name.size() - kAllBelow.size());
    auto each = present.lower_bound(name);
    while (each != present.end() && each->first.starts_with(name)) each = present.erase(each);
  }
  std::vector<std::size_t> places;
  for (const auto& [name, place] : present) places.push_back(place);
  std::sort(places.begin(), places.end());
  std::vector<RegistryValue> left;
  for (const std::size_t place : places) left.push_back(std::move(store.values[place]));
  store.values = std::move(left);
}

bool is_deleted(const InformationStore& store) {
  return store.values.empty() ? false : store.values.back().deletes && store.values.back().name == kAllBelow;
}

}  // namespace

std::string InformationStore::path() const {
  std::string text;
  for (const std::string_view part : kWay) text += std::string(part) + '\\';
  return text + server + '\\' + database();
}

const RegistryValue* InformationStore::find(std::string_view name) const {
  const auto found = std::find_if(values.rbegin(), values.rend(),
                                  [&](const RegistryValue& value) { return equals_ignoring_case(value.name, name); });
  return found == values.rend() || found->deletes ? nullptr : &*found;
}

bool is_information_store_key(std::string_view path) {
  const auto parts = key_parts(path);
  return leads_there(parts) && (parts.size() <= kDatabase || kind_of(parts[kDatabase]));
}

Registry information_store_keys(Registry registry) {
  std::erase_if(registry.keys, [](const RegistryKey& key) {
    const bool is_mere_parent = !key.deletes && key_parts(key.path).size() <= kDatabase;
    return is_mere_parent || !is_information_store_key(key.path);
  });
  return registry;
}

Result<std::vector<InformationStore>> stores_as_changes(const Registry& registry) {
  auto set = control_set(registry);
  if (!set) return std::unexpected(std::move(set.error()));
  Collector collector(std::move(*set));
  for (const RegistryKey& key : registry.keys) collector.take(key);
  return std::move(collector.stores);
}

Result<std::vector<InformationStore>> stores_as_state(const Registry& registry) {
  auto stores = stores_as_changes(registry);
  if (!stores) return stores;
  std::erase_if(*stores, is_deleted);
  for (InformationStore& store : *stores) settle(store);
  return stores;
}

std::vector<RegistryKey> keys_of(const InformationStore& store) {
  std::vector<RegistryKey> keys = {{store.path(), false, 0, {}}};
  for (RegistryValue value : store.values) {
    const std::size_t slash = value.name.rfind('\\');
    const std::string path = store.path() + (slash == std::string::npos ? "" : "\\" + value.name.substr(0, slash));
    if (slash != std::string::npos) value.name.erase(0, slash + 1);
    auto key = std::find_if(keys.begin(), keys.end(), [&](const RegistryKey& k) { return k.path == path; });
    if (key == keys.end()) key = keys.insert(keys.end(), {path, false, 0, {}});
    key->values.push_back(std::move(value));
  }
  return keys;
}

}  // namespace mapiguard
