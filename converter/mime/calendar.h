// Appointments, meeting messages and tasks as text/calendar (MS-OXCICAL 2.1.3, RFC 5545, RFC 5546).
//
// Content lines are ours: libical 3 knows no vCard, which shares them, and reads time zones from files of the machine;
// it is the judge of the output in the tests. Thread promise: pure functions.
#pragma once

#include "converter/mime/content.h"

namespace mapiguard {

// Add the calendar as the last alternative. A calendar that cannot be made is a Defect, and the mail goes without.
void add_event(const ItemSource& item, Content& content);  // IPM.Appointment, IPM.Schedule.Meeting.*
void add_task(const ItemSource& item, Content& content);   // IPM.Task

}  // namespace mapiguard
