#include "converter/mime/ole_object.h"

#include <algorithm>

#include "base/bytes.h"
#include "converter/mime/content_types.h"
#include "converter/mime/header_text.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kHead = 4096;  // the names of a package, with room to spare

const Blob* stream(const StorageEntry& object, std::u16string_view name) {
  for (const StorageEntry& child : object.children)
    if (!child.is_storage && child.name == name) return &child.data;
  return nullptr;
}

Blob part_of(const Blob& blob, std::uint64_t offset, std::uint64_t size) {
  Blob part;
  for (std::size_t i = 0; i < blob.pieces() && size > 0; ++i) {
    const Bytes rest = slice(blob.piece(i), offset);
    offset -= std::min<std::uint64_t>(offset, blob.piece(i).size());
    const Bytes taken = slice(rest, 0, size);
    size -= taken.size();
    if (!taken.empty()) part.append(taken);
  }
  return part;
}

std::optional<std::string> terminated(ByteCursor& cursor) {
  const std::string_view rest = as_chars(cursor.rest());
  const std::size_t end = rest.find('\0');
  if (end == rest.npos) return std::nullopt;
  std::string text(rest.substr(0, end));
  cursor.skip(end + 1);
  return text;
}

// Size, 2, label, path, 3, path of the temporary copy with its size before it, size of the file, the file.
std::optional<PackedFile> packed_file(const Blob& native, const Texts& texts) {
  const std::string head = native.copy(0, kHead);
  ByteCursor cursor(as_bytes(head));
  if (!cursor.u32() || cursor.u16() != 2) return std::nullopt;
  const auto label = terminated(cursor);
  const auto path = label ? terminated(cursor) : std::nullopt;
  if (!path || !cursor.u32()) return std::nullopt;
  const auto copy_size = cursor.u32();
  const auto copy = copy_size ? cursor.take(*copy_size) : std::nullopt;
  const auto size = copy ? cursor.u32() : std::nullopt;
  const std::uint64_t at = head.size() - cursor.left();
  if (!size || *size > native.size() - at) return std::nullopt;
  return PackedFile{one_line(texts.decode_bytes(label->empty() ? *path : *label)), {}, part_of(native, at, *size)};
}

struct OpenXml {
  std::string_view folder, type;
};
constexpr OpenXml kOpenXml[] = {
    {"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
};

// A zip file whose first entries tell the program.
std::string_view type_of_zip(const Blob& data) {
  const std::string head = data.copy(0, kHead);
  if (!head.starts_with("PK\x03\x04")) return {};
  for (const OpenXml& known : kOpenXml)
    if (head.find(known.folder) != head.npos) return known.type;
  return "application/zip";
}

struct StreamType {
  std::u16string_view stream;
  std::string_view type;
};
constexpr StreamType kStreamTypes[] = {
    {u"WordDocument", "application/msword"},     {u"Workbook", "application/vnd.ms-excel"},
    {u"Book", "application/vnd.ms-excel"},       {u"PowerPoint Document", "application/vnd.ms-powerpoint"},
    {u"VisioDocument", "application/vnd.visio"}, {u"__properties_version1.0", "application/vnd.ms-outlook"},
};

}  // namespace

std::optional<PackedFile> file_in_object(const StorageEntry& object, const Texts& texts) {
  if (const Blob* native = stream(object, u"\x01Ole10Native"))
    if (auto file = packed_file(*native, texts)) return file;
  if (const Blob* package = stream(object, u"Package"))
    if (const auto type = type_of_zip(*package); !type.empty()) return PackedFile{{}, type, *package};
  constexpr std::string_view kPdf = "application/pdf";
  if (const Blob* contents = stream(object, u"CONTENTS"))
    if (type_of_content(as_bytes(contents->copy(0, 64))) == kPdf) return PackedFile{{}, kPdf, *contents};
  return std::nullopt;
}

std::string_view type_of_object(const StorageEntry& object) {
  for (const StreamType& known : kStreamTypes)
    if (stream(object, known.stream)) return known.type;
  return "application/x-ole-storage";
}

}  // namespace mapiguard
