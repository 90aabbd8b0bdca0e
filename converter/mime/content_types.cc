#include "converter/mime/content_types.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "converter/mime/header_text.h"

namespace mapiguard {
namespace {

struct Extension {
  std::string_view extension;
  std::string_view type;
  bool is_usual = false;  // of several for one type
};
// Ordered by extension. Types as registered with IANA, else as mail programs write them.
constexpr Extension kExtensions[] = {
    // clang-format off
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"ai", "application/postscript"},
    {"aif", "audio/aiff"},
    {"aiff", "audio/aiff", true},
    {"amr", "audio/AMR"},
    {"asc", "text/plain"},
    {"asf", "video/x-ms-asf"},
    {"avi", "video/x-msvideo"},
    {"avif", "image/avif"},
    {"bin", "application/octet-stream", true},
    {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/plain"},
    {"cab", "application/vnd.ms-cab-compressed"},
    {"cer", "application/pkix-cert"},
    {"conf", "text/plain"},
    {"crl", "application/pkix-crl"},
    {"crt", "application/x-x509-ca-cert"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"dat", "application/octet-stream"},
    {"doc", "application/msword", true},
    {"docm", "application/vnd.ms-word.document.macroEnabled.12"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"dot", "application/msword"},
    {"dotx", "application/vnd.openxmlformats-officedocument.wordprocessingml.template"},
    {"dwg", "image/vnd.dwg"},
    {"dxf", "image/vnd.dxf"},
    {"emf", "image/emf"},
    {"eml", "message/rfc822"},
    {"emz", "image/x-emz"},
    {"eot", "application/vnd.ms-fontobject"},
    {"eps", "application/postscript"},
    {"epub", "application/epub+zip"},
    {"exe", "application/vnd.microsoft.portable-executable"},
    {"flac", "audio/flac"},
    {"flv", "video/x-flv"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"h", "text/plain"},
    {"heic", "image/heic"},
    {"heif", "image/heif"},
    {"htm", "text/html"},
    {"html", "text/html", true},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar"},
    {"jar", "application/java-archive"},
    {"jfif", "image/jpeg"},
    {"jp2", "image/jp2"},
    {"jpe", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg", true},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"key", "application/vnd.apple.keynote"},
    {"kml", "application/vnd.google-earth.kml+xml"},
    {"kmz", "application/vnd.google-earth.kmz"},
    {"log", "text/plain"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"mbox", "application/mbox"},
    {"md", "text/markdown"},
    {"mdb", "application/vnd.ms-access"},
    {"mht", "multipart/related"},
    {"mid", "audio/midi"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg", true},
    {"mp4", "video/mp4", true},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg", true},
    {"mpga", "audio/mpeg"},
    {"mpp", "application/vnd.ms-project"},
    {"msg", "application/vnd.ms-outlook"},
    {"numbers", "application/vnd.apple.numbers"},
    {"odg", "application/vnd.oasis.opendocument.graphics"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"oft", "application/vnd.ms-outlook"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg", true},
    {"ogv", "video/ogg"},
    {"one", "application/onenote"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"oxps", "application/oxps"},
    {"p10", "application/pkcs10"},
    {"p12", "application/x-pkcs12"},
    {"p7b", "application/x-pkcs7-certificates"},
    {"p7c", "application/pkcs7-mime"},
    {"p7m", "application/pkcs7-mime", true},
    {"p7s", "application/pkcs7-signature"},
    {"pages", "application/vnd.apple.pages"},
    {"pdf", "application/pdf"},
    {"pem", "application/x-pem-file"},
    {"pfx", "application/x-pkcs12"},
    {"png", "image/png"},
    {"pot", "application/vnd.ms-powerpoint"},
    {"pps", "application/vnd.ms-powerpoint"},
    {"ppsx", "application/vnd.openxmlformats-officedocument.presentationml.slideshow"},
    {"ppt", "application/vnd.ms-powerpoint", true},
    {"pptm", "application/vnd.ms-powerpoint.presentation.macroEnabled.12"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"ps", "application/postscript", true},
    {"psd", "image/vnd.adobe.photoshop"},
    {"pub", "application/vnd.ms-publisher"},
    {"py", "text/x-python"},
    {"rar", "application/vnd.rar"},
    {"rm", "application/vnd.rn-realmedia"},
    {"rpmsg", "application/x-microsoft-rpmsg-message"},
    {"rtf", "application/rtf"},
    {"sh", "application/x-sh"},
    {"sig", "application/pgp-signature"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tgz", "application/gzip"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff", true},
    {"tsv", "text/tab-separated-values"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain", true},
    {"vcf", "text/vcard"},
    {"vsd", "application/vnd.visio"},
    {"vsdx", "application/vnd.ms-visio.drawing"},
    {"wav", "audio/x-wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webp", "image/webp"},
    {"wma", "audio/x-ms-wma"},
    {"wmf", "image/wmf"},
    {"wmv", "video/x-ms-wmv"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"wri", "application/x-mswrite"},
    {"xhtml", "application/xhtml+xml"},
    {"xla", "application/vnd.ms-excel"},
    {"xls", "application/vnd.ms-excel", true},
    {"xlsb", "application/vnd.ms-excel.sheet.binary.macroEnabled.12"},
    {"xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xlt", "application/vnd.ms-excel"},
    {"xml", "text/xml", true},
    {"xps", "application/vnd.ms-xpsdocument"},
    {"xsd", "text/xml"},
    {"xsl", "text/xml"},
    {"zip", "application/zip"},
    // clang-format on
};
static_assert(std::is_sorted(std::begin(kExtensions), std::end(kExtensions),
                             [](const auto& a, const auto& b) { return a.extension <= b.extension; }),
              "ordered by extension, none twice");

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view type;
};
using namespace std::string_view_literals;
constexpr Magic kMagic[] = {
    {0, "\x89PNG\r\n\x1A\n"sv, "image/png"},
    {0, "\xFF\xD8\xFF"sv, "image/jpeg"},
    {0, "GIF8"sv, "image/gif"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "PK\x03\x04"sv, "application/zip"},
    {0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "application/x-ole-storage"},
    {0, "{\\rtf"sv, "application/rtf"},
    {0, "BM"sv, "image/bmp"},
    {0, "II*\0"sv, "image/tiff"},
    {0, "MM\0*"sv, "image/tiff"},
    {40, " EMF"sv, "image/emf"},
    {0, "\xD7\xCD\xC6\x9A"sv, "image/wmf"},
    {0, "\x01\0\x09\0\0\x03"sv, "image/wmf"},
    {0, "\0\0\x01\0"sv, "image/vnd.microsoft.icon"},
    {8, "WEBP"sv, "image/webp"},
    {8, "WAVE"sv, "audio/x-wav"},
    {8, "AVI "sv, "video/x-msvideo"},
    {4, "ftypM4A"sv, "audio/mp4"},
    {4, "ftypqt"sv, "video/quicktime"},
    {4, "ftypheic"sv, "image/heic"},
    {4, "ftypavif"sv, "image/avif"},
    {4, "ftyp"sv, "video/mp4"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "OggS"sv, "audio/ogg"},
    {0, "fLaC"sv, "audio/flac"},
    {0, "\x1A\x45\xDF\xA3"sv, "video/x-matroska"},
    {0, "\x1F\x8B"sv, "application/gzip"},
    {0, "BZh"sv, "application/x-bzip2"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "application/x-7z-compressed"},
    {0, "Rar!\x1A\x07"sv, "application/vnd.rar"},
    {0, "MZ"sv, "application/vnd.microsoft.portable-executable"},
    {0, "%!PS"sv, "application/postscript"},
    {0, "BEGIN:VCALENDAR"sv, "text/calendar"},
    {0, "BEGIN:VCARD"sv, "text/vcard"},
    {0, "<?xml"sv, "text/xml"},
    {0, "<!DOCTYPE html"sv, "text/html"},
    {0, "<html"sv, "text/html"},
};

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

std::string_view take_until(std::string_view& text, char stop) {
  const std::size_t end = std::min(text.find(stop), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  return taken;
}

// The value behind "=", and the text behind the next ";".
std::string take_value(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.empty() || text[0] != '"') return std::string(trim(take_until(text, ';')));
  std::string value;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    value += text[i];
  }
  text.remove_prefix(std::min(i, text.size()));
  take_until(text, ';');
  return value;
}

}  // namespace

std::string_view ContentType::parameter(std::string_view name) const {
  for (const auto& [known, value] : parameters)
    if (known == name) return value;
  return {};
}

std::optional<ContentType> parse_content_type(std::string_view text) {
  const std::string_view full = trim(take_until(text, ';'));
  const std::size_t slash = full.find('/');
  if (slash == full.npos || !is_token(full.substr(0, slash)) || !is_token(full.substr(slash + 1))) return std::nullopt;
  ContentType result{ascii_lower(full), {}};
  while (!text.empty()) {
    const std::size_t equals = text.find_first_of("=;");
    if (equals == text.npos) break;
    const std::string_view name = trim(text.substr(0, equals));
    const bool has_value = text[equals] == '=';
    text.remove_prefix(equals + 1);
    if (!has_value) continue;
    std::string value = take_value(text);
    if (is_token(name)) result.parameters.emplace_back(ascii_lower(name), std::move(value));
  }
  return result;
}

std::string_view type_of_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos) return {};
  const std::string extension = ascii_lower(trim(name.substr(dot + 1)));
  const auto* at =
      std::lower_bound(std::begin(kExtensions), std::end(kExtensions), extension,
                       [](const Extension& row, const std::string& wanted) { return row.extension < wanted; });
  return at != std::end(kExtensions) && at->extension == extension ? at->type : std::string_view();
}

std::string_view type_of_content(Bytes beginning) {
  const std::string_view text = as_chars(beginning);
  for (const Magic& magic : kMagic)
    if (text.size() >= magic.offset + magic.bytes.size() &&
        text.substr(magic.offset, magic.bytes.size()) == magic.bytes)
      return magic.type;
  return {};
}

std::string_view extension_of_type(std::string_view type) {
  std::string_view found = "bin";
  for (const Extension& row : kExtensions) {
    if (row.type != type) continue;
    if (row.is_usual) return row.extension;
    if (found == "bin") found = row.extension;
  }
  return found;
}

}  // namespace mapiguard
