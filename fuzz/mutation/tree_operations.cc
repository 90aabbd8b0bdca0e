// Operations on members: recipients, attachments, embedded messages, storages, their names, numbers and counts.
#include <algorithm>
#include <string_view>
#include <utility>

#include "converter/read/tnef_attributes.h"
#include "corpus/byte_sink.h"
#include "fuzz/mutation/byte_mutation.h"
#include "fuzz/mutation/numbers.h"
#include "fuzz/mutation/operations.h"

namespace mapiguard::mutation {
namespace {

constexpr std::size_t kMostNodes = 4000;     // what a container may grow to
constexpr std::size_t kDeepestNesting = 45;  // above the converter's limit of 32

bool is_msg_message(const Node& node) { return node.kind == Node::Kind::message && node.has_property_stream; }
bool is_named(const Node& node) { return !node.name.empty() && node.name != u"Root Entry"; }
bool is_attachment(const Node& node) { return node.kind == Node::Kind::attachment; }

std::size_t size_of(const Node& node) {
  std::size_t size = 1;
  for (const Node& child : node.children) size += size_of(child);
  return size;
}

std::size_t depth_of(const Node& node) {
  std::size_t deepest = 0;
  for (const Node& child : node.children) deepest = std::max(deepest, depth_of(child));
  return deepest + 1;
}

void put_member(Node& message, Node member) {
  const bool was_true = counts_are_true(message);
  if (member.kind == Node::Kind::recipient || member.kind == Node::Kind::attachment)
    member.name = free_name(message, member.kind);
  message.children.push_back(std::move(member));
  if (was_true) correct_counts(message);
}

bool repeat_member(Editor& editor) {
  Node* parent = editor.any(has_children);
  if (!parent) return false;
  const Node copy = editor.dice().pick(parent->children);
  const std::size_t times = 1 + editor.dice().small(editor.dice().one_in(10) ? 60 : 3);
  if (size_of(copy) * times + size_of(editor.container().root) > kMostNodes) return false;
  for (std::size_t i = 0; i < times; ++i) put_member(*parent, copy);
  if (parent->kind == Node::Kind::recipient_table) parent->count += static_cast<std::uint32_t>(times);
  return true;
}

bool drop_member(Editor& editor) {
  Node* parent = editor.any(has_children);
  if (!parent) return false;
  const bool was_true = counts_are_true(*parent);
  parent->children.erase(parent->children.begin() +
                         static_cast<std::ptrdiff_t>(editor.dice().below(parent->children.size())));
  if (was_true && !editor.dice().one_in(4)) correct_counts(*parent);
  if (parent->kind == Node::Kind::recipient_table && parent->count > 0) --parent->count;
  return true;
}

bool swap_members(Editor& editor) {
  Node* parent = editor.any(has_children);
  if (!parent || parent->children.size() < 2) return false;
  Node& one = parent->children[editor.dice().below(parent->children.size())];
  Node& other = parent->children[editor.dice().below(parent->children.size())];
  if (&one == &other) return false;
  std::swap(one, other);
  if (editor.dice().one_in(2)) std::swap(one.name, other.name);
  return true;
}

bool move_member(Editor& editor) {
  Node* from = editor.any(has_children);
  if (!from) return false;
  const std::size_t index = editor.dice().below(from->children.size());
  Node member = std::move(from->children[index]);
  from->children.erase(from->children.begin() + static_cast<std::ptrdiff_t>(index));
  Node* to = editor.any([](const Node& n) { return n.kind != Node::Kind::stream && n.kind != Node::Kind::attribute; });
  put_member(to ? *to : editor.container().root, std::move(member));
  return true;
}

// Attachment methods 0 to 7 (MS-OXCMSG 2.2.2.9) against what the attachment really has.
bool change_attachment(Editor& editor) {
  Node* attachment = editor.any(
      [](const Node& n) { return is_attachment(n) || n.id == static_cast<std::uint32_t>(TnefId::attachment); });
  if (!attachment) return false;
  Dice& dice = editor.dice();
  const Format format = editor.container().format;
  put_property(*attachment, format, 0x37050003, corpus::little_endian(static_cast<std::uint32_t>(dice.below(8))));
  constexpr std::string_view kTypes[] = {"message/rfc822",
                                         "application/ms-tnef",
                                         "multipart/signed",
                                         "application/pkcs7-mime",
                                         "text/calendar",
                                         "text/plain",
                                         "image/png",
                                         "application/mac-binhex40",
                                         "x",
                                         "text/html; charset=x"};
  constexpr std::string_view kNames[] = {"winmail.dat", "smime.p7m", "a.eml",     "a.msg", "a.html", "",
                                         "a.ics",       ".",         "a\"b;c.txt"};
  if (dice.one_in(2)) put_property(*attachment, format, 0x370E001F, utf16_of(dice.pick(kTypes)));
  if (dice.one_in(2)) put_property(*attachment, format, 0x3707001F, utf16_of(dice.pick(kNames)));
  if (dice.one_in(3))
    put_property(*attachment, format, 0x37140003, corpus::little_endian(static_cast<std::uint32_t>(dice.below(8))));
  if (dice.one_in(3)) put_property(*attachment, format, 0x3712001F, utf16_of("1"));
  return true;
}

Node new_attachment(std::uint32_t method) {
  Node out;
  out.kind = Node::Kind::attachment;
  out.has_property_stream = true;
  out.data.assign(8, '\0');
  put_property(out, Format::msg, 0x37050003, corpus::little_endian(method));
  return out;
}

// MS-OXMSG 2.2.2.1: a message as an attachment has no named properties of its own, and a shorter header.
Node as_embedded(Node message) {
  std::erase_if(message.children, [](const Node& n) { return n.name == u"__nameid_version1.0"; });
  message.name = u"__substg1.0_3701000D";
  message.data.resize(24);
  Node attachment = new_attachment(5);
  Property row = make_property(Format::msg, 0x3701000D, std::string("\xFF\xFF\xFF\xFF\1\0\0\0", 8));
  add_property(attachment, Format::msg, std::move(row));
  attachment.children.push_back(std::move(message));
  return attachment;
}

Node tnef_attribute_node(std::uint32_t id, std::string data) {
  Node out;
  out.kind = Node::Kind::attribute;
  out.level = 2;
  out.id = id;
  out.data = std::move(data);
  return out;
}

void embed_tnef(Node& outer, Node message) {
  constexpr std::string_view kIidMessage("\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46", 16);
  outer.children.push_back(tnef_attribute_node(static_cast<std::uint32_t>(TnefId::attach_rend_data),
                                               std::string("\1\0\xFF\xFF\xFF\xFF\x20\0\x20\0\0\0\0\0", 14)));
  Node list = tnef_attribute_node(static_cast<std::uint32_t>(TnefId::attachment), {});
  list.kind = Node::Kind::property_list;
  put_property(list, Format::tnef, 0x37050003, corpus::little_endian(5u));
  put_property(list, Format::tnef, 0x3701000D, std::string(kIidMessage));
  list.children.push_back(std::move(message));
  outer.children.push_back(std::move(list));
}

// The message within itself, one to many times.
bool nest(Editor& editor) {
  Node* message = editor.any_message();
  if (!message) return false;
  std::size_t levels = editor.dice().one_in(8) ? 1 + editor.dice().below(kDeepestNesting) : 1 + editor.dice().small(4);
  Node inner = *message;
  if (levels > 4) {  // deep and slim, else the file becomes too large to be kept
    std::erase_if(inner.children,
                  [](const Node& n) { return n.kind == Node::Kind::attachment || n.kind == Node::Kind::recipient; });
    if (inner.properties.size() > 6) inner.properties.resize(6);
  }
  if (depth_of(*message) + 2 * levels > kMostDepth) return false;
  const Node slim = inner;
  for (; levels > 1 && size_of(inner) < kMostNodes; --levels) {
    Node outer = slim;
    if (editor.is_msg())
      put_member(outer, as_embedded(std::move(inner)));
    else
      embed_tnef(outer, std::move(inner));
    inner = std::move(outer);
  }
  if (size_of(inner) + size_of(editor.container().root) > kMostNodes) return false;
  if (editor.is_msg())
    put_member(*message, as_embedded(std::move(inner)));
  else
    embed_tnef(*message, std::move(inner));
  return true;
}

bool unnest(Editor& editor) {
  Node* inner = editor.any([](const Node& n) { return is_message(n); });
  if (!inner || inner == &editor.container().root) return false;
  Node message = std::move(*inner);
  if (editor.is_msg()) {
    for (const Node& child : editor.container().root.children)
      if (child.name == u"__nameid_version1.0") message.children.push_back(child);
    message.data.resize(32);
    message.name = u"Root Entry";
  }
  editor.container().root = std::move(message);
  return true;
}

// MS-OXMSG 2.4.1.1: next numbers and counts.
bool change_counts(Editor& editor) {
  Node* owner = editor.any_owner();
  if (!owner) return false;
  Dice& dice = editor.dice();
  if (!editor.is_msg()) {
    owner->count = dice.one_in(2) ? static_cast<std::uint32_t>(awkward_number(dice))
                                  : owner->count + static_cast<std::uint32_t>(dice.below(5)) - 2;
  } else if (dice.one_in(4)) {
    constexpr std::size_t kSizes[] = {0, 8, 12, 16, 24, 32, 40};
    owner->data.resize(dice.pick(kSizes));
  } else {
    set_number(owner->data, 8 + 4 * dice.below(4), static_cast<std::uint32_t>(awkward_number(dice)));
  }
  return true;
}

bool change_name(Editor& editor) {
  Node* node = editor.any(is_named);
  if (!node) return false;
  Dice& dice = editor.dice();
  constexpr std::u16string_view kNames[] = {u"__properties_version1.0",
                                            u"__nameid_version1.0",
                                            u"__recip_version1.0_#FFFFFFFF",
                                            u"__attach_version1.0_#00000000",
                                            u"__substg1.0_3701000D",
                                            u"__substg1.0_37010102",
                                            u"__substg1.0_1000001F",
                                            u"__substg1.0_101F101F-00000000",
                                            u"\x0001Ole",
                                            u"CONTENTS",
                                            u"__attach_version1.0_#80000000",
                                            u"__substg1.0_10090102"};
  if (dice.one_in(3)) {
    node->name = dice.pick(kNames);
  } else {
    char16_t& unit = node->name[dice.below(node->name.size())];
    unit = dice.one_in(2) ? static_cast<char16_t>(u"0123456789ABCDEFf#-"[dice.below(19)])
                          : static_cast<char16_t>(unit ^ 0x20);
  }
  return true;
}

bool change_class_id(Editor& editor) {
  Node* node =
      editor.any([](const Node& n) { return n.kind != Node::Kind::stream && n.kind != Node::Kind::attribute; });
  if (!node || !editor.is_msg()) return false;
  node->clsid[editor.dice().below(node->clsid.size())] = static_cast<std::uint8_t>(editor.dice().next());
  return true;
}

bool change_version(Editor& editor) {
  editor.container().is_version_4 = !editor.container().is_version_4;
  return editor.is_msg();
}

// Streams that are no property: the table of named properties, the parts of an OLE object.
bool change_stream(Editor& editor) {
  Node* node = editor.any(has_bytes);
  if (!node) return false;
  mutate_fields(node->data, editor.dice(), editor.most());
  return true;
}

bool add_stream(Editor& editor) {
  Node* node = editor.any(is_msg_message);
  if (!node) return false;
  Node stream;
  stream.name = u"__substg1.0_3701000D";
  stream.data = awkward_value(0x0102, editor.dice(), editor.most());
  node->children.push_back(std::move(stream));
  return true;
}

// In TNEF an attachment is a run of attributes, from one attAttachRendData up to the next.
bool transplant_run(Node& to, const std::vector<Node>& from, std::size_t index) {
  const auto begins = [&](std::size_t i) { return from[i].id == static_cast<std::uint32_t>(TnefId::attach_rend_data); };
  while (index > 0 && !begins(index) && from[index - 1].level == 2) --index;
  do to.children.push_back(from[index++]);
  while (index < from.size() && from[index].level == 2 && !begins(index));
  return true;
}

bool transplant_member(Editor& editor, Editor& giver) {
  Node* from = giver.any(has_children);
  if (!from) return false;
  const std::size_t index = editor.dice().below(from->children.size());
  const Node& part = from->children[index];
  if (size_of(part) + size_of(editor.container().root) > kMostNodes) return false;
  Node* to = editor.any_message();
  if (from->kind == Node::Kind::recipient_table) {
    to = editor.any([](const Node& n) { return n.kind == Node::Kind::recipient_table; });
    if (to) ++to->count;
  }
  if (!to) return false;
  if (!editor.is_msg() && is_message(*from) && part.level == 2) return transplant_run(*to, from->children, index);
  put_member(*to, part);
  return true;
}

constexpr Operation kOperations[] = {
    {"repeat member", repeat_member, 3},
    {"drop member", drop_member, 4},
    {"swap members", swap_members, 2},
    {"move member", move_member, 2},
    {"attachment", change_attachment, 5},
    {"nest", nest, 3},
    {"unnest", unnest, 1},
    {"counts", change_counts, 2},
    {"name", change_name, 2},
    {"class ID", change_class_id, 1},
    {"version", change_version, 1},
    {"stream", change_stream, 5},
    {"add stream", add_stream, 1},
};

}  // namespace

std::span<const Operation> tree_operations() { return kOperations; }

// A random part of the donor goes where such parts are kept.
bool transplant(Editor& editor, Container& donor) {
  Dice& dice = editor.dice();
  Editor giver(donor, dice, editor.most());
  const bool is_alike = editor.container().format == donor.format;
  if (is_alike && !dice.one_in(3)) return transplant_member(editor, giver);
  const auto place = giver.any_property();
  Node* owner = editor.any_owner();
  if (!place || !owner) return false;
  if (is_alike) {
    add_property(*owner, editor.container().format, Property(place.property()));
  } else {
    std::string value = value_copy(place.property());
    put_property(*owner, editor.container().format, place.property().tag, std::move(value));
  }
  return true;
}

}  // namespace mapiguard::mutation
