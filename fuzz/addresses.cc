// Addresses as somebody wrote them: what comes out is a sound address list in ASCII, whatever went in.
#include "converter/mime/addresses.h"

#include <cstdint>
#include <cstdlib>
#include <string>

#include <mapiguard/convert.h>
#include "base/text.h"

using namespace mapiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool prepared = (prepare_converter(), true);
  (void)prepared;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // One address, whose quoted local part may hold a colon, which "exactly one" takes for a group's.
  if (const auto address = as_addr_spec(text); address && !is_sound_address_list(*address, false)) std::abort();
  const std::vector<Mailbox> mailboxes = parse_mailboxes(repair_utf8(text), "invalid");
  if (!mailboxes.empty() && !is_sound_address_list(format_mailboxes("To", mailboxes), false)) std::abort();
  const Message message;
  const Texts texts(message);
  for (const Person& person : persons_of_flat_list(as_bytes(text), texts)) {
    const Mailbox mailbox = mailbox_of(person, {}, "invalid");
    if (!is_sound_address_list(format_mailboxes("Reply-To", {&mailbox, 1}), true)) std::abort();
  }
  return 0;
}
