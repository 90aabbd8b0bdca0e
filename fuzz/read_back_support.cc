// The output as GMime reads it (oracles.h).
#include <gmime/gmime.h>

#include <memory>

#include "base/gref.h"
#include "fuzz/oracles.h"

namespace mapiguard::fuzzing {
namespace {

constexpr int kDeepest = 400;

void note(gint64 offset, GMimeParserWarning warning, const gchar* item, gpointer user_data) {
  auto& problem = *static_cast<std::string*>(user_data);
  if (!problem.empty()) return;
  problem = "GMime warns (" + std::to_string(static_cast<int>(warning)) + ") at " + std::to_string(offset) + ": " +
            (item ? item : "");
}

struct OptionsFree {
  void operator()(GMimeParserOptions* options) const { g_mime_parser_options_free(options); }
};

Digest digest_of(GMimePart* part) {
  GMimeDataWrapper* wrapper = g_mime_part_get_content(part);
  if (!wrapper) return sha256({});
  const GRef<GMimeStream> memory = adopt(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(wrapper, memory.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
  return sha256(Bytes(reinterpret_cast<const std::byte*>(bytes->data), bytes->len));
}

void walk(GMimeObject* object, int depth, ReadBack& read) {
  if (!object || depth == 0) return;
  if (GMIME_IS_MESSAGE_PART(object)) {
    if (GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)))
      walk(g_mime_message_get_mime_part(inner), depth - 1, read);
  } else if (GMIME_IS_MULTIPART(object)) {
    for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(object)); ++i)
      walk(g_mime_multipart_get_part(GMIME_MULTIPART(object), i), depth - 1, read);
  } else if (GMIME_IS_PART(object)) {
    read.digests.insert(digest_of(GMIME_PART(object)));
  }
}

}  // namespace

ReadBack read_back(std::string_view mail, const Original& original) {
  ReadBack read;
  const std::unique_ptr<GMimeParserOptions, OptionsFree> options(g_mime_parser_options_new());
  g_mime_parser_options_set_warning_callback(options.get(), note, &read.problem);
  const GRef<GMimeStream> stream = adopt(g_mime_stream_mem_new_with_buffer(mail.data(), mail.size()));
  const GRef<GMimeParser> parser = adopt(g_mime_parser_new_with_stream(stream.get()));
  const GRef<GMimeMessage> message = adopt(g_mime_parser_construct_message(parser.get(), options.get()));
  if (!message) {
    read.problem = "GMime reads no message";
    return read;
  }
  walk(g_mime_message_get_mime_part(message.get()), kDeepest, read);
  if (original.is_clear_signed) read.problem.clear();  // what was signed is not ours
  return read;
}

}  // namespace mapiguard::fuzzing
