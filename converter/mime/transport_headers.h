// PidTagTransportMessageHeaders (0x007D): the header of the message as it came over the wire, kept in its order.
//
// What cannot stand in a mail of ours is mended or left out: fields about the MIME structure, which is ours now; raw
// 8-bit text (Exchange keeps the header decoded), broken encoded words, addresses that readers trip over. Thread
// promise: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "converter/mime/parts.h"

namespace mapiguard {

// What a field's value is made of, for those that are more than text.
enum class FieldKind : std::uint8_t { text, structure, addresses, address, date, message_id, message_ids };
FieldKind kind_of_field(std::string_view name);

// Fields that may stand once (RFC 5322 3.6): tells whether the name has been seen before, in constant time.
class OnceFields {
 public:
  bool is_repeated(std::string_view name);

 private:
  std::uint64_t seen_ = 0;
};

// The fields up to the first blank line. Values keep their folds, as CRLF and blanks. Lines that are none are
// skipped and counted in `skipped`, where given.
std::vector<HeaderField> parse_header_block(std::string_view text, Budget& budget, std::size_t* skipped = nullptr);

std::string unfolded(std::string_view value);
// The value of the first field of that name, unfolded; "" when there is none.
std::string value_of_field(const std::vector<HeaderField>& fields, std::string_view name);
bool has_field(const std::vector<HeaderField>& fields, std::string_view name);

// The value as it may be sent: kept where it is sound, else mended. "" = nothing usable is left of it.
std::string cleaned_value(const HeaderField& field, std::string_view imcea_domain);
bool is_sound_value(const HeaderField& field);

// "<id>" with nothing inside that would end it early; "" for an empty one.
std::string message_id_token(std::string_view id);
std::string message_id_list(std::string_view field, std::string_view ids);

}  // namespace mapiguard
