// The two readers and writers behind container.h, which call each other for what is nested.
//
// Thread promise: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "fuzz/mutation/container.h"

namespace mapiguard::mutation {

std::optional<Container> read_msg_tree(Bytes input);
std::optional<Container> read_storage_tree(Bytes input);  // a compound file whose storages are storages alone
std::string write_msg_tree(const Container& container);

std::optional<Node> read_tnef_tree(Bytes input, std::size_t depth);
std::string write_tnef_tree(const Node& message);

std::string write_nested(const Node& object);  // in TNEF: a TNEF message, or a compound file

}  // namespace mapiguard::mutation
