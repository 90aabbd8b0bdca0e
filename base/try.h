// MAPIGUARD_TRY(call): leaves the function with the call's Error when it failed. For calls whose value is not wanted;
// where it is, write the `if` yourself.
#pragma once

#include <expected>
#include <utility>

// Each use has a name of its own (a call may hold a lambda with further uses).
#define MAPIGUARD_TRY(call) MAPIGUARD_TRY_AS(MAPIGUARD_TRY_NAME(tried, __COUNTER__), call)
#define MAPIGUARD_TRY_NAME(stem, number) MAPIGUARD_TRY_JOIN(stem, number)
#define MAPIGUARD_TRY_JOIN(stem, number) stem##number
#define MAPIGUARD_TRY_AS(name, call)                                                                          \
  do {                                                                                                        \
    if (auto name = (call); !name) [[unlikely]] return std::unexpected(std::move(name.error()));              \
  } while (false)
