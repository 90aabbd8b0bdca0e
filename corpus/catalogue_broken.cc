// Contents that break a rule inside a sound container, damaged TNEF, and files that are no messages.
#include <array>

#include "corpus/catalogue.h"
#include "corpus/damage.h"
#include "corpus/enclosures.h"
#include "corpus/lzfu_writer.h"
#include "corpus/msg_writer.h"
#include "corpus/people.h"
#include "corpus/rtf_writer.h"
#include "corpus/tnef_writer.h"

namespace mapiguard::corpus {
namespace {

constexpr std::u16string_view kBody = u"__substg1.0_1000001F";
constexpr std::u16string_view kProperties = u"__properties_version1.0";
constexpr std::u16string_view kRecipient = u"__recip_version1.0_#00000000";

void no_nameid(ByteSink& sink) {
  Message message = small_message();
  message.properties.texts(named(kPsPublicStrings, "Keywords"), {"lost"});
  DamagedFile(without(msg_tree(message), u"__nameid_version1.0")).write(sink);
}

void nameid_lies(ByteSink& sink) {
  Message message = small_message();
  message.properties.texts(named(kPsPublicStrings, "Keywords"), {"lost"})
      .text(named(kPsInternetHeaders, "X-Lost"), "too");
  CfbNode root = msg_tree(message);
  CfbNode& names = child(root, u"__nameid_version1.0");
  child(names, u"__substg1.0_00040102").content = Content(std::string("\xFF\xFF\xFF\x7FKeywords", 12));
  child(names, u"__substg1.0_00020102").content = Content(std::string(7, 'g'));
  DamagedFile(std::move(root)).write(sink);
}

void recipient_without_properties(ByteSink& sink) {
  CfbNode root = msg_tree(small_message());
  child(root, kRecipient) = without(child(root, kRecipient), kProperties);
  DamagedFile(std::move(root)).write(sink);
}

void recipient_missing(ByteSink& sink) { DamagedFile(without(msg_tree(small_message()), kRecipient)).write(sink); }

void body_stream_missing(ByteSink& sink) { DamagedFile(without(msg_tree(small_message()), kBody)).write(sink); }

void properties_missing(ByteSink& sink) { DamagedFile(without(msg_tree(small_message()), kProperties)).write(sink); }

// The header of the property stream promises millions of recipients and attachments.
void counts_lie(ByteSink& sink) {
  CfbNode root = msg_tree(small_message());
  patch_content(child(root, kProperties), 8, std::string(16, '\x7F'));
  DamagedFile(std::move(root)).write(sink);
}

void half_property_entry(ByteSink& sink) {
  CfbNode root = msg_tree(small_message());
  CfbNode& properties = child(root, kProperties);
  properties.content = Content(properties.content.copy() + std::string("\x1F\0\x70", 3));
  DamagedFile(std::move(root)).write(sink);
}

// As some programs write it: the size of an 8-bit string without its NUL.
void string_size(ByteSink& sink) {
  CfbNode root = msg_tree(small_message(TextCoding::ansi(1252, 0x0409)));
  CfbNode& properties = child(root, kProperties);
  std::string entries = properties.content.copy();
  for (std::size_t at = 32; at + 16 <= entries.size(); at += 16)
    if (entries.compare(at, 2, std::string("\x1E\0", 2)) == 0) entries[at + 8] = static_cast<char>(entries[at + 8] - 1);
  properties.content = Content(entries);
  DamagedFile(std::move(root)).write(sink);
}

void odd_utf16(ByteSink& sink) {
  CfbNode root = msg_tree(small_message());
  CfbNode& subject = child(root, u"__substg1.0_0037001F");
  subject.content = Content(subject.content.copy() + "x");
  DamagedFile(std::move(root)).write(sink);
}

void multi_value_lies(ByteSink& sink) {
  Message message = small_message();
  message.properties.texts(std::uint16_t{0x5000}, {"one", "two"}).binaries(std::uint16_t{0x5001}, {"a", "b"});
  CfbNode root = msg_tree(message);
  child(root, u"__substg1.0_5000101F").content = Content(std::string(4000, '\x7F'));
  child(root, u"__substg1.0_50011102").content = Content(std::string(5, '\xFF'));
  DamagedFile(std::move(root)).write(sink);
}

// Values that are no times, no sensible numbers, no known types.
void strange_values(ByteSink& sink) {
  Message message = small_message();
  message.properties.time(0x0039, {UINT64_MAX})
      .time(0x0E06, {1})
      .integer32(0x3FDE, 4'000'000'000)
      .integer32(0x3FFD, 77);
  message.properties.integer32(0x0017, 99)
      .integer32(0x1016, 0xFFFFFFFF)
      .raw(std::uint16_t{0x0036}, 0x0777, {std::string(8, '\x55')});
  message.properties.binary(0x0041, "short").binary(0x0071, std::string(3, '\x01'));
  write_msg(message, sink);
}

// Line ends in everything that becomes a header.
void header_injection(ByteSink& sink) {
  Message message = compose({.subject = "Offer\r\nBcc: everyone@example.org\r\n\r\nnot the body",
                             .from = {"Anna\nX-Evil: 1", "anna.berg@example.com"},
                             .to = {{"James\r\n\r\n", "james.oneill@example.org"}},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2024, 2, 2, 2, 2),
                             .message_id = "<injected@example.com>\r\nX-Evil: 2"});
  set_plain(message, "The body itself is harmless.\n");
  attach(message, {.name = "a.txt\"\r\nX-Evil: 3",
                   .type = "text/plain\r\nX-Evil: 4",
                   .data = std::string("text"),
                   .content_id = "id>\r\nX-Evil: 5"});
  message.properties.text(named(kPsInternetHeaders, "X-Fine\r\nX-Evil"), "6\r\nX-Evil: 7");
  write_msg(message, sink);
}

enum class RtfDamage { crc, raw_size, huge_raw_size, packed_size, cut, unknown_type, short_header, noise };

std::string damaged_rtf(RtfDamage damage) {
  std::string packed =
      lzfu_compress(encapsulate_html("<html><body><p>The RTF body says: apples, pears and quinces.</p></body></html>"));
  switch (damage) {
    case RtfDamage::crc: put_at(packed, 12, 0xDEADBEEFu); break;
    case RtfDamage::raw_size: put_at(packed, 4, 100u); break;
    case RtfDamage::huge_raw_size: put_at(packed, 4, 0xFFFFFFF0u); break;
    case RtfDamage::packed_size: put_at(packed, 0, 0x7FFFFFFFu); break;
    case RtfDamage::cut: packed.resize(packed.size() * 3 / 4); break;
    case RtfDamage::unknown_type: packed.replace(8, 4, "XZFu"); break;
    case RtfDamage::short_header: packed.resize(11); break;
    case RtfDamage::noise: packed.replace(16, packed.size() - 16, noise(packed.size() - 16, 5).copy()); break;
  }
  return packed;
}

template <RtfDamage damage>
void rtf(ByteSink& sink) {
  Message message = small_message();
  message.properties.binary(0x1009, damaged_rtf(damage));
  write_msg(message, sink);
}

void write_with_rtf(std::string_view text, ByteSink& sink) {
  Message message = small_message();
  set_rtf(message, text);
  write_msg(message, sink);
}

void rtf_braces(ByteSink& sink) {
  write_with_rtf("{\\rtf1\\ansi " + std::string(20'000, '{') + "deep" + std::string(30'000, '}') + " \\par}", sink);
}

// Stored, so that the size of the file is that of the text.
template <std::size_t groups>
void rtf_nested(ByteSink& sink) {
  Message message = small_message();
  message.properties.binary(
      0x1009, mela_store("{\\rtf1\\ansi " + std::string(groups, '{') + "deep" + std::string(groups, '}') + "\\par}"));
  write_msg(message, sink);
}

void rtf_lengths(ByteSink& sink) {
  write_with_rtf("{\\rtf1\\ansi{\\pict\\bin2147483647 abc}\\uc2147483647\\u-99999999999999999999 visible\\'zz\\'4",
                 sink);
}

std::string tnef_sample() {
  Message message = sample_message();
  attach(message, {.name = "second.txt", .type = "text/plain", .data = std::string("a second file\r\n")});
  return tnef_bytes(message);
}

template <int percent>
void tnef_truncated(ByteSink& sink) {
  const std::string whole = tnef_sample();
  sink.write(std::string_view(whole).substr(0, whole.size() * percent / 100));
}

template <std::uint64_t seed>
void tnef_flipped(ByteSink& sink) {
  std::string bytes = tnef_sample();
  flip_bytes(bytes, seed, 6, 12);
  sink.write(bytes);
}

void tnef_two_bytes(ByteSink& sink) { sink.write("\x78\x9F"); }
void tnef_signature(ByteSink& sink) { sink.write(tnef_header(1)); }
void tnef_tail(ByteSink& sink) { sink.write(tnef_sample() + std::string(300, '\xAA')); }

void tnef_checksums(ByteSink& sink) {
  std::string bytes = tnef_sample();
  for (std::size_t at = 6; at + 11 <= bytes.size();) {
    const std::size_t length = number_at(bytes, at + 5);
    bytes[at + 9 + length] = static_cast<char>(~bytes[at + 9 + length]);
    at += 11 + length;
  }
  sink.write(bytes);
}

void tnef_length(ByteSink& sink) {
  std::string bytes = tnef_sample();
  put_at(bytes, bytes.find("second.txt") - 4, 0x7FFFFFFFu);
  sink.write(bytes);
}

void tnef_property_count(ByteSink& sink) {
  Properties properties(TextCoding::unicode());
  properties.text(0x0037, "A property count that lies").text(0x1000, "The text before the lie still counts.\r\n");
  std::string block = tnef_properties(properties);
  put_at(block, 0, 0xFFFFFFFFu);
  sink.write(tnef_header(1) + tnef_attribute(kTnefMessageLevel, 0x00069003, block));
}

// attAttachData and attAttachTitle before any attAttachRendData.
void tnef_order(ByteSink& sink) {
  sink.write(tnef_header(1) + tnef_attribute(kTnefMessageLevel, 0x00018004, std::string_view("Out of order\0", 13)));
  sink.write(tnef_attribute(kTnefAttachmentLevel, 0x0006800F, "data without a start"));
  sink.write(tnef_attribute(kTnefAttachmentLevel, 0x00018010, std::string_view("orphan.txt\0", 11)));
}

Message nested(unsigned levels) {
  Message message(TextCoding::unicode());
  message.properties.text(0x001A, "IPM.Note")
      .text(0x0037, "Level " + std::to_string(levels))
      .text(0x1000, "Deeper.\r\n");
  if (levels > 1) attach(message, nested(levels - 1));
  return message;
}

void tnef_nested(ByteSink& sink) { sink.write(tnef_bytes(nested(60))); }

void empty(ByteSink&) {}
void prose(ByteSink& sink) {
  sink.write("This is a shopping list and no message at all\n\n- eggs\n- flour\n- patience\n");
}
void random_bytes(ByteSink& sink) { noise(2048, 99).write_to(sink); }
void archive(ByteSink& sink) { sink.write(zip_archive("readme.txt", "This archive holds no message.\r\n")); }

void other_document(ByteSink& sink) {
  CfbNode root = CfbNode::storage(u"Root Entry", guid("00020906-0000-0000-C000-000000000046"));
  root.add(CfbNode::stream(u"WordDocument", noise(4096, 3)));
  root.add(CfbNode::stream(u"1Table", noise(700, 4)));
  CfbFile(root, CfbVersion::v3).write(sink);
}

void empty_compound_file(ByteSink& sink) {
  const CfbNode root = CfbNode::storage(u"Root Entry", kMsgClsid);
  CfbFile(root, CfbVersion::v3).write(sink);
}

constexpr Kind kMsg = Kind::msg, kTnef = Kind::tnef, kOther = Kind::other;
constexpr Outcome kDegraded = Outcome::degraded, kEither = Outcome::either, kDamaged = Outcome::damaged;
constexpr std::string_view kSubject = kSampleSubject, kWords = kSampleWords, kNone = "-";

constexpr auto kSamples = std::to_array<Sample>({
    {"nameid-missing.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "a named property, but no mapping of names",
     no_nameid},
    {"nameid-lies.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "a mapping of names with impossible offsets",
     nameid_lies, Place::on_demand},
    {"recipient-no-properties.msg", kMsg, kDegraded, kSubject, kNoPromise, 1, kWords,
     "a recipient without a property stream", recipient_without_properties, Place::on_demand},
    {"recipient-missing.msg", kMsg, kDegraded, kSubject, 0, 1, kWords, "a recipient is announced, but has no storage",
     recipient_missing, Place::on_demand},
    {"body-stream-missing.msg", kMsg, kDegraded, kSubject, 1, 1, kNone, "the body is announced, but has no stream",
     body_stream_missing},
    {"properties-missing.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone,
     "no property stream, yet the streams of its values", properties_missing},
    {"properties-counts-lie.msg", kMsg, Outcome::tolerated, kSubject, 1, 1, kWords, "billions of recipients announced",
     counts_lie, Place::on_demand},
    {"properties-half-entry.msg", kMsg, Outcome::tolerated, kSubject, 1, 1, kWords,
     "a property stream that ends within an entry", half_property_entry, Place::on_demand},
    {"properties-string-size.msg", kMsg, Outcome::converted, kSubject, 1, 1, kWords,
     "8-bit strings whose size leaves the NUL out", string_size},
    {"properties-odd-utf16.msg", kMsg, Outcome::tolerated, kNone, 1, 1, kWords, "a subject of an odd number of bytes",
     odd_utf16, Place::on_demand},
    {"properties-multi-value-lies.msg", kMsg, kDegraded, kSubject, 1, 1, kWords,
     "multi-valued properties with wrong lengths", multi_value_lies, Place::on_demand},
    {"properties-strange-values.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "impossible times, code pages, types",
     strange_values},
    {"hostile-line-ends.msg", kMsg, kDegraded, kNone, 1, 1, "body itself is harmless",
     "line ends in everything that becomes a header", header_injection},
    {"lzfu-crc.msg", kMsg, kDegraded, kSubject, 1, 1, kNone, "compressed RTF with a wrong checksum",
     rtf<RtfDamage::crc>},
    {"lzfu-raw-size.msg", kMsg, kDegraded, kSubject, 1, 1, kNone, "compressed RTF that is longer than it says",
     rtf<RtfDamage::raw_size>, Place::on_demand},
    {"lzfu-raw-size-huge.msg", kMsg, kDegraded, kSubject, 1, 1, kNone, "compressed RTF that claims four gigabytes",
     rtf<RtfDamage::huge_raw_size>, Place::on_demand},
    {"lzfu-packed-size.msg", kMsg, kDegraded, kSubject, 1, 1, kNone, "compressed RTF whose packed size lies",
     rtf<RtfDamage::packed_size>, Place::on_demand},
    {"lzfu-cut.msg", kMsg, kDegraded, kSubject, 1, 1, kNone, "compressed RTF without its last quarter",
     rtf<RtfDamage::cut>},
    {"lzfu-unknown-type.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "a compression type that there is not",
     rtf<RtfDamage::unknown_type>, Place::on_demand},
    {"lzfu-short-header.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "eleven bytes of compressed RTF",
     rtf<RtfDamage::short_header>, Place::on_demand},
    {"lzfu-noise.msg", kMsg, kDegraded, kSubject, 1, 1, kNone, "noise behind a good header", rtf<RtfDamage::noise>,
     Place::on_demand},
    {"rtf-braces.msg", kMsg, Outcome::tolerated, kSubject, 1, 1, kNone, "20,000 groups, closed 30,000 times",
     rtf_braces},
    {"rtf-nested-10mb.msg", kMsg, Outcome::tolerated, kSubject, 1, 1, kNone, "groups nested five million deep",
     rtf_nested<5'000'000>, Place::large},
    {"rtf-lengths.msg", kMsg, Outcome::tolerated, kSubject, 1, 1, kNone,
     "\\bin, \\uc and \\u with numbers beyond everything", rtf_lengths, Place::on_demand},
    {"tnef-cut-10.dat", kTnef, kEither, kNone, kNoPromise, kNoPromise, kNone, "the first 10 %: within the properties",
     tnef_truncated<10>},
    {"tnef-cut-60.dat", kTnef, kDegraded, kSubject, kNoPromise, kNoPromise, kWords,
     "the first 60 %: the attachment is cut", tnef_truncated<60>},
    {"tnef-cut-99.dat", kTnef, kDegraded, kSubject, 1, 2, kWords, "the first 99 %: the second attachment is cut",
     tnef_truncated<99>},
    {"tnef-flipped-seed-1.dat", kTnef, kEither, kNone, kNoPromise, kNoPromise, kNone, "12 bytes altered, seed 1",
     tnef_flipped<1>},
    {"tnef-flipped-seed-2.dat", kTnef, kEither, kNone, kNoPromise, kNoPromise, kNone, "12 bytes altered, seed 2",
     tnef_flipped<2>, Place::on_demand},
    {"tnef-two-bytes.dat", kOther, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "two bytes of the signature",
     tnef_two_bytes},
    {"tnef-signature.dat", kTnef, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "signature and key alone",
     tnef_signature},
    {"tnef-trailing.dat", kTnef, kDegraded, kSubject, 1, 2, kWords, "300 bytes behind the end", tnef_tail},
    {"tnef-checksums.dat", kTnef, kDegraded, kSubject, 1, 2, kWords, "every checksum is wrong", tnef_checksums},
    {"tnef-length.dat", kTnef, kDegraded, kSubject, 1, 2, kWords, "an attribute that claims two gigabytes",
     tnef_length},
    {"tnef-property-count.dat", kTnef, kDegraded, "A property count that lies", kNoPromise, 0,
     "before the lie still counts", "four billion properties announced, two there", tnef_property_count},
    {"tnef-order.dat", kTnef, kDegraded, "Out of order", kNoPromise, kNoPromise, kNone,
     "attachment data before any attachment", tnef_order},
    {"tnef-nested-60.dat", kTnef, kDegraded, "Level 60", kNoPromise, 1, "Deeper.", "sixty messages deep", tnef_nested,
     Place::on_demand},
    {"empty", kOther, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "no bytes at all", empty},
    {"shopping-list.txt", kOther, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "text without header lines", prose},
    {"noise.bin", kOther, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "bytes without a sense", random_bytes},
    {"archive.zip", kOther, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "a ZIP archive", archive},
    {"document.doc", kOther, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "a compound file that is no message",
     other_document},
    {"compound-empty.msg", kOther, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "a compound file without a stream",
     empty_compound_file},
});

}  // namespace

std::span<const Sample> broken_content_samples() { return kSamples; }

}  // namespace mapiguard::corpus
