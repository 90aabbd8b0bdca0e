// Content: what a message holds, sorted by the place it takes in the MIME tree:
//
//   mixed( related( alternative( plain, html, calendar ), inline pictures… ), attachments… )
//
// with the levels left out that would hold one part alone. Thread promise: values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "converter/body/charset.h"
#include "converter/body/choose.h"
#include "converter/mime/build.h"
#include "converter/mime/headers.h"
#include "converter/mime/parts.h"
#include "converter/model/message.h"

namespace mapiguard {

// One message on its way into the tree.
struct ItemSource {
  const Message& message;
  const Texts& texts;
  const HeaderSource& headers;
  const BuildContext& context;
  std::uint32_t depth = 0;  // messages around this one

  std::string where(std::string_view inside) const;  // path for Defects
};

struct Content {
  std::vector<Part> alternatives;  // the plainest first, the richest last (RFC 2046 5.1.4)
  std::vector<Part> related;       // what the HTML shows
  std::vector<Part> attachments;
  std::vector<std::pair<std::string, std::string>> renamed_ids;  // content ids that the HTML must call otherwise
};

// Bodies and attachments, as any class has them.
Content build_content(const ItemSource& item);

// The same, and what the class of the message has beside them (item_classes.h).
Content build_item_content(const ItemSource& item);

// The tree of a message whose class has a shape of its own (S/MIME, reports); nullopt for all others.
std::optional<Part> build_own_tree(const ItemSource& item);

// The tree of a content. Never empty: a message without anything has an empty text.
Part assemble(Content content);

// The whole message: headers and content by its class; MIME-Version where it is the root of a mail.
Part build_message(const Message& message, const BuildContext& context, std::uint32_t depth);

}  // namespace mapiguard
