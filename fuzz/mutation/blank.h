// Blanking: bytes of the same length that say nothing. Letters become "x", digits "0", what is no text becomes zero.
//
// Thread promise: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/mutation/container.h"

namespace mapiguard::mutation {

enum class Content : std::uint8_t { number, text8, text16, rtf, binary };

enum class Blanking : std::uint8_t {
  all,    // every letter and digit of texts, every byte of anything else
  texts,  // every letter and digit of texts; of anything else, the texts in it
  words,  // as `texts`, but words that formats are made of stay
};

Content content_of(const Property& property);
Content content_of(const Node& node);  // of its data

void blank(std::string& bytes, Content content, Blanking how);
// Part of it; of compressed RTF, of what is in it.
void blank_part(std::string& bytes, Content content, std::size_t from, std::size_t size);
// Without a part; of compressed RTF, of what is in it. UTF-16 is cut between characters.
void cut_part(std::string& bytes, Content content, std::size_t from, std::size_t size);
// Bytes that can be cut or blanked: of compressed RTF, those in it.
std::size_t size_of(const std::string& bytes, Content content);

// Bytes that say something: neither zero nor a blank.
std::uint64_t telling_bytes(std::string_view bytes);
std::uint64_t telling_bytes(const std::string& bytes, Content content);

// Blanks all values and streams of a container.
void blank_all(Node& node, Blanking how);

}  // namespace mapiguard::mutation
