// detect: what the first bytes say the input is.
#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "converter/read/cfb_header.h"
#include "converter/read/read.h"
#include "converter/read/tnef_attributes.h"

namespace mapiguard {
namespace {

// Header fields that mails begin with. One of them must be there: "Note: …" begins many a text that is no mail.
constexpr std::array<std::string_view, 40> kMailFields = {"arc-authentication-results",
                                                          "arc-message-signature",
                                                          "arc-seal",
                                                          "authentication-results",
                                                          "auto-submitted",
                                                          "bcc",
                                                          "cc",
                                                          "comments",
                                                          "content-class",
                                                          "content-language",
                                                          "content-transfer-encoding",
                                                          "content-type",
                                                          "date",
                                                          "delivered-to",
                                                          "disposition-notification-to",
                                                          "dkim-signature",
                                                          "domainkey-signature",
                                                          "envelope-to",
                                                          "errors-to",
                                                          "from",
                                                          "importance",
                                                          "in-reply-to",
                                                          "keywords",
                                                          "list-id",
                                                          "list-unsubscribe",
                                                          "message-id",
                                                          "mime-version",
                                                          "organization",
                                                          "precedence",
                                                          "priority",
                                                          "received",
                                                          "received-spf",
                                                          "references",
                                                          "reply-to",
                                                          "return-path",
                                                          "sender",
                                                          "subject",
                                                          "thread-topic",
                                                          "to",
                                                          "user-agent"};
static_assert(std::ranges::is_sorted(kMailFields));

constexpr std::size_t kMostInspected = 64 << 10;
constexpr std::size_t kMostBlankLines = 8;

// Takes a line off the head of `text`, without its CR LF or LF.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// RFC 5322 2.2: printable ASCII without colon; blanks before the colon are the obsolete form (4.5).
std::string_view field_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view name = line.substr(0, colon);
  while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
  const bool is_printable = std::ranges::all_of(name, [](char c) { return c > 32 && c < 127; });
  return is_printable ? name : std::string_view();
}

bool is_mail_field(std::string_view name) {
  return starts_with_ignoring_case(name, "x-") || std::ranges::binary_search(kMailFields, ascii_lower(name));
}

// A text that begins with header lines of which at least one is known from mails: up to the blank line or the end,
// or two known ones before a line that is no header line (broken mails have such).
bool begins_like_a_mail(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = text.substr(0, kMostInspected);
  std::string_view line = take_line(text);
  for (std::size_t blank = 0; line.empty() && !text.empty() && blank < kMostBlankLines; ++blank) line = take_line(text);
  if (line.starts_with("From ") || line.starts_with(">From ")) line = take_line(text);  // mbox
  std::size_t known = 0;
  for (bool is_first = true;; is_first = false) {
    if (line.empty()) return known > 0;
    const bool is_folded = !is_first && (line.front() == ' ' || line.front() == '\t');
    const std::string_view name = is_folded ? std::string_view() : field_name(line);
    if (!is_folded && name.empty()) return known > 1;
    known += is_mail_field(name);
    if (text.empty()) return known > 0;
    line = take_line(text);
  }
}

}  // namespace

InputKind detect(Bytes input) {
  if (has_cfb_signature(input)) return InputKind::msg;
  if (has_tnef_signature(input)) return InputKind::tnef;
  if (begins_like_a_mail(as_chars(input))) return InputKind::mime;
  // A signature that has been damaged in transit is recognised by the rest of it.
  constexpr std::size_t kDamagedBytes = 3;
  if (has_cfb_signature(input, kDamagedBytes)) return InputKind::msg;
  if (looks_like_tnef(input)) return InputKind::tnef;
  return InputKind::unknown;
}

}  // namespace mapiguard
