// ReadMail: a mail as GMime reads it: the judge of what the converter wrote.
//
// Thread promise: belongs to one test.
#pragma once

#include <gmime/gmime.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/gref.h"

namespace mapiguard::testing {

inline std::string text_or_empty(const char* text) { return text ? text : ""; }

struct ReadPart {
  GRef<GMimeObject> object;
  std::string type;     // "text/plain"
  std::string content;  // decoded

  std::string header(const char* name) const { return text_or_empty(g_mime_object_get_header(object.get(), name)); }
  std::string parameter(const char* name) const {
    return text_or_empty(g_mime_object_get_content_type_parameter(object.get(), name));
  }
  std::string disposition() const { return text_or_empty(g_mime_object_get_disposition(object.get())); }
  std::string filename() const {
    return text_or_empty(g_mime_object_get_content_disposition_parameter(object.get(), "filename"));
  }
  std::string content_id() const { return text_or_empty(g_mime_object_get_content_id(object.get())); }
};

class ReadMail {
 public:
  explicit ReadMail(const std::string& text) {
    g_mime_init();
    const GRef<GMimeStream> stream = adopt(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
    const GRef<GMimeParser> parser = adopt(g_mime_parser_new_with_stream(stream.get()));
    message_ = adopt(g_mime_parser_construct_message(parser.get(), nullptr));
    if (message_) tree_ = walk(g_mime_message_get_mime_part(message_.get()));
  }

  explicit operator bool() const { return static_cast<bool>(message_); }
  std::string raw_header(const char* name) const {
    return text_or_empty(g_mime_object_get_header(GMIME_OBJECT(message_.get()), name));
  }
  std::string header(const char* name) const {  // decoded; "" when absent
    const GString8 decoded(g_mime_utils_header_decode_text(nullptr, raw_header(name).c_str()));
    return text_or_empty(decoded.get());
  }
  int count_of(std::string_view name) const {
    GMimeHeaderList* list = g_mime_object_get_header_list(GMIME_OBJECT(message_.get()));
    int count = 0;
    for (int i = 0; i < g_mime_header_list_get_count(list); ++i)
      count += g_ascii_strcasecmp(g_mime_header_get_name(g_mime_header_list_get_header_at(list, i)),
                                  std::string(name).c_str()) == 0;
    return count;
  }
  // "Name <address>" each, names decoded.
  std::vector<std::string> addresses(GMimeAddressType type) const {
    InternetAddressList* list = g_mime_message_get_addresses(message_.get(), type);
    std::vector<std::string> out;
    for (int i = 0; i < internet_address_list_length(list); ++i) {
      InternetAddress* one = internet_address_list_get_address(list, i);
      const std::string name = text_or_empty(internet_address_get_name(one));
      const std::string address = INTERNET_ADDRESS_IS_MAILBOX(one)
                                      ? text_or_empty(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one)))
                                      : "";
      out.push_back(name.empty() ? address : name + " <" + address + ">");
    }
    return out;
  }
  std::string type() const {
    GMimeContentType* type = g_mime_object_get_content_type(g_mime_message_get_mime_part(message_.get()));
    return text_or_empty(g_mime_content_type_get_media_type(type)) + "/" +
           text_or_empty(g_mime_content_type_get_media_subtype(type));
  }
  const std::vector<ReadPart>& parts() const { return parts_; }  // the leaves; a message inside is one leaf
  const ReadPart* part(std::string_view type) const {
    for (const ReadPart& part : parts_)
      if (part.type == type) return &part;
    return nullptr;
  }
  std::string tree() const { return tree_; }  // "mixed(alternative(text/plain,text/html),image/png)"

 private:
  std::string walk(GMimeObject* object) {
    if (!object) return {};
    GMimeContentType* type = g_mime_object_get_content_type(object);
    const std::string name = text_or_empty(g_mime_content_type_get_media_type(type)) + "/" +
                             text_or_empty(g_mime_content_type_get_media_subtype(type));
    if (GMIME_IS_MULTIPART(object)) {
      std::string text = text_or_empty(g_mime_content_type_get_media_subtype(type)) + "(";
      for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(object)); ++i)
        text += (i ? "," : "") + walk(g_mime_multipart_get_part(GMIME_MULTIPART(object), i));
      return text + ")";
    }
    ReadPart part{share(object), name, {}};
    const GRef<GMimeStream> memory = adopt(g_mime_stream_mem_new());
    if (GMIME_IS_PART(object) && g_mime_part_get_content(GMIME_PART(object)))
      g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(object)), memory.get());
    if (GMIME_IS_MESSAGE_PART(object) && g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)))
      g_mime_object_write_to_stream(GMIME_OBJECT(g_mime_message_part_get_message(GMIME_MESSAGE_PART(object))), nullptr,
                                    memory.get());
    const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
    part.content.assign(reinterpret_cast<const char*>(bytes->data), bytes->len);
    parts_.push_back(std::move(part));
    return name;
  }

  GRef<GMimeMessage> message_;
  std::vector<ReadPart> parts_;
  std::string tree_;
};

// What is wrong with the bytes of a mail: "" = nothing.
inline std::string wire_faults(std::string_view mail) {
  bool in_header = true;
  std::size_t start = 0;
  for (std::size_t i = 0; i < mail.size(); ++i) {
    const bool ends_line = mail[i] == '\n';
    if (mail[i] == '\0') return "NUL at " + std::to_string(i);
    if (mail[i] == '\r' && (i + 1 == mail.size() || mail[i + 1] != '\n')) return "bare CR at " + std::to_string(i);
    if (ends_line && (i == 0 || mail[i - 1] != '\r')) return "bare LF at " + std::to_string(i);
    if (in_header && static_cast<unsigned char>(mail[i]) >= 0x80) return "8-bit in the header at " + std::to_string(i);
    if (!ends_line) continue;
    if (i - start > 999) return "line over 998 at " + std::to_string(start);
    if (i == start + 1) in_header = false;
    start = i + 1;
  }
  return {};
}

}  // namespace mapiguard::testing
