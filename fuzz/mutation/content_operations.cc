// Operations on what a message says: its class, code pages, RTF, HTML, calendar blobs, named properties.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "converter/model/property_table.h"
#include "converter/read/tnef_attributes.h"
#include "corpus/calendar_values.h"
#include "fuzz/mutation/byte_mutation.h"
#include "fuzz/mutation/dictionary.h"
#include "fuzz/mutation/numbers.h"
#include "fuzz/mutation/operations.h"

namespace mapiguard::mutation {
namespace {

constexpr PropertyTag kRtf = 0x10090102;

Node* main_owner(Editor& editor) {
  Node* message = editor.any([](const Node& n) {
    return n.has_property_stream ? is_message(n) : n.id == static_cast<std::uint32_t>(TnefId::msg_props);
  });
  return message ? message : editor.any_owner();
}

bool change_class(Editor& editor) {
  const std::string_view name = editor.dice().pick(kClasses);
  if (Node* legacy =
          editor.any([](const Node& n) { return n.id == static_cast<std::uint32_t>(TnefId::message_class); });
      legacy && !editor.is_msg())
    legacy->data = std::string(name) + '\0';
  Node* owner = main_owner(editor);
  if (owner) put_property(*owner, editor.container().format, 0x001A001F, utf16_of(name));
  return owner != nullptr;
}

bool change_code_page(Editor& editor) {
  Dice& dice = editor.dice();
  const std::uint32_t page = dice.one_in(6) ? static_cast<std::uint32_t>(dice.below(70000)) : dice.pick(kCodePages);
  if (Node* attribute =
          editor.any([](const Node& n) { return n.id == static_cast<std::uint32_t>(TnefId::oem_codepage); });
      attribute && !editor.is_msg() && dice.one_in(2)) {
    set_number(attribute->data, 0, page);
    return true;
  }
  Node* owner = main_owner(editor);
  if (!owner) return false;
  // PidTagInternetCodepage, PidTagMessageCodepage, PidTagMessageLocaleId, PidTagCodePageId.
  constexpr PropertyTag kTags[] = {0x3FDE0003, 0x3FFD0003, 0x3FF10003, 0x66C30003};
  put_property(*owner, editor.container().format, dice.pick(kTags), corpus::little_endian(page));
  return true;
}

// The same characters as 8-bit ones, in whatever code page the message names.
bool narrow_or_widen(Editor& editor) {
  const auto place =
      editor.any_property([](const Property& p) { return text_width(p.type()) > 0 && !(p.type() & kMultiValued); });
  if (!place) return false;
  Property& property = place.property();
  const std::string value = value_copy(property);
  std::string out;
  if (text_width(property.type()) == 1) {
    out = utf16_of(value);
  } else {
    for (std::size_t i = 0; i + 1 < value.size(); i += 2) {
      const auto unit = number_at<std::uint16_t>(value, i);
      if (unit >= 0x100 || editor.dice().one_in(12)) out.push_back(static_cast<char>(0x81 + editor.dice().below(0x7D)));
      out.push_back(static_cast<char>(unit));
    }
  }
  std::string name = std::move(property.name);
  property = make_property(editor.container().format, property.tag ^ 1, std::move(out));
  property.name = std::move(name);
  return true;
}

constexpr std::string_view kRtfWords[] = {
    "{",
    "}",
    "{\\*\\htmltag64 <p>}",
    "\\htmlrtf ",
    "\\htmlrtf0 ",
    "\\fromhtml1 ",
    "\\fromtext ",
    "\\par ",
    "\\line ",
    "\\tab ",
    "\\'e4",
    "\\'8",
    "\\u8364 ?",
    "\\u-10179 ?\\u-8704 ?",
    "\\uc0 ",
    "\\uc3 ",
    "\\uc99999 ",
    "\\bin3 abc",
    "\\bin99999999 ",
    "\\bin-1 ",
    "\\ansicpg932 ",
    "\\ansicpg1251 ",
    "\\f1 ",
    "\\f999999 ",
    "{\\fonttbl{\\f0\\fcharset128 A;}}",
    "{\\fonttbl{\\f9\\fcharset204\\cpg1251 x;}}",
    "{\\colortbl;\\red255\\green0\\blue0;}",
    "\\cf1 ",
    "\\cf4096 ",
    "{\\pict\\pngblip 89504e470d0a1a0a}",
    "{\\pict\\wmetafile8\\picw10 00}",
    "{\\object\\objdata 0105}",
    "{\\field{\\*\\fldinst HYPERLINK \"http://x/\"}{\\fldrslt y}}",
    "\\trowd\\cellx100 a\\cell\\row ",
    "\\pntext ",
    "{\\*\\pn\\pnlvlbody}",
    "\\ls1\\ilvl8 ",
    "\\objattph ",
    "\\mhtmltag ",
    "{\\*\\mhtmltag1 x}",
    "\\b\\i\\ul\\strike ",
    "\\v ",
    "\\plain\\pard ",
    "\\~\\-\\_",
    "\\\r\n",
    "\\upr{a}{\\*\\ud b}",
    "\\emdash \\bullet \\lquote ",
    "\\stylesheet{\\s1 x;}",
};

void insert_rtf(std::string& rtf, Dice& dice, std::size_t most) {
  std::string piece;
  const std::size_t times = dice.one_in(10) ? 1 + dice.below(600) : 1 + dice.small(4);
  const std::string_view word = dice.pick(kRtfWords);
  for (std::size_t i = 0; i < times && piece.size() < most; ++i) piece += dice.one_in(4) ? dice.pick(kRtfWords) : word;
  rtf.insert(dice.below(rtf.size() + 1), piece);
}

bool change_rtf(Editor& editor) {
  auto place = editor.any_property([](const Property& p) { return p.tag == kRtf; });
  Node* owner = place ? place.owner : main_owner(editor);
  if (!owner) return false;
  Dice& dice = editor.dice();
  std::string packed = place ? value_copy(place.property()) : std::string();
  if (place && dice.one_in(5)) {  // the header's four numbers (MS-OXRTFCP 2.1.3.1.1), or the tokens
    if (dice.one_in(2))
      set_number(packed, 4 * dice.below(4), static_cast<std::uint32_t>(awkward_number(dice)));
    else
      mutate_fields(packed, dice, editor.most());
    set_value(place.property(), std::move(packed));
    return true;
  }
  const auto unpacked = unpack_rtf(packed);
  std::string rtf =
      unpacked && !unpacked->empty() ? *unpacked : "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 {\\*\\htmltag64 <p>}x\\par }";
  for (std::size_t times = 1 + dice.small(4); times > 0; --times)
    dice.one_in(3) ? mutate_bytes(rtf, dice, editor.most()) : insert_rtf(rtf, dice, editor.most());
  if (rtf.size() > editor.most()) rtf.resize(editor.most());
  packed = pack_rtf(rtf, dice.one_in(2));
  if (place)
    set_value(place.property(), std::move(packed));
  else
    put_property(*owner, editor.container().format, kRtf, std::move(packed));
  return true;
}

constexpr std::string_view kMarkup[] = {
    "<div>",
    "</div>",
    "<p>",
    "<br>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<a href=\"http://x/\">",
    "</a>",
    "<!--",
    "-->",
    "<![CDATA[",
    "<img src=cid:1>",
    "<img src='a.png'>",
    "<meta http-equiv=content-type content='text/html; charset=koi8-r'>",
    "<base href=x>",
    "<style>p{}",
    "</style>",
    "<script>",
    "<pre>",
    "<ul><li>",
    "<blockquote>",
    "&nbsp;",
    "&#128512;",
    "&#x110000;",
    "&amp",
    "<",
    ">",
    "\"",
    "<body",
    "<o:p>",
    "<title>",
    "</html>",
    "\xC2\xA0",
    "<textarea>",
    "<h1>",
    "<font color=red>",
};
constexpr std::string_view kHeaders[] = {
    "Received: from a by b; Tue, 5 Mar 2024 09:15:00 +0000\r\n",
    "Content-Type: multipart/alternative; boundary=x\r\n",
    "MIME-Version: 1.0\r\n",
    "Message-ID: <a@b>\r\n",
    "References: <a@b> <c@d>\r\n",
    "Subject: =?utf-8?Q?x?=\r\n",
    "From: \"a\" <a@b>\r\n",
    " folded\r\n",
    "X-A: b\r\n",
    "To: undisclosed-recipients:;\r\n",
    "Date: Tue, 5 Mar 2024 09:15:00 +0100\r\n",
    "Return-Path: <>\r\n",
    "no colon\r\n",
    "\r\n",
    ": x\r\n",
    "Microsoft Mail Internet Headers Version 2.0\r\n",
    "List-Unsubscribe: <mailto:x>\r\n",
    "DKIM-Signature: v=1\r\n",
    "Auto-Submitted: no\r\n",
};

// HTML into bodies, header lines into the transport's headers.
bool insert_markup(Editor& editor) {
  Node* owner = main_owner(editor);
  if (!owner) return false;
  Dice& dice = editor.dice();
  constexpr PropertyTag kTags[] = {0x10130102, 0x10130102, 0x1000001F, 0x007D001F, 0x007D001F};
  const PropertyTag wanted = dice.pick(kTags);
  Property* property = find_property(*owner, static_cast<PropertyId>(wanted >> 16));
  const bool is_wide = text_width(property ? property->type() : static_cast<std::uint16_t>(wanted)) == 2;
  std::string value = property ? value_copy(*property) : std::string();
  std::string piece;
  const bool is_header = wanted == 0x007D001F;
  const auto any_piece = [&] { return is_header ? dice.pick(kHeaders) : dice.pick(kMarkup); };
  const bool is_one_piece = dice.one_in(2);  // many times the same: what is nested or counted
  const std::string_view one = any_piece();
  const std::size_t times = dice.one_in(8) ? 1 + dice.below(500) : 1 + dice.small(4);
  for (std::size_t i = 0; i < times && piece.size() < editor.most() / 2; ++i) piece += is_one_piece ? one : any_piece();
  std::size_t at = dice.below(value.size() + 1);
  if (is_wide) at &= ~std::size_t{1};
  value.insert(at, is_wide ? utf16_of(piece) : piece);
  if (property)
    set_value(*property, std::move(value));
  else
    put_property(*owner, editor.container().format, wanted, std::move(value));
  return true;
}

bool drop_a_body(Editor& editor) {
  Node* owner = main_owner(editor);
  if (!owner) return false;
  constexpr PropertyId kBodies[] = {0x1000, 0x1009, 0x1013, 0x0E1F, 0x1016};
  const PropertyId id = editor.dice().pick(kBodies);
  return std::erase_if(owner->properties, [&](const Property& p) { return p.id() == id; }) > 0;
}

std::string weekly_series(Dice& dice) {
  corpus::WeeklySeries series;
  series.day_mask = static_cast<std::uint32_t>(1 + dice.below(127));
  series.first_day = corpus::minutes_since_1601(2024, 3, 4);
  series.last_day = series.first_day + 1440 * static_cast<std::uint32_t>(dice.below(400));
  series.occurrences = static_cast<std::uint32_t>(dice.below(60));
  series.start_minute = static_cast<std::uint32_t>(dice.below(1440));
  series.end_minute = series.start_minute + 30;
  for (std::size_t i = dice.small(6); i > 0; --i)
    series.deleted_days.push_back(series.first_day + 1440 * static_cast<std::uint32_t>(i));
  for (std::size_t i = dice.small(4); i > 0; --i) {
    const std::uint32_t day = series.first_day + 10080 * static_cast<std::uint32_t>(i);
    series.moved.push_back({day, day + 600, day + 660, "moved", "there"});
  }
  return corpus::weekly_recurrence(series);
}

std::string telling_blob(const TellingName& name, Dice& dice, std::size_t most) {
  switch (name.lid) {
    case 0x8216:
    case 0x8116: return weekly_series(dice);
    case 0x8233: return corpus::central_european_time();
    case 0x825E:
    case 0x825F:
    case 0x8260: return corpus::central_european_definition();
    case 0x0003:
    case 0x0023: return corpus::global_object_id({133541037000000000}, static_cast<std::uint8_t>(dice.next()));
    default: return awkward_value(name.type, dice, most);
  }
}

std::string named_in_tnef(const TellingName& name) {
  const Guid set = guid_of(name.set);
  std::string out(reinterpret_cast<const char*>(set.bytes.data()), set.bytes.size());
  corpus::put(out, std::uint32_t{0});
  corpus::put(out, std::uint32_t{name.lid});
  return out;
}

// The three streams of the table of names (MS-OXMSG 2.2.3.1) get an entry more; its ID, 0 where there is no table.
PropertyId add_name(Node& root, const TellingName& name) {
  const auto table = std::ranges::find(root.children, u"__nameid_version1.0", &Node::name);
  if (table == root.children.end()) return 0;
  const auto stream = [&](std::u16string_view wanted) {
    const auto found = std::ranges::find(table->children, wanted, &Node::name);
    return found == table->children.end() ? nullptr : &found->data;
  };
  std::string* guids = stream(u"__substg1.0_00020102");
  std::string* entries = stream(u"__substg1.0_00030102");
  if (!guids || !entries || entries->size() / 8 > 0x7000) return 0;
  const Guid set = guid_of(name.set);
  const std::string bytes(reinterpret_cast<const char*>(set.bytes.data()), set.bytes.size());
  std::size_t index = 0;
  while (index * 16 < guids->size() && guids->compare(index * 16, 16, bytes) != 0) ++index;
  if (index * 16 >= guids->size()) *guids += bytes;
  const auto position = static_cast<std::uint32_t>(entries->size() / 8);
  corpus::put(*entries, std::uint32_t{name.lid});
  corpus::put(*entries, static_cast<std::uint32_t>((index + 3) << 1) | position << 16);
  return static_cast<PropertyId>(0x8000 + position);
}

bool add_named_property(Editor& editor) {
  Node* owner = main_owner(editor);
  if (!owner) return false;
  Dice& dice = editor.dice();
  const TellingName& name = dice.pick(kTellingNames);
  const PropertyId id = editor.is_msg() ? add_name(editor.container().root, name) : PropertyId{0x8000};
  if (id == 0) return false;
  std::string blob = telling_blob(name, dice, editor.most());
  if (dice.one_in(2)) mutate_fields(blob, dice, editor.most());
  Property property = make_property(editor.container().format, tag_of(id, name.type), std::move(blob));
  if (!editor.is_msg()) property.name = named_in_tnef(name);
  add_property(*owner, editor.container().format, std::move(property));
  return true;
}

// Blobs with counts and offsets in them: recurrences, time zones, entry IDs, members.
bool change_structure(Editor& editor) {
  const auto place = editor.any_property([](const Property& p) {
    return (p.type() == 0x0102 || p.type() == 0x1102) && p.tag != kRtf && p.shape != Shape::row &&
           value_copy(p).size() >= 16;
  });
  if (!place) return false;
  std::string unused;
  std::string& value = value_of(place.property(), editor.dice(), unused);
  for (std::size_t times = 1 + editor.dice().small(3); times > 0; --times)
    mutate_fields(value, editor.dice(), editor.most());
  announce_size(place.property());
  return true;
}

// Where counts, periods and lengths stand in calendar blobs; empty for a value that is none
// (MS-OXOCAL 2.2.1.44, 2.2.1.41).
std::vector<std::size_t> calendar_fields(const std::string& value) {
  constexpr std::uint32_t kRecurrenceVersions = 0x30043004;
  constexpr std::size_t kSmallestRecurrence = 50, kZoneName = 8, kSmallestZone = 12;
  if (value.size() >= kSmallestRecurrence && number_at<std::uint32_t>(value, 0) == kRecurrenceVersions)
    return {4, 6, 8, 14, 18, 22, 26, 30, 34, 38, 42, 46};
  const std::size_t behind_name = kZoneName + 2 * std::size_t{number_at<std::uint16_t>(value, 6)};
  if (value.size() >= kSmallestZone && number_at<std::uint16_t>(value, 0) == 0x0102)
    return {2, 4, 6, behind_name, behind_name + 2, behind_name + 6, behind_name + 8};
  return {};
}

bool change_calendar_field(Editor& editor) {
  const auto place = editor.any_property(
      [](const Property& p) { return p.shape != Shape::row && !calendar_fields(value_copy(p)).empty(); });
  if (!place) return false;
  Dice& dice = editor.dice();
  std::string value = value_copy(place.property());
  const std::size_t at = dice.pick(calendar_fields(value));
  const std::uint64_t number = dice.one_in(2) ? dice.below(6) : awkward_number(dice);
  if (dice.one_in(2))
    set_number(value, at, static_cast<std::uint16_t>(number));
  else
    set_number(value, at, static_cast<std::uint32_t>(number));
  set_value(place.property(), std::move(value));
  return true;
}

constexpr Operation kOperations[] = {
    {"class", change_class, 5},
    {"code page", change_code_page, 4},
    {"narrow or widen", narrow_or_widen, 3},
    {"RTF", change_rtf, 8},
    {"markup", insert_markup, 6},
    {"drop a body", drop_a_body, 3},
    {"named property", add_named_property, 7},
    {"structure", change_structure, 7},
    {"calendar field", change_calendar_field, 6},
};

}  // namespace

std::span<const Operation> content_operations() { return kOperations; }

}  // namespace mapiguard::mutation
