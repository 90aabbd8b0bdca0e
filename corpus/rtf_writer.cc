#include "corpus/rtf_writer.h"

#include <algorithm>
#include <array>

#include "corpus/charset.h"

namespace mapiguard::corpus {
namespace {

// The numbers that Outlook gives its HTML tags (MS-OXRTFEX 2.1.3.1.1: destination and kind of the fragment).
struct TagNumber {
  std::string_view opening;
  int number;
};
constexpr std::array kTagNumbers = std::to_array<TagNumber>({
    {"<!--", 241},   {"<!doctype", 3}, {"<html", 19},    {"</html", 27}, {"<head", 34},  {"</head", 41}, {"<meta", 161},
    {"<style", 241}, {"<title", 161},  {"</title", 249}, {"<body", 50},  {"</body", 58}, {"<p", 64},     {"</p", 72},
    {"<div", 96},    {"</div", 104},   {"<br", 116},     {"<ul", 16},    {"</ul", 24},   {"<li", 64},    {"</li", 72},
    {"<table", 112}, {"</table", 120}, {"<tr", 128},     {"</tr", 136},  {"<td", 64},    {"</td", 72},   {"<span", 148},
    {"</span", 156}, {"<img", 84},     {"<a", 148},      {"</a", 156},
});

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::ranges::equal(text.substr(0, prefix.size()), prefix, [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b;
         });
}

int number_of(std::string_view tag) {
  const auto matches = [tag](const TagNumber& row) {
    if (!begins_with(tag, row.opening)) return false;
    const std::size_t next = row.opening.size();
    return row.opening == "<!--" || next >= tag.size() || std::string_view(" />\r\n").find(tag[next]) != tag.npos;
  };
  const auto row = std::ranges::find_if(kTagNumbers, matches);
  return row == kTagNumbers.end() ? 84 : row->number;
}

std::size_t utf8_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

void append_character(std::string& out, std::string_view character, std::uint32_t codepage) {
  if (codepage != 65001 && can_encode(codepage, character)) {
    for (const char byte : encode(codepage, character)) {
      out += "\\'";
      out += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
    return;
  }
  for (const char16_t unit : utf16(character)) out += "\\u" + std::to_string(static_cast<std::int16_t>(unit)) + "?";
}

std::string escape(std::string_view utf8, std::uint32_t codepage, std::string_view line_end) {
  std::string out;
  while (!utf8.empty()) {
    const std::string_view character = utf8.substr(0, utf8_length(utf8.front()));
    utf8.remove_prefix(character.size());
    if (character == "\n")
      out += line_end;
    else if (character == "\t")
      out += "\\tab ";
    else if (character == "\\" || character == "{" || character == "}")
      (out += '\\') += character;
    else if (character.size() == 1 && character != "\r")
      out += character;
    else if (character.size() > 1)
      append_character(out, character, codepage);
  }
  return out;
}

// A tag, a comment, or a style sheet with its content: what goes into one \*\htmltag group.
std::string_view take_tag(std::string_view html) {
  std::string_view end = ">";
  if (begins_with(html, "<!--")) end = "-->";
  if (begins_with(html, "<style")) end = "</style>";
  const std::size_t at = html.find(end);
  return html.substr(0, at == html.npos ? html.size() : at + end.size());
}

std::string tag_group(std::string_view fragment, int number, std::uint32_t codepage) {
  return "\r\n{\\*\\htmltag" + std::to_string(number) + " " + escape(fragment, codepage, "\\par ") + "}";
}

struct FontCharset {
  std::uint32_t codepage;
  int charset;  // \fcharset
  std::string_view font;
};
constexpr std::array kFontCharsets = std::to_array<FontCharset>({
    {874, 222, "Tahoma"},
    {932, 128, "MS Mincho"},
    {936, 134, "SimSun"},
    {949, 129, "Batang"},
    {950, 136, "PMingLiU"},
    {1250, 238, "Arial CE"},
    {1251, 204, "Arial CYR"},
    {1252, 0, "Arial"},
    {1253, 161, "Arial Greek"},
    {1255, 177, "Arial (Hebrew)"},
    {1256, 178, "Arial (Arabic)"},
});

std::string prologue(std::uint32_t codepage, std::string_view origin) {
  const auto row = std::ranges::find(kFontCharsets, codepage, &FontCharset::codepage);
  const FontCharset font = row == kFontCharsets.end() ? FontCharset{codepage, 0, "Arial"} : *row;
  std::string out = "{\\rtf1\\ansi\\ansicpg" + std::to_string(codepage == 65001 ? 1252 : codepage) + "\\";
  out += origin;
  out += " \\fbidis \\deff0{\\fonttbl\r\n{\\f0\\fswiss\\fcharset" + std::to_string(font.charset) + " ";
  out += font.font;
  out += ";}\r\n{\\f1\\fmodern Courier New;}\r\n{\\f2\\fnil\\fcharset2 Symbol;}}\r\n";
  out += "{\\colortbl\\red0\\green0\\blue0;\\red5\\green99\\blue193;}\r\n\\uc1\\pard\\plain\\deftab360 \\f0\\fs24 ";
  return out;
}

}  // namespace

std::string rtf_escape(std::string_view utf8, std::uint32_t codepage) { return escape(utf8, codepage, "\\par\r\n"); }

std::string encapsulate_html(std::string_view html, std::uint32_t codepage) {
  std::string out = prologue(codepage, "fromhtml1");
  while (!html.empty()) {
    if (html.front() == '<') {
      const std::string_view tag = take_tag(html);
      html.remove_prefix(tag.size());
      out += tag_group(tag, number_of(tag), codepage);
      // What shows the paragraph to a reader of the RTF alone; hidden from one that wants the HTML back.
      if (tag == "</p>" || begins_with(tag, "<br")) out += "\\htmlrtf \\par\\htmlrtf0 ";
    } else if (html.front() == '&' && begins_with(html, "&nbsp;")) {
      html.remove_prefix(6);
      out += "{\\*\\htmltag84 &nbsp;}\\htmlrtf \\'a0\\htmlrtf0 ";
    } else {
      const std::size_t end = std::min(html.find_first_of("<&", 1), html.size());
      const std::string text = escape(html.substr(0, end), codepage, "\r\n{\\*\\htmltag0 \\par }");
      const bool blank = html.substr(0, end).find_first_not_of(" \r\n\t") == html.npos;
      out += blank ? text : "\\htmlrtf {\\htmlrtf0 " + text + "\\htmlrtf }\\htmlrtf0 ";
      html.remove_prefix(end);
    }
  }
  return out + "}";
}

std::string encapsulate_text(std::string_view text, std::uint32_t codepage) {
  return prologue(codepage, "fromtext") + rtf_escape(text, codepage) + "}";
}

}  // namespace mapiguard::corpus
