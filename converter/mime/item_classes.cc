#include "converter/mime/item_classes.h"

namespace mapiguard {

const ItemClass* item_class(std::string_view) { return nullptr; }

}  // namespace mapiguard
