// What VEVENT and VTODO have in common. Internal to the calendar files.
//
// Thread promise: pure functions.
#pragma once

#include <string>
#include <vector>

#include "converter/mime/content.h"
#include "converter/mime/content_lines.h"

namespace mapiguard {

inline constexpr const char* kProductId = "-//mapiguard//mapiguard//EN";

std::string upper_hex(Bytes bytes);

// The plain body as text for DESCRIPTION: LF line ends, without the blank lines at its end.
std::string description_of(const Content& content);

// SUMMARY is required (RFC 5546 3.2.2), and libical takes an empty value for a mistake: so there is always one.
std::string summary_or_word(std::string_view subject);

// SUMMARY, DESCRIPTION, CLASS, PRIORITY, CATEGORIES, CREATED, LAST-MODIFIED.
void write_common_fields(const ItemSource& item, const Content& content, ContentLines& out);
// DTSTAMP, which RFC 5545 wants always: of the first of these times that the message has.
void write_stamp(const ItemSource& item, std::initializer_list<std::optional<FileTime>> candidates, ContentLines& out);

void write_alarm(const ItemSource& item, ContentLines& out);

Part calendar_part(std::string text, const char* method);  // null: the calendar has none

}  // namespace mapiguard
