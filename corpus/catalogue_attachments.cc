// Attachments of every method, inline pictures, messages inside messages.
#include <array>

#include "corpus/catalogue.h"
#include "corpus/enclosures.h"
#include "corpus/msg_writer.h"
#include "corpus/people.h"
#include "corpus/rtf_writer.h"

namespace mapiguard::corpus {
namespace {

constexpr Guid kPsetidAttachment = guid("96357F7F-59E1-47D0-99A7-46515C183B54");

constexpr std::string_view kText =
    "Hello Anna,\n\nattached is what you asked for. The lease runs until the end of September; the surveyor's plan "
    "shows "
    "the new boundary along the brook.\n\nBest regards\nPriya\n";
constexpr std::string_view kWords = "attached lease September surveyor boundary brook";

Message letter(std::string_view subject, std::string_view message_id,
               const TextCoding& coding = TextCoding::unicode()) {
  Message message = compose({.subject = subject,
                             .from = kPriya,
                             .to = {kAnna},
                             .cc = {kJames},
                             .bcc = {},
                             .sent = filetime(2024, 5, 14, 11, 20, 30),
                             .message_id = message_id},
                            coding);
  set_plain(message, kText);
  return message;
}

void binary_files(ByteSink& sink) {
  Message message = letter("Lease and plan", "<lease@example.net>");
  attach(message, {.name = "Lease 2024.pdf", .type = "application/pdf", .data = pdf_page("Lease of plot 14")});
  attach(message, {.name = "plan.zip",
                   .type = "application/x-zip-compressed",
                   .data = zip_archive("plan.txt", "North is up. The brook is the eastern boundary.\r\n")});
  write_msg(message, sink);
}

void text_files(ByteSink& sink) {
  Message message = letter("Notes and figures", "<notes@example.net>");
  attach(message, {.name = "notes.txt",
                   .type = "text/plain",
                   .data = encode(1252, "Café, 12 März: „gut besucht“, Erlös 184,50 €.\r\nFrom line two\r\n.\r\n")});
  attach(message,
         {.name = "figures.csv", .type = "text/csv", .data = std::string("plot;litres\n14;180\n15;\xC2\xBD\n")});
  attach(message, {.name = "no-type.log", .type = "", .data = std::string("08:00 pump on\n09:30 pump off\n")});
  write_msg(message, sink);
}

void unicode_names(ByteSink& sink) {
  Message message = letter("Dateien mit langen Namen", "<names@example.net>");
  const std::string long_name =
      "Protokoll der außerordentlichen Mitgliederversammlung des Kleingartenvereins „Am "
      "Mühlbach“ vom 14. März 2024 – endgültige, von allen Vorstandsmitgliedern "
      "unterschriebene und beglaubigte Fassung (Abschrift für die Akten).pdf";
  attach(message, {.name = long_name, .type = "application/pdf", .data = pdf_page("Protokoll")});
  attach(message, {.name = "請求書 3月分.txt", .type = "text/plain", .data = std::string("invoice\n")});
  attach(message,
         {.name = "Grundriss 🏡 50% \"neu\"; v2.png", .type = "image/png", .data = png_picture(8, 8, 0x2040C0)});
  write_msg(message, sink);
}

void awkward_names(ByteSink& sink) {
  Message message = letter("Names that must not become paths", "<paths@example.net>");
  for (const std::string_view name :
       {"..\\..\\Windows\\System32\\drivers.txt", "/etc/passwd", "CON", ".", "report.txt ", "a;b=\"c\".txt",
        "gpj.\xE2\x80\xAE"
        "exe.txt"})
    attach(message, {.name = name, .type = "text/plain", .data = "named " + std::string(name) + "\n"});
  write_msg(message, sink);
}

void same_names(ByteSink& sink) {
  Message message = letter("Three photographs", "<photos@example.net>");
  for (const std::uint32_t hue : {0x108020u, 0x801020u, 0x201080u})
    attach(message, {.name = "IMG_0001.PNG", .type = "image/png", .data = png_picture(12, 9, hue)});
  write_msg(message, sink);
}

void no_name(ByteSink& sink) {
  Message message = letter("A file without a name", "<nameless@example.net>");
  attach(message, {.name = "", .type = "", .data = pdf_page("Nameless")});
  attach(message, {.name = "", .type = "text/plain", .data = std::string("no name either\r\n")});
  write_msg(message, sink);
}

// Only the name that 16-bit systems saw, in an 8-bit file.
void short_name_alone(ByteSink& sink) {
  Message message = letter("An old file", "<short@example.net>", TextCoding::ansi(1252, 0x0409));
  Attachment& attachment =
      attach(message, {.name = "Quarterly report.doc", .type = "", .data = std::string("words\r\n")});
  attachment.properties.remove(std::uint16_t{0x3707});
  attachment.properties.remove(std::uint16_t{0x3001});
  write_msg(message, sink);
}

void zero_bytes(ByteSink& sink) {
  Message message = letter("An empty file", "<zero@example.net>");
  attach(message, {.name = "empty.txt", .type = "text/plain", .data = std::string()});
  write_msg(message, sink);
}

void hidden(ByteSink& sink) {
  Message message = letter("A hidden file", "<hidden@example.net>");
  attach(message, {.name = "visible.txt", .type = "text/plain", .data = std::string("see me\r\n")});
  attach(message,
         {.name = "hidden.txt", .type = "text/plain", .data = std::string("do not list me\r\n"), .hidden = true});
  write_msg(message, sink);
}

void by_reference(ByteSink& sink) {
  Message message = letter("Where the files are", "<reference@example.net>");
  attach_bare(message, 2)
      .properties.text(0x3707, "Budget 2024.xlsx")
      .text(0x370D, "\\\\server.example.com\\share\\Budget 2024.xlsx");
  attach_bare(message, 4)
      .properties.text(0x3707, "photo.tif")
      .text(0x370D, "P:\\archive\\photo.tif")
      .text(0x3708, "P:\\photo.tif");
  attach_bare(message, 7)
      .properties.text(0x3707, "Plan of the garden.docx")
      .text(0x370D, "https://files.example.com/:w:/g/personal/priya/plan-of-the-garden.docx")
      .text(named(kPsetidAttachment, "AttachmentProviderType"), "OneDriveConsumer")
      .integer32(named(kPsetidAttachment, "AttachmentPermissionType"), 2);
  write_msg(message, sink);
}

// An OLE object: a storage with the streams that OLE servers write, and a storage inside.
void ole_storage(ByteSink& sink) {
  Message message = letter("A drawing inside", "<ole@example.net>");
  CfbNode object = CfbNode::storage(u"object", guid("0003000A-0000-0000-C000-000000000046"));
  object.add(CfbNode::stream(u"\x0001Ole", std::string("\x01\x00\x00\x02\x08\x00\x00\x00", 8) + std::string(12, '\0')));
  object.add(CfbNode::stream(u"CONTENTS", png_picture(40, 40, 0x90C040)));
  CfbNode inner = CfbNode::storage(u"Pool");
  inner.add(CfbNode::stream(u"Data", std::string("pooled data of the drawing")));
  object.add(std::move(inner));
  Attachment& attachment = attach_bare(message, 6);
  attachment.properties.text(0x3001, "Bitmap Image")
      .binary(0x370A, std::string("\x2A\x86\x48\x86\xF7\x14\x03\x0A\x03\x02\x01", 11));
  attachment.storage = std::make_unique<CfbNode>(std::move(object));
  write_msg(message, sink);
}

void macintosh(ByteSink& sink) {
  Message message = letter("From a Macintosh", "<mac@example.net>");
  Attachment& attachment = attach(message, {.name = "Read Me",
                                            .type = "application/applefile",
                                            .data = mac_binary("Read Me", "Double-click to open.\r", "resource fork")});
  attachment.properties.binary(0x3702, std::string("\x2A\x86\x48\x86\xF7\x14\x03\x0B\x01", 9));
  write_msg(message, sink);
}

void mail_files(ByteSink& sink) {
  Message inner = letter("The message in the file", "<inner.file@example.net>");
  Message message = letter("Messages as files", "<mail.files@example.net>");
  attach(message, {.name = "saved.msg", .type = "application/vnd.ms-outlook", .data = msg_bytes(inner)});
  attach(message, {.name = "saved.eml",
                   .type = "message/rfc822",
                   .data = std::string("From: james.oneill@example.org\r\nSubject: saved\r\nMIME-Version: 1.0\r\n"
                                       "Content-Type: text/plain\r\n\r\nA mail in a file.\r\n")});
  write_msg(message, sink);
}

constexpr std::string_view kPostcard =
    "<html><body><p>Greetings from the <b>lake</b>! This is our cabin:</p>"
    "<p><img src=\"PLACE\" width=\"48\" height=\"32\" alt=\"cabin\"></p><p>Back on Sunday. Priya</p></body></html>\n";

std::string postcard(std::string_view place) {
  std::string html(kPostcard);
  return html.replace(html.find("PLACE"), 5, place);
}

Message postcard_message(std::string_view message_id, std::string_view place) {
  Message message = letter("Greetings from the lake", message_id);
  set_plain(message, "Greetings from the lake! This is our cabin:\n\n[cabin]\n\nBack on Sunday. Priya\n");
  set_html(message, postcard(place));
  return message;
}

File cabin(std::string_view content_id, std::string_view content_location = {}) {
  return {.name = "cabin.png",
          .type = "image/png",
          .data = png_picture(48, 32, 0x3060A0),
          .content_id = content_id,
          .content_location = content_location};
}

void inline_cid(ByteSink& sink) {
  Message message = postcard_message("<cid@example.net>", "cid:cabin.png@01DA7F3C.5B1E2F40");
  attach(message, cabin("cabin.png@01DA7F3C.5B1E2F40"));
  attach(message, {.name = "itinerary.pdf", .type = "application/pdf", .data = pdf_page("Lake, three days")});
  write_msg(message, sink);
}

void inline_location(ByteSink& sink) {
  Message message = postcard_message("<location@example.net>", "https://www.example.net/pictures/cabin.png");
  attach(message, cabin("", "https://www.example.net/pictures/cabin.png"));
  write_msg(message, sink);
}

// As newer Outlooks write it: the Content-ID ends in a NUL.
void inline_cid_nul(ByteSink& sink) {
  Message message = postcard_message("<cid.nul@example.net>", "cid:7f3c5b1e-2f40");
  attach(message, cabin(std::string_view("7f3c5b1e-2f40\0", 14)));
  write_msg(message, sink);
}

// The body refers to the picture, but no flag says that it is inline.
void inline_unflagged(ByteSink& sink) {
  Message message = postcard_message("<unflagged@example.net>", "cid:cabin@example.net");
  Attachment& attachment = attach(message, cabin("cabin@example.net"));
  attachment.properties.remove(std::uint16_t{0x3714});
  attachment.properties.remove(std::uint16_t{0x7FFE});
  write_msg(message, sink);
}

// Flagged as inline, but nothing refers to it.
void inline_unreferenced(ByteSink& sink) {
  Message message = postcard_message("<unreferenced@example.net>", "https://www.example.net/other.png");
  attach(message, cabin("lonely@example.net"));
  write_msg(message, sink);
}

void inline_in_rtf(ByteSink& sink) {
  Message message = letter("Greetings from the lake", "<rtf.cid@example.net>");
  set_plain(message, "Greetings from the lake! This is our cabin:\n\n[cabin]\n\nBack on Sunday. Priya\n");
  set_rtf(message, encapsulate_html(postcard("cid:cabin@rtf.example.net")));
  attach(message, cabin("cabin@rtf.example.net"));
  write_msg(message, sink);
}

// `depth` messages, each inside the one before, the inner ones with little but a body: thirty fit into a sample.
Message nested(unsigned level, unsigned depth) {
  const std::string number = std::to_string(level);
  const std::string next = "Open the next envelope, number " + std::to_string(level + 1) + ".\n";
  Message message(TextCoding::unicode());
  message.properties.text(0x001A, "IPM.Note")
      .text(0x0037, "Envelope " + number + " of " + std::to_string(depth))
      .text(0x1035, "<envelope." + number + "." + std::to_string(depth) + "@example.net>")
      .time(0x0039, filetime(2024, 5, 15, 8, level))
      .integer32(0x340D, 0x00040E79)
      .integer32(0x0E07, 1);
  set_plain(message, level == depth ? "You have opened the last envelope.\n" : next);
  if (level == 1) {
    set_sender(message, kPriya);
    add_recipient(message, kAnna, RecipientKind::to);
  }
  if (level < depth) attach(message, nested(level + 1, depth)).properties.remove(std::uint16_t{0x3001});
  return message;
}

template <unsigned depth>
void nested_messages(ByteSink& sink) {
  write_msg(nested(1, depth), sink);
}

void nested_with_files(ByteSink& sink) {
  Message inner = letter("Lease and plan", "<inner.lease@example.net>", TextCoding::ansi(1252, 0x0409));
  attach(inner, {.name = "Lease 2024.pdf", .type = "application/pdf", .data = pdf_page("Lease of plot 14")});
  inner.properties.text(named(kPsPublicStrings, "Keywords"), "lease");
  Message message = letter("FW: Lease and plan", "<outer.lease@example.net>");
  attach(message, std::move(inner));
  attach(message, {.name = "comment.txt", .type = "text/plain", .data = std::string("Please sign page 3.\r\n")});
  write_msg(message, sink);
}

// A body of 5 KB and files of 9 KB: streams in the FAT beside those in the mini stream.
void big_streams(ByteSink& sink) {
  Message message = letter("Measurements of the well", "<well@example.net>");
  std::string text = "Water level of the well, in centimetres, hour by hour.\n";
  for (unsigned hour = 0; hour < 120; ++hour)
    text += "Hour " + std::to_string(hour) + ": " + std::to_string(180 + hour * 7 % 23) + " cm\n";
  set_plain(message, text);
  attach(message, {.name = "logger.bin", .type = "application/octet-stream", .data = noise(9'001, 17)});
  attach(message, {.name = "exactly-4096.bin", .type = "application/octet-stream", .data = noise(4096, 18)});
  attach(message, {.name = "exactly-4095.bin", .type = "application/octet-stream", .data = noise(4095, 19)});
  write_msg(message, sink);
}

void many(ByteSink& sink) {
  Message message = letter("Two thousand small files", "<many@example.net>");
  for (unsigned i = 1; i <= 2000; ++i) {
    const std::string number = std::to_string(i);
    attach(message, {.name = "leaf-" + number + ".txt", .type = "text/plain", .data = "leaf " + number + "\r\n"});
  }
  write_msg(message, sink);
}

template <std::uint64_t size, CfbVersion version>
void huge(ByteSink& sink) {
  Message message = letter("The recording", "<recording@example.net>");
  attach(message, {.name = "recording.bin", .type = "application/octet-stream", .data = noise(size, 64)});
  write_msg(message, sink, version);
}

constexpr std::uint64_t kMega = 1 << 20;
constexpr std::string_view kLake = "Greetings from the lake";
constexpr std::string_view kLakeWords = "Greetings lake cabin Back on Sunday";
constexpr Kind kMsg = Kind::msg;
constexpr Outcome kConverted = Outcome::converted;

constexpr auto kSamples = std::to_array<Sample>({
    {"attachment-binary.msg", kMsg, kConverted, "Lease and plan", 2, 2, kWords, "a PDF and a ZIP", binary_files},
    {"attachment-text.msg", kMsg, kConverted, "Notes and figures", 2, 3, kWords, "text files, one without a type",
     text_files},
    {"attachment-unicode-names.msg", kMsg, kConverted, "Dateien mit langen Namen", 2, 3, kWords,
     "a name of 200 characters, Japanese, emoji, quotes", unicode_names},
    {"attachment-awkward-names.msg", kMsg, kConverted, "Names that must not become paths", 2, 7, kWords,
     "paths, devices, dots, a bidi override", awkward_names},
    {"attachment-same-names.msg", kMsg, kConverted, "Three photographs", 2, 3, kWords, "three files of one name",
     same_names, Place::on_demand},
    {"attachment-no-name.msg", kMsg, kConverted, "A file without a name", 2, 2, kWords,
     "neither a long nor a short name", no_name},
    {"attachment-short-name.msg", kMsg, kConverted, "An old file", 2, 1, kWords, "an 8.3 name alone", short_name_alone},
    {"attachment-empty.msg", kMsg, kConverted, "An empty file", 2, 1, kWords, "a file of 0 bytes", zero_bytes},
    {"attachment-hidden.msg", kMsg, kConverted, "A hidden file", 2, 2, kWords, "PidTagAttachmentHidden", hidden},
    {"attachment-by-reference.msg", kMsg, kConverted, "Where the files are", 2, 3, kWords,
     "by reference, by reference only, web reference", by_reference},
    {"attachment-ole.msg", kMsg, kConverted, "A drawing inside", 2, 1, kWords, "an OLE storage with a storage inside",
     ole_storage},
    {"attachment-macbinary.msg", kMsg, kConverted, "From a Macintosh", 2, 1, kWords, "a MacBinary file", macintosh},
    {"attachment-mail-files.msg", kMsg, kConverted, "Messages as files", 2, 2, kWords, ".msg and .eml as plain files",
     mail_files, Place::on_demand},
    {"inline-cid.msg", kMsg, kConverted, kLake, 2, 2, kLakeWords, "a picture by cid:, and a file", inline_cid},
    {"inline-location.msg", kMsg, kConverted, kLake, 2, 1, kLakeWords, "a picture by Content-Location",
     inline_location},
    {"inline-cid-nul.msg", kMsg, kConverted, kLake, 2, 1, kLakeWords, "a Content-ID that ends in NUL", inline_cid_nul},
    {"inline-unflagged.msg", kMsg, kConverted, kLake, 2, 1, kLakeWords, "cid: in the body, no flag on the attachment",
     inline_unflagged},
    {"inline-unreferenced.msg", kMsg, kConverted, kLake, 2, 1, kLakeWords, "flagged inline, but not in the body",
     inline_unreferenced, Place::on_demand},
    {"inline-in-rtf.msg", kMsg, kConverted, kLake, 2, 1, kLakeWords, "a picture by cid: in HTML in RTF", inline_in_rtf},
    {"nested-3.msg", kMsg, kConverted, "Envelope 1 of 3", 1, 1, "Open the next envelope number 2",
     "three messages deep", nested_messages<3>},
    {"nested-30.msg", kMsg, kConverted, "Envelope 1 of 30", 1, 1, "Open the next envelope number 2",
     "thirty messages deep", nested_messages<30>},
    {"nested-200.msg", kMsg, Outcome::degraded, "Envelope 1 of 200", 1, 1, "Open the next envelope number 2",
     "deeper than any converter follows", nested_messages<200>, Place::on_demand},
    {"nested-with-files.msg", kMsg, kConverted, "FW: Lease and plan", 2, 2, kWords,
     "an 8-bit message with a file and a named property inside a Unicode one", nested_with_files},
    {"attachment-big-streams.msg", kMsg, kConverted, "Measurements of the well", 2, 3,
     "Water level Hour 0: Hour 119:", "streams on both sides of the 4096-byte cutoff", big_streams},
    {"attachment-2000.msg", kMsg, kConverted, "Two thousand small files", 2, 2000, kWords, "2,000 attachments", many,
     Place::on_demand},
    {"attachment-8mb.msg", kMsg, kConverted, "The recording", 2, 1, kWords,
     "more FAT than the header lists: DIFAT sectors", huge<8 * kMega, CfbVersion::v3>, Place::on_demand},
    {"attachment-64mb.msg", kMsg, kConverted, "The recording", 2, 1, kWords, "an attachment of 64 MB, sectors of 512",
     huge<64 * kMega, CfbVersion::v3>, Place::large},
    {"attachment-64mb-v4.msg", kMsg, kConverted, "The recording", 2, 1, kWords,
     "an attachment of 64 MB, sectors of 4096", huge<64 * kMega, CfbVersion::v4>, Place::large},
});

}  // namespace

std::span<const Sample> attachment_samples() { return kSamples; }

}  // namespace mapiguard::corpus
