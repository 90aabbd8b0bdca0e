// Items that are no letters: meetings, appointments, contacts, tasks, notes, templates.
#include <array>

#include "corpus/calendar_values.h"
#include "corpus/catalogue.h"
#include "corpus/enclosures.h"
#include "corpus/msg_writer.h"
#include "corpus/people.h"

namespace mapiguard::corpus {
namespace {

constexpr std::string_view kAgenda =
    "Agenda: water, fence, summer party. Please read the surveyor's plan beforehand. We end at noon sharp.\n";
constexpr std::string_view kAgendaWords = "Agenda water fence summer party noon";
constexpr FileTime kStart = filetime(2024, 6, 4, 8, 0), kEnd = filetime(2024, 6, 4, 10, 0);  // 10:00 in Berlin

PropertyName appointment(std::uint32_t lid) { return named(kPsetidAppointment, lid); }
PropertyName common(std::uint32_t lid) { return named(kPsetidCommon, lid); }
PropertyName meeting(std::uint32_t lid) { return named(kPsetidMeeting, lid); }

Message item(std::string_view message_class, std::string_view subject, std::string_view message_id,
             const Person& from = kAnna) {
  Message message = compose({.subject = subject,
                             .from = from,
                             .to = {},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2024, 5, 20, 7, 45),
                             .message_id = message_id,
                             .message_class = message_class});
  return message;
}

void set_times(Message& message, FileTime start, FileTime end) {
  const auto minutes = static_cast<std::uint32_t>((end.ticks - start.ticks) / 600'000'000);
  message.properties.time(0x0060, start).time(0x0061, end);
  message.properties.time(appointment(0x820D), start).time(appointment(0x820E), end);
  message.properties.integer32(appointment(0x8213), minutes);
  message.properties.time(common(0x8516), start).time(common(0x8517), end);
}

Message calendar_item(std::string_view message_class, std::string_view subject, std::string_view message_id) {
  Message message = item(message_class, subject, message_id);
  set_plain(message, kAgenda);
  set_times(message, kStart, kEnd);
  Properties& properties = message.properties;
  properties.text(appointment(0x8208), "Community hall, room 2").integer32(appointment(0x8205), 2);
  properties.boolean(appointment(0x8215), false).boolean(appointment(0x8223), false);
  properties.integer32(appointment(0x8217), 1).integer32(appointment(0x8201), 0);
  properties.binary(appointment(0x8233), central_european_time())
      .text(appointment(0x8234), "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna")
      .binary(appointment(0x825E), central_european_definition());
  properties.boolean(common(0x8503), true).integer32(common(0x8501), 15);
  const std::string id = global_object_id(filetime(2024, 5, 20, 7, 40), 3);
  properties.binary(meeting(0x0003), id).binary(meeting(0x0023), id);
  return message;
}

// The organizer is among the recipients, marked by PidTagRecipientFlags (MS-OXOCAL 2.2.4.10.1).
void invite(Message& message) {
  add_recipient(message, kAnna, RecipientKind::to);
  message.recipients.back().integer32(0x5FFD, 3).integer32(0x5FFF, 1);
  add_recipient(message, kJames, RecipientKind::to);
  message.recipients.back().integer32(0x5FFD, 1).integer32(0x5FFF, 5);
  add_recipient(message, kPriya, RecipientKind::cc);
  message.recipients.back().integer32(0x5FFD, 1).integer32(0x5FFF, 0);
}

void meeting_request(ByteSink& sink) {
  Message message = calendar_item("IPM.Schedule.Meeting.Request", "Committee meeting in June", "<june@example.com>");
  invite(message);
  message.properties.integer32(meeting(0x0026), 1).integer32(appointment(0x8217), 3);
  message.properties.boolean(0x0063, true);  // response requested
  write_msg(message, sink);
}

constexpr std::uint32_t day(unsigned month, unsigned of_month) { return minutes_since_1601(2024, month, of_month); }

void meeting_series(ByteSink& sink) {
  Message message = calendar_item("IPM.Schedule.Meeting.Request", "Watering rota", "<rota@example.com>");
  invite(message);
  WeeklySeries series{.day_mask = 0x14,  // Tuesday and Thursday
                      .first_day = day(6, 4),
                      .last_day = day(7, 4),
                      .occurrences = 10,
                      .start_minute = 600,
                      .end_minute = 720,
                      .deleted_days = {day(6, 20)},
                      .moved = {}};
  series.moved.push_back({.original_day = day(6, 13),
                          .start = minutes_since_1601(2024, 6, 14, 11, 0),
                          .end = minutes_since_1601(2024, 6, 14, 13, 0),
                          .subject = "Watering rota (moved)",
                          .location = "Shed"});
  message.properties.boolean(appointment(0x8223), true).binary(appointment(0x8216), weekly_recurrence(series));
  message.properties.integer32(appointment(0x8231), 2)
      .text(appointment(0x8232), "every Tuesday and Thursday from 10:00 to 12:00");
  message.properties.time(appointment(0x8235), filetime(2024, 6, 4, 0, 0))
      .time(appointment(0x8236), filetime(2024, 7, 4, 0, 0));
  write_msg(message, sink);
}

void meeting_cancelled(ByteSink& sink) {
  Message message =
      calendar_item("IPM.Schedule.Meeting.Canceled", "Canceled: Committee meeting in June", "<june.off@example.com>");
  invite(message);
  message.properties.integer32(appointment(0x8217), 7).integer32(appointment(0x8201), 1);
  write_msg(message, sink);
}

void meeting_accepted(ByteSink& sink) {
  Message message =
      calendar_item("IPM.Schedule.Meeting.Resp.Pos", "Accepted: Committee meeting in June", "<june.yes@example.org>");
  set_sender(message, kJames);
  set_representing(message, kJames);
  add_recipient(message, kAnna, RecipientKind::to);
  set_plain(message, "I shall be there, and bring the keys of the community hall.\n");
  message.properties.integer32(appointment(0x8218), 3).time(meeting(0x0001), filetime(2024, 5, 20, 7, 45));
  write_msg(message, sink);
}

void all_day(ByteSink& sink) {
  Message message = calendar_item("IPM.Appointment", "Open day at the allotments", "<openday@example.com>");
  set_times(message, filetime(2024, 8, 30, 22, 0), filetime(2024, 8, 31, 22, 0));  // midnight to midnight in Berlin
  message.properties.boolean(appointment(0x8215), true)
      .integer32(appointment(0x8205), 0)
      .integer32(appointment(0x8217), 0);
  write_msg(message, sink);
}

void contact(ByteSink& sink) {
  Message message = item("IPM.Contact", "Tomás Novák", "");
  const auto address = [](std::uint32_t lid) { return named(kPsetidAddress, lid); };
  Properties& card = message.properties;
  card.text(0x3001, "Tomás Novák").text(0x3A06, "Tomás").text(0x3A11, "Novák").text(0x3A45, "Ing.");
  card.text(0x3A16, "Novák Gardens").text(0x3A17, "Landscape architect").text(0x3A08, "+420 555 0100");
  card.text(0x3A1C, "+420 555 0101").text(0x3A51, "https://www.example.org/novak");
  card.text(0x3A5D, "Zahradní 7").text(0x3A59, "Brno").text(0x3A5B, "602 00").text(0x3A5A, "Czech Republic");
  card.time(0x3A42, filetime(1979, 4, 23, 0, 0));
  card.text(address(0x8005), "Novák, Tomás");
  card.text(address(0x8080), "Tomás Novák")
      .text(address(0x8082), "SMTP")
      .text(address(0x8083), "tomas.novak@example.org");
  card.text(address(0x8084), "tomas.novak@example.org");
  card.binary(address(0x8085), one_off_entry_id({"Tomás Novák", "tomas.novak@example.org"}));
  card.texts(named(kPsPublicStrings, "Keywords"), {"Gardeners", "Brno"});
  set_plain(message, "Met at the seed fair; knows a lot about pear trees.\n");
  Attachment& photo =
      attach(message, {.name = "ContactPicture.jpg", .type = "image/png", .data = png_picture(24, 24, 0x40A060)});
  photo.properties.boolean(0x7FFF, true);
  card.boolean(address(0x8015), true);
  write_msg(message, sink);
}

void distribution_list(ByteSink& sink) {
  Message message = item("IPM.DistList", "Orchard group", "");
  const auto address = [](std::uint32_t lid) { return named(kPsetidAddress, lid); };
  std::vector<std::string> members;
  for (const Person& person : {kJames, kPriya, kMarta}) members.push_back(one_off_entry_id(person));
  message.properties.text(0x3001, "Orchard group")
      .text(address(0x8053), "Orchard group")
      .text(address(0x8005), "Orchard group");
  message.properties.binaries(address(0x8054), members).binaries(address(0x8055), members);
  set_plain(message, "Those who prune the apple trees in February.\n");
  write_msg(message, sink);
}

void task(ByteSink& sink) {
  Message message = item("IPM.Task", "Order seed potatoes", "");
  const auto property = [](std::uint32_t lid) { return named(kPsetidTask, lid); };
  Properties& task = message.properties;
  task.integer32(property(0x8101), 1).floating64(property(0x8102), 0.25);
  task.time(property(0x8104), filetime(2024, 2, 1, 0, 0)).time(property(0x8105), filetime(2024, 2, 15, 0, 0));
  task.boolean(property(0x811C), false).text(property(0x811F), "Anna Berg").integer32(property(0x8110), 90);
  task.time(common(0x8516), filetime(2024, 2, 1, 0, 0)).time(common(0x8517), filetime(2024, 2, 15, 0, 0));
  task.integer32(0x0017, 2);
  task.texts(named(kPsPublicStrings, "Keywords"), {"Garden"});
  set_plain(message, "Thirty kilos, half of them early ones. Ask whether the price of last year still holds.\n");
  write_msg(message, sink);
}

void sticky_note(ByteSink& sink) {
  Message message = item("IPM.StickyNote", "Key of the shed", "");
  const auto property = [](std::uint32_t lid) { return named(kPsetidNote, lid); };
  message.properties.integer32(property(0x8B00), 3).integer32(property(0x8B02), 200).integer32(property(0x8B03), 166);
  set_plain(message, "Key of the shed\nhangs behind the third flower pot. Do not tell the goat.\n");
  write_msg(message, sink);
}

void journal_entry(ByteSink& sink) {
  Message message = item("IPM.Activity", "Telephone call with the water board", "");
  const auto property = [](std::uint32_t lid) { return named(kPsetidLog, lid); };
  message.properties.text(property(0x8700), "Phone call").text(property(0x8712), "Phone call");
  message.properties.time(property(0x8706), filetime(2024, 5, 17, 13, 5))
      .time(property(0x8708), filetime(2024, 5, 17, 13, 25));
  message.properties.integer32(property(0x8707), 20);
  set_plain(message, "They will send somebody on Thursday to read the meter.\n");
  write_msg(message, sink);
}

void post(ByteSink& sink) {
  Message message = item("IPM.Post", "Swap: ladder against wheelbarrow", "<swap@example.com>");
  set_plain(message, "Wooden ladder, eleven rungs, against a wheelbarrow with a sound tyre. Plot 9.\n");
  write_msg(message, sink);
}

void unknown_class(ByteSink& sink) {
  Message message = item("IPM.Note.Allotment.Request", "Application for a plot", "<plot@example.com>");
  message.properties.raw(std::uint16_t{0x001A}, ptype::kUnicode,
                         {utf16le(std::string_view("IPM.Note.Allotment.Request\0", 27))});
  add_recipient(message, kBoard, RecipientKind::to);
  set_plain(message, "We are a family of four and would like a plot near the pond.\n");
  write_msg(message, sink);
}

void template_file(ByteSink& sink) {
  Message message = item("IPM.Note", "Reminder: your membership fee", "", {});
  message.properties.integer32(0x0E07, 0x08);  // unsent
  message.properties.remove(std::uint16_t{0x0039});
  message.properties.remove(std::uint16_t{0x0E06});
  set_html(message,
           "<html><body><p>Dear member,</p><p>your fee of <b>€60</b> was due on 1&nbsp;March. "
           "Please transfer it within two weeks.</p><p>The treasurer</p></body></html>\n");
  const CfbNode root = msg_tree(message, kOftClsid);
  CfbFile(root, CfbVersion::v3).write(sink);
}

constexpr Kind kMsg = Kind::msg;
constexpr Outcome kConverted = Outcome::converted;

constexpr auto kSamples = std::to_array<Sample>({
    {"meeting-request.msg", kMsg, kConverted, "Committee meeting in June", 3, 0, kAgendaWords,
     "METHOD:REQUEST, a time zone, a reminder", meeting_request},
    {"meeting-series.msg", kMsg, kConverted, "Watering rota", 3, 0, kAgendaWords,
     "a weekly series with a deleted and a moved instance", meeting_series},
    {"meeting-cancelled.msg", kMsg, kConverted, "Canceled: Committee meeting in June", 3, 0, kAgendaWords,
     "METHOD:CANCEL", meeting_cancelled},
    {"meeting-accepted.msg", kMsg, kConverted, "Accepted: Committee meeting in June", 1, 0, "keys community hall",
     "METHOD:REPLY", meeting_accepted},
    {"appointment-all-day.msg", kMsg, kConverted, "Open day at the allotments", 0, 0, kAgendaWords,
     "an all-day appointment", all_day},
    {"contact.msg", kMsg, kConverted, "Tomás Novák", 0, 1, "seed fair pear trees", "a contact with a photograph",
     contact},
    {"distribution-list.msg", kMsg, kConverted, "Orchard group", 0, 0, "prune apple trees February",
     "a personal distribution list", distribution_list},
    {"task.msg", kMsg, kConverted, "Order seed potatoes", 0, 0, "Thirty kilos price", "a task under way", task},
    {"sticky-note.msg", kMsg, kConverted, "Key of the shed", 0, 0, "third flower pot goat", "a sticky note",
     sticky_note},
    {"journal-entry.msg", kMsg, kConverted, "Telephone call with the water board", 0, 0, "Thursday meter",
     "a journal entry", journal_entry},
    {"post.msg", kMsg, kConverted, "Swap: ladder against wheelbarrow", 0, 0, "ladder wheelbarrow tyre",
     "a posting in a folder", post},
    {"class-unknown.msg", kMsg, kConverted, "Application for a plot", 1, 0, "family of four pond",
     "a class of one's own that ends in NUL", unknown_class},
    {"template.oft", Kind::oft, kConverted, "Reminder: your membership fee", 0, 0, "fee of €60 treasurer",
     "a template: unsent, from nobody to nobody", template_file},
});

}  // namespace

std::span<const Sample> class_samples() { return kSamples; }

}  // namespace mapiguard::corpus
