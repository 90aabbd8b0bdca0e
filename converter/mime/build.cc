#include "converter/mime/build.h"

#include <algorithm>
#include <iterator>

#include "converter/mime/content.h"
#include "converter/mime/item_classes.h"
#include "converter/mime/pgp.h"

namespace mapiguard {

Content build_item_content(const ItemSource& item) {
  Content content = build_content(item);
  const ItemClass* known = item_class(item.headers.message_class);
  if (known && known->enrich) known->enrich(item, content);
  return content;
}

std::optional<Part> build_own_tree(const ItemSource& item) {
  const ItemClass* known = item_class(item.headers.message_class);
  if (known) return known->make_tree ? known->make_tree(item) : std::nullopt;
  return build_pgp(item);
}

Part build_message(const Message& message, const BuildContext& context, std::uint32_t depth) {
  const Texts texts(message);
  const HeaderSource source = make_header_source(message, texts, context);
  const ItemSource item{message, texts, source, context, depth};
  auto own = build_own_tree(item);
  Part root = own ? std::move(*own) : assemble(build_item_content(item));
  std::vector<HeaderField> fields = message_headers(source);
  fields.push_back({"MIME-Version", "1.0"});
  fields.insert(fields.end(), std::make_move_iterator(root.headers.begin()),
                std::make_move_iterator(root.headers.end()));
  root.headers = std::move(fields);
  return root;
}

Part build_mail(const Message& message, const BuildContext& context) { return build_message(message, context, 0); }

}  // namespace mapiguard
