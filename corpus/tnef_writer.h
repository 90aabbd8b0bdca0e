// Writes TNEF streams (MS-OXTNEF), the winmail.dat of mails.
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "corpus/mapi.h"

namespace mapiguard::corpus {

enum class TnefForm : std::uint8_t {
  modern,  // attMsgProps, attRecipTable, attAttachment beside the few attributes that Outlook keeps
  legacy,  // attributes alone (attSubject, attBody, attFrom …), as Schedule+ and MS Mail wrote them
};

struct TnefOptions {
  TnefForm form = TnefForm::modern;
  std::uint16_t key = 0x0001;
  std::uint32_t oem_codepage = 1252;
};

std::string tnef_bytes(const Message& message, const TnefOptions& options = {});

// One attribute: level, ID, length, data, checksum (MS-OXTNEF 2.1.3.1); for streams put together by hand.
inline constexpr std::uint8_t kTnefMessageLevel = 1, kTnefAttachmentLevel = 2;
std::string tnef_attribute(std::uint8_t level, std::uint32_t id, std::string_view data);
std::string tnef_header(std::uint16_t key);
// The property block of attMsgProps and attAttachment (MS-OXTNEF 2.1.3.4).
std::string tnef_properties(const Properties& properties);

}  // namespace mapiguard::corpus
