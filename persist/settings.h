// Settings: one table in code defines every setting (settings_table.h); what an administrator has set is kept in the
// database as text. Names are Exchange's where Exchange has one, ours begin with "Mapiguard\".
//
// `set` refuses a value outside its range. One that came another way (an imported .reg file, an older version) is kept
// as it is, and its setting's rule says what it means: see Outside.
//
// Thread promise: the table is constant; functions of a Session.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "persist/state_store.h"

namespace mapiguard {

enum class SettingScope : std::uint8_t { private_store, public_store };  // mailbox store, public-folder store
enum class SettingType : std::uint8_t { dword, text, multi_text };       // REG_DWORD, REG_SZ, REG_MULTI_SZ

enum class Outside : std::uint8_t {
  none,     // nothing lies there
  clamp,    // the nearest bound is used (Q257252: "the minimum or maximum value is used")
  ignore,   // the default is used
  replace,  // SettingSpec::replacement is used
};

struct SettingSpec {
  std::string_view name;
  SettingScope scope;
  SettingType type;
  std::string_view default_text;   // of a number: its decimal digits
  std::uint32_t minimum, maximum;  // of a number
  std::string_view unit;           // "" = a count, a switch or a text
  Outside below, above;            // of a number; a text that is not accepted is ignored
  std::uint32_t replacement;
  // Of a text: says what is wrong with it, "" when nothing is. Null: anything goes.
  std::string_view (*objection)(std::string_view text);
  bool present_when_new;  // stands in a new state directory with its default
  bool read_only;
  std::string_view source;  // the document that it is from
  std::string_view help;    // one line
};

constexpr std::string_view name_of(SettingScope scope) {
  return scope == SettingScope::private_store ? "Private" : "Public";
}
constexpr std::string_view name_of(SettingType type) {
  return type == SettingType::dword ? "REG_DWORD" : type == SettingType::text ? "REG_SZ" : "REG_MULTI_SZ";
}

std::span<const SettingSpec> setting_specs();
// Ignoring case; "Exact PoisonIDs" finds "Mapiguard\Exact PoisonIDs". Error usage: no such setting, with the nearest
// name.
Result<const SettingSpec*> find_setting(std::string_view name);

// What happens outside the range, in words: "below 1: clamped to 1; above 1176: replaced by 24".
std::string outside_in_words(const SettingSpec& spec);

struct StoredSetting {
  std::string value;
  std::string origin;  // "set", "imported"
};

// What a setting amounts to.
struct EffectiveSetting {
  std::uint32_t number = 0;  // of a dword
  std::string text;          // of every type, as it is shown
  std::string origin;        // "default", "set", "imported"
  std::string warning;       // "" = the stored value is used as it stands
};
EffectiveSetting effective(const SettingSpec& spec, const std::optional<StoredSetting>& stored);

// All settings at one moment. A name that the table has not is a fault of ours and gives its type's zero.
class SettingValues {
 public:
  static Result<SettingValues> load(Session& session);
  std::uint32_t number(std::string_view name) const { return get(name).number; }
  bool flag(std::string_view name) const { return number(name) != 0; }
  std::string text(std::string_view name) const { return get(name).text; }
  EffectiveSetting get(std::string_view name) const;
  std::string stored(std::string_view name) const;  // as it was given; "" when it was not

 private:
  std::map<std::string, StoredSetting> stored_;
};

// Error usage: read only, not a number, outside the range (named, with its unit).
Result<void> set_setting(Session& session, const SettingSpec& spec, std::string_view value, std::int64_t now);
// Keeps any value of the right type: its outside rule says what it means.
Result<void> import_setting(Session& session, const SettingSpec& spec, std::string_view value, std::int64_t now);
Result<void> unset_setting(Session& session, const SettingSpec& spec);
Result<void> put_present_settings(Session& session, std::int64_t now);  // those of a new state directory

}  // namespace mapiguard
