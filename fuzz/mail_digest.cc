// The identity of a mail: never a crash, and what is handed over as text is read as it was written.
#include <gmime/gmime.h>

#include <cstdlib>

#include "converter/mail_digest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mapiguard;
  static const bool ready = (g_mime_init(), true);
  static_cast<void>(ready);
  const Bytes bytes = std::as_bytes(std::span(data, size));
  static_cast<void>(mail_identity_of(as_chars(bytes)));
  const auto identity = mail_digest(bytes);
  if (!identity) return 0;
  const auto again = mail_identity_of(to_text(*identity));
  if (!again || again->sha256 != identity->sha256 || again->message_id != identity->message_id ||
      again->submit_time != identity->submit_time)
    std::abort();
  return 0;
}
