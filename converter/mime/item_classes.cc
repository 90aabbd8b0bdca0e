#include "converter/mime/item_classes.h"

#include <iterator>

#include "base/text.h"
#include "converter/mime/smime.h"

namespace mapiguard {
namespace {

// A longer prefix comes before the shorter one that it begins with.
constexpr ItemClass kItemClasses[] = {
    {"IPM.Note.SMIME", nullptr, build_smime},
    {"IPM.Note.Secure", nullptr, build_smime},
};

bool is_or_is_below(std::string_view message_class, std::string_view prefix) {
  return starts_with_ignoring_case(message_class, prefix) &&
         (message_class.size() == prefix.size() || message_class[prefix.size()] == '.');
}

}  // namespace

const ItemClass* item_class(std::string_view message_class) {
  for (const ItemClass& known : kItemClasses)
    if (is_or_is_below(message_class, known.prefix)) return &known;
  return nullptr;
}

}  // namespace mapiguard
