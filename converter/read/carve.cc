#include "converter/read/carve.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "converter/read/noise.h"

namespace mapiguard {
namespace {

constexpr std::size_t kHeaderSize = 512, kAlignment = 64;
constexpr std::size_t kMostTexts = 10'000;
constexpr PropertyId kMessageClass = 0x001A, kSubject = 0x0037, kTransportHeaders = 0x007D, kBody = 0x1000,
                     kRtfCompressed = 0x1009, kHtml = 0x1013;

// The text in UTF-16 at the head of `bytes`, empty when that is none. Half of all pairs of random bytes are letters of
// some script, so text in other scripts than Latin has to be longer to count.
Bytes utf16_run(Bytes bytes) {
  constexpr std::size_t kLeastCommon = 4, kLeastOther = 12;
  std::size_t units = 0, common = 0, odd = 0;
  ByteCursor cursor(bytes);
  while (const auto unit = cursor.u16()) {
    const Script script = script_of(*unit);
    if (script == Script::none) break;
    odd += script == Script::rare;
    ++units;
    common += script == Script::common;
  }
  const bool is_text = common * 4 >= units * 3 ? units >= kLeastCommon : units >= kLeastOther && odd * 8 <= units;
  return is_text ? slice(bytes, 0, units * 2) : Bytes();
}

bool is_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }

// The same for 8-bit text, in any code page that extends ASCII.
Bytes narrow_run(Bytes bytes) {
  constexpr std::size_t kLeast = 6;
  constexpr std::size_t kPadding = 4;  // so many bytes FF in a row are none of a text
  std::size_t length = 0, letters = 0, high = 0, padding = 0;
  for (const char c : as_chars(bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 ? byte != '\t' && byte != '\r' && byte != '\n' : byte == 0x7F) break;
    padding = byte == 0xFF ? padding + 1 : 0;
    ++length;
    letters += is_letter(c);
    high += byte >= 0x80;
    if (padding == kPadding) {
      length -= kPadding;
      high -= kPadding;
      break;
    }
  }
  const bool is_text = length >= kLeast && (letters + high) * 2 >= length && high * 2 <= length;
  return is_text ? slice(bytes, 0, length) : Bytes();
}

// MS-OXRTFCP 2.1.3.1: size, raw size, "LZFu" or "MELA", CRC.
Bytes compressed_rtf(Bytes bytes) {
  ByteCursor cursor(bytes);
  const auto size = cursor.u32();
  const auto raw_size = cursor.u32();
  const auto magic = cursor.u32();
  constexpr std::uint32_t kLzfu = 0x75465A4C, kMela = 0x414C454D;
  if (!size || !raw_size || !magic || (*magic != kLzfu && *magic != kMela)) return {};
  return slice(bytes, 0, std::uint64_t{*size} + 4);
}

struct Text {
  Bytes bytes;
  bool is_utf16 = false;
  std::string utf8;  // of 8-bit text: the bytes
};

// Names in the directory itself.
bool is_name(std::string_view text) { return text.starts_with("__") || text == "Root Entry"; }

// Bytes that messages have and other documents do not: names of streams and message classes in UTF-16, compressed
// RTF, and the end of the property sets {000620xx-0000-0000-C000-000000000046}.
bool has_traces_of_a_message(Bytes input) {
  using namespace std::string_view_literals;
  constexpr std::array kTraces = {
      "_\0_\0s\0u\0b\0s\0t\0g\0"sv, "I\0P\0M\0.\0"sv, "IPM."sv, "LZFu"sv, "\x20\x06\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"sv,
  };
  return std::ranges::any_of(kTraces,
                             [&](std::string_view t) { return as_chars(input).find(t) != std::string_view::npos; });
}

bool is_html(std::string_view text) {
  const std::string head = ascii_lower(text.substr(0, 2000));
  return head.find("<html") != std::string::npos || head.find("<!doctype html") != std::string::npos ||
         head.find("<body") != std::string::npos;
}

bool is_transport_headers(std::string_view text) {
  int known = 0;
  for (const std::string_view field :
       {"Received:", "From:", "To:", "Subject:", "Date:", "Message-ID:", "MIME-Version:"})
    known += text.starts_with(field) || text.find("\n" + std::string(field)) != std::string_view::npos;
  return known >= 3;
}

// One line of words: what a subject may be.
bool is_line(std::string_view text) {
  constexpr std::size_t kMostSubject = 400;
  if (text.size() > kMostSubject || text.find('\n') != std::string_view::npos) return false;
  return text.find('@') == std::string_view::npos && !text.starts_with("/") && !text.starts_with("IPM.");
}

// Lines, or a long line with blanks as words have them.
bool is_prose(std::string_view text) {
  constexpr std::size_t kLongLine = 60, kMostOfAWord = 12;
  if (text.empty() || text.starts_with("IPM.") || text.starts_with("/")) return false;
  if (text.substr(0, text.size() - 1).find('\n') != std::string_view::npos) return true;
  const auto blanks = static_cast<std::size_t>(std::ranges::count(text, ' '));
  return text.size() >= kLongLine && blanks * kMostOfAWord >= text.size();
}

class Carver {
 public:
  Carver(Bytes input, const ReadContext& context, const Wanted& wanted, Document& document, Message& message)
      : input_(input),
        context_(context),
        wanted_(wanted),
        document_(document),
        message_(message),
        bag_(message.properties) {}

  bool carve() {
    if (!has_traces_of_a_message(input_)) return false;
    find_what_is_there();
    find_what_is_read();
    scan();
    if (!rtf_.empty() && wanted_.body) add(kRtfCompressed, PropertyType::binary, rtf_);
    for (Text& text : texts_) take_known(text);
    if (wanted_.subject) take_subject();
    if (wanted_.body) take_body();
    if (found_.empty()) return false;
    put_into_bag();
    return true;
  }

 private:
  void scan() {
    for (std::uint64_t at = kHeaderSize; at < input_.size() && texts_.size() < kMostTexts;) {
      const Bytes here = slice(input_, at);
      if (is_read(here)) {
        at += kAlignment;
        continue;
      }
      if (const Bytes rtf = compressed_rtf(here); rtf.size() > rtf_.size()) rtf_ = rtf;
      Bytes run = utf16_run(here);
      const bool is_utf16 = !run.empty();
      if (!is_utf16) run = narrow_run(here);
      if (!context_.budget.spend(1 + run.size() / 16)) return;
      keep(run, is_utf16);
      at += (run.size() / kAlignment + 1) * kAlignment;
    }
  }

  void keep(Bytes run, bool is_utf16) {
    if (run.empty()) return;
    Text text{run, is_utf16, is_utf16 ? utf16le_to_utf8(run) : std::string(as_chars(run))};
    if (!is_name(text.utf8) && text.utf8 != "SMTP") texts_.push_back(std::move(text));
  }

  void find_what_is_there() {
    for (const Property& p : bag_.all())
      if (const Blob* blob = std::get_if<Blob>(&p.value); blob && !blob->empty()) present_.push_back(p.id);
  }
  bool has(PropertyId id) const { return std::ranges::find(present_, id) != present_.end(); }

  // Texts that belong to a property are not looked at again.
  void find_what_is_read() {
    note_read(message_);
    std::ranges::sort(read_);
  }
  void note_read(const Message& message) {
    note_read(message.properties);
    for (const Recipient& recipient : message.recipients) note_read(recipient.properties);
    for (const Attachment& attachment : message.attachments) {
      note_read(attachment.properties);
      note_read(attachment.data);
      if (attachment.embedded) note_read(*attachment.embedded);
      if (attachment.storage) note_read(*attachment.storage);
    }
  }
  void note_read(const PropertyBag& bag) {
    for (const Property& p : bag.all())
      if (const Blob* blob = std::get_if<Blob>(&p.value)) note_read(*blob);
  }
  void note_read(const StorageEntry& entry) {
    note_read(entry.data);
    for (const StorageEntry& child : entry.children) note_read(child);
  }
  void note_read(const Blob& blob) {
    for (std::size_t i = 0; i < blob.pieces() && context_.budget.spend(); ++i)
      read_.emplace_back(blob.piece(i).data(), blob.piece(i).data() + blob.piece(i).size());
  }
  bool is_read(Bytes here) const {
    const auto behind = std::ranges::upper_bound(read_, here.data(), {}, [](const auto& range) { return range.first; });
    return behind != read_.begin() && here.data() < std::prev(behind)->second;
  }

  void add(PropertyId id, PropertyType type, Bytes bytes) {
    if (has(id)) return;
    present_.push_back(id);
    found_.push_back({id, static_cast<std::uint16_t>(type), Blob(bytes), nullptr});
  }
  void add(PropertyId id, const Text& text) {
    add(id, text.is_utf16 ? PropertyType::unicode : PropertyType::string8, text.bytes);
  }

  // What was found takes the place of properties whose streams were lost.
  void put_into_bag() {
    PropertyBag bag;
    for (const Property& p : bag_.all())
      if (std::ranges::find(found_, p.id, &Property::id) == found_.end()) bag.add(p);
    for (Property& p : found_) bag.add(std::move(p));
    bag.index();
    bag_ = std::move(bag);
  }

  // What says itself what it is. Taken texts are emptied.
  void take_known(Text& text) {
    if (is_html(text.utf8)) {
      if (!wanted_.body) return;
      text.is_utf16 ? add(kHtml, text) : add(kHtml, PropertyType::binary, text.bytes);
    } else if (is_transport_headers(text.utf8)) {
      if (wanted_.others) add(kTransportHeaders, text);
    } else if (text.utf8.starts_with("IPM.")) {
      if (wanted_.others) add(kMessageClass, text);
    } else {
      return;
    }
    text.utf8.clear();
  }

  // A message has its subject two or three times (PidTagSubject, PidTagNormalizedSubject, PidTagConversationTopic),
  // perhaps without its prefix; other lines seldom come twice.
  void take_subject() {
    if (has(kSubject)) return;
    std::vector<const Text*> lines;
    for (const Text& text : texts_)
      if (!text.utf8.empty() && is_line(text.utf8)) lines.push_back(&text);
    constexpr std::size_t kMostCompared = 200;
    if (lines.size() > kMostCompared) lines.resize(kMostCompared);
    for (const Text* line : lines)
      for (const Text* other : lines)
        if (line != other && line->utf8.size() >= other->utf8.size() && line->utf8.ends_with(other->utf8))
          return add(kSubject, *line);
  }

  // The longest text that is one, of those that nothing else is known of. Where there are lines only, all together.
  void take_body() {
    if (has(kBody) || has(kHtml) || has(kRtfCompressed) || texts_.empty()) return;
    const auto longest =
        std::ranges::max_element(texts_, {}, [](const Text& t) { return is_prose(t.utf8) ? t.utf8.size() : 0; });
    if (is_prose(longest->utf8)) return add(kBody, *longest);
    if (wanted_.only_prose) return;
    put_lines_together();
  }

  void put_lines_together() {
    std::string& all = document_.owned.emplace_back();  // UTF-16LE; 8-bit text widened as ISO 8859-1
    std::set<std::string_view> seen;
    for (const Text& text : texts_) {
      if (text.utf8.empty() || !seen.insert(text.utf8).second) continue;
      if (text.is_utf16) all += as_chars(text.bytes);
      for (std::size_t i = 0; !text.is_utf16 && i < text.bytes.size(); ++i)
        all.append({static_cast<char>(text.bytes[i]), 0});
      all.append("\r\0\n\0", 4);
    }
    if (all.empty()) return;
    add(kBody, PropertyType::unicode, as_bytes(all));
  }

  Bytes input_;
  const ReadContext& context_;
  const Wanted& wanted_;
  Document& document_;
  const Message& message_;
  PropertyBag& bag_;
  std::vector<std::pair<const std::byte*, const std::byte*>> read_;  // what properties have, by address
  std::vector<PropertyId> present_;                                  // in the message, with a value
  std::vector<Property> found_;
  Bytes rtf_;
  std::vector<Text> texts_;
};

}  // namespace

bool carve_texts(Bytes input, const ReadContext& context, const Wanted& wanted, Document& document, Message& message) {
  if (!Carver(input, context, wanted, document, message).carve()) return false;
  context.defects.loss(message.where,
                       "what was lost of the compound file made it necessary to search it for texts; which text is "
                       "what was guessed");
  return true;
}

}  // namespace mapiguard
