#include "converter/carrier.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/gref.h"
#include "base/sha256.h"
#include "base/text.h"
#include "converter/body/charset.h"
#include "converter/mime/content.h"
#include "converter/read/read.h"

namespace mapiguard {
namespace {

constexpr int kDeepestPart = 200;       // multiparts and messages inside one another that are looked into
constexpr double kSameText = 0.7;       // of the words of one body that the other must have to be the same text
constexpr std::uint32_t kUtf8 = 65001;  // where it is believed, else windows-1252
constexpr std::string_view kTnefSignature = "\x78\x9F\x3E\x22";

// A byte array over memory that is not its own: GMime's memory stream copies otherwise.
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

std::string content_of(GMimePart* part) {
  GMimeDataWrapper* wrapper = g_mime_part_get_content(part);
  if (!wrapper) return {};
  const GRef<GMimeStream> memory = adopt(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(wrapper, memory.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

bool is_named_as_tnef(GMimePart* part) {
  GMimeContentType* type = g_mime_object_get_content_type(GMIME_OBJECT(part));
  if (g_mime_content_type_is_type(type, "application", "ms-tnef") ||
      g_mime_content_type_is_type(type, "application", "vnd.ms-tnef"))
    return true;
  const char* name = g_mime_part_get_filename(part);
  return name && (equals_ignoring_case(name, "winmail.dat") || equals_ignoring_case(name, "win.dat"));
}

// What the mail says already, before anything is added to it.
struct MailBodies {
  GMimeObject* plain = nullptr;  // owned by the tree
  bool has_html = false;
};

bool is_attachment(GMimeObject* object) {
  const char* disposition = g_mime_object_get_disposition(object);
  return disposition && equals_ignoring_case(disposition, "attachment");
}

void find_bodies(GMimeObject* object, int depth, MailBodies& found) {
  if (depth == 0) return;
  if (GMIME_IS_MULTIPART(object)) {
    auto* multipart = GMIME_MULTIPART(object);
    for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i)
      find_bodies(g_mime_multipart_get_part(multipart, i), depth - 1, found);
  } else if (GMIME_IS_TEXT_PART(object) && !is_attachment(object)) {
    GMimeContentType* type = g_mime_object_get_content_type(object);
    if (g_mime_content_type_is_type(type, "text", "html")) found.has_html = true;
    if (g_mime_content_type_is_type(type, "text", "plain") && !found.plain) found.plain = object;
  }
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    const bool is_letter = static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') ||
                           (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
    if (is_letter)
      word += ascii_lower(c);
    else if (!word.empty())
      words.push_back(std::exchange(word, {}));
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// True when `shown` says (nearly) all that `other` says.
bool says_the_same(std::string_view shown, std::string_view other) {
  const std::vector<std::string> wanted = words_of(other), there = words_of(shown);
  if (wanted.empty() || there.empty()) return true;
  const std::unordered_set<std::string> known(there.begin(), there.end());
  const auto count =
      std::count_if(wanted.begin(), wanted.end(), [&](const std::string& w) { return known.contains(w); });
  return static_cast<double>(count) >= kSameText * static_cast<double>(wanted.size());
}

class Carrier {
 public:
  Carrier(Bytes input, const BuildContext& context) : input_(input), context_(context) {}

  // True when something was replaced.
  bool unpack(GMimeMessage* message, int depth) {
    GMimeObject* root = g_mime_message_get_mime_part(message);
    if (!root || depth == 0) return false;
    MailBodies bodies;
    find_bodies(root, kDeepestPart, bodies);
    if (!GMIME_IS_PART(root)) return unpack_below(root, bodies, depth - 1);
    auto content = tnef_content(GMIME_PART(root), bodies);
    if (!content) return false;
    if (context_.options.keep_tnef) content->push_back(share(root));
    GRef<GMimeObject> whole = content->size() == 1 ? content->front() : wrapped("mixed", *content);
    g_mime_message_set_mime_part(message, whole.get());
    return true;
  }

  const std::vector<std::string>& json() const { return json_; }

  // For a mail that has none; the same each time.
  std::string made_id(std::string_view domain) { return seed().substr(0, 32) + '@' + std::string(domain); }

 private:
  using Objects = std::vector<GRef<GMimeObject>>;

  bool unpack_below(GMimeObject* object, const MailBodies& bodies, int depth) {
    if (depth == 0) return false;
    if (GMIME_IS_MESSAGE_PART(object)) {
      GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
      return inner && unpack(inner, depth - 1);
    }
    // What is signed or encrypted must stay as it is, to the byte (RFC 1847).
    if (!GMIME_IS_MULTIPART(object) || GMIME_IS_MULTIPART_SIGNED(object) || GMIME_IS_MULTIPART_ENCRYPTED(object))
      return false;
    return unpack_children(GMIME_MULTIPART(object), bodies, depth);
  }

  bool unpack_children(GMimeMultipart* multipart, const MailBodies& bodies, int depth) {
    bool changed = false;
    for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i) {
      GMimeObject* child = g_mime_multipart_get_part(multipart, i);
      if (!GMIME_IS_PART(child)) {
        changed = unpack_below(child, bodies, depth - 1) || changed;
        continue;
      }
      auto content = tnef_content(GMIME_PART(child), bodies);
      if (!content) continue;
      changed = true;
      if (!context_.options.keep_tnef) {
        const GRef<GMimeObject> removed = adopt(g_mime_multipart_remove_at(multipart, i));
        --i;
      }
      for (const auto& part : *content) g_mime_multipart_insert(multipart, ++i, part.get());
      join_body(multipart, bodies, i);
    }
    return changed;
  }

  // The richer body that was found goes beside the plain one, as its alternative.
  void join_body(GMimeMultipart* multipart, const MailBodies& bodies, int& position) {
    if (alternatives_.empty()) return;
    Objects added = std::exchange(alternatives_, {});
    const int at = bodies.plain ? g_mime_multipart_index_of(multipart, bodies.plain) : -1;
    if (at < 0) {  // the plain body stands deeper; say it where we are
      for (const auto& part : added) g_mime_multipart_insert(multipart, ++position, part.get());
      return;
    }
    added.insert(added.begin(), share(bodies.plain));
    const GRef<GMimeObject> alternative = wrapped("alternative", added);
    const GRef<GMimeObject> replaced = adopt(g_mime_multipart_replace(multipart, at, alternative.get()));
  }

  // nullopt: the part is no TNEF, or nothing can be read from it, and stays.
  std::optional<Objects> tnef_content(GMimePart* part, const MailBodies& bodies) {
    if (!is_named_as_tnef(part)) return std::nullopt;
    const std::string where = "winmail.dat[" + std::to_string(count_++) + "]";
    const std::string data = content_of(part);
    if (!data.starts_with(kTnefSignature)) {
      context_.defects.loss(where, "the part is named as TNEF and is none; it stays as it is");
      return std::nullopt;
    }
    const Result<Document> document =
        read_tnef(as_bytes(data), {context_.options.limits, context_.budget, context_.defects});
    if (!document) {
      context_.defects.loss(where, "the TNEF part cannot be read and stays as it is: " + document.error().message);
      return std::nullopt;
    }
    if (context_.options.format == OutputFormat::json) {
      StringSink sink(json_.emplace_back());
      write_json(*document->message, context_, sink);
      return std::nullopt;
    }
    return objects_of(*document->message, bodies);
  }

  Objects objects_of(const Message& message, const MailBodies& bodies) {
    const Texts texts(message);
    const HeaderSource headers = make_header_source(message, texts, context_);
    const ItemSource item{message, texts, headers, context_, 0};
    Objects objects;
    if (const auto own = build_own_tree(item)) {
      objects.push_back(object_of(*own));
      return objects;
    }
    Content content = build_item_content(item);
    std::vector<Part> attachments = std::exchange(content.attachments, {});
    add_bodies(std::move(content), bodies, objects);
    for (const Part& attachment : attachments) objects.push_back(object_of(attachment));
    return objects;
  }

  // No text twice: what the mail says already is left out; what is richer becomes an alternative of it.
  void add_bodies(Content content, const MailBodies& bodies, Objects& objects) {
    if (content.alternatives.empty()) return;
    if (bodies.has_html) return drop_texts(std::move(content), objects);
    if (!bodies.plain || !says_the_same(text_of(bodies.plain), plain_text(content))) {
      objects.push_back(object_of(assemble(std::move(content))));
      return;
    }
    std::erase_if(content.alternatives, [](const Part& part) { return is_of_type(part, "text/plain"); });
    if (!content.alternatives.empty())
      alternatives_.push_back(object_of(assemble(std::move(content))));
    else
      drop_texts(std::move(content), objects);
  }

  // The texts are known; pictures and calendars are not.
  void drop_texts(Content content, Objects& objects) {
    for (const Part& part : content.alternatives)
      if (!is_of_type(part, "text/plain") && !is_of_type(part, "text/html")) objects.push_back(object_of(part));
    for (const Part& part : content.related) objects.push_back(object_of(part));
  }

  static bool is_of_type(const Part& part, std::string_view type) {
    return std::any_of(part.headers.begin(), part.headers.end(),
                       [&](const HeaderField& f) { return f.name == "Content-Type" && f.value.starts_with(type); });
  }
  static std::string plain_text(const Content& content) {
    for (const Part& part : content.alternatives)
      if (is_of_type(part, "text/plain")) return part.text;
    return {};
  }
  static std::string text_of(GMimeObject* text_part) {
    // By our tables: GMime would open a codec, which a sandboxed worker cannot.
    const char* charset = g_mime_object_get_content_type_parameter(text_part, "charset");
    const std::uint32_t codepage = charset ? codepage_of_charset(charset) : 0;
    return decode_codepage(content_of(GMIME_PART(text_part)), codepage ? codepage : kUtf8);
  }

  GRef<GMimeObject> object_of(const Part& part) {
    std::string text;
    StringSink sink(text);
    write_mail(part, sink);
    const GRef<GMimeStream> stream = adopt(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
    const GRef<GMimeParser> parser = adopt(g_mime_parser_new_with_stream(stream.get()));
    return adopt(g_mime_parser_construct_part(parser.get(), nullptr));
  }

  // GMime draws a boundary by lot; ours must be the same each time, and unlike anything in the mail: a hash of all of
  // it.
  GRef<GMimeObject> wrapped(const char* subtype, const Objects& objects) {
    constexpr std::size_t kDigits = 24;
    GMimeMultipart* multipart = g_mime_multipart_new_with_subtype(subtype);
    g_mime_multipart_set_boundary(multipart,
                                  ("=_c" + std::to_string(++boundaries_) + '_' + seed().substr(0, kDigits)).c_str());
    for (const auto& object : objects) g_mime_multipart_add(multipart, object.get());
    return adopt(GMIME_OBJECT(multipart));
  }

  const std::string& seed() {
    if (seed_.empty()) seed_ = hex(sha256(input_));
    return seed_;
  }

  Bytes input_;
  const BuildContext& context_;
  Objects alternatives_;  // of the mail's plain body, waiting for their place
  std::vector<std::string> json_;
  std::string seed_;
  unsigned boundaries_ = 0;
  unsigned count_ = 0;
};

// GMime writes as its source has it; the wire wants CRLF.
Result<void> write_message(GMimeMessage* message, OutputSink& out) {
  const GRef<GMimeStream> memory = adopt(g_mime_stream_mem_new());
  const GRef<GMimeStream> filtered = adopt(g_mime_stream_filter_new(memory.get()));
  const GRef<GMimeFilter> crlf = adopt(g_mime_filter_unix2dos_new(FALSE));
  g_mime_stream_filter_add(GMIME_STREAM_FILTER(filtered.get()), crlf.get());
  g_mime_object_write_to_stream(GMIME_OBJECT(message), nullptr, filtered.get());
  g_mime_stream_flush(filtered.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
  if (!out.write({reinterpret_cast<const std::byte*>(bytes->data), bytes->len}))
    return fail(ErrorCode::io, "the output could not be written");
  return {};
}

Result<void> write_documents(const std::vector<std::string>& documents, OutputSink& out) {
  std::string text = "{\"kind\":\"mime\",\"tnef\":[";
  for (const std::string& document : documents) {
    if (&document != &documents.front()) text += ',';
    text += document;
  }
  text += "]}\n";
  if (!out.write(as_bytes(text))) return fail(ErrorCode::io, "the output could not be written");
  return {};
}

Result<void> unpack_parsed(GMimeMessage* message, Bytes input, const BuildContext& context, Report& report,
                           OutputSink& out) {
  Carrier carrier(input, context);
  const bool changed = carrier.unpack(message, kDeepestPart);
  const bool is_written_anew = changed && context.options.format != OutputFormat::json;
  if (is_written_anew && !g_mime_message_get_message_id(message))
    g_mime_message_set_message_id(message, carrier.made_id(context.options.imcea_domain).c_str());
  if (const char* id = g_mime_message_get_message_id(message)) report.message_id = '<' + repair_utf8(id) + '>';
  if (context.options.format == OutputFormat::json) return write_documents(carrier.json(), out);
  if (changed) return write_message(message, out);
  if (!out.write(input)) return fail(ErrorCode::io, "the output could not be written");
  return {};
}

}  // namespace

Result<void> convert_mime_carrier(Bytes input, const BuildContext& context, Report& report, OutputSink& out) {
  const GRef<GMimeStream> stream = stream_over(input);
  Result<void> done;
  {
    const GRef<GMimeParser> parser = adopt(g_mime_parser_new_with_stream(stream.get()));
    const GRef<GMimeMessage> message = adopt(g_mime_parser_construct_message(parser.get(), nullptr));
    if (message)
      done = unpack_parsed(message.get(), input, context, report, out);
    else
      done = fail(ErrorCode::not_a_message, "the text has no header lines");
  }
  release(stream);
  return done;
}

}  // namespace mapiguard
