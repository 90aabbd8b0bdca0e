// The attributes of a TNEF stream (MS-OXTNEF 2.1): signature, key, and a list of level, ID, length, data, checksum.
//
// Thread promise: pure functions, plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "converter/read/read.h"

namespace mapiguard {

inline constexpr std::uint32_t kTnefSignature = 0x223E9F78;

enum class TnefLevel : std::uint8_t { message = 1, attachment = 2 };

// MS-OXTNEF 2.1.3.1.
enum class TnefId : std::uint32_t {
  owner = 0x00060000,
  sent_for = 0x00060001,
  delegate = 0x00060002,
  date_start = 0x00030006,
  date_end = 0x00030007,
  aid_owner = 0x00040008,
  request_res = 0x00040009,
  original_message_class_06 = 0x00070006,  // as the Windows SDK's tnef.h has it
  original_message_class = 0x00070600,
  from = 0x00008000,
  subject = 0x00018004,
  date_sent = 0x00038005,
  date_recd = 0x00038006,
  message_status = 0x00068007,
  message_class = 0x00078008,
  message_id = 0x00018009,
  parent_id = 0x0001800A,
  conversation_id = 0x0001800B,
  body = 0x0002800C,
  priority = 0x0004800D,
  attach_data = 0x0006800F,
  attach_title = 0x00018010,
  attach_meta_file = 0x00068011,
  attach_create_date = 0x00038012,
  attach_modify_date = 0x00038013,
  date_modified = 0x00038020,
  attach_transport_filename = 0x00069001,
  attach_rend_data = 0x00069002,
  msg_props = 0x00069003,
  recip_table = 0x00069004,
  attachment = 0x00069005,
  tnef_version = 0x00089006,
  oem_codepage = 0x00069007,
};

struct TnefAttribute {
  TnefLevel level = TnefLevel::message;
  TnefId id = TnefId::tnef_version;
  Bytes data;
};

bool has_tnef_signature(Bytes input);
// Whether it was one before it was damaged: one byte of the signature is wrong, or an attribute stands behind it.
bool looks_like_tnef(Bytes input);
std::string_view name_of(TnefId id);  // "attSubject"; "" when unknown

// All attributes that can be found. A wrong checksum, a lying length, garbage between attributes: each a Defect, and
// the reading goes on at the next place that looks like an attribute. `where` is that of the message.
std::vector<TnefAttribute> read_tnef_attributes(Bytes input, const std::string& where, const ReadContext& context);

}  // namespace mapiguard
