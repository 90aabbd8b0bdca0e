// Languages and the code pages they travel in: as 8-bit strings, as HTML in a charset of its own, inside RTF, as
// UTF-16.
#include <array>

#include "corpus/catalogue.h"
#include "corpus/msg_writer.h"
#include "corpus/people.h"
#include "corpus/rtf_writer.h"

namespace mapiguard::corpus {
namespace {

struct Letter {
  std::string_view subject;
  Person from, to;
  std::string_view text;
  std::string_view message_id;
  std::uint32_t codepage;
  std::uint32_t locale;
  std::string_view direction = "ltr";
};

constexpr Letter kGreek{"Πρόσκληση στη γιορτή της γειτονιάς",
                        {"Γιώργος Παπαδόπουλος", "giorgos@example.com"},
                        {"Ελένη Δημητρίου", "eleni@example.org"},
                        "Αγαπητή Ελένη,\n\nτο Σάββατο στις επτά το απόγευμα γιορτάζουμε στην πλατεία.\n"
                        "Θα υπάρχει μουσική, ψητά και κρασί. Φέρε μαζί σου και τα παιδιά!\n\nΦιλικά\nΓιώργος\n",
                        "<greek@example.com>",
                        1253,
                        0x0408};
constexpr Letter kRussian{
    "Расписание занятий на осень",
    {"Ольга Смирнова", "olga@example.org"},
    {"Дмитрий Волков", "dmitry@example.net"},
    "Здравствуйте, Дмитрий!\n\nЗанятия начинаются во вторник в девять часов утра.\n"
    "Пожалуйста, возьмите с собой учебник и две тетради. Время экзамена объявим позже.\n\nС уважением,\nОльга\n",
    "<russian@example.org>",
    1251,
    0x0419};
constexpr Letter kChinese{"关于星期五会议的通知",
                          {"王小明", "wang@example.com"},
                          {"李华", "lihua@example.net"},
                          "李华，你好：\n\n星期五下午三点在二楼会议室开会，请带上本月的销售报告。\n如果不能参加，请提前"
                          "告诉我。\n\n谢谢！\n王小明\n",
                          "<chinese@example.com>",
                          936,
                          0x0804};
constexpr Letter kJapanese{"来週の打ち合わせについて",
                           {"田中太郎", "tanaka@example.com"},
                           {"佐藤花子", "sato@example.org"},
                           "佐藤様\n\nお世話になっております。来週の打ち合わせは水曜日の午後二時から始めます。\n"
                           "資料の表示とソフトの予定表を確認してください。\n\nよろしくお願いいたします。\n田中\n",
                           "<japanese@example.com>",
                           932,
                           0x0411};
constexpr Letter kKorean{"다음 주 회의 안내",
                         {"김민수", "minsu@example.net"},
                         {"박지영", "jiyoung@example.com"},
                         "박지영 님께\n\n다음 주 월요일 오전 열 시에 삼층 회의실에서 회의를 합니다.\n발표 자료를 미리 "
                         "보내 주시기 바랍니다.\n\n감사합니다.\n김민수 드림\n",
                         "<korean@example.net>",
                         949,
                         0x0412};
constexpr Letter kTaiwanese{"讀書會下次聚會時間",
                            {"陳美玲", "meiling@example.org"},
                            {"林志強", "lin@example.com"},
                            "志強您好：\n\n下次讀書會改到星期四晚上七點半，地點仍在圖書館三樓。\n請先讀完第五章，並準備"
                            "一個問題。功課不多，許蓋功。\n\n祝 順心\n美玲\n",
                            "<taiwanese@example.org>",
                            950,
                            0x0404};
constexpr Letter kHebrew{"הזמנה לארוחת ערב",
                         {"דוד כהן", "david@example.com"},
                         {"שרה לוי", "sara@example.org"},
                         "שלום שרה,\n\nאנחנו מזמינים אתכם לארוחת ערב ביום חמישי בשעה שמונה.\nהכתובת היא רחוב הזית 12, "
                         "קומה 3.\n\nלהתראות,\nדוד\n",
                         "<hebrew@example.com>",
                         1255,
                         0x040D,
                         "rtl"};
constexpr Letter kArabic{
    "موعد الاجتماع القادم",
    {"أحمد حسن", "ahmad@example.net"},
    {"ليلى منصور", "layla@example.org"},
    "السيدة ليلى المحترمة،\n\nنعقد الاجتماع القادم يوم الأحد الساعة العاشرة صباحا في القاعة الكبرى.\n"
    "نرجو إحضار التقرير السنوي.\n\nمع أطيب التحيات\nأحمد\n",
    "<arabic@example.net>",
    1256,
    0x0401,
    "rtl"};
constexpr Letter kThai{"แจ้งเวลานัดหมาย",
                       {"สมชาย ใจดี", "somchai@example.com"},
                       {"มาลี สุขใจ", "malee@example.net"},
                       "เรียน คุณมาลี\n\nนัดหมายของเราเลื่อนไปเป็นวันศุกร์ เวลาบ่ายสองโมง\nกรุณานำเอกสารมาด้วย\n\nขอบคุณครับ\nสมชาย\n",
                       "<thai@example.com>",
                       874,
                       0x041E};
constexpr Letter kTurkish{"Çarşamba günkü gezi için çağrı",
                          {"İbrahim Şahin", "ibrahim@example.org"},
                          {"Ayşe Yıldız", "ayse@example.com"},
                          "Sevgili Ayşe,\n\nçarşamba sabahı saat sekizde iskelede buluşuyoruz.\nYanına şapka ve içecek "
                          "almayı unutma.\n\nGörüşürüz\nİbrahim\n",
                          "<turkish@example.org>",
                          1254,
                          0x041F};
constexpr Letter kPolish{"Zaległa książka z biblioteki",
                         {"Łukasz Wójcik", "lukasz@example.net"},
                         {"Małgorzata Żak", "malgorzata@example.org"},
                         "Dzień dobry,\n\nproszę oddać książkę „Żółw w ogródku” do piątku.\nZa każdy następny dzień "
                         "naliczamy opłatę.\n\nPozdrawiam\nŁukasz Wójcik\n",
                         "<polish@example.net>",
                         1250,
                         0x0415};
constexpr Letter kFrench{
    "Réunion reportée à jeudi",
    {"Zoë Lefèvre", "zoe@example.com"},
    {"François Noël", "francois@example.org"},
    "Bonjour François,\n\nla réunion est reportée à jeudi, à la même heure, dans la salle où se trouve l'écran.\n"
    "Merci d'apporter le relevé des coûts.\n\nÀ bientôt\nZoë\n",
    "<french@example.com>",
    28591,
    0x040C};

Envelope envelope_of(const Letter& letter) {
  return {.subject = letter.subject,
          .from = letter.from,
          .to = {letter.to},
          .cc = {},
          .bcc = {},
          .sent = filetime(2024, 9, 12, 6, 30),
          .message_id = letter.message_id};
}

std::string html_of(const Letter& letter) {
  std::string html = "<html dir=\"" + std::string(letter.direction) + "\"><head></head><body>\n<p>";
  for (const char c : letter.text) {
    if (c == '\n')
      html += "<br>\n";
    else
      html += c;
  }
  return html + "</p></body></html>\n";
}

// Every string of the file in the letter's code page.
template <const Letter& letter>
void ansi(ByteSink& sink) {
  Message message = compose(envelope_of(letter), TextCoding::ansi(letter.codepage, letter.locale));
  set_plain(message, letter.text);
  write_msg(message, sink);
}

// Strings in UTF-16, HTML in a charset of its own.
template <const Letter& letter, std::uint32_t codepage = letter.codepage>
void html(ByteSink& sink) {
  Message message = compose(envelope_of(letter));
  set_html(message, html_of(letter), codepage);
  message.properties.integer32(0x3FF1, letter.locale).integer32(0x3FFD, letter.codepage);
  write_msg(message, sink);
}

template <const Letter& letter>
void html_in_rtf(ByteSink& sink) {
  Message message = compose(envelope_of(letter));
  set_rtf(message, encapsulate_html(html_of(letter), letter.codepage));
  message.properties.integer32(0x3FDE, letter.codepage);
  write_msg(message, sink);
}

// Only the locale tells what the 8-bit strings are in.
void locale_alone(ByteSink& sink) {
  Message message = compose(envelope_of(kRussian), TextCoding::ansi(1251, 0x0419));
  set_plain(message, kRussian.text);
  message.properties.remove(std::uint16_t{0x3FFD});
  message.properties.remove(std::uint16_t{0x3FDE});
  write_msg(message, sink);
}

// 8-bit strings that are UTF-8, and say so.
void utf8_strings(ByteSink& sink) {
  Message message = compose(envelope_of(kGreek), TextCoding::ansi(65001, 0x0408));
  set_plain(message, kGreek.text);
  write_msg(message, sink);
}

// GBK bytes that are called UTF-8: what some gateways make of Chinese mail.
void gbk_called_utf8(ByteSink& sink) {
  Message message = compose(envelope_of(kChinese));
  set_html(message, html_of(kChinese), 936);
  message.properties.integer32(0x3FDE, 65001).integer32(0x3FFD, 936).integer32(0x3FF1, 0x0804);
  write_msg(message, sink);
}

void emoji(ByteSink& sink) {
  Message message = compose({.subject = "🎉 The baby is here! 👶🏽",
                             .from = {"Priya Raman 🌻", "priya.raman@example.net"},
                             .to = {kAnna, {"Grandma 👵", "grandma@example.org"}},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2024, 6, 21, 4, 12),
                             .message_id = "<emoji@example.net>"});
  set_plain(
      message,
      "She arrived at 3:47 this morning 🌅, weighs 3.4 kg and has a full head of hair 💇‍♀️.\n"
      "Flags 🇮🇳🇩🇪 are out, family 👨‍👩‍👧 is well, and 𝒸𝓊𝓇𝓁𝓎 mathematics too: "
      "𝔸 "
      "⊂ "
      "𝔹.\n");
  write_msg(message, sink);
}

void emoji_in_rtf(ByteSink& sink) {
  Message message = compose({.subject = "Weather for the weekend ⛅",
                             .from = kPriya,
                             .to = {kAnna},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2024, 6, 28, 16, 0),
                             .message_id = "<emoji.rtf@example.net>"});
  set_rtf(message, encapsulate_html("<html><body><p>Saturday: sun 🌞 and a breeze, 24 °C.</p>"
                                    "<p>Sunday: storm 🌩️, so bring a coat.</p></body></html>\n"));
  write_msg(message, sink);
}

// One RTF, a font for each script: \'xx bytes mean what the current font's charset says (MS-OXRTFEX 2.2.3.1).
void rtf_fonts(ByteSink& sink) {
  const auto run = [](int font, std::string_view text, std::uint32_t codepage) {
    return "{\\f" + std::to_string(font) + " " + rtf_escape(text, codepage) + "}\\par\r\n";
  };
  const std::string rtf =
      "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fswiss\\fcharset0 Arial;}{\\f1\\fswiss\\fcharset204 Arial "
      "Cyr;}{\\f2\\fswiss\\fcharset161 Arial Greek;}{\\f3\\fmodern\\fcharset128 MS Gothic;}{\\f4\\fnil\\fcharset134 "
      "SimSun;}{\\f5\\fswiss\\fcharset177 Arial Hebrew;}}\r\n\\uc1\\pard\\f0 " +
      run(0, "Bonne année à tous", 1252) + run(1, "С новым годом", 1251) + run(2, "Καλή χρονιά", 1253) +
      run(3, "あけましておめでとう", 932) + run(4, "新年快乐", 936) + run(5, "שנה טובה", 1255) + "}";
  Message message = compose({.subject = "New year's greetings",
                             .from = kAnna,
                             .to = {kBoard},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2024, 12, 31, 22, 59, 59),
                             .message_id = "<rtf.fonts@example.com>"});
  set_rtf(message, rtf);
  write_msg(message, sink);
}

// A surrogate without its other half in the body.
void lone_surrogate(ByteSink& sink) {
  Message message = compose({.subject = "Broken emoji",
                             .from = kPriya,
                             .to = {kJames},
                             .cc = {},
                             .bcc = {},
                             .sent = filetime(2024, 7, 1, 8, 0),
                             .message_id = "<surrogate@example.net>"});
  const std::string half = "\x3D\xD8";
  message.properties.raw(std::uint16_t{0x1000}, ptype::kUnicode,
                         {utf16le("The phone cut this smile in half: ") + half + utf16le(" and went on.\r\n")});
  write_msg(message, sink);
}

constexpr auto kSamples = std::to_array<Sample>({
    {"charset-greek-1253.msg", Kind::msg, Outcome::converted, kGreek.subject, 1, 0, "Σάββατο μουσική κρασί",
     "8-bit strings in code page 1253", ansi<kGreek>},
    {"charset-cyrillic-1251.msg", Kind::msg, Outcome::converted, kRussian.subject, 1, 0, "Занятия учебник Ольга",
     "8-bit strings in code page 1251", ansi<kRussian>},
    {"charset-koi8-r.msg", Kind::msg, Outcome::converted, kRussian.subject, 1, 0, "Занятия учебник Ольга",
     "HTML in KOI8-R", html<kRussian, 20866>},
    {"charset-locale-alone.msg", Kind::msg, Outcome::converted, kRussian.subject, 1, 0, "Занятия учебник Ольга",
     "8-bit strings whose code page only PidTagMessageLocaleId tells", locale_alone},
    {"charset-gbk-936.msg", Kind::msg, Outcome::converted, kChinese.subject, 1, 0, "星期五下午三点 销售报告",
     "8-bit strings in code page 936", ansi<kChinese>},
    {"charset-gb18030.msg", Kind::msg, Outcome::converted, kChinese.subject, 1, 0, "星期五下午三点 销售报告",
     "HTML in GB18030", html<kChinese, 54936>, Place::on_demand},
    {"charset-gbk-called-utf8.msg", Kind::msg, Outcome::degraded, kChinese.subject, 1, 0, "星期五下午三点 销售报告",
     "HTML in GBK whose code page says 65001", gbk_called_utf8},
    {"charset-shift-jis-932.msg", Kind::msg, Outcome::converted, kJapanese.subject, 1, 0,
     "打ち合わせ 資料の表示 ソフト", "8-bit strings in code page 932, with trail bytes that are backslashes",
     ansi<kJapanese>},
    {"charset-iso-2022-jp.msg", Kind::msg, Outcome::converted, kJapanese.subject, 1, 0, "打ち合わせ 資料の表示 ソフト",
     "HTML in ISO-2022-JP", html<kJapanese, 50220>},
    {"charset-rtf-932.msg", Kind::msg, Outcome::converted, kJapanese.subject, 1, 0, "打ち合わせ 資料の表示 ソフト",
     "HTML in RTF, double-byte characters as \\'xx\\'xx", html_in_rtf<kJapanese>},
    {"charset-korean-949.msg", Kind::msg, Outcome::converted, kKorean.subject, 1, 0, "월요일 회의실 감사합니다",
     "8-bit strings in code page 949", ansi<kKorean>},
    {"charset-big5-950.msg", Kind::msg, Outcome::converted, kTaiwanese.subject, 1, 0, "星期四晚上 圖書館 許蓋功",
     "8-bit strings in code page 950, with trail bytes that are backslashes", ansi<kTaiwanese>},
    {"charset-hebrew-1255.msg", Kind::msg, Outcome::converted, kHebrew.subject, 1, 0, "ארוחת ערב ביום חמישי",
     "right to left, HTML in code page 1255", html<kHebrew>},
    {"charset-arabic-1256.msg", Kind::msg, Outcome::converted, kArabic.subject, 1, 0, "الاجتماع يوم الأحد التقرير",
     "right to left, 8-bit strings in code page 1256", ansi<kArabic>},
    {"charset-rtf-1256.msg", Kind::msg, Outcome::converted, kArabic.subject, 1, 0, "الاجتماع يوم الأحد التقرير",
     "right to left, HTML in RTF with code page 1256", html_in_rtf<kArabic>, Place::on_demand},
    {"charset-thai-874.msg", Kind::msg, Outcome::converted, kThai.subject, 1, 0, "วันศุกร์ เอกสาร สมชาย",
     "HTML in code page 874", html<kThai>, Place::on_demand},
    {"charset-turkish-1254.msg", Kind::msg, Outcome::converted, kTurkish.subject, 1, 0, "çarşamba iskelede şapka",
     "8-bit strings in code page 1254", ansi<kTurkish>, Place::on_demand},
    {"charset-polish-1250.msg", Kind::msg, Outcome::converted, kPolish.subject, 1, 0, "książkę Żółw piątku Łukasz",
     "8-bit strings in code page 1250", ansi<kPolish>},
    {"charset-latin1.msg", Kind::msg, Outcome::converted, kFrench.subject, 1, 0, "réunion reportée écran relevé",
     "HTML in ISO-8859-1", html<kFrench>, Place::on_demand},
    {"charset-utf8-strings.msg", Kind::msg, Outcome::converted, kGreek.subject, 1, 0, "Σάββατο μουσική κρασί",
     "8-bit strings in code page 65001", utf8_strings},
    {"charset-emoji.msg", Kind::msg, Outcome::converted, "🎉 The baby is here! 👶🏽", 2, 0, "🌅 🇮🇳🇩🇪 𝔸 ⊂ 𝔹",
     "surrogate pairs in subject, names and body", emoji},
    {"charset-rtf-emoji.msg", Kind::msg, Outcome::converted, "Weather for the weekend ⛅", 1, 0,
     "sun 🌞 breeze storm coat", "surrogate pairs as \\u in HTML in RTF", emoji_in_rtf},
    {"charset-rtf-fonts.msg", Kind::msg, Outcome::converted, "New year's greetings", 1, 0,
     "Bonne année С новым годом Καλή χρονιά あけましておめでとう 新年快乐 שנה טובה",
     "RTF with a font and a charset for each of six scripts", rtf_fonts},
    {"charset-lone-surrogate.msg", Kind::msg, Outcome::degraded, "Broken emoji", 1, 0, "cut this smile went on",
     "half a surrogate pair in the body", lone_surrogate},
});

}  // namespace

std::span<const Sample> charset_samples() { return kSamples; }

}  // namespace mapiguard::corpus
