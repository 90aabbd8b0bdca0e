#include "converter/read/attachment_method.h"

namespace mapiguard {

void add_missing_method(Attachment& attachment) {
  PropertyBag& bag = attachment.properties;
  if (bag.integer(kAttachMethod)) return;
  const std::int64_t method = attachment.embedded        ? kAfEmbeddedMessage
                              : attachment.storage       ? kAfStorage
                              : !attachment.data.empty() ? kAfByValue
                                                         : 0;
  if (method == 0) return;
  bag.add({kAttachMethod, static_cast<std::uint16_t>(PropertyType::integer32), method, nullptr});
  bag.index();
}

}  // namespace mapiguard
