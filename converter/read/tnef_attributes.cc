#include "converter/read/tnef_attributes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::size_t kHeaderSize = 9, kChecksumSize = 2, kSignatureAndKeySize = 6;

struct KnownAttribute {
  TnefId id;
  TnefLevel level;
  std::string_view name;
};
constexpr auto kMessage = TnefLevel::message, kAttachment = TnefLevel::attachment;
constexpr std::array kKnown = {
    KnownAttribute{TnefId::from, kMessage, "attFrom"},
    KnownAttribute{TnefId::subject, kMessage, "attSubject"},
    KnownAttribute{TnefId::message_id, kMessage, "attMessageID"},
    KnownAttribute{TnefId::parent_id, kMessage, "attParentID"},
    KnownAttribute{TnefId::conversation_id, kMessage, "attConversationID"},
    KnownAttribute{TnefId::attach_title, kAttachment, "attAttachTitle"},
    KnownAttribute{TnefId::body, kMessage, "attBody"},
    KnownAttribute{TnefId::date_start, kMessage, "attDateStart"},
    KnownAttribute{TnefId::date_end, kMessage, "attDateEnd"},
    KnownAttribute{TnefId::date_sent, kMessage, "attDateSent"},
    KnownAttribute{TnefId::date_recd, kMessage, "attDateRecd"},
    KnownAttribute{TnefId::attach_create_date, kAttachment, "attAttachCreateDate"},
    KnownAttribute{TnefId::attach_modify_date, kAttachment, "attAttachModifyDate"},
    KnownAttribute{TnefId::date_modified, kMessage, "attDateModified"},
    KnownAttribute{TnefId::aid_owner, kMessage, "attAidOwner"},
    KnownAttribute{TnefId::request_res, kMessage, "attRequestRes"},
    KnownAttribute{TnefId::priority, kMessage, "attPriority"},
    KnownAttribute{TnefId::owner, kMessage, "attOwner"},
    KnownAttribute{TnefId::sent_for, kMessage, "attSentFor"},
    KnownAttribute{TnefId::delegate, kMessage, "attDelegate"},
    KnownAttribute{TnefId::message_status, kMessage, "attMessageStatus"},
    KnownAttribute{TnefId::attach_data, kAttachment, "attAttachData"},
    KnownAttribute{TnefId::attach_meta_file, kAttachment, "attAttachMetaFile"},
    KnownAttribute{TnefId::attach_transport_filename, kAttachment, "attAttachTransportFilename"},
    KnownAttribute{TnefId::attach_rend_data, kAttachment, "attAttachRendData"},
    KnownAttribute{TnefId::msg_props, kMessage, "attMsgProps"},
    KnownAttribute{TnefId::recip_table, kMessage, "attRecipTable"},
    KnownAttribute{TnefId::attachment, kAttachment, "attAttachment"},
    KnownAttribute{TnefId::oem_codepage, kMessage, "attOemCodepage"},
    KnownAttribute{TnefId::original_message_class_06, kMessage, "attOriginalMessageClass"},
    KnownAttribute{TnefId::original_message_class, kMessage, "attOriginalMessageClass"},
    KnownAttribute{TnefId::message_class, kMessage, "attMessageClass"},
    KnownAttribute{TnefId::tnef_version, kMessage, "attTnefVersion"},
};
static_assert(std::ranges::is_sorted(kKnown, {}, &KnownAttribute::id));
static_assert(std::ranges::adjacent_find(kKnown, {}, &KnownAttribute::id) == kKnown.end());

const KnownAttribute* known(TnefId id) {
  const auto at = std::ranges::lower_bound(kKnown, id, {}, &KnownAttribute::id);
  return at != kKnown.end() && at->id == id ? &*at : nullptr;
}

// The upper half of an ID is a type and says nothing that the lower half does not, where that is above 0x8000.
const KnownAttribute* known_by_number(TnefId id) {
  const auto number = [](TnefId of) { return static_cast<std::uint32_t>(of) & 0xFFFF; };
  if (number(id) < 0x8000) return nullptr;
  const auto at = std::ranges::find(kKnown, number(id), [&](const KnownAttribute& k) { return number(k.id); });
  return at == kKnown.end() ? nullptr : &*at;
}

struct Header {
  std::uint8_t level = 0;
  TnefId id = TnefId::tnef_version;
  std::uint64_t length = 0;
  const KnownAttribute* about = nullptr;

  bool is_strict() const { return about && about->id == id && level == static_cast<std::uint8_t>(about->level); }
};

// nullopt when fewer than nine bytes are left.
std::optional<Header> read_header(Bytes input, std::uint64_t at) {
  ByteCursor cursor(slice(input, at, kHeaderSize));
  const auto level = cursor.u8();
  const auto id = cursor.u32();
  const auto length = cursor.u32();
  if (!level || !id || !length) return std::nullopt;
  const auto tnef_id = static_cast<TnefId>(*id);
  const KnownAttribute* about = known(tnef_id);
  return Header{*level, tnef_id, *length, about ? about : known_by_number(tnef_id)};
}

// MS-OXTNEF 2.1.2: the sum of the data's bytes, modulo 65536. Eight bytes at a time in four lanes of 16 bits, which
// hold the sums of 128 rounds (measured: 2 GB/s byte by byte).
std::uint16_t checksum(Bytes data) {
  constexpr std::uint64_t kLanes = 0x00FF00FF00FF00FF;
  constexpr std::size_t kWord = 8, kRounds = 128;
  std::uint64_t sum = 0;
  while (data.size() >= kWord) {
    std::uint64_t lanes = 0;
    for (std::size_t round = 0; round < kRounds && data.size() >= kWord; ++round, data = data.subspan(kWord)) {
      std::uint64_t word = 0;
      std::memcpy(&word, data.data(), kWord);
      lanes += (word & kLanes) + (word >> 8 & kLanes);
    }
    for (; lanes != 0; lanes >>= 16) sum += lanes & 0xFFFF;
  }
  for (const std::byte b : data) sum += std::to_integer<std::uint64_t>(b);
  return static_cast<std::uint16_t>(sum);
}

class AttributeReader {
 public:
  AttributeReader(Bytes input, const std::string& where, const ReadContext& context)
      : input_(input), where_(where), context_(context) {}

  std::vector<TnefAttribute> read() {
    if (!has_tnef_signature(input_)) context_.defects.repaired(where_, "the signature of the TNEF stream is damaged");
    at_ = kSignatureAndKeySize;
    while (at_ < input_.size() && context_.budget.spend() && read_one()) {
    }
    if (context_.budget.exhausted()) context_.defects.loss(where_, "the step limit was reached in the TNEF stream");
    return std::move(out_);
  }

 private:
  bool read_one() {
    const auto header = read_header(input_, at_);
    if (!header) return end_with_garbage();
    const std::uint64_t begin = at_ + kHeaderSize;
    const bool fits = header->length <= input_.size() - begin;
    const std::uint64_t next = begin + header->length + kChecksumSize;
    if (!header->about) {
      // Nothing says that an unknown attribute's length is one, but another attribute behind it does.
      if (fits && is_strict(next)) return skip_unknown(*header, next);
      return skip_garbage();
    }
    if (!fits) return read_misjudged(*header, begin);
    const Bytes data = slice(input_, begin, header->length);
    context_.budget.spend(data.size() / 256);
    const auto sum = ByteCursor(slice(input_, begin + header->length)).u16();
    if (!sum) {
      context_.defects.info(path(*header), "the TNEF stream ends before the attribute's checksum");
    } else if (*sum != checksum(data)) {
      // Either the data or the length is damaged; it is the length where another one fits the checksum.
      const bool is_length_suspect = next < input_.size() && !is_plausible(next);
      if (const auto end = is_length_suspect ? find_next(begin, Match::checksum) : std::nullopt)
        return keep_up_to(*header, begin, *end);
      context_.defects.repaired(path(*header), "the attribute's checksum is wrong; the data were used all the same");
    }
    return keep(*header, data, next);
  }

  // The length leads beyond the end. The attribute ends before the next thing that looks like one.
  bool read_misjudged(const Header& header, std::uint64_t begin) {
    auto end = find_next(begin, Match::checksum);
    if (!end) end = find_next(begin, Match::header);
    if (end) return keep_up_to(header, begin, *end);
    context_.defects.loss(path(header), "the attribute should have " + std::to_string(header.length) +
                                            " bytes; the TNEF stream ends after " +
                                            std::to_string(input_.size() - begin));
    return keep(header, slice(input_, begin), input_.size());
  }

  bool keep_up_to(const Header& header, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t length = end - begin >= kChecksumSize ? end - begin - kChecksumSize : 0;
    context_.defects.repaired(path(header), "the attribute's length is wrong; it was read up to the next attribute");
    return keep(header, slice(input_, begin, length), end);
  }

  bool keep(const Header& header, Bytes data, std::uint64_t next) {
    if (!header.is_strict())
      context_.defects.repaired(path(header), "the attribute has level " + std::to_string(header.level) + " and ID " +
                                                  hex32(static_cast<std::uint32_t>(header.id)));
    out_.push_back({header.about->level, header.about->id, data});
    at_ = std::min<std::uint64_t>(next, input_.size());
    return true;
  }

  bool skip_unknown(const Header& header, std::uint64_t next) {
    context_.defects.loss(path(header), "an unknown TNEF attribute was left out");
    at_ = next;
    return true;
  }

  bool skip_garbage() {
    const auto next = find_next(at_ + 1, Match::header);
    if (!next) return end_with_garbage();
    context_.defects.repaired(where_, std::to_string(*next - at_) + " bytes between TNEF attributes were skipped");
    at_ = *next;
    return true;
  }

  bool end_with_garbage() {
    const std::uint64_t left = input_.size() - at_;
    context_.defects.info(where_, std::to_string(left) + " bytes at the end of the TNEF stream are no attribute");
    at_ = input_.size();
    return false;
  }

  bool is_plausible(std::uint64_t at) const {
    const auto header = read_header(input_, at);
    return header && (header->about || header->level == 1 || header->level == 2);
  }
  bool is_strict(std::uint64_t at) const {
    const auto header = read_header(input_, at);
    return header && header->is_strict();
  }

  enum class Match : std::uint8_t {
    header,    // the next attribute has a good header
    checksum,  // and the bytes before it add up to the checksum that stands there
  };
  // Where the next attribute begins, at `from` or behind.
  std::optional<std::uint64_t> find_next(std::uint64_t from, Match wanted) {
    std::uint32_t sum = 0;
    std::uint64_t summed = from;  // the sum is that of [from, summed)
    for (std::uint64_t at = from; at + kHeaderSize <= input_.size(); ++at) {
      const auto level = std::to_integer<std::uint8_t>(input_[at]);
      if ((level != 1 && level != 2) || !is_strict(at)) continue;
      if (!context_.budget.spend((at - summed) / 64 + 1)) break;
      if (wanted == Match::header) return at;
      if (at < from + kChecksumSize) continue;
      for (; summed < at - kChecksumSize; ++summed) sum += std::to_integer<std::uint32_t>(input_[summed]);
      if (ByteCursor(slice(input_, at - kChecksumSize)).u16() == static_cast<std::uint16_t>(sum)) return at;
    }
    return std::nullopt;
  }

  std::string path(const Header& header) const {
    const std::string name =
        header.about ? std::string(header.about->name) : hex32(static_cast<std::uint32_t>(header.id));
    return where_.empty() ? name : where_ + "/" + name;
  }

  Bytes input_;
  const std::string& where_;
  const ReadContext& context_;
  std::uint64_t at_ = 0;
  std::vector<TnefAttribute> out_;
};

}  // namespace

bool has_tnef_signature(Bytes input) { return ByteCursor(input).u32() == kTnefSignature; }

bool looks_like_tnef(Bytes input) {
  const std::uint32_t difference = ByteCursor(input).u32().value_or(0) ^ kTnefSignature;
  for (std::uint32_t byte = 0xFF; byte != 0; byte <<= 8)
    if ((difference & ~byte) == 0 && input.size() > kSignatureAndKeySize + kHeaderSize) return true;
  const auto header = read_header(input, kSignatureAndKeySize);
  return header && header->is_strict() && header->length < input.size();
}

std::string_view name_of(TnefId id) {
  const KnownAttribute* about = known(id);
  return about ? about->name : std::string_view();
}

std::vector<TnefAttribute> read_tnef_attributes(Bytes input, const std::string& where, const ReadContext& context) {
  return AttributeReader(input, where, context).read();
}

}  // namespace mapiguard
