// What messages are made of: words of their formats, code pages, classes, properties that a converter looks at.
//
// Thread promise: constants.
#pragma once

#include <cstdint>
#include <string_view>

#include "converter/model/property.h"
#include "converter/model/property_names.h"

namespace mapiguard::mutation {

inline constexpr std::string_view kWords[] = {
    "IPM.Note",
    "REPORT.IPM.Note.NDR",
    "SMTP",
    "EX",
    "/o=org/ou=x/cn=Recipients/cn=a",
    "a@example.org",
    "=?utf-8?B?eA==?=",
    "=?iso-2022-jp?Q?=1B$B?=",
    "\r\n",
    "\r\n\r\n",
    "Content-Type: multipart/mixed; boundary=\"b\"\r\n",
    "--b\r\n",
    "--b--",
    "Content-Transfer-Encoding: base64\r\n",
    "begin 644 a\r\n",
    "<html>",
    "<meta charset=utf-8>",
    "<p>",
    "</p>",
    "<!--",
    "-->",
    "<img src=\"cid:1\">",
    "<table><tr><td>",
    "&#x41;",
    "&amp;",
    "<style>",
    "<script>",
    "]]>",
    "{\\rtf1\\ansi",
    "{\\*\\htmltag84 ",
    "\\par ",
    "\\u8364?",
    "\\'e4",
    "\\bin4 ",
    "{\\field{\\*\\fldinst HYPERLINK \"x\"}}",
    "\xEF\xBB\xBF",
    "\xFF\xFE",
    "\xD0\xCF\x11\xE0",
    "\x78\x9F\x3E\x22",
    "\xC3\x28",
    "\xED\xA0\x80",
    "\x1B$B",
    "\x81\x40",
};

inline constexpr std::string_view kTexts[] = {
    "",
    " ",
    "x",
    "\t",
    "\r\nX-Injected: 1",
    "a;b;c",
    "a, b",
    "\"",
    "\\",
    "(",
    "a@b",
    "@",
    "<>",
    "<a@b>",
    "a@[127.0.0.1]",
    "name <a@b",
    "/O=ORG/OU=EXCHANGE/CN=RECIPIENTS/CN=A",
    "=?utf-8?Q?=",
    "=?x?B?!?=",
    "..",
    "../../x",
    "CON",
    "a/b\\c",
    "winmail.dat",
    "smime.p7m",
    "message/rfc822",
    "multipart/signed; protocol=\"application/pgp-signature\"",
    "application/ms-tnef",
    "text/calendar; method=REQUEST",
    "image/png",
    "20240305T091500Z",
    "mailto:a@b",
    "cid:1",
};

inline constexpr std::string_view kClasses[] = {
    "IPM.Note",
    "IPM",
    "IPM.Note.SMIME",
    "IPM.Note.SMIME.MultipartSigned",
    "IPM.Appointment",
    "IPM.Schedule.Meeting.Request",
    "IPM.Schedule.Meeting.Canceled",
    "IPM.Schedule.Meeting.Resp.Pos",
    "IPM.Schedule.Meeting.Resp.Neg",
    "IPM.Schedule.Meeting.Resp.Tent",
    "IPM.Contact",
    "IPM.DistList",
    "IPM.Task",
    "IPM.TaskRequest",
    "IPM.TaskRequest.Accept",
    "IPM.StickyNote",
    "IPM.Post",
    "IPM.Activity",
    "IPM.Document",
    "REPORT.IPM.Note.NDR",
    "REPORT.IPM.Note.DR",
    "REPORT.IPM.Note.IPNRN",
    "REPORT.IPM.Note.IPNNRN",
    "IPM.Outlook.Recall",
    "IPM.Recall.Report.Success",
    "IPM.Note.Rules.OofTemplate.Microsoft",
    "IPM.Note.Microsoft.Voicemail",
    "IPM.Microsoft Mail.Note",
};

inline constexpr std::uint32_t kCodePages[] = {
    0,     1,     437,   708,   850,   866,   874,   932,   936,   949,   950,   1200,  1201,  1250,  1251,
    1252,  1253,  1254,  1255,  1256,  1257,  1258,  10000, 20127, 20866, 20932, 21866, 28591, 28592, 28605,
    38598, 50220, 50221, 50222, 50225, 51932, 51936, 51949, 52936, 54936, 65000, 65001, 65535};

// Properties whose presence changes the way of a conversion.
inline constexpr PropertyTag kTelling[] = {
    0x001A001F, 0x0037001F, 0x003D001F, 0x0E1D001F, 0x1000001F, 0x10130102, 0x1013001F, 0x10090102, 0x10160003,
    0x0E1F000B, 0x007D001F, 0x1035001F, 0x1039001F, 0x1042001F, 0x00710102, 0x0070001F, 0x00390040, 0x0E060040,
    0x30070040, 0x00170003, 0x00260003, 0x00360003, 0x0023000B, 0x0029000B, 0x0C1A001F, 0x0C1E001F, 0x0C1F001F,
    0x0C190102, 0x5D01001F, 0x0042001F, 0x0064001F, 0x0065001F, 0x00410102, 0x5D02001F, 0x0050001F, 0x004F0102,
    0x3FDE0003, 0x3FFD0003, 0x3FF10003, 0x340D0003, 0x66C30003, 0x3001001F, 0x3002001F, 0x3003001F, 0x39FE001F,
    0x0FFF0102, 0x0C150003, 0x5FF6001F, 0x5FFD0003, 0x5FF70102, 0x37050003, 0x37010102, 0x3701000D, 0x3704001F,
    0x3707001F, 0x3703001F, 0x370E001F, 0x3712001F, 0x3713001F, 0x37020102, 0x37140003, 0x370B0003, 0x7FFE000B,
    0x7FFA0003, 0x370A0102, 0x3710001F, 0x3711001F, 0x0E200003, 0x0E210003, 0x37090102, 0x10F4000B, 0x10800003,
    0x1081000B, 0x0060001F, 0x00600040, 0x00610040, 0x0C040003, 0x0C050003, 0x1001001F, 0x0C200003, 0x0063000B,
    0x00620003, 0x0FFE0003, 0x3A00001F, 0x3A02101F, 0x3A06001F, 0x3A11001F, 0x3A420040, 0x5909001F, 0x3F080003,
    0x300B0102, 0x00300040, 0x0E070003, 0x6001001F, 0x1041001F, 0x1046001F, 0x004D001F, 0x0004001F,
};

// Named ones with blobs that are taken apart: recurrence, time zones, members, flags.
struct TellingName {
  PropertySet set;
  std::uint16_t lid;
  std::uint16_t type;
};
inline constexpr TellingName kTellingNames[] = {
    {PropertySet::appointment, 0x8216, 0x0102}, {PropertySet::appointment, 0x8233, 0x0102},
    {PropertySet::appointment, 0x825E, 0x0102}, {PropertySet::appointment, 0x825F, 0x0102},
    {PropertySet::appointment, 0x8260, 0x0102}, {PropertySet::appointment, 0x820D, 0x0040},
    {PropertySet::appointment, 0x820E, 0x0040}, {PropertySet::appointment, 0x8215, 0x000B},
    {PropertySet::appointment, 0x8208, 0x001F}, {PropertySet::appointment, 0x8205, 0x0003},
    {PropertySet::appointment, 0x8223, 0x000B}, {PropertySet::appointment, 0x8217, 0x0003},
    {PropertySet::appointment, 0x8228, 0x0040}, {PropertySet::appointment, 0x8234, 0x001F},
    {PropertySet::meeting, 0x0003, 0x0102},     {PropertySet::meeting, 0x0023, 0x0102},
    {PropertySet::common, 0x8501, 0x0003},      {PropertySet::common, 0x8503, 0x000B},
    {PropertySet::common, 0x8502, 0x0040},      {PropertySet::common, 0x8530, 0x001F},
    {PropertySet::common, 0x8580, 0x001F},      {PropertySet::common, 0x8506, 0x000B},
    {PropertySet::task, 0x8116, 0x0102},        {PropertySet::task, 0x8104, 0x0040},
    {PropertySet::task, 0x8105, 0x0040},        {PropertySet::task, 0x8102, 0x0005},
    {PropertySet::task, 0x811C, 0x000B},        {PropertySet::address, 0x8054, 0x1102},
    {PropertySet::address, 0x8055, 0x1102},     {PropertySet::address, 0x8083, 0x001F},
    {PropertySet::address, 0x8080, 0x001F},     {PropertySet::address, 0x8085, 0x0102},
    {PropertySet::address, 0x8064, 0x0102},     {PropertySet::note, 0x8B00, 0x0003},
};

}  // namespace mapiguard::mutation
