#include "converter/mime/item_classes.h"

#include <iterator>

#include "base/text.h"
#include "converter/mime/calendar.h"
#include "converter/mime/contact.h"
#include "converter/mime/report_message.h"
#include "converter/mime/smime.h"

namespace mapiguard {
namespace {

// A longer prefix comes before the shorter one that it begins with.
constexpr ItemClass kItemClasses[] = {
    {"IPM.Note.SMIME", nullptr, build_smime},
    {"IPM.Note.Secure", nullptr, build_smime},
    {"IPM.Schedule.Meeting.Notification", nullptr, nullptr},
    {"IPM.Schedule.Meeting", add_event, nullptr},
    {"IPM.Appointment", add_event, nullptr},
    {"IPM.Contact", add_contact, nullptr},
    {"IPM.DistList", add_distribution_list, nullptr},
    {"IPM.Task", add_task, nullptr},
    {"REPORT", nullptr, build_report},
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
