#include "converter/model/property_table.h"

#include "base/text.h"

namespace mapiguard {
namespace {

struct TypeName {
  PropertyType type;
  const char* name;
};
constexpr TypeName kTypeNames[] = {
    {PropertyType::unspecified, "Unspecified"},
    {PropertyType::null, "Null"},
    {PropertyType::integer16, "Integer16"},
    {PropertyType::integer32, "Integer32"},
    {PropertyType::floating32, "Floating32"},
    {PropertyType::floating64, "Floating64"},
    {PropertyType::currency, "Currency"},
    {PropertyType::floating_time, "FloatingTime"},
    {PropertyType::error_code, "ErrorCode"},
    {PropertyType::boolean, "Boolean"},
    {PropertyType::object, "Object"},
    {PropertyType::integer64, "Integer64"},
    {PropertyType::string8, "String8"},
    {PropertyType::unicode, "String"},
    {PropertyType::time, "Time"},
    {PropertyType::guid, "Guid"},
    {PropertyType::server_id, "ServerId"},
    {PropertyType::binary, "Binary"},
};

const NamedPropertyInfo* named_info(const PropertyName& name) {
  for (const NamedPropertyInfo& info : kNamedProperties)
    if (info.lid == name.lid && guid_of(info.set) == name.set) return &info;
  return nullptr;
}

// The table knows strings as Unicode alone.
constexpr std::uint16_t table_type(std::uint16_t type) {
  const bool is_string8 = (type & ~kMultiValued) == static_cast<std::uint16_t>(PropertyType::string8);
  return is_string8 ? static_cast<std::uint16_t>(type + 1) : type;
}

}  // namespace

std::string_view name_of_property(const Property& property) {
  if (property.name) {
    if (!property.name->text.empty()) return property.name->text;
    const NamedPropertyInfo* info = named_info(*property.name);
    return info ? info->name : std::string_view();
  }
  const PropertyTag first = tag_of(property.id, 0);
  const PropertyTag wanted = tag_of(property.id, table_type(property.type));
  const auto* at = std::lower_bound(std::begin(kProperties), std::end(kProperties), first,
                                    [](const PropertyInfo& info, PropertyTag tag) { return info.tag < tag; });
  std::string_view found;
  for (; at != std::end(kProperties) && at->tag >> 16 == property.id; ++at)
    if (found.empty() || at->tag == wanted) found = at->name;
  return found;
}

std::string name_of_type(std::uint16_t type) {
  for (const TypeName& known : kTypeNames)
    if (static_cast<std::uint16_t>(known.type) == (type & ~kMultiValued))
      return std::string(type & kMultiValued ? "PtypMultiple" : "Ptyp") + known.name;
  return "Ptyp" + hex16(type);
}

std::optional<std::int64_t> integer(const PropertyBag& bag, NamedId id) {
  const Property* property = find(bag, id);
  const std::int64_t* number = property ? std::get_if<std::int64_t>(&property->value) : nullptr;
  return number ? std::optional(*number) : std::nullopt;
}
std::optional<bool> boolean(const PropertyBag& bag, NamedId id) {
  const Property* property = find(bag, id);
  if (!property) return std::nullopt;
  if (const bool* flag = std::get_if<bool>(&property->value)) return *flag;
  if (const std::int64_t* number = std::get_if<std::int64_t>(&property->value)) return *number != 0;
  return std::nullopt;
}
std::optional<FileTime> time(const PropertyBag& bag, NamedId id) {
  const Property* property = find(bag, id);
  const FileTime* found = property ? std::get_if<FileTime>(&property->value) : nullptr;
  return found ? std::optional(*found) : std::nullopt;
}
const Blob* binary(const PropertyBag& bag, NamedId id) {
  const Property* property = find(bag, id);
  const bool is_binary = property && static_cast<PropertyType>(property->type) == PropertyType::binary;
  return is_binary ? std::get_if<Blob>(&property->value) : nullptr;
}

}  // namespace mapiguard
