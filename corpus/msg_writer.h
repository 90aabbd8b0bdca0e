// Writes Outlook's .msg files (MS-OXMSG) and templates (.oft: the same, another CLSID).
//
// Thread promise: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "corpus/byte_sink.h"
#include "corpus/cfb_writer.h"
#include "corpus/mapi.h"

namespace mapiguard::corpus {

inline constexpr Guid kMsgClsid = guid("00020D0B-0000-0000-C000-000000000046");
inline constexpr Guid kOftClsid = guid("0006F046-0000-0000-C000-000000000046");

// The compound file's tree; a sample that breaks a rule changes it before it is written.
CfbNode msg_tree(const Message& message, const Guid& clsid = kMsgClsid);

void write_msg(const Message& message, ByteSink& sink, CfbVersion version = CfbVersion::v3);
std::string msg_bytes(const Message& message, CfbVersion version = CfbVersion::v3);

// The checksum of MS-OXRTFCP 2.1.3.1.2, which the name hashes of MS-OXMSG 2.2.3.2.2 use too: CRC-32 without the
// usual inversions.
std::uint32_t plain_crc32(std::string_view bytes);

}  // namespace mapiguard::corpus
