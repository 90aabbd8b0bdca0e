// Mutation of messages for fuzzing: a container is taken apart, one to eight of its parts are changed as a message can
// be wrong (values, types, tags, counts, nesting, code pages, calendar blobs …), and it is put together again; one in
// eight is broken as a container afterwards. What is no container is changed byte by byte.
//
// Thread promise: pure functions; the same input, seed and size give the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace mapiguard::mutation {

// At most `max_size` bytes, and different from the input wherever it can be.
std::vector<std::byte> mutate(Bytes input, std::uint64_t seed, std::size_t max_size);

// A child of two: parts of `donor` (properties, recipients, attachments, attributes, a whole message) put into `base`.
std::vector<std::byte> crossover(Bytes base, Bytes donor, std::uint64_t seed, std::size_t max_size);

}  // namespace mapiguard::mutation
