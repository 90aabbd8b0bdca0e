// Attachments: from MAPI attachment objects to parts (MS-OXCMSG 2.2.2, MS-OXCMAIL 2.1.3.4).
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "converter/mime/content.h"
#include "converter/mime/html_links.h"
#include "converter/mime/parts.h"

namespace mapiguard {

// PidTagAttachMethod (MS-OXCMSG 2.2.2.9).
enum class AttachMethod : std::uint8_t {
  none = 0,
  by_value = 1,
  by_reference = 2,
  by_reference_resolve = 3,
  by_reference_only = 4,
  embedded_message = 5,
  storage = 6,
  by_web_reference = 7,
};
AttachMethod method_of(const Attachment& attachment);

// Long name, short name, display name, else one made from the position and the type.
std::string file_name_of(const Attachment& attachment, const Texts& texts, std::size_t position, std::string_view type);

// afException of PidTagAttachmentFlags: the changed occurrence of a series, not an attachment (MS-OXOCAL 2.2.10.1).
bool is_calendar_exception(const Attachment& attachment);

// Sorts every attachment of the message into `content`: into related those that the HTML shows, each once.
void add_attachments(const ItemSource& item, const HtmlLinks& links, Content& content);

// Content-Type, Content-Disposition, Content-ID of a part made from bytes.
struct FileDescription {
  std::string name;
  std::string type;
  std::vector<std::pair<std::string, std::string>> parameters;  // of the type
  std::string content_id;
  bool is_inline = false;
  std::vector<std::pair<std::string, std::string>> dates;  // of Content-Disposition (RFC 2183 2.4 ff.)
};
void describe_file(Part& part, const FileDescription& file);

// A text part in the place of what could not be converted.
Part placeholder_part(std::string_view name, std::string_view reason);

}  // namespace mapiguard
