// What a worker answers, as one that was taken over may write it. Accepted texts are UTF-8 and within their bounds, and what
// was accepted is accepted again when it is written anew.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "guardian/limits.h"
#include "guardian/wire.h"

using namespace mapiguard;

namespace {

// What a keeper or a nursery said and we accepted can be said again, in the same words from then on.
template <class Parse>
void expect_accepted_again(Bytes packet, Parse parse) {
  const auto said = parse(packet);
  if (!said) return;
  const std::string again = serialize(*said);
  const auto same = parse(as_bytes(again));
  if (!same || serialize(*same) != again) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes packet(reinterpret_cast<const std::byte*>(data), size);
  expect_accepted_again(packet, parse_command_reply);
  expect_accepted_again(packet, parse_news);
  const auto reply = parse_reply(packet);
  if (!reply) return 0;
  const auto is_fit = [](const std::string& text, std::size_t most) {
    return text.size() <= most && is_utf8(text) && text.find('\0') == std::string::npos;
  };
  if (!reply->answer) {
    if (!is_fit(reply->answer.error().message, kMaxErrorText)) std::abort();
    return 0;
  }
  if (!is_fit(reply->answer->message_id, kMaxMessageIdText)) std::abort();
  for (const Defect& defect : reply->answer->defects)
    if (!is_fit(defect.where, kMaxDefectText) || !is_fit(defect.what, kMaxDefectText)) std::abort();
  const std::string again = serialize(*reply);
  const auto same = parse_reply(as_bytes(again));
  if (!same || same->answer->defects != reply->answer->defects) std::abort();
  return 0;
}
