#include "persist/settings.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.h"
#include "base/try.h"
#include "persist/settings_table.h"

namespace mapiguard {
namespace {

constexpr std::string_view kOurs = "Mapiguard\\";
constexpr std::size_t kMostText = 4096;

constexpr char kAll[] = "SELECT name, value, origin FROM settings";
constexpr char kPut[] =
    "INSERT INTO settings (name, value, origin, changed) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value, origin = excluded.origin, changed = excluded.changed";
constexpr char kErase[] = "DELETE FROM settings WHERE name = $1";

// Decimal, or hexadecimal after 0x. 64 bits, so that a number too large for a DWORD is told from something else.
std::optional<std::uint64_t> parsed(std::string_view text) {
  text = trim(text);
  const bool is_hex = starts_with_ignoring_case(text, "0x");
  if (is_hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  if (text.empty() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) return UINT64_MAX;
  return value;
}

std::string with_unit(const SettingSpec& spec, std::uint64_t value) {
  return std::to_string(value) + (spec.unit.empty() ? "" : " " + std::string(spec.unit));
}

std::string quoted_name(const SettingSpec& spec) { return "'" + std::string(spec.name) + "'"; }

std::uint32_t default_number(const SettingSpec& spec) { return static_cast<std::uint32_t>(*parsed(spec.default_text)); }

std::uint32_t used_outside(const SettingSpec& spec, bool is_below) {
  switch (is_below ? spec.below : spec.above) {
    case Outside::clamp: return is_below ? spec.minimum : spec.maximum;
    case Outside::replace: return spec.replacement;
    case Outside::ignore:
    case Outside::none: break;
  }
  return default_number(spec);
}

EffectiveSetting effective_number(const SettingSpec& spec, const StoredSetting& stored) {
  EffectiveSetting setting;
  setting.origin = stored.origin;
  const auto value = parsed(stored.value);
  if (value && *value >= spec.minimum && *value <= spec.maximum) {
    setting.number = static_cast<std::uint32_t>(*value);
  } else {
    setting.number = value ? used_outside(spec, *value < spec.minimum) : default_number(spec);
    setting.warning = "the stored value '" + displayable(stored.value) + "' is outside " +
                      std::to_string(spec.minimum) + " … " + with_unit(spec, spec.maximum) + "; " +
                      with_unit(spec, setting.number) + " is used";
  }
  setting.text = std::to_string(setting.number);
  return setting;
}

EffectiveSetting effective_text(const SettingSpec& spec, const StoredSetting& stored) {
  const std::string_view objection = spec.objection ? spec.objection(stored.value) : std::string_view();
  if (objection.empty()) return {0, stored.value, stored.origin, {}};
  return {0, std::string(spec.default_text), stored.origin,
          "the stored value '" + displayable(stored.value) + "' " + std::string(objection) + "; '" +
              std::string(spec.default_text) + "' is used"};
}

// The value as it is stored, or what is wrong with it.
Result<std::string> accepted(const SettingSpec& spec, std::string_view value) {
  if (spec.read_only)
    return fail(ErrorCode::usage, quoted_name(spec) + " is a view and cannot be set",
                "use `mapiguard poison release` or `forget`");
  if (spec.type == SettingType::dword) {
    const auto number = parsed(value);
    if (!number || *number < spec.minimum || *number > spec.maximum)
      return fail(ErrorCode::usage, "'" + displayable(value) + "' is no value for " + quoted_name(spec) +
                                        ": it must be a number from " + std::to_string(spec.minimum) + " to " +
                                        with_unit(spec, spec.maximum));
    return std::to_string(*number);
  }
  const std::string_view objection = value.size() > kMostText ? "is too long"
                                     : spec.objection         ? spec.objection(value)
                                                              : std::string_view();
  if (!objection.empty())
    return fail(ErrorCode::usage,
                "'" + displayable(value) + "' is no value for " + quoted_name(spec) + ": it " + std::string(objection));
  return std::string(value);
}

Result<void> put(Session& session, const SettingSpec& spec, std::string_view value, std::string_view origin,
                 std::int64_t now) {
  return session.run(kPut, {spec.name, value, origin, now});
}

// Edit distance ignoring case, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t replaced = diagonal + (ascii_lower(a[i - 1]) == ascii_lower(b[k - 1]) ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({replaced, row[k] + 1, row[k - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string nearest_name(std::string_view name) {
  name = name.substr(0, 100);
  const auto nearness = [&](std::string_view candidate) {
    const std::size_t whole = distance(name, candidate);
    return candidate.starts_with(kOurs) ? std::min(whole, distance(name, candidate.substr(kOurs.size()))) : whole;
  };
  const auto nearest =
      std::min_element(kSettings.begin(), kSettings.end(),
                       [&](const SettingSpec& a, const SettingSpec& b) { return nearness(a.name) < nearness(b.name); });
  return std::string(nearest->name);
}

std::string one_side(const SettingSpec& spec, bool is_below) {
  const std::string used = std::to_string(used_outside(spec, is_below));
  const std::string head = is_below ? "below " + std::to_string(spec.minimum) : "above " + std::to_string(spec.maximum);
  switch (is_below ? spec.below : spec.above) {
    case Outside::clamp: return head + ": clamped to " + used;
    case Outside::replace: return head + ": replaced by " + used;
    case Outside::ignore: return head + ": ignored, " + used + " is used";
    case Outside::none: break;
  }
  return {};
}

}  // namespace

std::span<const SettingSpec> setting_specs() { return kSettings; }

Result<const SettingSpec*> find_setting(std::string_view name) {
  for (const SettingSpec& spec : kSettings)
    if (equals_ignoring_case(spec.name, name)) return &spec;
  for (const SettingSpec& spec : kSettings)
    if (spec.name.starts_with(kOurs) && equals_ignoring_case(spec.name.substr(kOurs.size()), name)) return &spec;
  return fail(ErrorCode::usage, "there is no setting '" + displayable(name) + "'",
              "did you mean '" + nearest_name(name) + "'? `mapiguard settings list` names all");
}

std::string outside_in_words(const SettingSpec& spec) {
  if (spec.type == SettingType::text && spec.objection) return "not accepted: ignored, the default is used";
  std::string words;
  if (spec.below != Outside::none) words = one_side(spec, true);
  if (spec.above != Outside::none) words += (words.empty() ? "" : "; ") + one_side(spec, false);
  return words;
}

EffectiveSetting effective(const SettingSpec& spec, const std::optional<StoredSetting>& stored) {
  const bool is_number = spec.type == SettingType::dword;
  if (stored) return is_number ? effective_number(spec, *stored) : effective_text(spec, *stored);
  return {is_number ? default_number(spec) : 0, std::string(spec.default_text), "default", {}};
}

Result<SettingValues> SettingValues::load(Session& session) {
  SettingValues values;
  MAPIGUARD_TRY(session.run(kAll, {}, [&](const SqlRow& row) {
    values.stored_[std::string(row.text(0))] = {std::string(row.text(1)), std::string(row.text(2))};
    return true;
  }));
  return values;
}

EffectiveSetting SettingValues::get(std::string_view name) const {
  const auto spec =
      std::find_if(kSettings.begin(), kSettings.end(), [&](const SettingSpec& row) { return row.name == name; });
  if (spec == kSettings.end()) return {};
  const auto stored = stored_.find(std::string(name));
  return effective(*spec, stored == stored_.end() ? std::nullopt : std::optional(stored->second));
}

std::string SettingValues::stored(std::string_view name) const {
  const auto found = stored_.find(std::string(name));
  return found == stored_.end() ? std::string() : found->second.value;
}

Result<void> set_setting(Session& session, const SettingSpec& spec, std::string_view value, std::int64_t now) {
  const auto text = accepted(spec, value);
  if (!text) return std::unexpected(text.error());
  return put(session, spec, *text, "set", now);
}

Result<void> import_setting(Session& session, const SettingSpec& spec, std::string_view value, std::int64_t now) {
  if (spec.read_only) return std::unexpected(accepted(spec, value).error());
  if (spec.type == SettingType::dword && !parsed(value))
    return fail(ErrorCode::usage, "'" + displayable(value) + "' is no number, as " + quoted_name(spec) + " must be");
  if (value.size() > kMostText) return fail(ErrorCode::usage, "the value of " + quoted_name(spec) + " is too long");
  return put(session, spec, value, "imported", now);
}

Result<void> unset_setting(Session& session, const SettingSpec& spec) { return session.run(kErase, {spec.name}); }

Result<void> put_present_settings(Session& session, std::int64_t now) {
  for (const SettingSpec& spec : kSettings)
    if (spec.present_when_new) MAPIGUARD_TRY(put(session, spec, spec.default_text, "set", now));
  return {};
}

}  // namespace mapiguard
