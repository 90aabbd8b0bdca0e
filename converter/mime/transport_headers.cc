#include "converter/mime/transport_headers.h"

#include <gmime/gmime.h>

#include <algorithm>

#include "base/gref.h"
#include "base/text.h"
#include "converter/mime/addresses.h"
#include "converter/mime/dates.h"
#include "converter/mime/encoded_words.h"
#include "converter/mime/header_text.h"

namespace mapiguard {
namespace {

struct KnownField {
  std::string_view name;
  FieldKind kind;
  bool once;
};
// Fields with a syntax that readers check (RFC 5322 3.6), and fields that describe what we write anew.
constexpr KnownField kKnownFields[] = {
    {"From", FieldKind::addresses, true},
    {"Sender", FieldKind::address, true},
    {"Reply-To", FieldKind::addresses, true},
    {"To", FieldKind::addresses, false},
    {"Cc", FieldKind::addresses, false},
    {"Bcc", FieldKind::addresses, false},
    {"Date", FieldKind::date, true},
    {"Subject", FieldKind::text, true},
    {"Message-ID", FieldKind::message_id, true},
    {"In-Reply-To", FieldKind::message_ids, true},
    {"References", FieldKind::message_ids, true},
    {"Resent-From", FieldKind::addresses, false},
    {"Resent-Sender", FieldKind::address, false},
    {"Resent-To", FieldKind::addresses, false},
    {"Resent-Cc", FieldKind::addresses, false},
    {"Resent-Bcc", FieldKind::addresses, false},
    {"Resent-Date", FieldKind::date, false},
    {"Orig-Date", FieldKind::date, false},
    {"Disposition-Notification-To", FieldKind::addresses, true},
    {"Return-Receipt-To", FieldKind::addresses, false},
    {"MIME-Version", FieldKind::structure, true},
    {"X-MS-TNEF-Correlator", FieldKind::structure, true},
    {"Lines", FieldKind::structure, true},
};

const KnownField* known_field(std::string_view name) {
  for (const KnownField& field : kKnownFields)
    if (equals_ignoring_case(field.name, name)) return &field;
  return nullptr;
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= kFoldColumn &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
}

std::string_view next_line(std::string_view& text) {
  std::size_t end = std::min(text.find('\n'), text.size());
  if (end == text.size()) end = std::min(text.find('\r'), text.size());  // text that knows CR alone
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view line) { return trim(line).empty(); }

bool has_short_lines(std::string_view value) {
  for (std::size_t start = 0; start < value.size();) {
    const std::size_t end = std::min(value.find("\r\n", start), value.size());
    if (end - start > kLongestLine - kFoldColumn) return false;  // the first has the name before it
    start = end + 2;
  }
  return true;
}

// ASCII, and line ends at folds alone: those that parse_header_block made.
bool is_printable(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if ((c >= ' ' && c < 0x7F) || c == '\t') continue;
    const bool is_fold = value.substr(i, 3) == "\r\n " || value.substr(i, 3) == "\r\n\t";
    if (!is_fold) return false;
    i += 2;
  }
  return true;
}

bool is_msg_id(std::string_view value) {
  if (value.size() < 5 || value.front() != '<' || value.back() != '>') return false;
  const std::string_view inside = value.substr(1, value.size() - 2);
  return inside.find('@') != inside.npos && inside.find_first_of(" \t\r\n<>") == inside.npos;
}

std::string decoded_text(const std::string& value) {
  const GString8 decoded(g_mime_utils_header_decode_text(nullptr, with_encoded_words_in_utf8(value).c_str()));
  return repair_utf8(decoded ? decoded.get() : "");
}

// Each stands at most once (RFC 5322 3.6): what another one names is added to the first.
void join_recipient_fields(std::vector<HeaderField>& fields) {
  for (const std::string_view name : {"To", "Cc", "Bcc"}) {
    HeaderField* first = nullptr;  // stays where it is: only what stands behind it is moved
    std::erase_if(fields, [&](HeaderField& field) {
      if (!equals_ignoring_case(field.name, name)) return false;
      if (!first) {
        first = &field;
        return false;
      }
      const bool adds = !field.value.empty() && !first->value.ends_with(field.value);
      if (adds) first->value += (first->value.empty() ? "" : ",\r\n ") + field.value;
      return true;
    });
  }
}

std::string mended_date(const std::string& value) {
  GDateTime* parsed = g_mime_utils_header_decode_date(value.c_str());
  if (!parsed) return {};
  const GString8 text(g_mime_utils_header_format_date(parsed));
  g_date_time_unref(parsed);
  return is_rfc5322_date(text.get()) ? text.get() : "";
}

}  // namespace

FieldKind kind_of_field(std::string_view name) {
  if (starts_with_ignoring_case(name, "Content-") && !equals_ignoring_case(name, "Content-Class") &&
      !equals_ignoring_case(name, "Content-Language"))
    return FieldKind::structure;
  const KnownField* known = known_field(name);
  return known ? known->kind : FieldKind::text;
}

static_assert(std::size(kKnownFields) <= 64, "OnceFields keeps one bit for each");

bool OnceFields::is_repeated(std::string_view name) {
  const KnownField* known = known_field(name);
  if (!known || !known->once) return false;
  const std::uint64_t bit = 1ull << (known - kKnownFields);
  const bool repeated = seen_ & bit;
  seen_ |= bit;
  return repeated;
}

std::vector<HeaderField> parse_header_block(std::string_view text, Budget& budget, std::size_t* skipped) {
  std::vector<HeaderField> fields;
  constexpr std::string_view kExchangeBanner = "Microsoft Mail Internet Headers";
  bool continues = false;  // the last line was a field of ours
  while (!text.empty() && budget.spend()) {
    const std::string_view line = next_line(text);
    if (line.empty() && fields.empty()) continue;
    if (line.empty()) break;
    if (line[0] == ' ' || line[0] == '\t') {
      if (continues && !is_blank(line)) fields.back().value.append("\r\n").append(line);
      continue;
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = trim(line.substr(0, colon));
    continues = colon != line.npos && is_field_name(name);
    if (continues)
      fields.push_back({std::string(name), std::string(trim(line.substr(colon + 1)))});
    else if (skipped && !starts_with_ignoring_case(line, kExchangeBanner))
      ++*skipped;
  }
  join_recipient_fields(fields);
  return fields;
}

std::string unfolded(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value)
    if (c != '\r' && c != '\n') out += c == '\t' ? ' ' : c;
  return std::string(trim(out));
}

bool has_field(const std::vector<HeaderField>& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const HeaderField& f) { return equals_ignoring_case(f.name, name); });
}

std::string value_of_field(const std::vector<HeaderField>& fields, std::string_view name) {
  for (const HeaderField& field : fields)
    if (equals_ignoring_case(field.name, name)) return unfolded(field.value);
  return {};
}

bool is_sound_value(const HeaderField& field) {
  if (field.value.empty() || !is_printable(field.value) || !has_short_lines(field.value)) return false;
  switch (kind_of_field(field.name)) {
    case FieldKind::addresses: return is_sound_address_list(field.value, false);
    case FieldKind::address: return is_sound_address_list(field.value, true);
    case FieldKind::date: return is_rfc5322_date(field.value);
    case FieldKind::message_id: return is_msg_id(trim(field.value));
    case FieldKind::message_ids: return true;
    case FieldKind::structure: return false;
    case FieldKind::text: break;
  }
  return has_sound_encoded_words(field.value);
}

std::string cleaned_value(const HeaderField& field, std::string_view imcea_domain) {
  if (is_sound_value(field)) return field.value;
  const std::string value = unfolded(field.value);
  switch (kind_of_field(field.name)) {
    case FieldKind::addresses: return format_mailboxes(field.name, parse_mailboxes(value, imcea_domain));
    case FieldKind::address: {
      auto mailboxes = parse_mailboxes(value, imcea_domain);
      if (mailboxes.size() > 1) mailboxes.resize(1);
      return format_mailboxes(field.name, mailboxes);
    }
    case FieldKind::date: return mended_date(value);
    case FieldKind::message_id: return message_id_token(value);
    case FieldKind::message_ids: return message_id_list(field.name, value);
    case FieldKind::structure: return {};
    case FieldKind::text: break;
  }
  return encode_text(field.name, value.find("=?") == value.npos ? repair_utf8(value) : decoded_text(value));
}

std::string message_id_token(std::string_view id) {
  std::string inside;
  id = trim(id);
  for (const char c : id.substr(0, id.find_first_of("\r\n")))  // what follows a line end is none of it
    if (c > ' ' && c < 0x7F && c != '<' && c != '>') inside += c;
  if (inside.empty()) return {};
  return '<' + inside.substr(0, kLongestLine - kFoldColumn) + '>';
}

std::string message_id_list(std::string_view field, std::string_view ids) {
  constexpr std::string_view kBetween = " \t\r\n,";
  const bool has_brackets = ids.find('<') != ids.npos && ids.find('>') != ids.npos;
  HeaderValue value(field.size());
  while (!ids.empty()) {
    const std::size_t open = has_brackets ? ids.find('<') : ids.find_first_not_of(kBetween);
    if (open == ids.npos) break;
    ids.remove_prefix(open);
    const std::size_t end = std::min(has_brackets ? ids.find('>') : ids.find_first_of(kBetween), ids.size());
    if (const std::string token = message_id_token(unfolded(ids.substr(0, end))); !token.empty()) value.word(token);
    ids.remove_prefix(end);
  }
  return value.take();
}

}  // namespace mapiguard
