// MAPIGUARD_TRY(call): leaves the function with the call's Error when it failed. For calls whose value is not wanted;
// where it is, write the `if` yourself.
#pragma once

#include <expected>
#include <utility>

#define MAPIGUARD_TRY(call)                                                                                        \
  do {                                                                                                             \
    if (auto tried = (call); !tried) [[unlikely]] return std::unexpected(std::move(tried.error()));                \
  } while (false)
