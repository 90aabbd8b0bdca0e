#include "converter/mime/recurrence.h"

#include <algorithm>

#include "base/text.h"
#include "converter/mime/dates.h"
#include "converter/model/planted_bugs.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kTicksPerMinute = 600'000'000;
constexpr const char* kDays[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
constexpr std::uint32_t kAllDays = 0x7F, kLastWeek = 5;
constexpr std::uint32_t kLongestMonth = 31, kShortestMonth = 28;

// MS-OXOCAL 2.2.1.44.2: which fields an exception carries.
enum OverrideFlag : std::uint16_t {
  kSubject = 0x0001,
  kMeetingType = 0x0002,
  kReminderDelta = 0x0004,
  kReminder = 0x0008,
  kLocation = 0x0010,
  kBusyStatus = 0x0020,
  kAttachment = 0x0040,
  kSubType = 0x0080,
  kColor = 0x0100,
};

FileTime from_minutes(std::uint32_t minutes) { return {minutes * kTicksPerMinute}; }

// Reads fields in order; once one is missing, all that follow are 0 and failed() tells.
class FieldReader {
 public:
  FieldReader(Bytes bytes, Budget& budget) : cursor_(bytes), budget_(budget) {}
  std::uint16_t u16() { return number(cursor_.u16()); }
  std::uint32_t u32() { return number(cursor_.u32()); }
  FileTime minutes() { return from_minutes(u32()); }
  Bytes take(std::uint64_t size) {
    const auto taken = cursor_.take(size);
    failed_ = failed_ || !taken;
    return taken.value_or(Bytes{});
  }
  std::vector<FileTime> dates() {
    std::vector<FileTime> dates;
    const std::uint32_t count = u32();
    for (std::uint32_t i = 0; i < count && !failed(); ++i) {
      dates.push_back(minutes());
      if (failed()) dates.pop_back();
    }
    return dates;
  }
  bool failed() { return failed_ || (failed_ = !budget_.spend()); }

 private:
  template <class T>
  T number(std::optional<T> value) {
    failed_ = failed_ || !value;
    return value.value_or(T{0});
  }
  ByteCursor cursor_;
  Budget& budget_;
  bool failed_ = false;
};

bool read_pattern(FieldReader& in, Recurrence& r) {
  in.u16();  // reader and writer version
  in.u16();
  r.frequency = static_cast<Recurrence::Frequency>(in.u16());
  r.pattern = static_cast<Recurrence::Pattern>(in.u16());
  in.u16();  // calendar type
  in.u32();  // first date, which the period implies
  r.period = in.u32();
  in.u32();  // sliding flag, of tasks
  switch (r.pattern) {
    case Recurrence::Pattern::day: break;
    case Recurrence::Pattern::week: r.weekdays = in.u32() & kAllDays; break;
    case Recurrence::Pattern::month:
    case Recurrence::Pattern::month_end:
    case Recurrence::Pattern::hijri_month:
    case Recurrence::Pattern::hijri_month_end: r.day = in.u32(); break;
    case Recurrence::Pattern::month_nth:
    case Recurrence::Pattern::hijri_month_nth:
      r.weekdays = in.u32() & kAllDays;
      r.nth = in.u32();
      break;
    default: return false;
  }
  r.end = static_cast<Recurrence::End>(in.u32());
  r.count = in.u32();
  r.first_weekday = in.u32() % 7;
  r.deleted = in.dates();
  r.modified = in.dates();
  r.start_date = in.minutes();
  r.end_date = in.minutes();
  MAPIGUARD_PLANTED(weekly_days(r.pattern == Recurrence::Pattern::week, r.period, r.deleted.size()));  // 4
  return !in.failed();
}

RecurrenceException read_exception(FieldReader& in, std::uint16_t& flags, const Texts& texts) {
  RecurrenceException e;
  e.start = in.minutes();
  e.end = in.minutes();
  e.original_start = in.minutes();
  flags = in.u16();
  const auto text = [&] {
    in.u16();  // the length with its NUL
    return texts.decode_bytes(as_chars(in.take(in.u16())));
  };
  if (flags & kSubject) e.subject = text();
  if (flags & kMeetingType) in.u32();
  if (flags & kReminderDelta) e.reminder_delta = in.u32();
  if (flags & kReminder) e.reminder_set = in.u32() != 0;
  if (flags & kLocation) e.location = text();
  if (flags & kBusyStatus) e.busy_status = in.u32();
  if (flags & kAttachment) in.u32();
  if (flags & kSubType) e.is_all_day = in.u32() != 0;
  if (flags & kColor) in.u32();
  return e;
}

// The Unicode forms of subject and location (MS-OXOCAL 2.2.1.44.4).
void read_extended(FieldReader& in, std::uint16_t flags, bool has_highlight, RecurrenceException& e) {
  if (has_highlight) in.take(in.u32());
  in.take(in.u32());  // reserved
  if (!(flags & (kSubject | kLocation))) return;
  for (int i = 0; i < 3; ++i) in.u32();  // start, end, original start again
  const auto text = [&] { return utf16le_to_utf8(in.take(std::uint64_t{in.u16()} * 2)); };
  if (flags & kSubject) {
    std::string subject = text();
    if (!in.failed()) e.subject = std::move(subject);
  }
  if (flags & kLocation) {
    std::string location = text();
    if (!in.failed()) e.location = std::move(location);
  }
  in.take(in.u32());  // reserved
}

void read_appointment_part(FieldReader& in, Recurrence& r, const Texts& texts) {
  constexpr std::uint32_t kWithHighlight = 0x3009;
  in.u32();  // reader version
  const std::uint32_t writer_version = in.u32();
  r.start_minutes = in.u32();
  r.end_minutes = in.u32();
  if (in.failed()) {
    r.start_minutes = r.end_minutes = 0;
    return;
  }
  std::vector<std::uint16_t> flags;
  const std::uint16_t count = in.u16();
  for (std::uint16_t i = 0; i < count; ++i) {
    std::uint16_t override_flags = 0;
    RecurrenceException e = read_exception(in, override_flags, texts);
    if (in.failed()) return;
    flags.push_back(override_flags);
    r.exceptions.push_back(std::move(e));
  }
  in.take(in.u32());  // reserved
  for (std::size_t i = 0; i < flags.size() && !in.failed(); ++i)
    read_extended(in, flags[i], writer_version >= kWithHighlight, r.exceptions[i]);
}

std::string day_list(std::uint32_t mask) {
  std::string list;
  for (std::uint32_t day = 0; day < 7; ++day)
    if (mask >> day & 1) list += (list.empty() ? "" : ",") + std::string(kDays[day]);
  return list;
}

std::string interval(std::uint32_t value) { return value > 1 ? ";INTERVAL=" + std::to_string(value) : std::string(); }

// A month that lacks the day takes its last one, as Outlook does.
std::string month_day(const Recurrence& r) {
  const std::uint32_t day = std::clamp(r.day, 1u, kLongestMonth);
  if (day == kLongestMonth || r.pattern == Recurrence::Pattern::month_end) return ";BYMONTHDAY=-1";
  if (day <= kShortestMonth) return ";BYMONTHDAY=" + std::to_string(day);
  std::string list = ";BYMONTHDAY=" + std::to_string(kShortestMonth);
  for (std::uint32_t d = kShortestMonth + 1; d <= day; ++d) list += ',' + std::to_string(d);
  return list + ";BYSETPOS=-1";
}

std::string month_rule(const Recurrence& r, const std::string& which) {
  constexpr std::uint32_t kMonths = 12;
  const bool is_yearly = r.frequency == Recurrence::Frequency::yearly && r.period % kMonths == 0 && r.period > 0;
  if (!is_yearly) return "FREQ=MONTHLY" + interval(r.period) + which;
  return "FREQ=YEARLY" + interval(r.period / kMonths) + ";BYMONTH=" + std::to_string(civil_time(r.start_date).month) +
         which;
}

std::string rule_without_end(const Recurrence& r) {
  constexpr std::uint32_t kMinutesPerDay = 1440;
  switch (r.pattern) {
    case Recurrence::Pattern::day: return "FREQ=DAILY" + interval(r.period / kMinutesPerDay);
    case Recurrence::Pattern::week: {
      if (r.weekdays == 0) return {};
      // "Every weekday" is daily in name and weekly in form; its period counts weeks then, or is a day.
      const std::uint32_t weeks = r.frequency == Recurrence::Frequency::daily ? 1 : r.period;
      return "FREQ=WEEKLY" + interval(weeks) + ";BYDAY=" + day_list(r.weekdays) +
             (weeks > 1 ? std::string(";WKST=") + kDays[r.first_weekday] : "");
    }
    case Recurrence::Pattern::month:
    case Recurrence::Pattern::month_end: return month_rule(r, month_day(r));
    case Recurrence::Pattern::month_nth: {
      if (r.weekdays == 0 || r.nth == 0) return {};
      const std::string position = r.nth >= kLastWeek ? "-1" : std::to_string(r.nth);
      return month_rule(r, ";BYDAY=" + day_list(r.weekdays) + ";BYSETPOS=" + position);
    }
    default: return {};
  }
}

}  // namespace

std::optional<Recurrence> parse_recurrence(Bytes bytes, const Texts& texts, Budget& budget) {
  FieldReader in(bytes, budget);
  Recurrence recurrence;
  if (!read_pattern(in, recurrence)) return std::nullopt;
  read_appointment_part(in, recurrence, texts);
  return recurrence;
}

std::string recurrence_rule(const Recurrence& recurrence, const std::string& until) {
  // Readers count in few bits; Outlook itself goes to 999 (MS-OXOCAL 2.2.1.44.1: Period, of days in minutes).
  constexpr std::uint32_t kMostInterval = 9'999, kMostCount = 1u << 30;
  const std::uint32_t unit = recurrence.pattern == Recurrence::Pattern::day ? 24 * 60 : 1;
  std::string rule = recurrence.period / unit <= kMostInterval ? rule_without_end(recurrence) : "";
  if (rule.empty() || recurrence.count > kMostCount) return {};
  if (recurrence.end == Recurrence::End::after_count && recurrence.count > 0)
    rule += ";COUNT=" + std::to_string(recurrence.count);
  if (recurrence.end == Recurrence::End::by_date && !until.empty()) rule += ";UNTIL=" + until;
  return rule;
}

}  // namespace mapiguard
