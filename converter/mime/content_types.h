// Media types of attachments: read from what MAPI says, else from the name, else from the first bytes.
//
// Thread promise: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace mapiguard {

struct ContentType {
  std::string type;                                             // "text/plain", lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // in order; names in lower case

  std::string_view parameter(std::string_view name) const;  // "" when absent
  bool is(std::string_view prefix) const { return type.starts_with(prefix); }
};

// RFC 2045 5.1, leniently: what follows the type and cannot be read is left out. nullopt: it does not begin with
// type/subtype.
std::optional<ContentType> parse_content_type(std::string_view text);

// By the part of the name behind its last dot; "" when unknown.
std::string_view type_of_name(std::string_view name);
// By the first bytes (a few hundred are enough); "" when unknown.
std::string_view type_of_content(Bytes beginning);
// The usual extension of a type, without dot; "bin" when unknown.
std::string_view extension_of_type(std::string_view type);

}  // namespace mapiguard
