#include "converter/mail_digest.h"

#include <gmime/gmime.h>

#include <array>
#include <vector>

#include "base/gref.h"
#include "base/text.h"
#include "base/try.h"
#include "converter/mime/encoded_words.h"

namespace mapiguard {
namespace {

constexpr int kDeepestPart = 100;
constexpr unsigned kMostParts = 20'000;
constexpr std::size_t kPiece = 1u << 16;
constexpr std::array<const char*, 4> kFields = {"From", "Date", "Message-ID", "Subject"};

GRef<GMimeStream> stream_over(Bytes bytes) {
  auto* array = g_byte_array_new();
  array->data = const_cast<guint8*>(reinterpret_cast<const guint8*>(bytes.data()));
  array->len = static_cast<guint>(bytes.size());
  GRef<GMimeStream> stream = adopt(g_mime_stream_mem_new_with_byte_array(array));
  g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream.get()), FALSE);
  return stream;
}
void release(const GRef<GMimeStream>& stream) {
  GByteArray* array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  array->data = nullptr;
  array->len = 0;
  g_byte_array_free(array, TRUE);
}

// procmail and mboxes put a line of the envelope before the header.
Bytes without_envelope_line(Bytes mail) {
  const std::string_view text = as_chars(mail);
  if (!text.starts_with("From ") && !text.starts_with(">From ")) return mail;
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? Bytes() : mail.subspan(end + 1);
}

// One line, encoded words decoded, runs of blanks as one: folding and encoding change on the way.
std::string plain_value(GMimeHeader* header) {
  const char* raw = g_mime_header_get_raw_value(header);
  if (!raw) return {};
  const GString8 decoded(g_mime_utils_header_decode_text(nullptr, with_encoded_words_in_utf8(raw).c_str()));
  std::string value;
  for (const char c : std::string_view(decoded.get())) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!is_blank)
      value += c;
    else if (!value.empty() && value.back() != ' ')
      value += ' ';
  }
  if (value.ends_with(' ')) value.pop_back();
  return value;
}

std::string without_blanks(std::string_view text) {
  std::string kept;
  for (const char c : text)
    if (static_cast<unsigned char>(c) > ' ' && c != 0x7F) kept += c;
  return kept;
}

// Text with line ends as \n and without those at its end, which come and go with the encoding.
class LineFeeds {
 public:
  explicit LineFeeds(Sha256& hash) : hash_(hash) {}
  void add(std::string_view text) {
    out_.clear();
    for (const char c : text) {
      if (was_return_ && c != '\n') put('\r');
      was_return_ = c == '\r';
      if (c == '\n')
        ++pending_;
      else if (!was_return_)
        put(c);
    }
    hash_.add(as_bytes(out_));
  }

 private:
  void put(char c) {
    out_.append(pending_, '\n');
    pending_ = 0;
    out_ += c;
  }
  Sha256& hash_;
  std::string out_;
  std::size_t pending_ = 0;
  bool was_return_ = false;
};

class MailDigest {
 public:
  Result<MailIdentity> of(GMimeMessage* message) {
    MAPIGUARD_TRY(add_message(message, kDeepestPart));
    identity_.sha256 = hash_.finish();
    read_key(message);
    return identity_;
  }

 private:
  // Each with its length before it: no two sequences are one.
  void add(std::string_view text) {
    const std::string head = std::to_string(text.size()) + ':';
    hash_.add(as_bytes(head));
    hash_.add(as_bytes(text));
  }

  Result<void> add_message(GMimeMessage* message, int depth) {
    GMimeHeaderList* headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
    for (const char* field : kFields)
      for (int i = 0; i < g_mime_header_list_get_count(headers); ++i) {
        GMimeHeader* header = g_mime_header_list_get_header_at(headers, i);
        if (!equals_ignoring_case(g_mime_header_get_name(header), field)) continue;
        add(field);
        add(plain_value(header));
      }
    GMimeObject* root = g_mime_message_get_mime_part(message);
    return root ? add_part(root, depth - 1) : Result<void>();
  }

  Result<void> add_part(GMimeObject* object, int depth) {
    if (depth <= 0)
      return fail(ErrorCode::not_a_message,
                  "the mail has parts within parts deeper than " + std::to_string(kDeepestPart));
    if (++parts_ > kMostParts)
      return fail(ErrorCode::not_a_message, "the mail has more than " + std::to_string(kMostParts) + " parts");
    add_type(object);
    if (GMIME_IS_MULTIPART(object)) {
      auto* multipart = GMIME_MULTIPART(object);
      const int count = g_mime_multipart_get_count(multipart);
      add(std::to_string(count));
      for (int i = 0; i < count; ++i) MAPIGUARD_TRY(add_part(g_mime_multipart_get_part(multipart, i), depth - 1));
      return {};
    }
    if (GMIME_IS_MESSAGE_PART(object)) {
      GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
      return inner ? add_message(inner, depth - 1) : Result<void>();
    }
    if (GMIME_IS_PART(object)) add_content(GMIME_PART(object));
    return {};
  }

  // What the bytes are shown as: text with another charset is another text.
  void add_type(GMimeObject* object) {
    GMimeContentType* type = g_mime_object_get_content_type(object);
    const auto lower = [](const char* text) { return ascii_lower(std::string_view(text ? text : "")); };
    add(lower(g_mime_content_type_get_media_type(type)) + '/' + lower(g_mime_content_type_get_media_subtype(type)));
    const std::string charset = lower(g_mime_content_type_get_parameter(type, "charset"));
    add(charset.empty() && g_mime_content_type_is_type(type, "text", "*") ? "us-ascii" : charset);
    const char* name = GMIME_IS_PART(object) ? g_mime_part_get_filename(GMIME_PART(object)) : nullptr;
    add(name ? name : "");
  }

  void add_content(GMimePart* part) {
    Sha256 hash;
    LineFeeds lines(hash);
    GMimeDataWrapper* wrapper = g_mime_part_get_content(part);
    const GMimeContentEncoding encoding = g_mime_part_get_content_encoding(part);
    // Bytes in base64 are as the sender had them; all else has passed as lines.
    const bool is_lines = encoding != GMIME_CONTENT_ENCODING_BASE64 ||
                          g_mime_content_type_is_type(g_mime_object_get_content_type(GMIME_OBJECT(part)), "text", "*");
    if (wrapper)
      decode(g_mime_data_wrapper_get_stream(wrapper), g_mime_data_wrapper_get_encoding(wrapper),
             [&](std::string_view piece) {
               if (is_lines)
                 lines.add(piece);
               else
                 hash.add(as_bytes(piece));
             });
    const Digest digest = hash.finish();
    add({reinterpret_cast<const char*>(digest.data()), digest.size()});
  }

  template <class F>
  void decode(GMimeStream* stream, GMimeContentEncoding encoding, F take) {
    GMimeEncoding state;
    g_mime_encoding_init_decode(&state, encoding);
    in_.resize(kPiece);
    out_.resize(g_mime_encoding_outlen(&state, kPiece) + kPiece);
    g_mime_stream_reset(stream);
    for (ssize_t got; (got = g_mime_stream_read(stream, in_.data(), in_.size())) > 0;) {
      const std::size_t made = g_mime_encoding_step(&state, in_.data(), static_cast<std::size_t>(got), out_.data());
      take(std::string_view(out_.data(), made));
    }
    const std::size_t made = g_mime_encoding_flush(&state, in_.data(), 0, out_.data());
    take(std::string_view(out_.data(), made));
  }

  void read_key(GMimeMessage* message) {
    GMimeHeaderList* headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
    if (GMimeHeader* header = g_mime_header_list_get_header(headers, "Message-ID");
        header && g_mime_header_get_raw_value(header)) {
      std::string id = without_blanks(g_mime_header_get_raw_value(header));
      if (id.size() <= kMailIdMost && id != "<>") identity_.message_id = std::move(id);
    }
    GMimeHeader* date = g_mime_header_list_get_header(headers, "Date");
    if (!date || !g_mime_header_get_raw_value(date)) return;
    GDateTime* time = g_mime_utils_header_decode_date(g_mime_header_get_raw_value(date));
    if (!time) return;
    identity_.submit_time = g_date_time_to_unix(time);
    g_date_time_unref(time);
  }

  Sha256 hash_;
  MailIdentity identity_;
  unsigned parts_ = 0;
  std::vector<char> in_, out_;
};

}  // namespace

Result<MailIdentity> mail_digest(Bytes mail) {
  const Bytes bytes = without_envelope_line(mail);
  const GRef<GMimeStream> stream = stream_over(bytes);
  Result<MailIdentity> identity = fail(ErrorCode::not_a_message, "the text has no header lines");
  {
    const GRef<GMimeParser> parser = adopt(g_mime_parser_new_with_stream(stream.get()));
    const GRef<GMimeMessage> message = adopt(g_mime_parser_construct_message(parser.get(), nullptr));
    const bool has_fields =
        message && g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(message.get()))) > 0;
    if (has_fields) identity = MailDigest().of(message.get());
  }
  release(stream);
  return identity;
}

Result<void> run_mail_digest(Bytes mail, std::string_view, OutputSink& out) {
  const auto identity = mail_digest(mail);
  if (!identity) return std::unexpected(identity.error());
  if (!out.write(as_bytes(to_text(*identity)))) return fail(ErrorCode::io, "the output could not be written");
  return {};
}

}  // namespace mapiguard
