// What texts the settings accept (settings_table.h).
#include <algorithm>
#include <array>
#include <charconv>

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

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && port > 0 && port < 65536;
}

// An address in brackets: of its form only, since the resolver has the last word anyway.
bool is_literal(std::string_view text) {
  return !text.empty() && text.size() < 64 && text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

bool is_host_and_port(std::string_view text) {
  std::string_view host = text;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !is_literal(text.substr(1, end - 1))) return false;
    const std::string_view after = text.substr(end + 1);
    return after.empty() || (after.front() == ':' && is_port(after.substr(1)));
  }
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (!is_port(text.substr(colon + 1))) return false;
    host = text.substr(0, colon);
  }
  return is_domain(host);
}

}  // namespace

std::string_view objection_to_transport(std::string_view text) {
  constexpr std::string_view kForms =
      "must be maildir:PATH, sendmail:PATH with an absolute PATH, smtp://HOST:PORT or smtps://HOST:PORT";
  if (text.starts_with("smtp://")) return is_host_and_port(text.substr(7)) ? "" : kForms;
  if (text.starts_with("smtps://")) return is_host_and_port(text.substr(8)) ? "" : kForms;
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

std::string_view objection_to_smtp_tls(std::string_view text) {
  return one_of<3>(text, {"if-offered", "required", "off"}, "must be one of if-offered, required, off");
}

std::string_view objection_to_file(std::string_view text) {
  const bool has_control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return text.empty() || (text.starts_with('/') && !has_control && text.size() < 4096)
             ? std::string_view()
             : "must be the absolute path of a file, or empty";
}

std::string_view objection_to_degrade(std::string_view text) {
  return one_of<3>(text, {"off", "notice", "attach"}, "must be one of off, notice, attach");
}

}  // namespace mapiguard
