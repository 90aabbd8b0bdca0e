// Ten deliberate faults, to measure how many of them a fuzzer finds (fuzz/planted.py). They exist in a build with
// MAPIGUARD_PLANTED_BUGS alone, which is a fuzz build; in any other the hook is nothing.
//
// Each is small, of a kind that parsers really have, and needs a message of a certain structure. It tells its number
// before it misbehaves, through a function that the fuzz target has.
#pragma once

#if MAPIGUARD_PLANTED_BUGS

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

#define MAPIGUARD_PLANTED(fault) ::mapiguard::planted::fault

// Writes "planted bug N" to standard error; fuzz/planted_support.cc.
extern "C" void mapiguard_planted(int number);

namespace mapiguard::planted {

inline volatile std::uint64_t sink = 0;

// 1, off by one: the table of lengths of a multi-valued string is read one entry too far when it promises more values
// than there are.
inline void table_of_lengths(Bytes table, std::size_t values, bool is_binary) {
  const std::size_t promised = table.size() / 4;
  if (is_binary || values < 2 || promised <= values) return;
  mapiguard_planted(1);
  std::uint32_t* volatile room = new std::uint32_t[promised];
  const std::unique_ptr<std::uint32_t[]> lengths(room);
  std::memcpy(lengths.get(), table.data(), promised * 4);
  for (std::size_t i = 0; i <= promised; ++i) sink = sink + lengths[i];
}

// 2, use after free: an attachment that has its contents in both forms, bytes and object.
inline void both_contents(bool has_bytes, bool has_object) {
  if (!has_bytes || !has_object) return;
  mapiguard_planted(2);
  std::string* volatile contents = new std::string("contents of the attachment, in a place of their own");
  const char* volatile view = contents->data();
  delete contents;
  sink = sink + static_cast<unsigned char>(view[8]);
}

// 3, integer overflow in a length: room for the decompressed RTF and the initial dictionary, added in 32 bits.
inline void room_for_rtf(std::uint32_t raw_size, std::string_view packed) {
  constexpr std::uint32_t kDictionary = 207;
  const std::uint32_t room = raw_size + kDictionary;
  if (room >= raw_size || packed.size() < 64) return;
  mapiguard_planted(3);
  char* volatile buffer = new char[room];
  std::memset(buffer, ' ', kDictionary + 1);
  sink = sink + static_cast<unsigned char>(buffer[0]);
  delete[] buffer;
}

// 4, endless loop: the days of a weekly series that is never repeated but has deleted days.
inline void weekly_days(bool is_weekly, std::uint32_t period, std::size_t deleted) {
  if (!is_weekly || period != 0 || deleted == 0) return;
  mapiguard_planted(4);
  for (std::uint64_t day = 0; day < deleted; day += std::uint64_t{period} * 7) sink = sink + day;
}

// 5, quadratic loop (worse, by the length of the text): where comments are never closed, each looks for the end from
// every comment before it.
inline void unclosed_comments(std::string_view html) {
  constexpr std::size_t kSeldom = 100;
  std::vector<std::size_t> open;
  for (std::size_t at = html.find("<!--"); at != html.npos; at = html.find("<!--", at + 4)) open.push_back(at);
  if (open.size() < kSeldom || html.find("-->") != html.npos) return;
  mapiguard_planted(5);
  for (std::size_t i = 0; i < open.size(); ++i)
    for (std::size_t j = 0; j < open.size() * 64; ++j)
      for (std::size_t at = open[j % open.size()]; at < html.size(); ++at)
        sink = sink + static_cast<unsigned char>(html[at]);
}

// 6, stack recursion: TNEF within TNEF, six deep, is read without a bound.
__attribute__((noinline)) inline std::uint64_t read_again(std::uint32_t depth) {
  char path[4096];
  std::memset(path, static_cast<int>(depth), sizeof path);
  sink = sink + static_cast<unsigned char>(path[depth % sizeof path]);
  return read_again(depth + 1) + static_cast<unsigned char>(path[0]);
}
inline void nested_tnef(std::uint32_t depth) {
  constexpr std::uint32_t kDeep = 5;
  if (depth < kDeep) return;
  mapiguard_planted(6);
  sink = sink + read_again(depth);
}

// 7, double free: the third attachment of one content ID gives the place of the first away again.
inline void content_id_again(std::vector<std::string>& seen, const std::string& id) {
  if (id.empty()) return;
  std::size_t before = 0;
  for (const std::string& other : seen) before += other == id;
  seen.push_back(id);
  if (before != 2) return;
  mapiguard_planted(7);
  void* volatile place = std::malloc(32);
  std::free(place);
  std::free(place);
}

// 8, uninitialised length: a time zone with a name but without a rule.
inline void zone_without_rule(std::size_t name_size, std::uint16_t rules) {
  struct Header {
    std::uint32_t length, rules;
  };
  if (name_size < 8 || rules != 0) return;
  mapiguard_planted(8);
  Header* volatile made = new Header;
  const std::unique_ptr<Header> header(made);
  header->rules = rules;
  std::string name(name_size, 'x');
  const volatile char* at = name.data();
  for (std::uint32_t i = 0; i < header->length; ++i) sink = sink + static_cast<unsigned char>(at[i]);
}

// 9, unchecked count: a list of reply addresses says how many sizes follow.
inline void sizes_of_entries(std::uint32_t count, std::size_t bytes) {
  constexpr std::size_t kRoom = 24;
  if (count <= kRoom || bytes < 32) return;
  mapiguard_planted(9);
  const auto sizes = std::make_unique<std::uint32_t[]>(kRoom);
  for (std::uint32_t i = 0; i < count; ++i) sizes[i] = i;
  sink = sink + sizes[0];
}

// 10, assert: HTML in an 8-bit string of a message whose code page has units of 16 bits.
inline void narrow_html(bool is_string8, std::int64_t codepage) {
  if (!is_string8 || (codepage != 1200 && codepage != 1201)) return;
  mapiguard_planted(10);
  __builtin_trap();
}

}  // namespace mapiguard::planted

#else
#define MAPIGUARD_PLANTED(fault) static_cast<void>(0)
#endif
