// The settings as an administrator sees them.
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/ledger_impl.h"
#include "persist/registry_names.h"
#include "persist/text_list.h"

namespace mapiguard {
namespace {

Ledger::SettingRow row_of(const SettingSpec& spec, const SettingValues& values, const PoisonView& view) {
  const EffectiveSetting setting = values.get(spec.name);
  Ledger::SettingRow row;
  row.name = spec.name;
  row.scope = name_of(spec.scope);
  row.type = name_of(spec.type);
  row.unit = spec.unit;
  row.value = setting.text;
  row.source = spec.source;
  row.origin = setting.origin;
  row.default_value = spec.default_text;
  if (spec.type == SettingType::dword) {
    row.minimum = std::to_string(spec.minimum);
    row.maximum = std::to_string(spec.maximum);
  }
  row.outside = outside_in_words(spec);
  row.stored = values.stored(spec.name);
  row.help = spec.help;
  row.warning = setting.warning;
  if (spec.name != setting::kPoisonIds) return row;
  std::vector<std::string> names;
  for (const PoisonRow& poison : view.poison_ids) names.push_back(poison.message_id);
  row.value = join_lines(names);
  row.origin = "view";
  return row;
}

Result<void> note_change(Session& session, const SettingSpec& spec, const std::string& before, std::int64_t now) {
  const auto values = SettingValues::load(session);
  if (!values) return std::unexpected(values.error());
  const std::string name = displayable(spec.name), after = values->text(spec.name);
  return note(
      session, *values,
      own_event(event_context(*values, now), kEventSettingChanged, "information", name,
                "Setting '" + name + "' is now '" + displayable(after) + "' (was '" + displayable(before) + "').",
                JsonObject()
                    .text("setting", name)
                    .text("before", displayable(before))
                    .text("after", displayable(after))
                    .str()));
}

// Runs `change` on the setting, and notes it.
template <class F>
Result<void> change_noted(Session& session, const SettingSpec& spec, std::int64_t now, F change) {
  const auto values = SettingValues::load(session);
  if (!values) return std::unexpected(values.error());
  MAPIGUARD_TRY(change(session, spec, now));
  return note_change(session, spec, values->text(spec.name), now);
}

Result<void> heed_what_stands(Ledger::Impl& ledger) {
  const auto values = ledger.settings();
  if (!values) return std::unexpected(values.error());
  ledger.heed(*values);
  ledger.export_in_passing();
  return {};
}

template <class F>
Result<void> changed(Ledger::Impl& ledger, std::string_view name, F change) {
  const auto spec = find_setting(name);
  if (!spec) return std::unexpected(spec.error());
  const std::int64_t now = ledger.clock.now_ns();
  MAPIGUARD_TRY(
      ledger.store->write([&](Session& session) { return change_noted(session, **spec, now, change); }));
  return heed_what_stands(ledger);
}

// As Windows would call this host: the first label, in capitals.
std::string server_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "MAPIGUARD";
  std::string label(name.data());
  label.resize(std::min(label.find('.'), label.size()));
  const auto is_fit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; };
  if (label.empty() || !std::all_of(label.begin(), label.end(), is_fit)) return "MAPIGUARD";
  for (char& c : label) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return label;
}

}  // namespace

Result<Ledger::RegistryNames> Ledger::registry_names() {
  RegistryNames names;
  MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
    auto found = store_names(session, server_name(), impl_->clock.now_ns());
    if (!found) return std::unexpected(std::move(found.error()));
    names = {std::move(found->server), std::move(found->mailbox_guid), std::move(found->public_guid)};
    return {};
  }));
  return names;
}

Result<void> Ledger::set_setting(std::string_view name, std::string_view value) {
  return changed(*impl_, name, [&](Session& session, const SettingSpec& spec, std::int64_t now) {
    return mapiguard::set_setting(session, spec, value, now);
  });
}

Result<void> Ledger::import_setting(std::string_view name, std::string_view value) {
  return changed(*impl_, name, [&](Session& session, const SettingSpec& spec, std::int64_t now) {
    return mapiguard::import_setting(session, spec, value, now);
  });
}

Result<void> Ledger::unset_setting(std::string_view name) {
  return changed(*impl_, name, [&](Session& session, const SettingSpec& spec, std::int64_t) {
    return mapiguard::unset_setting(session, spec);
  });
}

Result<void> Ledger::import_settings(const std::vector<SettingImport>& imports) {
  const std::int64_t now = impl_->clock.now_ns();
  MAPIGUARD_TRY(impl_->store->write([&](Session& session) -> Result<void> {
    for (const SettingImport& import : imports) {
      const auto spec = find_setting(import.name);
      if (!spec) return std::unexpected(spec.error());
      MAPIGUARD_TRY(change_noted(session, **spec, now, [&](Session& s, const SettingSpec& row, std::int64_t moment) {
        return import.value ? mapiguard::import_setting(s, row, *import.value, moment) : mapiguard::unset_setting(s, row);
      }));
    }
    return {};
  }));
  return heed_what_stands(*impl_);
}

Result<std::vector<SettingChange>> Ledger::reload_settings() {
  const auto values = impl_->settings();
  if (!values) return std::unexpected(values.error());
  return impl_->heed(*values);
}

Result<std::vector<Ledger::SettingRow>> Ledger::settings() {
  const auto view = poison_view();
  if (!view) return std::unexpected(view.error());
  const auto values = impl_->settings();
  if (!values) return std::unexpected(values.error());
  std::vector<SettingRow> rows;
  for (const SettingSpec& spec : setting_specs()) rows.push_back(row_of(spec, *values, *view));
  return rows;
}

Result<Ledger::SettingRow> Ledger::setting(std::string_view name) {
  const auto spec = find_setting(name);
  if (!spec) return std::unexpected(spec.error());
  PoisonView view;
  if ((*spec)->name == setting::kPoisonIds) {
    auto found = poison_view();
    if (!found) return std::unexpected(std::move(found.error()));
    view = std::move(*found);
  }
  const auto values = impl_->settings();
  if (!values) return std::unexpected(values.error());
  return row_of(**spec, *values, view);
}

}  // namespace mapiguard
