// Names and values of settings as a person or a .reg file gives them: "NAME\nVALUE". What a stored value amounts to
// must be within the setting's range, whatever was stored.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/clock.h"
#include "persist/settings_table.h"

using namespace mapiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view name = text.substr(0, text.find('\n'));
  const std::string value(text.substr(name.size() < text.size() ? name.size() + 1 : text.size()));
  static_cast<void>(find_setting(name));
  for (const SettingSpec& spec : setting_specs()) {
    const EffectiveSetting setting = effective(spec, StoredSetting{value, "imported"});
    if (spec.type == SettingType::dword && (setting.number < spec.minimum || setting.number > spec.maximum))
      std::abort();
    if (spec.type == SettingType::text && spec.objection && !spec.objection(setting.text).empty()) std::abort();
  }
  if (const auto time = parse_rfc3339(value); time && parse_rfc3339(rfc3339(*time)) > time) std::abort();
  return 0;
}
