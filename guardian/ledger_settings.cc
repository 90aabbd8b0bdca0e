// The settings as an administrator sees them.
#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/ledger_impl.h"
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

// Runs `change` on the named setting, notes it, and heeds it.
template <class F>
Result<void> changed(Ledger::Impl& ledger, std::string_view name, F change) {
  const auto spec = find_setting(name);
  if (!spec) return std::unexpected(spec.error());
  const std::int64_t now = ledger.clock.now_ns();
  MAPIGUARD_TRY(ledger.store->write([&](Session& session) -> Result<void> {
    const auto values = SettingValues::load(session);
    if (!values) return std::unexpected(values.error());
    MAPIGUARD_TRY(change(session, **spec, now));
    return note_change(session, **spec, values->text((*spec)->name), now);
  }));
  const auto values = ledger.settings();
  if (!values) return std::unexpected(values.error());
  ledger.heed(*values);
  ledger.export_in_passing();
  return {};
}

}  // namespace

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
