// Fields of RTF: what \fldinst says, as far as a reader of mail needs it.
//
// Thread promise: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mapiguard {

// The target of a HYPERLINK field (with "#anchor" for its \l switch). nullopt for other fields, for targets that a mail
// reader should not follow (javascript:, vbscript:, data:) and for those longer than a browser takes.
std::optional<std::string> hyperlink_of_field(std::string_view instruction);

}  // namespace mapiguard
