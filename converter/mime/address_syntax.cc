// The syntax half of addresses.h: what an address is on the wire (RFC 5322 3.4).
#include <gmime/gmime.h>

#include <algorithm>

#include "base/gref.h"
#include "base/text.h"
#include "converter/mime/addresses.h"
#include "converter/mime/encoded_words.h"

namespace mapiguard {
namespace {

bool is_dot_atom(std::string_view text) {
  char last = '.';
  for (const char c : text) {
    if (c == '.' ? last == '.' : !is_atom_character(c)) return false;
    last = c;
  }
  return last != '.';
}

// Of what addresses of hosts are made (RFC 5321 4.1.3): readers split lists at other characters.
bool is_domain_literal(std::string_view text) {
  const auto is_inside = [](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '.' || c == ':' || c == '-';
  };
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         std::all_of(text.begin() + 1, text.end() - 1, is_inside);
}

bool is_quoted_string(std::string_view text) {
  if (text.size() < 3 || text.front() != '"' || text.back() != '"') return false;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size())
      ++i;
    else if (text[i] == '"' || text[i] == '\\')
      return false;
    if (text[i] < ' ' || text[i] == 0x7F) return false;
  }
  return true;
}

bool is_addr_spec(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == text.npos || at == 0) return false;
  const std::string_view local = text.substr(0, at), domain = text.substr(at + 1);
  return (is_dot_atom(local) || is_quoted_string(local)) && (is_dot_atom(domain) || is_domain_literal(domain));
}

std::string_view without_wrapping(std::string_view text) {
  text = trim(text);
  for (const std::string_view scheme : {"smtp:", "mailto:"})
    if (starts_with_ignoring_case(text, scheme)) text = trim(text.substr(scheme.size()));
  const std::size_t open = text.rfind('<'), close = text.rfind('>');
  if (open != text.npos && close != text.npos && open < close) text = text.substr(open + 1, close - open - 1);
  constexpr std::string_view kWrapping = "'\"<>;, \t";
  if (is_addr_spec(text)) return text.front() == '\'' && text.back() == '\'' ? text.substr(1, text.size() - 2) : text;
  const std::size_t first = text.find_first_not_of(kWrapping);
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(kWrapping) - first + 1);
}

std::string quoted_local_part(std::string_view local) {
  std::string out = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// A-labels of a domain that is not ASCII; "" when it has none (RFC 5891).
std::string ascii_domain(const std::string& domain) {
  const GRef<InternetAddress> mailbox = adopt(internet_address_mailbox_new(nullptr, ("a@" + domain).c_str()));
  const char* idn = internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(mailbox.get()));
  const std::string_view whole = idn ? idn : "";
  return whole.size() > 2 && is_dot_atom(whole.substr(2)) ? std::string(whole.substr(2)) : std::string();
}

}  // namespace

std::optional<std::string> as_addr_spec(std::string_view text) {
  const std::string_view bare = without_wrapping(text);
  if (bare.size() > kLongestLine - kFoldColumn) return std::nullopt;
  if (bare.find("=?") != bare.npos) return std::nullopt;  // some readers would decode it (RFC 2047 5 forbids it there)
  if (is_addr_spec(bare)) return std::string(bare);
  const std::size_t at = bare.rfind('@');
  if (at == bare.npos || at == 0 || at + 1 == bare.size()) return std::nullopt;
  const std::string_view local = bare.substr(0, at);
  constexpr std::string_view kNever = "@<>\"\\ \t\r\n()";
  if (local.find_first_of(kNever) != local.npos || !is_ascii(local)) return std::nullopt;
  std::string domain(bare.substr(at + 1));
  if (!is_ascii(domain)) domain = domain.find_first_of(kNever) == domain.npos ? ascii_domain(domain) : "";
  while (!domain.empty() && domain.back() == '.') domain.pop_back();
  if (!is_dot_atom(domain) && !is_domain_literal(domain)) return std::nullopt;
  if (!std::all_of(local.begin(), local.end(), [](char c) { return c > ' ' && c < 0x7F; })) return std::nullopt;
  return (is_dot_atom(local) ? std::string(local) : quoted_local_part(local)) + '@' + domain;
}

void append_mailbox(HeaderValue& value, const Mailbox& mailbox, bool is_last) {
  append_phrase(value, mailbox.name);
  std::string address = mailbox.name.empty() ? mailbox.address : '<' + mailbox.address + '>';
  if (!is_last) address += ',';
  value.word(address);
}

std::string format_mailboxes(std::string_view field, std::span<const Mailbox> mailboxes) {
  HeaderValue value(field.size());
  value.reserve(mailboxes.size() * 48);
  for (const Mailbox& mailbox : mailboxes) append_mailbox(value, mailbox, &mailbox == &mailboxes.back());
  return value.take();
}

namespace {

// Reads an address list as RFC 5322 3.4 has it without its obsolete forms and without comments, which readers
// disagree about.
class ListScanner {
 public:
  explicit ListScanner(std::string_view text) : text_(text) {}

  std::size_t scan() {  // the number of addresses; 0 = unsound
    std::size_t count = 0;
    do {
      if (!address()) return 0;
      ++count;
      blanks();
    } while (take(','));
    return text_.empty() ? count : 0;
  }

 private:
  void blanks() {
    const std::size_t first = text_.find_first_not_of(" \t\r\n");
    text_.remove_prefix(first == text_.npos ? text_.size() : first);
  }
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool quoted_string() {
    std::size_t i = 1;
    while (i < text_.size() && text_[i] != '"') i += text_[i] == '\\' ? 2 : 1;
    if (i >= text_.size()) return false;
    const std::string_view inside = text_.substr(1, i - 1);
    text_.remove_prefix(i + 1);
    return is_ascii(inside) && inside.find("=?") == inside.npos && inside.find('\0') == inside.npos;
  }
  // "Some Name" and the like; true when at least one word was there.
  bool phrase() {
    bool any = false;
    for (blanks(); !text_.empty(); blanks()) {
      if (text_[0] == '"') {
        if (!quoted_string()) return false;
      } else {
        const auto end = std::find_if_not(text_.begin(), text_.end(), is_atom_character);
        if (end == text_.begin()) return any;
        text_.remove_prefix(static_cast<std::size_t>(end - text_.begin()));
      }
      any = true;
    }
    return any;
  }
  // Behind a quoted local part, which may hold any of the stops.
  std::size_t end_of_quotes() const {
    if (text_.empty() || text_[0] != '"') return 0;
    std::size_t i = 1;
    while (i < text_.size() && text_[i] != '"') i += text_[i] == '\\' ? 2 : 1;
    return i < text_.size() && i + 1 < text_.size() && text_[i + 1] == '@' ? i + 1 : 0;
  }
  bool bare_address(std::string_view stops) {
    const std::size_t end = std::min(text_.find_first_of(stops, end_of_quotes()), text_.size());
    const bool is_address = is_addr_spec(trim(text_.substr(0, end)));
    if (is_address) text_.remove_prefix(end);
    return is_address;
  }
  bool address() {
    blanks();
    if (bare_address(",; \t\r\n")) return true;
    const bool has_name = phrase();
    if (take('<')) return bare_address(">") && take('>');
    if (!has_name || !take(':')) return false;
    blanks();
    return take(';');  // an empty group: undisclosed-recipients:;
  }

  std::string_view text_;
};

void collect(InternetAddressList* list, std::string_view imcea_domain, int depth, std::vector<Mailbox>& out) {
  const int count = internet_address_list_length(list);
  for (int i = 0; i < count; ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    const char* name = internet_address_get_name(address);
    if (INTERNET_ADDRESS_IS_GROUP(address)) {
      if (depth > 0)
        collect(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)), imcea_domain, depth - 1, out);
      continue;
    }
    const char* raw = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
    const std::string text = raw ? raw : "";
    Person person{repair_utf8(name ? name : ""), "SMTP", repair_utf8(text), as_addr_spec(text).value_or("")};
    if (person.smtp.empty() && person.address.empty()) continue;
    if (person.smtp.empty() && person.name.empty()) person.name = person.address;
    out.push_back(mailbox_of(person, {}, imcea_domain));
  }
}

}  // namespace

bool is_sound_address_list(std::string_view value, bool must_be_one) {
  if (!is_ascii(value) || !has_sound_encoded_words(value)) return false;
  const std::size_t count = ListScanner(value).scan();
  return must_be_one ? count == 1 && value.find(':') == value.npos : count > 0;
}

std::vector<Mailbox> parse_mailboxes(const std::string& value, std::string_view imcea_domain) {
  constexpr int kDeepestGroup = 4;
  std::vector<Mailbox> mailboxes;
  const GRef<InternetAddressList> list =
      adopt(internet_address_list_parse(nullptr, with_encoded_words_in_utf8(value).c_str()));
  if (list) collect(list.get(), imcea_domain, kDeepestGroup, mailboxes);
  return mailboxes;
}

}  // namespace mapiguard
