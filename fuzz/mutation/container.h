// Container: a message taken apart so that its parts can be changed, and written as a valid file again: a .msg
// (MS-OXMSG in MS-CFB) or a TNEF stream (MS-OXTNEF). Both are one kind of tree, so that a change is written once for
// both.
//
//   auto container = read_container(bytes);                 // nullopt: neither
//   container->root.properties[0].value = "changed";
//   std::vector<std::byte> file = write_container(*container);
//
// Read is what can be found, however damaged; the writer computes sector tables, lengths and checksums afresh, but for
// the lies that a Node or Property tells on purpose (`skew`). What is written reads as the same tree.
// Thread promise: plain values, pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "converter/model/property.h"

namespace mapiguard::mutation {

enum class Format : std::uint8_t { msg, tnef };

// Where the values of a property lie.
enum class Shape : std::uint8_t {
  row,     // .msg: in the eight bytes of its row, `field`; nothing else
  stream,  // .msg: in a stream of its own, `value` (of a multi-valued one: its table of lengths, MS-OXMSG 2.1.4.2)
  fixed,   // TNEF: `value`, values of fixed size each padded to four bytes
  sized,   // TNEF: `elements`, each with its size before it
};

struct Property {
  PropertyTag tag = 0;
  Shape shape = Shape::row;
  bool has_row = true;                  // .msg: without one it is a stream that nothing announces
  std::uint32_t flags = 6;              // .msg: readable, writable (MS-OXMSG 2.4.2.1)
  std::array<std::uint8_t, 8> field{};  // .msg: the row's value, or the announced size and a reserved word
  std::string value;
  std::vector<std::string> elements;  // .msg: the numbered streams of a multi-valued one
  std::string name;                   // TNEF: set, kind, and number or padded string, as they stand; "" = none
  std::uint32_t count = 1;            // TNEF: as written before the values
  std::uint32_t skew = 0;             // TNEF: added to the size of the first element; 0 = the truth
  friend bool operator==(const Property&, const Property&) = default;

  PropertyId id() const { return static_cast<PropertyId>(tag >> 16); }
  std::uint16_t type() const { return static_cast<std::uint16_t>(tag & 0xFFFF); }
};

struct Node {
  enum class Kind : std::uint8_t {
    message,  // properties, and as children recipients, attachments, storages, streams (.msg) or attributes (TNEF)
    recipient,
    attachment,       // .msg: a message or storage may be its child
    storage,          // any other storage: named properties, an OLE object
    stream,           // bytes
    attribute,        // TNEF: bytes
    property_list,    // TNEF: attMsgProps, attAttachment, decoded; the child is what an object property holds
    recipient_table,  // TNEF: attRecipTable, decoded; children are recipients
  };
  Kind kind = Kind::stream;
  std::u16string name;                   // .msg
  std::array<std::uint8_t, 16> clsid{};  // of a storage; of a nested TNEF message, nothing
  std::uint8_t level = 1;                // TNEF attribute
  std::uint32_t id = 0;                  // TNEF attribute; of a TNEF message: its key
  std::uint32_t count = 0;               // TNEF: of properties or rows, as written
  std::uint32_t length_skew = 0;         // TNEF: added to the true length, and to the true checksum; 0 = the truth
  std::uint16_t checksum_skew = 0;
  std::string data;                  // of a stream or attribute; .msg object: the header of its property stream;
                                     // TNEF message or list: what stands behind its last part
  bool has_property_stream = false;  // .msg object
  std::vector<Property> properties;
  std::vector<Node> children;
  friend bool operator==(const Node&, const Node&) = default;
};

struct Container {
  Format format = Format::msg;
  bool is_version_4 = false;  // .msg: sectors of 4096 bytes
  Node root;
  friend bool operator==(const Container&, const Container&) = default;
};

inline constexpr std::size_t kMostDepth = 200;  // of nodes within nodes; what lies deeper is left out

// nullopt: no compound file and no TNEF stream, or nothing is to be found in it.
std::optional<Container> read_container(Bytes input);
std::vector<std::byte> write_container(const Container& container);

// Whether a property's bytes are text: 1 byte a character, 2 (UTF-16LE), or 0 for none.
unsigned text_width(std::uint16_t type);
// Compressed RTF (MS-OXRTFCP) apart and together; nullopt when it is none.
std::optional<std::string> unpack_rtf(std::string_view compressed);
std::string pack_rtf(std::string_view rtf, bool compressed);

// After children came or went: the counts in the header of a .msg message, unless they lied before (MS-OXMSG 2.4.1.1).
// `counts_are_true` is to be asked before the change.
bool counts_are_true(const Node& message);
void correct_counts(Node& message);

}  // namespace mapiguard::mutation
