// What texts the settings accept (settings_table.h).
#include <algorithm>
#include <array>

#include "base/text.h"
#include "persist/settings_table.h"

namespace mapiguard {
namespace {

bool has_blank_or_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

template <std::size_t N>
std::string_view one_of(std::string_view text, const std::array<std::string_view, N>& words,
                        std::string_view objection) {
  return std::find(words.begin(), words.end(), text) != words.end() ? std::string_view() : objection;
}

bool is_label(std::string_view label) {
  const auto is_inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_inner);
}

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

std::string_view objection_to_transport(std::string_view text) {
  constexpr std::string_view kForms = "must be maildir:PATH or sendmail:PATH, PATH of sendmail absolute";
  if (text.starts_with("smtp:") || text.starts_with("smtps:") || text.starts_with("lmtp:"))
    return "asks for SMTP, which is not available in this build; use maildir:PATH, or sendmail:PATH with a program "
           "that relays";
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; })) return kForms;
  if (text.starts_with("maildir:")) return text.size() > 8 ? "" : kForms;
  if (text.starts_with("sendmail:")) return text.size() > 10 && text[9] == '/' ? "" : kForms;
  return kForms;
}

std::string_view objection_to_address(std::string_view text) {
  if (text.empty()) return {};
  const std::size_t at = text.rfind('@');
  const bool fits = at != std::string_view::npos && at > 0 && at <= 64 && is_domain(text.substr(at + 1)) &&
                    is_ascii(text) && !has_blank_or_control(text);
  return fits ? std::string_view() : "must be one address, such as postmaster@example.org, or empty";
}

std::string_view objection_to_domain(std::string_view text) {
  return text.empty() || is_domain(text) ? std::string_view()
                                         : "must be a host or domain name, such as mail.example.org";
}

std::string_view objection_to_database_name(std::string_view text) {
  return !text.empty() && text.size() <= 200 && displayable(text) == text
             ? std::string_view()
             : "must have 1 to 200 bytes that can be shown";
}

std::string_view objection_to_on_poison(std::string_view text) {
  return one_of<3>(text, {"ndr", "quarantine", "drop"}, "must be one of ndr, quarantine, drop");
}

std::string_view objection_to_degrade(std::string_view text) {
  return one_of<3>(text, {"off", "notice", "attach"}, "must be one of off, notice, attach");
}

}  // namespace mapiguard
