// A reader of MIME that forgives nothing (oracles.h). It shares no code with the converter's writers.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"
#include "fuzz/oracles.h"

namespace mapiguard::fuzzing {
namespace {

constexpr std::size_t kLongestLine = 998, kLongestEncodedLine = 76, kLongestBoundary = 70;

struct Wrong {
  std::string what;
};
[[noreturn]] void wrong(std::string what, std::string_view near = {}) {
  throw Wrong{std::move(what) + (near.empty() ? "" : ": \"" + std::string(near.substr(0, 120)) + '"')};
}

bool is_printable(char c) { return c >= ' ' && c <= '~'; }
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_printable(c) && c != ' ' && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
  });
}

// Cuts the next line off; a line ends with CRLF, and no CR or LF stands elsewhere.
std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find_first_of("\r\n");
  if (end == rest.npos) return std::exchange(rest, {});
  if (rest.substr(end, 2) != "\r\n") wrong("a bare CR or LF", rest.substr(end > 60 ? end - 60 : 0, 80));
  const std::string_view line = rest.substr(0, end);
  if (line.size() > kLongestLine) wrong("a line of " + std::to_string(line.size()) + " characters", line);
  rest.remove_prefix(end + 2);
  return line;
}

using Fields = std::multimap<std::string, std::string>;  // names in small letters, values unfolded

void check_field_line(std::string_view line) {
  if (line.size() > kLongestLine) wrong("a header line of " + std::to_string(line.size()) + " characters", line);
  for (const char c : line)
    if (!is_printable(c) && c != '\t') wrong("a character in a header that is not printable ASCII", line);
}

// RFC 5322 2.2: takes the header off `rest`, with the blank line after it. `may_end`: the text may end instead.
Fields take_fields(std::string_view& rest, bool may_end = false) {
  Fields fields;
  Fields::iterator last = fields.end();
  for (;;) {
    if (rest.empty()) {
      if (may_end) return fields;
      wrong("a header without a blank line after it");
    }
    const std::string_view line = next_line(rest);
    if (line.empty()) return fields;
    check_field_line(line);
    if (line[0] == ' ' || line[0] == '\t') {
      if (last == fields.end()) wrong("a header that begins with a continuation line", line);
      if (trim(line).empty()) wrong("a folded line of blanks alone", last->first);
      last->second += line;
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0 || line.substr(0, colon).find_first_of(" \t") != line.npos)
      wrong("a header line without a field name", line);
    last = fields.emplace(ascii_lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
}

// RFC 5322 3.6, RFC 2045 3: at most one of each.
void check_counts(const Fields& fields) {
  constexpr const char* kOnce[] = {"date",
                                   "from",
                                   "sender",
                                   "reply-to",
                                   "to",
                                   "cc",
                                   "bcc",
                                   "message-id",
                                   "in-reply-to",
                                   "references",
                                   "subject",
                                   "mime-version",
                                   "content-id",
                                   "content-type",
                                   "content-disposition",
                                   "content-transfer-encoding"};
  for (const char* name : kOnce)
    if (fields.count(name) > 1) wrong("a field stands more than once", name);
}

std::string value_of(const Fields& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

struct Typed {
  std::string value;  // "text/plain", "attachment", in small letters
  std::map<std::string, std::string> parameters;
};

// RFC 2045 5.1: value *(";" name "=" (token / quoted-string)).
Typed read_parameters(std::string_view text) {
  Typed typed;
  const std::size_t semicolon = text.find(';');
  typed.value = ascii_lower(trim(text.substr(0, semicolon)));
  std::string_view rest = semicolon == text.npos ? std::string_view() : text.substr(semicolon);
  while (!rest.empty()) {
    rest = trim(rest);
    if (rest[0] != ';') wrong("something else than ';' between parameters", text);
    rest = trim(rest.substr(1));
    const std::size_t equals = rest.find('=');
    const std::string name = ascii_lower(rest.substr(0, equals));
    if (equals == rest.npos || !is_token(name)) wrong("a parameter without a name", text);
    rest.remove_prefix(equals + 1);
    std::string value;
    if (rest.starts_with('"')) {
      std::size_t at = 1;
      for (; at < rest.size() && rest[at] != '"'; ++at) {
        if (rest[at] == '\\' && ++at == rest.size()) break;
        value += rest[at];
      }
      if (at >= rest.size()) wrong("a quoted parameter that does not end", text);
      rest.remove_prefix(at + 1);
    } else {
      value = rest.substr(0, rest.find_first_of("; \t"));
      if (!is_token(value)) wrong("a parameter that is neither token nor quoted", text);
      rest.remove_prefix(value.size());
    }
    rest = trim(rest);
    if (!typed.parameters.emplace(name, value).second) wrong("a parameter stands twice", text);
  }
  return typed;
}

Typed type_of(const Fields& fields) {
  const std::string text = value_of(fields, "content-type");
  if (text.empty()) {
    if (fields.contains("content-type")) wrong("an empty Content-Type");
    return {"text/plain", {}};
  }
  Typed type = read_parameters(text);
  const std::size_t slash = type.value.find('/');
  if (slash == type.value.npos || !is_token(std::string_view(type.value).substr(0, slash)) ||
      !is_token(std::string_view(type.value).substr(slash + 1)))
    wrong("a Content-Type that is none", text);
  return type;
}

void check_lines(std::string_view body, bool may_be_8bit) {
  while (!body.empty()) {
    const std::string_view line = next_line(body);
    if (line.size() > kLongestLine) wrong("a last line of " + std::to_string(line.size()) + " characters", line);
    for (const char c : line)
      if (c == '\0' || (!may_be_8bit && static_cast<unsigned char>(c) >= 0x80)) wrong("8bit or NUL in 7bit", line);
  }
}

// RFC 2045 6.7, the alphabet and rules 3 to 5.
void check_quoted_printable(std::string_view body) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  while (!body.empty()) {
    const std::string_view line = next_line(body);
    if (line.size() > kLongestEncodedLine) wrong("a quoted-printable line is too long", line);
    if (line.ends_with(' ') || line.ends_with('\t')) wrong("a quoted-printable line ends with a blank", line);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (!is_printable(line[i]) && line[i] != '\t') wrong("a character that quoted-printable has not", line);
      if (line[i] != '=' || i + 1 == line.size()) continue;
      if (i + 2 >= line.size() || !is_hex(line[i + 1]) || !is_hex(line[i + 2])) wrong("a bad '=' escape", line);
      i += 2;
    }
  }
}

// RFC 2045 6.8: alphabet, padding, length.
void check_base64(std::string_view body) {
  std::size_t count = 0, padding = 0;
  while (!body.empty()) {
    const std::string_view line = next_line(body);
    if (line.size() > kLongestEncodedLine) wrong("a base64 line is too long", line);
    for (const char c : line) {
      const bool is_letter =
          (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
      if (!is_letter && c != '=') wrong("a character that base64 has not", line);
      if (padding > 0 && c != '=') wrong("base64 goes on after its padding", line);
      padding += c == '=';
      ++count;
    }
  }
  if (count % 4 != 0 || padding > 2) wrong("base64 of " + std::to_string(count) + " characters");
}

class Reader {
 public:
  explicit Reader(const Original& original) : original_(original) {}

  void entity(std::string_view text, bool may_be_8bit) {
    const Fields fields = take_fields(text);
    check_counts(fields);
    const Typed type = type_of(fields);
    if (fields.contains("content-disposition")) read_parameters(value_of(fields, "content-disposition"));
    if (const auto version = fields.find("mime-version"); version != fields.end() && version->second != "1.0")
      wrong("a MIME-Version", version->second);
    const std::string encoding = ascii_lower(value_of(fields, "content-transfer-encoding"));
    const bool is_8bit = encoding == "8bit";
    if (is_8bit && !may_be_8bit) wrong("8bit inside what is declared 7bit");
    if (type.value.starts_with("multipart/")) {
      if (!encoding.empty() && encoding != "7bit" && !is_8bit) wrong("a multipart is encoded", encoding);
      children(text, type, is_8bit);
    } else if (type.value == "message/rfc822") {
      if (!encoding.empty() && encoding != "7bit" && !is_8bit) wrong("a message is encoded", encoding);
      if (!original_.digests_of_files.contains(sha256(as_bytes(text)))) entity(text, is_8bit);
    } else {
      leaf(text, type, encoding);
    }
  }

 private:
  void leaf(std::string_view body, const Typed& type, const std::string& encoding) {
    if (type.value == "message/delivery-status" || type.value == "message/disposition-notification") {
      for (std::string_view rest = body; !rest.empty();) take_fields(rest, true);
    }
    if (encoding == "base64")
      check_base64(body);
    else if (encoding == "quoted-printable")
      check_quoted_printable(body);
    else if (encoding.empty() || encoding == "7bit" || encoding == "8bit")
      check_lines(body, encoding == "8bit");
    else
      wrong("an unknown transfer encoding", encoding);
  }

  // RFC 2046 5.1.1, without preamble and epilogue, of which the writer makes none.
  void children(std::string_view body, const Typed& type, bool is_8bit) {
    const auto found = type.parameters.find("boundary");
    if (found == type.parameters.end() || found->second.empty()) wrong("a multipart without boundary", type.value);
    const std::string delimiter = "--" + found->second;
    if (found->second.size() > kLongestBoundary || delimiter.ends_with(' ')) wrong("a bad boundary", delimiter);
    std::optional<const char*> start;  // of the part under way
    for (std::string_view rest = body; !rest.empty();) {
      const char* const line_start = rest.data();
      const std::string_view line = next_line(rest);
      if (!line.starts_with(delimiter)) {
        if (!start) wrong("something before the first delimiter", line);
        continue;
      }
      const std::string_view tail = line.substr(delimiter.size());
      if (!tail.empty() && tail != "--") wrong("a boundary occurs in what it bounds", line);
      if (start) {
        if (line_start - *start < 2) wrong("a part without a header");
        entity(part_between(*start, line_start), is_8bit);
      }
      start = rest.data();
      if (tail.empty()) continue;
      if (!rest.empty()) wrong("something after the last delimiter", rest);
      return;
    }
    wrong("a multipart that is not closed", delimiter);
  }

  // The line end before a delimiter belongs to it; a header without content needs its blank line all the same.
  static std::string_view part_between(const char* start, const char* delimiter) {
    return {start, static_cast<std::size_t>(delimiter - start) - 2};
  }

  const Original& original_;
};

}  // namespace

std::string strict_problem(std::string_view mail, const Original& original) {
  try {
    if (original.is_clear_signed) {
      check_counts(take_fields(mail));
    } else {
      Reader(original).entity(mail, true);
    }
  } catch (const Wrong& problem) {
    return problem.what;
  }
  return {};
}

}  // namespace mapiguard::fuzzing
