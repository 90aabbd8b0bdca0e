#include "converter/mime/smime.h"

#include <algorithm>

#include "base/text.h"
#include "converter/mime/attachments.h"
#include "converter/mime/content_types.h"
#include "converter/mime/header_text.h"
#include "converter/mime/quoted_printable.h"
#include "converter/mime/transport_headers.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kMostHeader = 64 * 1024;

struct ContentOid {
  std::string_view der;  // the OID that a CMS ContentInfo begins with (RFC 5652 3)
  const char* smime_type;
};
using namespace std::string_view_literals;
constexpr ContentOid kContentOids[] = {
    {"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"sv, "signed-data"},
    {"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03"sv, "enveloped-data"},
    {"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x09"sv, "compressed-data"},
    {"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17"sv, "authEnveloped-data"},
};

std::string smime_type_of(const Blob& data) {
  const std::string beginning = data.copy(0, 64);
  for (const ContentOid& oid : kContentOids)
    if (beginning.find(oid.der) != beginning.npos) return oid.smime_type;
  return {};
}

struct Entity {
  std::vector<HeaderField> content_fields;
  std::uint64_t body_at = 0;
};

// Bytes that are a MIME entity of their own: header fields, a blank line, the body.
std::optional<Entity> read_entity(const Blob& data, Budget& budget) {
  const std::string beginning = data.copy(0, kMostHeader);
  const std::size_t crlf = beginning.find("\r\n\r\n"), lf = beginning.find("\n\n");
  if (crlf == beginning.npos && lf == beginning.npos) return std::nullopt;
  Entity entity;
  entity.body_at = crlf < lf ? crlf + 4 : lf + 2;
  for (HeaderField& field : parse_header_block(std::string_view(beginning).substr(0, entity.body_at), budget))
    if (starts_with_ignoring_case(field.name, "Content-") &&
        !equals_ignoring_case(field.name, "Content-Transfer-Encoding") && is_ascii(field.value))
      entity.content_fields.push_back(std::move(field));
  const std::string type = value_of_field(entity.content_fields, "Content-Type");
  if (!parse_content_type(type)) return std::nullopt;
  for (HeaderField& field : entity.content_fields)
    if (equals_ignoring_case(field.name, "Content-Type")) field.name = "Content-Type";
  return entity;
}

bool has_high_bytes(const Blob& data) {
  for (std::size_t i = 0; i < data.pieces(); ++i)
    if (!is_ascii(as_chars(data.piece(i)))) return true;
  return false;
}

// What no mail may hold, signed or not: a NUL, a line over 998 (RFC 5322 2.1.1). Such bytes go as a file instead.
bool is_fit_for_the_wire(const Blob& data) {
  std::size_t line = 0;
  for (std::size_t i = 0; i < data.pieces(); ++i) {
    for (const char c : as_chars(data.piece(i))) {
      if (c == '\0' || line > kLongestLine + 1) return false;
      line = c == '\n' ? 0 : line + 1;
    }
  }
  return line <= kLongestLine;
}

// A signature holds for the bytes that were signed: they go out as they are. Stores that keep LF alone lose nothing by
// the CRLF that the signature was made over (RFC 8551 3.1.1).
Part clear_signed_part(const Attachment& attachment, Entity entity) {
  Part part;
  part.headers = std::move(entity.content_fields);
  part.encoding = has_high_bytes(attachment.data) ? Encoding::as_is_8bit : Encoding::as_is_7bit;
  std::uint64_t skip = entity.body_at;
  for (std::size_t i = 0; i < attachment.data.pieces(); ++i) {
    const Bytes piece = attachment.data.piece(i);
    part.blob.append(slice(piece, skip));
    skip -= std::min<std::uint64_t>(skip, piece.size());
  }
  if (part.blob.copy(0, kMostHeader).find("\r\n") == std::string::npos) {
    part.text = with_crlf(part.blob.copy());
    part.blob = Blob();
  }
  return part;
}

Part opaque_part(const Attachment& attachment, const ItemSource& item) {
  const auto declared =
      parse_content_type(item.texts.get(attachment.properties, "PidTagAttachMimeTag"_pid).value_or(""));
  const std::string inferred = smime_type_of(attachment.data);
  const std::string smime_type = declared && !declared->parameter("smime-type").empty()
                                     ? std::string(declared->parameter("smime-type"))
                                     : inferred;
  Part part;
  part.blob = attachment.data;
  part.encoding = Encoding::base64;
  FileDescription file{"smime.p7m", "application/pkcs7-mime", {}, {}, false, {}};
  if (!smime_type.empty()) file.parameters.emplace_back("smime-type", smime_type);
  describe_file(part, file);
  return part;
}

bool is_pkcs7(const Attachment& attachment, const ItemSource& item) {
  const std::string tag = ascii_lower(item.texts.get(attachment.properties, "PidTagAttachMimeTag"_pid).value_or(""));
  const std::string name = ascii_lower(file_name_of(attachment, item.texts, 0, ""));
  return tag.starts_with("application/pkcs7-mime") || tag.starts_with("application/x-pkcs7-mime") ||
         name.ends_with(".p7m") || !smime_type_of(attachment.data).empty();
}

}  // namespace

std::optional<Part> build_smime(const ItemSource& item) {
  const auto& attachments = item.message.attachments;
  if (attachments.size() != 1 || attachments[0].data.empty()) return std::nullopt;
  const Attachment& whole = attachments[0];
  if (auto entity = read_entity(whole.data, item.context.budget)) {
    if (!is_fit_for_the_wire(whole.data)) return std::nullopt;
    return clear_signed_part(whole, std::move(*entity));
  }
  if (is_pkcs7(whole, item)) return opaque_part(whole, item);
  return std::nullopt;
}

}  // namespace mapiguard
