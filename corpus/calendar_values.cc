#include "corpus/calendar_values.h"

#include <algorithm>

namespace mapiguard::corpus {
namespace {

std::string wide(std::string_view text) { return utf16le(text); }

// MS-OXOCAL 2.2.1.44.2: what differs from the series; the flags say which fields follow.
std::string exception_info(const MovedInstance& moved) {
  constexpr std::uint16_t kSubject = 0x0001, kLocation = 0x0010;
  std::string out;
  for (const std::uint32_t value : {moved.start, moved.end, moved.original_day}) put(out, value);
  put(out, static_cast<std::uint16_t>(kSubject | kLocation));
  for (const std::string_view text : {moved.subject, moved.location}) {
    put(out, static_cast<std::uint16_t>(text.size() + 1));
    put(out, static_cast<std::uint16_t>(text.size()));
    out += text;
  }
  return out;
}

// MS-OXOCAL 2.2.1.44.4: the same texts in UTF-16.
std::string extended_exception(const MovedInstance& moved) {
  std::string out;
  put(out, std::uint32_t{4});  // change highlight: its size and value
  put(out, std::uint32_t{0});
  put(out, std::uint32_t{0});  // reserved block
  for (const std::uint32_t value : {moved.start, moved.end, moved.original_day}) put(out, value);
  for (const std::string_view text : {moved.subject, moved.location}) {
    put(out, static_cast<std::uint16_t>(text.size()));
    out += wide(text);
  }
  put(out, std::uint32_t{0});  // reserved block
  return out;
}

// A SYSTEMTIME that means "the last Sunday of the month at that hour".
std::string last_sunday(std::uint16_t month, std::uint16_t hour) {
  std::string out;
  for (const std::uint16_t value : {std::uint16_t{0}, month, std::uint16_t{0}, std::uint16_t{5}, hour, std::uint16_t{0},
                                    std::uint16_t{0}, std::uint16_t{0}})
    put(out, value);
  return out;
}

std::string central_european_biases() {
  std::string out;
  for (const std::int32_t bias : {-60, 0, -60}) put(out, static_cast<std::uint32_t>(bias));
  return out;
}

}  // namespace

std::string weekly_recurrence(const WeeklySeries& series) {
  // With a period of one week, FirstDateTime is the first Sunday after 1601-01-01, a Monday (2.2.1.44.1.1).
  constexpr std::uint32_t kFirstSunday = 6 * 24 * 60;
  std::vector<std::uint32_t> deleted = series.deleted_days;  // a moved instance counts as deleted too
  for (const MovedInstance& moved : series.moved) deleted.push_back(moved.original_day);
  std::ranges::sort(deleted);
  std::string out;
  for (const std::uint32_t value : {0x3004u, 0x3004u, 0x200Bu, 0x0001u, 0x0000u})
    put(out, static_cast<std::uint16_t>(value));
  put(out, kFirstSunday);
  for (const std::uint32_t value : {1u, 0u, series.day_mask, 0x2022u, series.occurrences, 0u}) put(out, value);
  put(out, static_cast<std::uint32_t>(deleted.size()));
  for (const std::uint32_t day : deleted) put(out, day);
  put(out, static_cast<std::uint32_t>(series.moved.size()));
  for (const MovedInstance& moved : series.moved) put(out, moved.start / 1440 * 1440);
  for (const std::uint32_t value :
       {series.first_day, series.last_day, 0x3006u, 0x3009u, series.start_minute, series.end_minute})
    put(out, value);
  put(out, static_cast<std::uint16_t>(series.moved.size()));
  for (const MovedInstance& moved : series.moved) out += exception_info(moved);
  put(out, std::uint32_t{0});
  for (const MovedInstance& moved : series.moved) out += extended_exception(moved);
  put(out, std::uint32_t{0});
  return out;
}

// MS-OXOCAL 2.2.1.39.
std::string central_european_time() {
  return central_european_biases() + std::string(2, '\0') + last_sunday(10, 3) + std::string(2, '\0') +
         last_sunday(3, 2);
}

// MS-OXOCAL 2.2.1.41: a key name and one rule.
std::string central_european_definition() {
  constexpr std::string_view kKeyName = "W. Europe Standard Time";
  std::string out("\x02\x01", 2);
  put(out, static_cast<std::uint16_t>(6 + 2 * kKeyName.size()));
  put(out, std::uint16_t{2});
  put(out, static_cast<std::uint16_t>(kKeyName.size()));
  out += wide(kKeyName);
  put(out, std::uint16_t{1});
  out += std::string_view("\x02\x01\x3E\x00\x02\x00", 6);  // effective rule
  put(out, std::uint16_t{1601});
  out.append(14, '\0');
  return out + central_european_biases() + last_sunday(10, 3) + last_sunday(3, 2);
}

// MS-OXOCAL 2.2.1.27.
std::string global_object_id(FileTime created, std::uint8_t seed) {
  std::string out = std::string(guid("00000004-0082-00E0-74C5-B7101A82E008").chars()) + std::string(4, '\0');
  put(out, created.ticks);
  out.append(8, '\0');
  put(out, std::uint32_t{16});
  for (std::uint8_t i = 0; i < 16; ++i) out.push_back(static_cast<char>(seed * 7 + i * 13));
  return out;
}

}  // namespace mapiguard::corpus
