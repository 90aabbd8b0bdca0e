#include "base/mail_identity.h"

#include <algorithm>
#include <charconv>

namespace mapiguard {
namespace {

constexpr std::string_view kNoTime = "-";

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

std::string to_text(const MailIdentity& identity) {
  const std::string time = identity.submit_time ? std::to_string(*identity.submit_time) : std::string(kNoTime);
  return hex(identity.sha256) + '\n' + time + '\n' + identity.message_id + '\n';
}

std::optional<MailIdentity> mail_identity_of(std::string_view text) {
  MailIdentity identity;
  const auto digest = digest_from_hex(take_line(text));
  const std::string_view time = take_line(text), id = take_line(text);
  if (!digest || !text.empty() || id.size() > kMailIdMost) return std::nullopt;
  identity.sha256 = *digest;
  identity.message_id = id;
  if (time == kNoTime) return identity;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), seconds);
  if (error != std::errc() || end != time.data() + time.size()) return std::nullopt;
  identity.submit_time = seconds;
  return identity;
}

}  // namespace mapiguard
