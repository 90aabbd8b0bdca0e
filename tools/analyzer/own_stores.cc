#include "tools/analyzer/own_stores.h"

#include <charconv>

#include "persist/settings.h"
#include "persist/text_list.h"

namespace mapiguard {
namespace {

// What is stored is a number that fits, or was made to when it was stored.
std::uint32_t number_in(const std::string& text) {
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc::result_out_of_range ? UINT32_MAX : number;
}

std::optional<RegistryValue> value_of(const Ledger::SettingRow& row) {
  if (row.type == name_of(SettingType::multi_text))
    return row.value.empty() ? std::nullopt : std::optional(texts_value(row.name, split_lines(row.value)));
  if (row.origin == "default") return std::nullopt;
  return row.type == name_of(SettingType::dword) ? dword_value(row.name, number_in(row.stored))
                                                 : text_value(row.name, row.stored);
}

}  // namespace

Result<std::vector<InformationStore>> own_stores(Ledger& ledger) {
  const auto names = ledger.registry_names();
  if (!names) return std::unexpected(names.error());
  const auto rows = ledger.settings();
  if (!rows) return std::unexpected(rows.error());
  std::vector<InformationStore> stores(2);
  stores[0] = {names->server, StoreKind::mailbox, names->mailbox_guid, 0, {}};
  stores[1] = {names->server, StoreKind::public_folder, names->public_guid, 0, {}};
  for (const Ledger::SettingRow& row : *rows)
    if (auto value = value_of(row))
      stores[row.scope == name_of(SettingScope::private_store) ? 0 : 1].values.push_back(std::move(*value));
  return stores;
}

}  // namespace mapiguard
