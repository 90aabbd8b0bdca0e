#include "converter/mime/attachments.h"

#include <algorithm>
#include <optional>

#include "base/sha256.h"
#include "base/text.h"
#include "converter/mime/content_types.h"
#include "converter/mime/dates.h"
#include "converter/mime/header_text.h"
#include "converter/mime/ole_object.h"
#include "converter/mime/storage_file.h"
#include "converter/mime/transport_headers.h"
#include "converter/model/planted_bugs.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

constexpr std::string_view kAnyType = "application/octet-stream";
constexpr std::size_t kMagicBytes = 64;
constexpr std::uint64_t kCharsetSample = 64 * 1024;

std::string string_of(const Attachment& attachment, PropertyId id, const Texts& texts) {
  return one_line(texts.get(attachment.properties, id).value_or(""));
}

// The size of the longest prefix of whole characters that is at most `most` long.
std::size_t utf8_prefix(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return most;
}

// A name is one name: no path, nothing that a file system or a header takes for something else.
std::string safe_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '\\'; }, '_');
  constexpr std::size_t kMostName = 255;
  name.resize(utf8_prefix(name, kMostName));
  return name == "." || name == ".." ? std::string() : name;
}

// What may be said of the content of a leaf: a composite type needs a structure that we do not make from bytes.
bool is_leaf_type(const ContentType& type) { return !type.is("multipart/") && !type.is("message/"); }

ContentType type_of(const Attachment& attachment, std::string_view name, const ItemSource& item) {
  const std::string tag = string_of(attachment, "PidTagAttachMimeTag"_pid, item.texts);
  auto declared = parse_content_type(tag);
  if (declared && is_leaf_type(*declared) && declared->type != kAnyType) return std::move(*declared);
  if (!tag.empty() && !declared)
    item.context.defects.repaired(attachment.where + "/0x370E", "\"" + tag + "\" is no media type");
  ContentType guessed{std::string(type_of_name(name)), {}};
  if (guessed.type.empty()) guessed.type = type_of_content(as_bytes(attachment.data.copy(0, kMagicBytes)));
  if (guessed.type.empty() || !is_leaf_type(guessed)) guessed.type = kAnyType;
  return guessed;
}

// Parameters that say how to read the bytes; the others are ours to write.
bool is_kept_parameter(std::string_view name) {
  constexpr std::string_view kKept[] = {"charset", "format",    "delsp",  "method",  "smime-type", "protocol",
                                        "profile", "component", "codecs", "version", "x-mac-type", "x-mac-creator"};
  return std::find(std::begin(kKept), std::end(kKept), name) != std::end(kKept);
}

std::string charset_of_text(const Blob& data, const Texts& texts) {
  const std::string sample = data.copy(0, kCharsetSample);
  if (sample.starts_with("\xFF\xFE") || sample.starts_with("\xFE\xFF")) return "utf-16";
  if (is_ascii(sample)) return data.size() <= kCharsetSample ? "us-ascii" : "utf-8";
  std::size_t end = sample.size();  // the sample may end inside a character
  for (int i = 0; data.size() > end && i < 3 && end > 0 && (static_cast<unsigned char>(sample[end - 1]) & 0xC0) == 0x80;
       ++i)
    --end;
  if (data.size() > kCharsetSample && end > 0) --end;
  if (is_utf8(std::string_view(sample).substr(0, end))) return "utf-8";
  const char* name = iconv_name_of_codepage(texts.codepage());
  const std::string lower = ascii_lower(name ? name : "");
  if (lower.starts_with("cp125")) return "windows-" + lower.substr(2);
  return lower.empty() || lower == "utf-8" ? "windows-1252" : lower;
}

// Without brackets, NULs and line ends; UTF-8.
std::string content_id_of(const Attachment& attachment, const Texts& texts) {
  std::string id = string_of(attachment, "PidTagAttachContentId"_pid, texts);
  std::erase_if(id, [](char c) { return c == '<' || c == '>'; });
  constexpr std::size_t kMost = kLongestLine - 2 * kFoldColumn;
  return id.size() <= kMost ? id : std::string();
}

// A header is printable ASCII: an id that is not gets another one, always the same.
std::string id_on_the_wire(const std::string& id) {
  const bool is_sound = std::all_of(id.begin(), id.end(), [](char c) { return c >= ' ' && c < 0x7F; });
  return is_sound ? id : "id-" + hex(sha256(as_bytes(id))).substr(0, 32);
}

// A mail kept as bytes can stand as message/rfc822 where it already has the line ends that the wire wants.
bool is_wire_mail(const Blob& data) {
  constexpr std::uint64_t kMost = 64ull << 20;
  if (data.empty() || data.size() > kMost) return false;
  std::string storage;
  const std::string_view text = as_chars(data.contiguous(storage));
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
    if (text[i] == '\0' || static_cast<unsigned char>(text[i]) >= 0x80) return false;
    line = text[i] == '\n' ? 0 : line + 1;
    if (line > kLongestLine) return false;
  }
  const std::size_t colon = text.find(':');
  return colon != text.npos && colon > 0 && colon < kFoldColumn && text.find_first_of(" \t\r\n") > colon;
}

std::vector<std::pair<std::string, std::string>> dates_of(const Attachment& attachment) {
  std::vector<std::pair<std::string, std::string>> parameters;
  const auto add = [&](const char* name, PropertyId id) {
    const auto time = attachment.properties.time(id);
    if (time && is_date(*time)) parameters.emplace_back(name, rfc5322_date(*time));
  };
  add("creation-date", "PidTagCreationTime"_pid);
  add("modification-date", "PidTagLastModificationTime"_pid);
  return parameters;
}

Part file_part(const Attachment& attachment, FileDescription file, const ItemSource& item) {
  Part part;
  part.blob = attachment.data;
  part.encoding = Encoding::base64;
  if (file.type == kAnyType && type_of_name(file.name) == "message/rfc822" && is_wire_mail(attachment.data)) {
    file.type = "message/rfc822";
    part.encoding = Encoding::as_is_7bit;
  }
  if (file.type.starts_with("text/") &&
      !std::any_of(file.parameters.begin(), file.parameters.end(), [](const auto& p) { return p.first == "charset"; }))
    file.parameters.insert(file.parameters.begin(), {"charset", charset_of_text(attachment.data, item.texts)});
  describe_file(part, file);
  return part;
}

std::string reference_of(const Attachment& attachment, const Texts& texts) {
  for (const PropertyId id : {"PidTagAttachLongPathname"_pid, "PidTagAttachPathname"_pid})
    if (std::string path = string_of(attachment, id, texts); !path.empty()) return path;
  return {};
}

// MS-OXCMSG 2.2.2.9: the content lies elsewhere. The mail says where.
Part reference_part(const Attachment& attachment, const std::string& name, const ItemSource& item) {
  const std::string target = reference_of(attachment, item.texts);
  std::string text = "The attachment \"" + name + "\" is a reference; its content is not part of this message.\r\n";
  if (!target.empty()) text += "\r\n" + target + "\r\n";
  item.context.defects.info(attachment.where, "an attachment by reference became a text that names its target");
  Part part = text_part("text/plain", text);
  part.headers.push_back(
      {"Content-Disposition", parametrized("Content-Disposition", "attachment", {{"filename", name + ".txt"}})});
  return part;
}

// A contact that is attached is a card, where the card holds all of it.
std::optional<Part> embedded_card(const Attachment& attachment, const ItemSource& item) {
  const Message& message = *attachment.embedded;
  const Texts texts(message);
  const std::string message_class = message_class_of(message.properties, texts);
  if (!starts_with_ignoring_case(message_class, "IPM.Contact") || !message.attachments.empty()) return std::nullopt;
  const HeaderSource headers = make_header_source(message, texts, item.context);
  Content content = build_item_content({message, texts, headers, item.context, item.depth + 1});
  if (content.attachments.size() != 1 || !content.related.empty()) return std::nullopt;
  return std::move(content.attachments.front());
}

// Outlook's word for no name, and names that a code page without the letters made "???" of, say less than the subject.
bool says_nothing(std::string_view name) {
  return equals_ignoring_case(name, "Untitled Attachment") || name.find_first_not_of("?_. ") == name.npos;
}

std::string name_of_embedded(const Attachment& attachment, std::size_t position, const ItemSource& item) {
  constexpr std::size_t kMostStem = 250;
  std::string name = file_name_of(attachment, item.texts, position, "");
  for (const std::string_view ending : {".msg", ".eml"})
    if (ascii_lower(name).ends_with(ending)) name.resize(name.size() - ending.size());
  if (says_nothing(name)) {
    const PropertyBag& inner = attachment.embedded->properties;
    name = safe_name(one_line(subject_of(inner, Texts(*attachment.embedded))));
  }
  if (name.empty()) name = "attachment-" + std::to_string(position + 1);
  return safe_name(name.substr(0, utf8_prefix(name, kMostStem))) + ".eml";
}

Part embedded_part(const Attachment& attachment, std::size_t position, const ItemSource& item) {
  const std::string name = name_of_embedded(attachment, position, item);
  if (item.depth + 1 >= item.context.options.limits.max_depth) {
    item.context.defects.loss(attachment.where, "messages are nested deeper than the limit; this one is left out");
    return placeholder_part(name, "messages are nested deeper than the limit");
  }
  if (auto card = embedded_card(attachment, item)) return std::move(*card);
  Part part;
  part.headers.push_back({"Content-Type", "message/rfc822"});
  part.headers.push_back(
      {"Content-Disposition", parametrized("Content-Disposition", "attachment", {{"filename", name}})});
  part.parts.push_back(build_message(*attachment.embedded, item.context, item.depth + 1));
  return part;
}

std::string with_extension(std::string name, std::string_view type) {
  const std::string_view extension = extension_of_type(type);
  if (extension != "bin" && type_of_name(name) != type) name.append(".").append(extension);
  return name;
}

// The file alone is what a user sent; what OLE keeps around it is of no use outside Windows.
Part packed_file_part(const Attachment& attachment, PackedFile packed, std::string name, const ItemSource& item) {
  std::string shown = safe_name(packed.name.substr(packed.name.find_last_of("\\/") + 1));
  if (shown.empty()) shown = std::move(name);
  FileDescription file{std::move(shown),
                       std::string(packed.type),
                       {},
                       id_on_the_wire(content_id_of(attachment, item.texts)),
                       false,
                       dates_of(attachment)};
  if (!file.type.empty()) file.name = with_extension(std::move(file.name), file.type);
  if (file.type.empty()) file.type = type_of_name(file.name);
  if (file.type.empty()) file.type = type_of_content(as_bytes(packed.data.copy(0, kMagicBytes)));
  if (file.type.empty() || !is_leaf_type({file.type, {}})) file.type = kAnyType;
  item.context.defects.info(attachment.where, "an OLE object became the file that is packed into it");
  Part part;
  part.blob = std::move(packed.data);
  part.encoding = Encoding::base64;
  if (file.type.starts_with("text/")) file.parameters.emplace_back("charset", charset_of_text(part.blob, item.texts));
  describe_file(part, file);
  return part;
}

Part storage_part(const Attachment& attachment, const std::string& name, const ItemSource& item) {
  if (auto packed = file_in_object(*attachment.storage, item.texts))
    return packed_file_part(attachment, std::move(*packed), name, item);
  Part part;
  part.encoding = Encoding::base64;
  if (!write_storage_file(*attachment.storage, item.context.budget, part)) {
    item.context.defects.loss(attachment.where, "an OLE object is too large to be written as a file of its own");
    return placeholder_part(name, "an OLE object that is too large");
  }
  const std::string_view type = type_of_object(*attachment.storage);
  describe_file(part, {with_extension(name, type),
                       std::string(type),
                       {},
                       id_on_the_wire(content_id_of(attachment, item.texts)),
                       false,
                       dates_of(attachment)});
  return part;
}

// As a cid: URL may write it (RFC 2392 2).
std::string percent_encoded(std::string_view id) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : id) {
    if (c > ' ' && c < 0x7F && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

struct Placement {
  bool is_shown = false;   // the HTML refers to it
  std::string content_id;  // to be written; "" = none
};

// Hands each content id out once: two parts of one name would leave the reader to guess.
class Places {
 public:
  Places(const HtmlLinks& links, const ItemSource& item, Content& content)
      : links_(links), item_(item), content_(content) {}

  Placement place(const Attachment& attachment, const std::string& name) {
    const std::string id = content_id_of(attachment, item_.texts);
    MAPIGUARD_PLANTED(content_id_again(planted_ids_, id));  // 7
    if (!id.empty()) {
      if (!used_.insert(id).second) return {};
      if (is_linked(id)) return {true, on_the_wire(id)};
    }
    const std::string location = string_of(attachment, "PidTagAttachContentLocation"_pid, item_.texts);
    if (!location.empty() && links_.locations.contains(location)) return {true, on_the_wire(id)};
    // Some writers refer to a picture by its file name and give it no content id.
    if (id.empty() && is_linked(name) && used_.insert(name).second) return {true, on_the_wire(name)};
    return {false, on_the_wire(id)};
  }

 private:
  bool is_linked(const std::string& id) const {
    return links_.content_ids.contains(id) || links_.content_ids.contains(ascii_lower(id));
  }
  // The HTML follows an id that is changed.
  std::string on_the_wire(const std::string& id) {
    std::string sound = id_on_the_wire(id);
    if (sound == id) return sound;
    content_.renamed_ids.emplace_back(id, sound);
    content_.renamed_ids.emplace_back(percent_encoded(id), sound);
    return sound;
  }

  const HtmlLinks& links_;
  const ItemSource& item_;
  Content& content_;
  std::unordered_set<std::string> used_;
#if MAPIGUARD_PLANTED_BUGS
  std::vector<std::string> planted_ids_;
#endif
};

Part bytes_part(const Attachment& attachment, std::size_t position, const ItemSource& item, Places& places,
                bool& is_shown) {
  std::string name = file_name_of(attachment, item.texts, position, "");
  ContentType type = type_of(attachment, name, item);
  if (name.empty()) name = file_name_of(attachment, item.texts, position, type.type);
  const Placement placement = places.place(attachment, name);
  is_shown = placement.is_shown;
  FileDescription file{std::move(name), std::move(type.type), {}, placement.content_id, is_shown, dates_of(attachment)};
  for (auto& parameter : type.parameters)
    if (is_kept_parameter(parameter.first)) file.parameters.push_back(std::move(parameter));
  Part part = file_part(attachment, std::move(file), item);
  const std::string location = string_of(attachment, "PidTagAttachContentLocation"_pid, item.texts);
  if (!location.empty() && is_ascii(location) && location.size() < kLongestLine - kFoldColumn &&
      location.find(' ') == location.npos)
    part.headers.push_back({"Content-Location", location});
  return part;
}

Part part_of(const Attachment& attachment, std::size_t position, const ItemSource& item, Places& places,
             bool& is_shown) {
  if (attachment.embedded) return embedded_part(attachment, position, item);
  if (attachment.storage)
    return storage_part(attachment, file_name_of(attachment, item.texts, position, "application/x-ole-storage"), item);
  const AttachMethod method = method_of(attachment);
  const bool is_reference = method == AttachMethod::by_reference || method == AttachMethod::by_reference_resolve ||
                            method == AttachMethod::by_reference_only || method == AttachMethod::by_web_reference;
  if (attachment.data.empty()) {
    const std::string name = file_name_of(attachment, item.texts, position, kAnyType);
    if (is_reference) return reference_part(attachment, name, item);
    if (method == AttachMethod::embedded_message || method == AttachMethod::storage) {
      item.context.defects.loss(attachment.where, "the object of the attachment could not be read");
      return placeholder_part(name, "its content could not be read");
    }
  }
  return bytes_part(attachment, position, item, places, is_shown);
}

}  // namespace

AttachMethod method_of(const Attachment& attachment) {
  const auto method = attachment.properties.integer("PidTagAttachMethod"_pid).value_or(1);
  return method >= 0 && method <= 7 ? static_cast<AttachMethod>(method) : AttachMethod::by_value;
}

bool is_calendar_exception(const Attachment& attachment) {
  constexpr std::int64_t kException = 2;
  return attachment.properties.integer("PidTagAttachmentFlags"_pid).value_or(0) & kException;
}

std::string file_name_of(const Attachment& attachment, const Texts& texts, std::size_t position,
                         std::string_view type) {
  for (const PropertyId id : {"PidTagAttachLongFilename"_pid, "PidTagAttachFilename"_pid, "PidTagDisplayName"_pid,
                              "PidTagAttachTransportName"_pid})
    if (std::string name = safe_name(string_of(attachment, id, texts)); !name.empty()) return name;
  if (type.empty()) return {};
  return "attachment-" + std::to_string(position + 1) + "." +
         std::string(type == "message/rfc822" ? "eml" : extension_of_type(type));
}

void describe_file(Part& part, const FileDescription& file) {
  auto type_parameters = file.parameters;
  type_parameters.emplace_back("name", file.name);
  part.headers.push_back({"Content-Type", parametrized("Content-Type", file.type, type_parameters)});
  std::vector<std::pair<std::string, std::string>> disposition = {{"filename", file.name}};
  disposition.insert(disposition.end(), file.dates.begin(), file.dates.end());
  part.headers.push_back({"Content-Disposition",
                          parametrized("Content-Disposition", file.is_inline ? "inline" : "attachment", disposition)});
  if (!file.content_id.empty()) part.headers.push_back({"Content-ID", '<' + file.content_id + '>'});
}

Part placeholder_part(std::string_view name, std::string_view reason) {
  std::string text = "The attachment \"" + std::string(name) + "\" is left out: " + std::string(reason) + ".\r\n";
  Part part = text_part("text/plain", text);
  part.headers.push_back({"Content-Disposition", parametrized("Content-Disposition", "attachment",
                                                              {{"filename", std::string(name) + ".txt"}})});
  return part;
}

void add_attachments(const ItemSource& item, const HtmlLinks& links, Content& content) {
  Places places(links, item, content);
  const auto& attachments = item.message.attachments;
  const std::size_t count = std::min<std::size_t>(attachments.size(), item.context.options.limits.max_attachments);
  if (count < attachments.size())
    item.context.defects.loss(attachments[count].where,
                              "more attachments than the limit allows; this and the following are left out");
  for (std::size_t i = 0; i < count; ++i) {
    if (is_calendar_exception(attachments[i])) continue;
    if (!item.context.budget.spend(256)) {
      item.context.defects.loss(attachments[i].where,
                                "the step budget is used up; this and the following attachments are left out");
      return;
    }
    bool is_shown = false;
    Part part = part_of(attachments[i], i, item, places, is_shown);
    (is_shown ? content.related : content.attachments).push_back(std::move(part));
  }
}

}  // namespace mapiguard
