// write_file: a text under its final name, whole or not at all.
//
// Thread promise: pure but for the file.
#pragma once

#include <string>
#include <string_view>

#include <mapiguard/result.h>

namespace mapiguard {

// Replaces a file of that name. Errors: cannot_create, io.
Result<void> write_file(const std::string& path, std::string_view text);

}  // namespace mapiguard
