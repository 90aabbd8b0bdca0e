// Operations on TNEF attributes: IDs, levels, lengths, checksums, order.
#include <utility>

#include "converter/read/tnef_attributes.h"
#include "fuzz/mutation/byte_mutation.h"
#include "fuzz/mutation/operations.h"

namespace mapiguard::mutation {
namespace {

constexpr TnefId kIds[] = {TnefId::owner,
                           TnefId::sent_for,
                           TnefId::delegate,
                           TnefId::date_start,
                           TnefId::date_end,
                           TnefId::aid_owner,
                           TnefId::request_res,
                           TnefId::original_message_class,
                           TnefId::from,
                           TnefId::subject,
                           TnefId::date_sent,
                           TnefId::date_recd,
                           TnefId::message_status,
                           TnefId::message_class,
                           TnefId::message_id,
                           TnefId::parent_id,
                           TnefId::conversation_id,
                           TnefId::body,
                           TnefId::priority,
                           TnefId::attach_data,
                           TnefId::attach_title,
                           TnefId::attach_meta_file,
                           TnefId::attach_create_date,
                           TnefId::attach_modify_date,
                           TnefId::date_modified,
                           TnefId::attach_transport_filename,
                           TnefId::attach_rend_data,
                           TnefId::msg_props,
                           TnefId::recip_table,
                           TnefId::attachment,
                           TnefId::tnef_version,
                           TnefId::oem_codepage};

bool is_attribute(const Node& node) {
  return node.kind == Node::Kind::attribute || node.kind == Node::Kind::property_list ||
         node.kind == Node::Kind::recipient_table;
}

Node* any_attribute(Editor& editor) { return editor.is_msg() ? nullptr : editor.any(is_attribute); }

bool change_id(Editor& editor) {
  Node* attribute = any_attribute(editor);
  if (attribute) attribute->id = static_cast<std::uint32_t>(editor.dice().pick(kIds));
  return attribute != nullptr;
}

bool change_level(Editor& editor) {
  Node* attribute = any_attribute(editor);
  if (attribute) attribute->level = static_cast<std::uint8_t>(editor.dice().below(4));
  return attribute != nullptr;
}

bool lie_about_length(Editor& editor) {
  Node* attribute = any_attribute(editor);
  if (attribute) attribute->length_skew = static_cast<std::uint32_t>(awkward_number(editor.dice()));
  return attribute != nullptr;
}

bool break_checksum(Editor& editor) {
  Node* attribute = any_attribute(editor);
  if (attribute) attribute->checksum_skew = static_cast<std::uint16_t>(awkward_number(editor.dice()));
  return attribute != nullptr;
}

bool add_attribute(Editor& editor) {
  Node* message = editor.is_msg() ? nullptr : editor.any_message();
  if (!message) return false;
  Dice& dice = editor.dice();
  Node attribute;
  attribute.kind = Node::Kind::attribute;
  attribute.id = static_cast<std::uint32_t>(dice.pick(kIds));
  attribute.level = static_cast<std::uint8_t>(1 + dice.below(2));
  constexpr std::uint16_t kTypes[] = {0x001E, 0x0102, 0x0003, 0x0040};
  attribute.data = awkward_value(dice.pick(kTypes), dice, editor.most());
  const auto at = static_cast<std::ptrdiff_t>(dice.below(message->children.size() + 1));
  message->children.insert(message->children.begin() + at, std::move(attribute));
  return true;
}

// A value is read in steps of four bytes: what stands between two lists moves the next.
bool add_tail(Editor& editor) {
  Node* list = editor.is_msg() ? nullptr : editor.any_owner();
  if (list) mutate_bytes(list->data, editor.dice(), editor.most());
  return list != nullptr;
}

constexpr Operation kOperations[] = {
    {"attribute ID", change_id, 4},  {"attribute level", change_level, 1}, {"attribute length", lie_about_length, 2},
    {"checksum", break_checksum, 1}, {"add attribute", add_attribute, 4},  {"tail", add_tail, 1},
};

}  // namespace

std::span<const Operation> tnef_operations() { return kOperations; }

}  // namespace mapiguard::mutation
