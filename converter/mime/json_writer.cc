// --format json: the decoded message as one object, written piece by piece: a message of any size needs the memory of
// its largest string.
//
//   {"kind", "message_class", "properties": [{"id", "name", "type", "named"?, "value"}], "bodies": {"plain", "html"},
//    "recipients": [{"type", "name", "address", "properties"}],
//    "attachments": [{"name", "content_type", "method", "size", "sha256", "embedded"?, "properties"}]}
//
// Times are RFC 3339, binary values base64. A string or binary value above 64 KiB is null, with "size" and "sha256".
#include <charconv>
#include <cmath>

#include "base/json_text.h"
#include "base/sha256.h"
#include "base/text.h"
#include "converter/body/choose.h"
#include "converter/mime/attachments.h"
#include "converter/mime/base64.h"
#include "converter/mime/build.h"
#include "converter/mime/content_types.h"
#include "converter/mime/dates.h"
#include "converter/mime/headers.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kLargestValue = 64 * 1024;

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

// Brackets and commas. Text goes to the sink in pieces of some kilobytes.
class JsonStream {
 public:
  explicit JsonStream(OutputSink& sink) : sink_(sink) {}

  void open(char bracket) {
    separate();
    text_ += bracket;
    is_first_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    is_first_ = false;
    if (text_.size() >= kLargestValue) flush();
  }
  void key(std::string_view name) {
    separate();
    text_.append(json_quoted(name)).append(":");
    is_first_ = true;
  }
  void raw(std::string_view json) {
    separate();
    text_ += json;
  }
  void string(std::string_view text) { raw(json_quoted(text)); }
  void string_or_null(const std::optional<std::string>& text) { text ? string(*text) : raw("null"); }
  void number(std::integral auto value) { raw(std::to_string(value)); }

  bool finish() {
    text_ += '\n';
    flush();
    return ok_;
  }

 private:
  void separate() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
  }
  void flush() {
    ok_ = ok_ && sink_.write(as_bytes(text_));
    text_.clear();
  }

  OutputSink& sink_;
  std::string text_;
  bool is_first_ = true;
  bool ok_ = true;
};

std::string sha256_of(const Blob& blob) {
  Sha256 hash;
  for (std::size_t i = 0; i < blob.pieces(); ++i) hash.add(blob.piece(i));
  return hex(hash.finish());
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "null";
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end};
}

class MessageJson {
 public:
  MessageJson(JsonStream& json, const BuildContext& context) : json_(json), context_(context) {}

  void message(const Message& message, std::uint32_t depth) {
    const Texts texts(message);
    json_.open('{');
    json_.key("kind");
    json_.string(name_of(message.kind));
    json_.key("message_class");
    json_.string(message_class_of(message.properties, texts));
    properties(message.properties, texts);
    bodies(message, texts);
    recipients(message, texts);
    attachments(message, texts, depth);
    json_.close('}');
  }

 private:
  void properties(const PropertyBag& bag, const Texts& texts) {
    json_.key("properties");
    json_.open('[');
    for (const Property& p : bag.all()) {
      if (!context_.budget.spend(32)) break;
      property(p, texts);
    }
    json_.close(']');
  }

  void property(const Property& p, const Texts& texts) {
    json_.open('{');
    json_.key("id");
    json_.string(hex16(p.id));
    json_.key("name");
    const std::string_view name = name_of_property(p);
    name.empty() ? json_.raw("null") : json_.string(name);
    json_.key("type");
    json_.string(name_of_type(p.type));
    if (p.name) named(*p.name);
    if (const Blob* blob = std::get_if<Blob>(&p.value); blob && blob->size() > kLargestValue) {
      json_.key("size");
      json_.number(blob->size());
      json_.key("sha256");
      json_.string(sha256_of(*blob));
    }
    json_.key("value");
    value(p, texts);
    json_.close('}');
  }

  void named(const PropertyName& name) {
    json_.key("named");
    json_.open('{');
    json_.key("set");
    json_.string(to_string(name.set));
    json_.key(name.text.empty() ? "lid" : "name");
    name.text.empty() ? json_.number(name.lid) : json_.string(name.text);
    json_.close('}');
  }

  void blob(const Property& p, const Blob& bytes, const Texts& texts) {
    if (bytes.size() > kLargestValue) return json_.raw("null");
    const auto type = static_cast<PropertyType>(p.type);
    if (type == PropertyType::string8 || type == PropertyType::unicode) return json_.string(texts.decode(p, true));
    std::string storage;
    json_.string(base64(bytes.contiguous(storage)));
  }

  void blobs(const Property& p, const std::vector<Blob>& list, const Texts& texts) {
    const auto type = static_cast<PropertyType>(p.type & ~kMultiValued);
    json_.open('[');
    if (type == PropertyType::string8 || type == PropertyType::unicode) {
      for (const std::string& text : texts.list(p)) json_.string(text);
    } else {
      std::string storage;
      for (const Blob& bytes : list) json_.string(base64(bytes.contiguous(storage)));
    }
    json_.close(']');
  }

  template <class T, class Write>
  void array(const std::vector<T>& values, Write write) {
    json_.open('[');
    for (const T& one : values) write(one);
    json_.close(']');
  }

  void value(const Property& p, const Texts& texts) {
    const auto time = [&](FileTime t) { json_.string(rfc3339_time(t)); };
    const auto real = [&](double d) { json_.raw(number_text(d)); };
    const auto whole = [&](std::int64_t i) { json_.number(i); };
    const auto guid = [&](const Guid& g) { json_.string(to_string(g)); };
    std::visit(
        Overloaded{[&](std::monostate) { json_.raw("null"); }, [&](bool flag) { json_.raw(flag ? "true" : "false"); },
                   whole, real, time, guid, [&](const Blob& bytes) { blob(p, bytes, texts); },
                   [&](const std::vector<Blob>& list) { blobs(p, list, texts); },
                   [&](const std::vector<std::int64_t>& list) { array(list, whole); },
                   [&](const std::vector<double>& list) { array(list, real); },
                   [&](const std::vector<FileTime>& list) { array(list, time); },
                   [&](const std::vector<Guid>& list) { array(list, guid); }},
        p.value);
  }

  void bodies(const Message& message, const Texts& texts) {
    const Bodies chosen = choose_bodies(message, texts, context_.options.limits, context_.budget, context_.defects);
    json_.key("bodies");
    json_.open('{');
    json_.key("plain");
    json_.string_or_null(chosen.plain);
    json_.key("html");
    json_.string_or_null(chosen.html);
    json_.close('}');
  }

  void recipients(const Message& message, const Texts& texts) {
    constexpr const char* kKinds[] = {"originator", "to", "cc", "bcc"};
    json_.key("recipients");
    json_.open('[');
    for (const Recipient& recipient : message.recipients) {
      if (!context_.budget.spend(64)) break;
      const Person person = read_person(recipient.properties, kRecipientTags, texts);
      const auto type = recipient.properties.integer("PidTagRecipientType"_pid).value_or(1) & 0xF;
      json_.open('{');
      json_.key("type");
      json_.string(type < 4 ? kKinds[type] : "other");
      json_.key("name");
      json_.string(person.name);
      json_.key("address");
      json_.string(person.smtp.empty() ? person.address : person.smtp);
      properties(recipient.properties, texts);
      json_.close('}');
    }
    json_.close(']');
  }

  void attachments(const Message& message, const Texts& texts, std::uint32_t depth) {
    json_.key("attachments");
    json_.open('[');
    for (std::size_t i = 0; i < message.attachments.size() && context_.budget.spend(64); ++i)
      attachment(message.attachments[i], i, texts, depth);
    json_.close(']');
  }

  void attachment(const Attachment& attachment, std::size_t position, const Texts& texts, std::uint32_t depth) {
    const auto declared = parse_content_type(texts.get(attachment.properties, "PidTagAttachMimeTag"_pid).value_or(""));
    const std::string type = attachment.embedded ? "message/rfc822"
                             : declared          ? declared->type
                                                 : "application/octet-stream";
    json_.open('{');
    json_.key("name");
    json_.string(file_name_of(attachment, texts, position, type));
    json_.key("content_type");
    json_.string(type);
    json_.key("method");
    json_.number(static_cast<int>(method_of(attachment)));
    json_.key("size");
    json_.number(attachment.data.size());
    json_.key("sha256");
    attachment.data.empty() && (attachment.embedded || attachment.storage) ? json_.raw("null")
                                                                           : json_.string(sha256_of(attachment.data));
    if (attachment.embedded) {
      json_.key("embedded");
      if (depth + 1 < context_.options.limits.max_depth) {
        message(*attachment.embedded, depth + 1);
      } else {
        context_.defects.loss(attachment.where, "messages are nested deeper than the limit; this one is left out");
        json_.raw("null");
      }
    }
    properties(attachment.properties, texts);
    json_.close('}');
  }

  JsonStream& json_;
  const BuildContext& context_;
};

}  // namespace

bool write_json(const Message& message, const BuildContext& context, OutputSink& out) {
  JsonStream json(out);
  MessageJson(json, context).message(message, 0);
  return json.finish();
}

}  // namespace mapiguard
