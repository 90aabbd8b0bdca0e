#include "converter/mime/item_classes.h"

namespace mapiguard {

ItemBuilder builder_of_class(std::string_view) { return nullptr; }

}  // namespace mapiguard
