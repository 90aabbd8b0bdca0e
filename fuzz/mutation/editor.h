// Editor: a container under mutation. Finds parts at random and keeps a file plausible while one thing in it is
// changed: a new value has its size announced, a new member a free number.
//
// Thread promise: belongs to one mutation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fuzz/mutation/container.h"
#include "fuzz/mutation/dice.h"

namespace mapiguard::mutation {

class Editor {
 public:
  Editor(Container& container, Dice& dice, std::size_t most) : container_(container), dice_(dice), most_(most) {}

  Container& container() { return container_; }
  Dice& dice() { return dice_; }
  bool is_msg() const { return container_.format == Format::msg; }
  std::size_t most() const { return most_; }  // bytes that one value may grow to

  using Wanted = bool (*)(const Node&);
  // All nodes that are wanted, parents first; nullptr or empty when there are none.
  std::vector<Node*> all(Wanted wanted);
  Node* any(Wanted wanted);
  // A node that has properties, or may have; a message more often than a recipient.
  Node* any_owner();
  Node* any_message();

  struct Place {
    Node* owner = nullptr;
    std::size_t index = 0;
    Property& property() const { return owner->properties[index]; }
    explicit operator bool() const { return owner != nullptr; }
  };
  using WantedProperty = bool (*)(const Property&);
  Place any_property(WantedProperty wanted = nullptr);

 private:
  Container& container_;
  Dice& dice_;
  std::size_t most_;
};

bool is_message(const Node& node);
bool has_properties(const Node& node);   // that has some
bool owns_properties(const Node& node);  // that may have some
bool has_children(const Node& node);
bool has_bytes(const Node& node);  // a stream or raw attribute that is not empty

// The bytes of a value: of a multi-valued one, of one of its values.
std::string& value_of(Property& property, Dice& dice, std::string& row);
std::string value_copy(const Property& property);
// Gives it that value, with its size announced.
void set_value(Property& property, std::string value);
void announce_size(Property& property);

// A property as the container writes it; the value is in the form of the type.
Property make_property(Format format, PropertyTag tag, std::string value);
void add_property(Node& owner, Format format, Property property);
Property* find_property(Node& owner, PropertyId id);
void put_property(Node& owner, Format format, PropertyTag tag, std::string value);  // replaces one with that ID

// A value of that type at which converters have gone wrong.
std::string awkward_value(std::uint16_t type, Dice& dice, std::size_t most);
std::string utf16_of(std::string_view ascii);

// A .msg names the members of a message by number: the one behind the highest.
std::u16string free_name(const Node& message, Node::Kind kind);

}  // namespace mapiguard::mutation
