// A card or a calendar in words, for mail programs that show neither, and for items whose own text is empty.
//
// Thread promise: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "converter/mime/content.h"

namespace mapiguard {

// "Name: Ada Lovelace", "When: 2024-03-01 09:00 (W. Europe)": a line each of what stands in vCard or iCalendar lines.
std::string summary_of_lines(std::string_view content_lines);

// Makes the summary the text of an item that has none.
void add_summary(std::string_view content_lines, Content& content);

}  // namespace mapiguard
