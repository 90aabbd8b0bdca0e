#include "converter/mime/build.h"

#include <algorithm>
#include <iterator>

#include "converter/mime/content.h"
#include "converter/mime/item_classes.h"
#include "converter/mime/transport_headers.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

Part build_tree(const ItemSource& item) {
  if (const ItemBuilder builder = builder_of_class(item.headers.message_class))
    if (auto part = builder(item)) return std::move(*part);
  return assemble(build_content(item));
}

}  // namespace

Part build_message(const Message& message, const BuildContext& context, std::uint32_t depth) {
  const Texts texts(message);
  const HeaderSource source = make_header_source(message, texts, context);
  Part root = build_tree({message, texts, source, context, depth});
  std::vector<HeaderField> fields = message_headers(source);
  fields.push_back({"MIME-Version", "1.0"});
  fields.insert(fields.end(), std::make_move_iterator(root.headers.begin()), std::make_move_iterator(root.headers.end()));
  root.headers = std::move(fields);
  return root;
}

Part build_mail(const Message& message, const BuildContext& context) { return build_message(message, context, 0); }

std::string message_id_of(const Message& message) {
  return message_id_token(Texts(message).get(message.properties, "PidTagInternetMessageId"_pid).value_or(""));
}

}  // namespace mapiguard
