// Bodies of every kind, in Unicode and ANSI files, in both CFB versions.
#include <array>

#include "corpus/catalogue.h"
#include "corpus/lzfu_writer.h"
#include "corpus/msg_writer.h"
#include "corpus/people.h"
#include "corpus/rtf_writer.h"

namespace mapiguard::corpus {
namespace {

constexpr std::string_view kMinutes =
    "Dear all,\n\n"
    "Here are the minutes of Tuesday's meeting. Nine members attended, so there was a quorum.\n\n"
    "1. The water butts behind plot 14 leak again; James will ask two firms for a quote.\n"
    "2. The fence along the railway is to be painted before Easter.\n"
    "3. Seed potatoes arrive on Saturday at 10:00. Please bring your own bags.\n\n"
    "Kind regards\nAnna\n";

constexpr std::string_view kInvoiceHtml =
    "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\n"
    "<style>p { margin: 0 } td { padding: 2pt 6pt }</style>\n</head>\n<body lang=\"EN-GB\">\n"
    "<p>Hello James,</p>\n<p>&nbsp;</p>\n"
    "<p>please find below what is <b>still open</b> for March:</p>\n"
    "<table border=\"1\">\n<tr><td>Number</td><td>For</td><td>Amount</td></tr>\n"
    "<tr><td>2024-0317</td><td>Paint, 20&nbsp;l</td><td>€ 184.50</td></tr>\n"
    "<tr><td>2024-0322</td><td>Brushes &amp; rollers</td><td>€ 41.20</td></tr>\n</table>\n"
    "<p>Could you transfer it by <span style=\"color:#0563C1\">Friday</span>? The details are on "
    "<a href=\"https://www.example.com/pay?no=317&amp;lang=en\">our page</a>.</p>\n"
    "<p>Best wishes<br>Luis</p>\n</body>\n</html>\n";
constexpr std::string_view kInvoicePlain =
    "Hello James,\n\nplease find below what is still open for March:\n\n"
    "2024-0317  Paint, 20 l         € 184.50\n2024-0322  Brushes & rollers   € 41.20\n\n"
    "Could you transfer it by Friday? The details are on our page <https://www.example.com/pay?no=317&lang=en>.\n\n"
    "Best wishes\nLuis\n";

constexpr std::string_view kPureRtf =
    "{\\rtf1\\ansi\\ansicpg1252\\deff0\\deflang2057{\\fonttbl{\\f0\\fswiss\\fcharset0 "
    "Calibri;}{\\f1\\fmodern\\fcharset0 "
    "Consolas;}}\r\n{\\colortbl ;\\red192\\green0\\blue0;\\red0\\green112\\blue192;}\r\n"
    "{\\*\\generator Riched20 10.0.19041}\\viewkind4\\uc1 \r\n"
    "\\pard\\sa200\\sl276\\slmult1\\f0\\fs28\\b Recipe for the harvest supper\\b0\\fs22\\par\r\n"
    "Serves \\b twelve\\b0 , takes \\i about two hours\\i0 . Caf\\'e9 \\'93Potager\\'94 lent us the pans.\\par\r\n"
    "{\\pntext\\f0 1.\\tab}Peel the \\cf1 pumpkin\\cf0  and cut it into cubes.\\par\r\n"
    "{\\pntext\\f0 2.\\tab}Roast it with \\ul garlic\\ulnone  at 200\\'b0C.\\par\r\n"
    "{\\pntext\\f0 3.\\tab}Add cream\\emdash not milk\\emdash and season with \\u9786? patience.\\par\r\n"
    "\\trowd\\cellx2000\\cellx4000\\intbl Pumpkin\\cell 3 kg\\cell\\row\r\n"
    "\\trowd\\cellx2000\\cellx4000\\intbl Cream\\cell 1 l\\cell\\row\r\n"
    "\\pard{\\field{\\*\\fldinst{HYPERLINK \"https://www.example.org/recipes\"}}{\\fldrslt{\\cf2\\ul More "
    "recipes}}}\\par\r\n"
    "\\f1\\fs20 oven --preheat 200\\par\r\n}";

Envelope minutes(std::string_view message_id) {
  return {.subject = "Minutes of Tuesday's meeting",
          .from = kAnna,
          .to = {kJames, kBoard},
          .cc = {kPriya},
          .bcc = {},
          .sent = filetime(2024, 3, 5, 9, 15),
          .message_id = message_id};
}

Envelope invoice(std::string_view message_id) {
  return {.subject = "RE: Open invoices for March",
          .from = kLuis,
          .to = {kJames},
          .cc = {},
          .bcc = {},
          .sent = filetime(2024, 4, 2, 14, 3, 27),
          .message_id = message_id};
}

void plain_unicode(ByteSink& sink) {
  Message message = compose(minutes("<minutes.20240305@example.com>"));
  set_plain(message, kMinutes);
  write_msg(message, sink);
}

void plain_ansi(ByteSink& sink) {
  Message message = compose(minutes("<minutes.ansi.20240305@example.com>"), TextCoding::ansi(1252, 0x0809));
  set_plain(message, kMinutes);
  write_msg(message, sink);
}

void plain_v4(ByteSink& sink) {
  Message message = compose(minutes("<minutes.v4.20240305@example.com>"));
  set_plain(message, kMinutes);
  write_msg(message, sink, CfbVersion::v4);
}

void html_native(ByteSink& sink) {
  Message message = compose(invoice("<invoice.317@example.com>"));
  set_plain(message, kInvoicePlain);
  set_html(message, kInvoiceHtml);
  write_msg(message, sink);
}

void html_only(ByteSink& sink) {
  Message message = compose(invoice("<invoice.html-only@example.com>"));
  set_html(message, kInvoiceHtml);
  write_msg(message, sink);
}

void html_string(ByteSink& sink) {
  Message message = compose(invoice("<invoice.html-string@example.com>"));
  message.properties.text(0x1013, kInvoiceHtml);
  write_msg(message, sink);
}

void html_in_rtf(ByteSink& sink) {
  Message message = compose(invoice("<invoice.rtf@example.com>"));
  set_plain(message, kInvoicePlain);
  set_rtf(message, encapsulate_html(kInvoiceHtml));
  write_msg(message, sink);
}

void html_in_rtf_alone(ByteSink& sink) {
  Message message = compose(invoice("<invoice.rtf-alone@example.com>"));
  set_rtf(message, encapsulate_html(kInvoiceHtml));
  write_msg(message, sink);
}

void html_in_stored_rtf(ByteSink& sink) {
  Message message = compose(invoice("<invoice.mela@example.com>"));
  set_plain(message, kInvoicePlain);
  message.properties.binary(0x1009, mela_store(encapsulate_html(kInvoiceHtml)));
  write_msg(message, sink);
}

void text_in_rtf(ByteSink& sink) {
  Message message = compose(minutes("<minutes.fromtext@example.com>"));
  set_rtf(message, encapsulate_text(kMinutes));
  write_msg(message, sink);
}

void rtf_pure(ByteSink& sink) {
  Envelope envelope = minutes("<supper.20241003@example.com>");
  envelope.subject = "Recipe for the harvest supper";
  envelope.sent = filetime(2024, 10, 3, 18, 40);
  Message message = compose(envelope);
  set_rtf(message, kPureRtf);
  write_msg(message, sink);
}

void all_three(ByteSink& sink) {
  Message message = compose(invoice("<invoice.all-three@example.com>"));
  set_plain(message, kInvoicePlain);
  set_html(message, kInvoiceHtml);
  set_rtf(message, encapsulate_html(kInvoiceHtml));
  write_msg(message, sink);
}

void no_body(ByteSink& sink) {
  Envelope envelope = minutes("<empty.20240305@example.com>");
  envelope.subject = "Called you twice, please ring back";
  write_msg(compose(envelope), sink);
}

// Longer than LZFu's window of 4096 bytes several times over, with much to refer back to.
void long_rtf(ByteSink& sink) {
  std::string text = "The inventory of the tool shed follows, shelf by shelf.\n\n";
  constexpr std::array kTools = {"spade", "rake", "hoe", "watering can", "pair of shears", "dibber", "riddle"};
  for (unsigned shelf = 1; shelf <= 240; ++shelf)
    text += "Shelf " + std::to_string(shelf) + ": one " + kTools[shelf % kTools.size()] + ", last seen in week " +
            std::to_string(shelf * 37 % 52 + 1) + " with member " + std::to_string(shelf * 7919 % 1000) + ".\n";
  text += "\nThat is all. Please report whatever is missing.\n";
  Envelope envelope = minutes("<inventory@example.com>");
  envelope.subject = "Inventory of the tool shed";
  Message message = compose(envelope);
  set_rtf(message, encapsulate_text(text));
  write_msg(message, sink);
}

// Lines that mail transport is touchy about.
void awkward_lines(ByteSink& sink) {
  std::string text = "From here on it gets awkward.\n.\n..two dots\n>From an old mbox\n--boundary-lookalike--\n";
  text += "trailing blanks   \nand a tab\t\n=20 is no blank\n";
  text += "One line of 1200 characters: " + std::string(1171, 'x') + "\n";
  text += "Last line without an end";
  Envelope envelope = minutes("<awkward@example.com>");
  envelope.subject = "Lines that mail transport is touchy about";
  Message message = compose(envelope);
  set_plain(message, text);
  write_msg(message, sink);
}

void long_subject(ByteSink& sink) {
  Envelope envelope = minutes("<long.subject@example.com>");
  envelope.subject =
      "Fwd: Fwd: Änderung der Tagesordnung für die außerordentliche Mitgliederversammlung am "
      "Donnerstag, dem 14. März 2024, um 19:30 Uhr im großen Saal des Bürgerhauses, bei der "
      "über die Satzung, die Klärung der Wasserrechte und die Vergütung abgestimmt wird";
  Message message = compose(envelope);
  set_plain(message, "Bitte beachten Sie die geänderte Uhrzeit.\n");
  write_msg(message, sink);
}

void meta_lies(ByteSink& sink) {
  Envelope envelope = invoice("<meta.lies@example.com>");
  envelope.subject = "Menü for the summer party";
  Message message = compose(envelope);
  set_html(message,
           "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-1\"></head>"
           "<body><p>Crème brûlée, jalapeño and naïve pie – €"
           "12.</p></body></html>\n",
           65001);
  write_msg(message, sink);
}

constexpr std::string_view kMinutesWords = "quorum leak quote fence Easter potatoes";
constexpr std::string_view kInvoiceWords = "still open March Brushes Friday Best wishes Luis";
constexpr std::string_view kMinutesSubject = "Minutes of Tuesday's meeting";
constexpr std::string_view kInvoiceSubject = "RE: Open invoices for March";

constexpr auto kSamples = std::to_array<Sample>({
    {"plain-unicode.msg", Kind::msg, Outcome::converted, kMinutesSubject, 3, 0, kMinutesWords,
     "a plain body, strings in UTF-16", plain_unicode},
    {"plain-ansi.msg", Kind::msg, Outcome::converted, kMinutesSubject, 3, 0, kMinutesWords,
     "a plain body, strings in code page 1252", plain_ansi},
    {"plain-v4.msg", Kind::msg, Outcome::converted, kMinutesSubject, 3, 0, kMinutesWords,
     "a compound file of version 4, with sectors of 4096 bytes", plain_v4},
    {"html-native.msg", Kind::msg, Outcome::converted, kInvoiceSubject, 1, 0, kInvoiceWords,
     "HTML in PidTagHtml beside a plain body", html_native},
    {"html-only.msg", Kind::msg, Outcome::converted, kInvoiceSubject, 1, 0, kInvoiceWords, "HTML without a plain body",
     html_only},
    {"html-string.msg", Kind::msg, Outcome::converted, kInvoiceSubject, 1, 0, kInvoiceWords,
     "HTML as PidTagBodyHtml, a Unicode string", html_string, Place::on_demand},
    {"html-in-rtf.msg", Kind::msg, Outcome::converted, kInvoiceSubject, 1, 0, kInvoiceWords,
     "HTML encapsulated in LZFu-compressed RTF beside a plain body", html_in_rtf},
    {"html-in-rtf-alone.msg", Kind::msg, Outcome::converted, kInvoiceSubject, 1, 0, kInvoiceWords,
     "HTML encapsulated in RTF and no other body", html_in_rtf_alone},
    {"html-in-rtf-stored.msg", Kind::msg, Outcome::converted, kInvoiceSubject, 1, 0, kInvoiceWords,
     "HTML encapsulated in stored (MELA) RTF", html_in_stored_rtf},
    {"text-in-rtf.msg", Kind::msg, Outcome::converted, kMinutesSubject, 3, 0, kMinutesWords,
     "plain text encapsulated in RTF (fromtext)", text_in_rtf},
    {"rtf-pure.msg", Kind::msg, Outcome::converted, "Recipe for the harvest supper", 3, 0,
     "Serves twelve pumpkin garlic cream patience", "RTF that was written as RTF: fonts, colours, list, table, link",
     rtf_pure},
    {"rtf-long.msg", Kind::msg, Outcome::converted, "Inventory of the tool shed", 3, 0,
     "inventory Shelf 1: Shelf 240: missing", "RTF longer than LZFu's window", long_rtf},
    {"body-all-three.msg", Kind::msg, Outcome::converted, kInvoiceSubject, 1, 0, kInvoiceWords,
     "plain, HTML and RTF bodies at once", all_three},
    {"body-none.msg", Kind::msg, Outcome::converted, "Called you twice, please ring back", 3, 0, "-", "no body at all",
     no_body},
    {"plain-awkward-lines.msg", Kind::msg, Outcome::converted, "Lines that mail transport is touchy about", 3, 0,
     "awkward two dots blanks without an end", "dots, From, 1200 characters in a line, no last line end",
     awkward_lines},
    {"subject-long.msg", Kind::msg, Outcome::converted, "-", 3, 0, "Bitte beachten Uhrzeit",
     "a subject of 280 characters with umlauts", long_subject},
    {"html-meta-lies.msg", Kind::msg, Outcome::converted, "Menü for the summer party", 1, 0, "jalapeño pie",
     "UTF-8 HTML whose meta tag says iso-8859-1", meta_lies},
});

}  // namespace

std::span<const Sample> body_samples() { return kSamples; }

}  // namespace mapiguard::corpus
