#include "converter/read/tnef_legacy.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "converter/read/attachment_method.h"

namespace mapiguard {
namespace {

enum class Shape : std::uint8_t {
  text,           // string8 in the OEM code page
  bytes,          // binary
  hex_key,        // binary, written as hexadecimal text
  date,           // DTR structure
  integer,        // of 2 or 4 bytes
  flag,           // the same, as boolean
  importance,     // attPriority: 1 high, 2 normal, 3 low
  status,         // attMessageStatus: fms flags
  message_class,  // string8, perhaps under an old name
  triples,        // attFrom: TRP structures
  owner,          // attOwner, attSentFor: name and address, each with its length
  rendering,      // attAttachRendData
};

struct Row {
  TnefId id;
  Shape shape;
  PropertyId property;  // of those that become one
};
constexpr std::array kRows = {
    Row{TnefId::from, Shape::triples, 0},
    Row{TnefId::subject, Shape::text, 0x0037},
    Row{TnefId::message_id, Shape::hex_key, 0x300B},       // PidTagSearchKey
    Row{TnefId::parent_id, Shape::hex_key, 0x0025},        // PidTagParentKey
    Row{TnefId::conversation_id, Shape::hex_key, 0x000B},  // PidTagConversationKey
    Row{TnefId::body, Shape::text, 0x1000},
    Row{TnefId::date_start, Shape::date, 0x0060},
    Row{TnefId::date_end, Shape::date, 0x0061},
    Row{TnefId::date_sent, Shape::date, 0x0039},           // PidTagClientSubmitTime
    Row{TnefId::date_recd, Shape::date, 0x0E06},           // PidTagMessageDeliveryTime
    Row{TnefId::attach_create_date, Shape::date, 0x3007},  // PidTagCreationTime
    Row{TnefId::attach_modify_date, Shape::date, 0x3008},  // PidTagLastModificationTime
    Row{TnefId::date_modified, Shape::date, 0x3008},
    Row{TnefId::aid_owner, Shape::integer, 0x0062},    // PidTagOwnerAppointmentId
    Row{TnefId::request_res, Shape::flag, 0x0063},     // PidTagResponseRequested
    Row{TnefId::priority, Shape::importance, 0x0017},  // PidTagImportance
    Row{TnefId::owner, Shape::owner, 0},
    Row{TnefId::sent_for, Shape::owner, 0},
    Row{TnefId::delegate, Shape::bytes, 0x0043},                  // PidTagReceivedRepresentingEntryId
    Row{TnefId::message_status, Shape::status, 0x0E07},           // PidTagMessageFlags
    Row{TnefId::attach_meta_file, Shape::bytes, 0x3709},          // PidTagAttachRendering
    Row{TnefId::attach_transport_filename, Shape::text, 0x370C},  // PidTagAttachTransportName
    Row{TnefId::attach_rend_data, Shape::rendering, 0},
    Row{TnefId::original_message_class_06, Shape::message_class, 0x004B},
    Row{TnefId::original_message_class, Shape::message_class, 0x004B},
    Row{TnefId::message_class, Shape::message_class, 0x001A},
};
static_assert(std::ranges::is_sorted(kRows, {}, &Row::id));

// MS-OXTNEF 2.1.3.3.1.4.
struct ClassName {
  std::string_view old_name, name;
};
constexpr std::array kClassNames = {
    ClassName{"IPM.Microsoft Mail.Note", "IPM.Note"},
    ClassName{"IPM.Microsoft Mail.Read Receipt", "Report.IPM.Note.IPNRN"},
    ClassName{"IPM.Microsoft Mail.Non-Delivery", "Report.IPM.Note.NDR"},
    ClassName{"IPM.Microsoft Schedule.MtgRespP", "IPM.Schedule.Meeting.Resp.Pos"},
    ClassName{"IPM.Microsoft Schedule.MtgRespN", "IPM.Schedule.Meeting.Resp.Neg"},
    ClassName{"IPM.Microsoft Schedule.MtgRespA", "IPM.Schedule.Meeting.Resp.Tent"},
    ClassName{"IPM.Microsoft Schedule.MtgReq", "IPM.Schedule.Meeting.Request"},
    ClassName{"IPM.Microsoft Schedule.MtgCncl", "IPM.Schedule.Meeting.Canceled"},
};
constexpr std::string_view kClassPrefix = "Microsoft Mail v3.0 ";

// Name, address type and e-mail address of somebody.
struct PersonIds {
  PropertyId name, type, email;
};
constexpr PersonIds kSender = {0x0C1A, 0x0C1E, 0x0C1F};
constexpr PersonIds kSentRepresenting = {0x0042, 0x0064, 0x0065};
constexpr PersonIds kReceivedRepresenting = {0x0044, 0x0077, 0x0078};

constexpr PropertyId kMessageClass = 0x001A, kAttachEncoding = 0x3702, kRenderingPosition = 0x370B;
// MS-OXCMSG 2.2.2.20: 1.2.840.113556.3.11.1.
constexpr std::string_view kMacBinaryOid = "\x2A\x86\x48\x86\xF7\x14\x03\x0B\x01";

std::string_view up_to_nul(Bytes data) {
  const std::string_view text = as_chars(data);
  return text.substr(0, text.find('\0'));
}

// MS-OXTNEF 2.1.3.3.2: seven words; the last, the weekday, is not needed. It has no time zone: UTC is meant.
std::optional<FileTime> read_dtr(Bytes data) {
  using namespace std::chrono;
  std::array<std::uint16_t, 6> field{};
  ByteCursor cursor(data);
  for (auto& f : field) {
    const auto word = cursor.u16();
    if (!word) return std::nullopt;
    f = *word;
  }
  const year_month_day day{year{field[0]}, month{field[1]}, std::chrono::day{field[2]}};
  if (!day.ok() || field[0] < 1601 || field[3] > 23 || field[4] > 59 || field[5] > 59) return std::nullopt;
  const auto since =
      sys_days{day} - sys_days{1601y / January / 1} + hours{field[3]} + minutes{field[4]} + seconds{field[5]};
  return FileTime{static_cast<std::uint64_t>(duration_cast<seconds>(since).count()) * 10'000'000};
}

std::optional<std::int64_t> read_integer(Bytes data) {
  ByteCursor cursor(data);
  if (const auto value = cursor.u32()) return static_cast<std::int32_t>(*value);
  if (const auto value = cursor.u16()) return static_cast<std::int16_t>(*value);
  return std::nullopt;
}

// MS-OXTNEF 2.1.3.3.8, the flags of MS-OXCMSG 2.2.1.6.
std::int64_t message_flags(std::uint8_t status) {
  constexpr std::uint8_t kModified = 0x01, kLocal = 0x02, kSubmitted = 0x04, kRead = 0x20, kHasAttach = 0x80;
  std::int64_t flags = 0;
  if (status & kRead) flags |= 0x01;
  if (!(status & kModified)) flags |= 0x02;
  if (status & kSubmitted) flags |= 0x04;
  if (status & kLocal) flags |= 0x08;
  if (status & kHasAttach) flags |= 0x10;
  return flags;
}

std::optional<std::string> from_hex(std::string_view text) {
  const auto digit = [](char c) {
    const char low = ascii_lower(c);
    return low >= '0' && low <= '9' ? low - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

class LegacyReader {
 public:
  LegacyReader(const std::string& where, const ReadContext& context, Document& document, PropertyBag& bag)
      : where_(where), context_(context), document_(document), bag_(bag) {}

  void read(const TnefAttribute& attribute) {
    const auto row = std::ranges::lower_bound(kRows, attribute.id, {}, &Row::id);
    if (row == kRows.end() || row->id != attribute.id) return;
    attribute_ = &attribute;
    if (row->property != 0 && bag_.find(row->property)) return;
    if (!convert(*row)) context_.defects.loss(path(), "the attribute cannot be read");
  }

 private:
  bool convert(const Row& row) {
    const Bytes data = attribute_->data;
    switch (row.shape) {
      case Shape::text: return add(row.property, PropertyType::string8, Blob(data));
      case Shape::bytes: return add(row.property, PropertyType::binary, Blob(data));
      case Shape::hex_key: return add_hex_key(row.property);
      case Shape::date: return add_date(row.property);
      case Shape::integer: return add_integer(row.property, read_integer(data));
      case Shape::flag: return add_flag(row.property, read_integer(data));
      case Shape::importance: return add_importance(row.property, read_integer(slice(data, 0, 2)));
      case Shape::status: return add_status(row.property);
      case Shape::message_class: return add_class(row.property);
      case Shape::triples: return add_triples();
      case Shape::owner: return add_owner();
      case Shape::rendering: return add_rendering();
    }
    return false;
  }

  bool add(PropertyId id, PropertyType type, Value value) {
    if (!bag_.find(id)) bag_.add({id, static_cast<std::uint16_t>(type), std::move(value), nullptr});
    return true;
  }
  bool add_text(PropertyId id, std::string_view text) {
    return text.empty() || add(id, PropertyType::string8, Blob(as_bytes(text)));
  }
  bool add_integer(PropertyId id, std::optional<std::int64_t> value) {
    return value && add(id, PropertyType::integer32, *value);
  }
  bool add_flag(PropertyId id, std::optional<std::int64_t> value) {
    return value && add(id, PropertyType::boolean, *value != 0);
  }
  bool add_importance(PropertyId id, std::optional<std::int64_t> priority) {
    if (!priority || *priority < 1 || *priority > 3) return false;
    return add(id, PropertyType::integer32, std::int64_t{3} - *priority);
  }
  bool add_status(PropertyId id) {
    const auto status = ByteCursor(attribute_->data).u8();
    return status && add(id, PropertyType::integer32, message_flags(*status));
  }

  bool add_hex_key(PropertyId id) {
    auto key = from_hex(up_to_nul(attribute_->data));
    if (!key) return false;
    return add(id, PropertyType::binary, Blob(as_bytes(document_.owned.emplace_back(std::move(*key)))));
  }

  bool add_date(PropertyId id) {
    const auto time = read_dtr(attribute_->data);
    if (!time) return false;
    return add(id, PropertyType::time, *time);
  }

  bool add_class(PropertyId id) {
    std::string_view name = up_to_nul(attribute_->data);
    if (starts_with_ignoring_case(name, kClassPrefix)) name.remove_prefix(kClassPrefix.size());
    for (const ClassName& known : kClassNames)
      if (equals_ignoring_case(name, known.old_name)) name = known.name;
    return add_text(id, name);
  }

  // "SMTP:a@example.org"
  bool add_person(const PersonIds& ids, std::string_view name, std::string_view address) {
    add_text(ids.name, name);
    const std::size_t colon = address.find(':');
    if (colon == std::string_view::npos) return add_text(ids.email, address);
    return add_text(ids.type, address.substr(0, colon)) && add_text(ids.email, address.substr(colon + 1));
  }

  // MS-OXTNEF 2.1.3.3.3: trpid, length of the structure, of the name, of the address.
  bool add_triples() {
    ByteCursor cursor(attribute_->data);
    const bool has_header = cursor.skip(4);
    const auto name_size = cursor.u16();
    const auto address_size = cursor.u16();
    if (!has_header || !name_size || !address_size) return false;
    const std::string_view name = up_to_nul(cursor.take_up_to(*name_size));
    return add_person(kSender, name, up_to_nul(cursor.take_up_to(*address_size)));
  }

  // MS-OXTNEF 2.1.3.3.16, 17. attOwner is the organizer's, who speaks in a request and is spoken to in a response.
  bool add_owner() {
    ByteCursor cursor(attribute_->data);
    const auto name_size = cursor.u16();
    if (!name_size) return false;
    const std::string_view name = up_to_nul(cursor.take_up_to(*name_size));
    const std::string_view address = up_to_nul(cursor.take_up_to(cursor.u16().value_or(0)));
    const bool is_received = attribute_->id == TnefId::owner && is_response_;
    return add_person(is_received ? kReceivedRepresenting : kSentRepresenting, name, address);
  }

  // MS-OXTNEF 2.1.3.3.14: type (1 file, 2 OLE object), position, size of the picture, flags (1 MacBinary).
  bool add_rendering() {
    constexpr std::uint16_t kOle = 2;
    constexpr std::uint32_t kMacBinary = 1;
    ByteCursor cursor(attribute_->data);
    const auto type = cursor.u16();
    const auto position = cursor.u32();
    if (!type || !position) return false;
    add(kRenderingPosition, PropertyType::integer32, std::int64_t{static_cast<std::int32_t>(*position)});
    if (*type == kOle) add(kAttachMethod, PropertyType::integer32, kAfStorage);
    cursor.skip(4);
    if (cursor.u32().value_or(0) & kMacBinary)
      add(kAttachEncoding, PropertyType::binary, Blob(as_bytes(kMacBinaryOid)));
    return true;
  }

  std::string path() const {
    const std::string name(name_of(attribute_->id));
    return where_.empty() ? name : where_ + "/" + name;
  }

 public:
  // Meeting responses give attOwner another meaning, so the class must be known before.
  void set_class(std::span<const TnefAttribute> attributes) {
    std::string name;
    if (const Property* property = bag_.string(kMessageClass)) {
      name = std::get<Blob>(property->value).copy();
      std::erase(name, '\0');  // UTF-16 of ASCII
    }
    for (const TnefAttribute& attribute : attributes)
      if (name.empty() && attribute.id == TnefId::message_class) name = up_to_nul(attribute.data);
    is_response_ =
        starts_with_ignoring_case(name, "IPM.Schedule.Meeting.Resp") || name.find("MtgResp") != std::string::npos;
  }

 private:
  const std::string& where_;
  const ReadContext& context_;
  Document& document_;
  PropertyBag& bag_;
  const TnefAttribute* attribute_ = nullptr;
  bool is_response_ = false;
};

}  // namespace

void add_legacy_properties(std::span<const TnefAttribute> attributes, const std::string& where,
                           const ReadContext& context, Document& document, PropertyBag& bag) {
  LegacyReader reader(where, context, document, bag);
  reader.set_class(attributes);
  for (const TnefAttribute& attribute : attributes) reader.read(attribute);
  bag.index();
}

}  // namespace mapiguard
