// Words that formats are made of, in lower case: a text in which every other word is blank tells nothing of its writer.
//
// Thread promise: constants and pure functions.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace mapiguard::mutation {

inline constexpr std::string_view kVocabulary[] = {
    "a",          "alternative", "amp",        "ansi",     "ansicpg",   "appdata",    "application", "appointment",
    "attach",     "b",           "base",       "bin",      "binary",    "blockquote", "body",        "boundary",
    "br",         "by",          "canceled",   "cc",       "cell",      "cellx",      "cf",          "charset",
    "cid",        "class",       "cn",         "colortbl", "contact",   "content",    "cpg",         "date",
    "deff",       "disposition", "distlist",   "div",      "em",        "encoding",   "entry",       "equiv",
    "ex",         "f",           "fcharset",   "field",    "flat",      "fldinst",    "fldrslt",     "fonttbl",
    "for",        "from",        "fromhtml",   "fromtext", "fs",        "gif",        "gt",          "h",
    "head",       "header",      "href",       "htm",      "html",      "htmlrtf",    "htmltag",     "http",
    "https",      "hyperlink",   "i",          "id",       "img",       "in",         "intbl",       "ipm",
    "ipnrn",      "iso",         "jpeg",       "jpg",      "lang",      "li",         "line",        "link",
    "listtext",   "lt",          "lzfu",       "mail",     "mailto",    "mbox",       "meeting",     "mela",
    "message",    "meta",        "method",     "mhtmltag", "microsoft", "mime",       "mixed",       "ms",
    "multipart",  "nameid",      "nbsp",       "ndr",      "note",      "o",          "object",      "octet",
    "ol",         "org",         "ou",         "p",        "par",       "pard",       "path",        "pict",
    "pkcs",       "plain",       "png",        "pntext",   "post",      "pre",        "printable",   "priority",
    "properties", "protocol",    "q",          "quoted",   "received",  "recip",      "recipients",  "references",
    "related",    "reply",       "report",     "request",  "resp",      "return",     "rfc",         "root",
    "row",        "rtf",         "schedule",   "script",   "sender",    "signed",     "smime",       "smtp",
    "span",       "src",         "stickynote", "stream",   "strong",    "style",      "stylesheet",  "subject",
    "substg",     "tab",         "table",      "task",     "td",        "text",       "title",       "tnef",
    "to",         "tr",          "transfer",   "trowd",    "type",      "u",          "uc",          "ul",
    "utf",        "v",           "version",    "windows",  "with",      "www",        "x",           "xml"};
static_assert(std::ranges::is_sorted(kVocabulary));

constexpr bool is_format_word(std::string_view lower) { return std::ranges::binary_search(kVocabulary, lower); }

}  // namespace mapiguard::mutation
