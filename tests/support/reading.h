// Reading a container in a test: the document, the defects, and short words for what tests look at.
//
//   Reading r(MsgBuilder().unicode(0x0037, "Subject").build());
//   EXPECT_EQ(r.text(0x0037), "Subject");
//   EXPECT_THAT(r.losses(), IsEmpty());
//
// Thread promise: belongs to one test. The bytes lie at the end of a block of their own, so that a sanitizer sees a
// read beyond them.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "converter/read/read.h"

namespace mapiguard::testing {

// A string property as UTF-8 (8-bit ones as they are), without terminating NULs.
inline std::string text_of(const PropertyBag& bag, PropertyId id) {
  const Property* property = bag.string(id);
  if (!property) return "(absent)";
  const std::string bytes = std::get<Blob>(property->value).copy();
  std::string text = property->type == 0x1F ? utf16le_to_utf8(as_bytes(bytes)) : bytes;
  while (text.ends_with('\0')) text.pop_back();
  return text;
}

inline std::string bytes_of(const PropertyBag& bag, PropertyId id) {
  const Blob* blob = bag.binary(id);
  return blob ? blob->copy() : "(absent)";
}

class Reading {
 public:
  explicit Reading(std::string_view bytes, const Limits& limits = {})
      : bytes_(std::make_unique<std::byte[]>(bytes.size())), size_(bytes.size()) {
    std::ranges::copy(as_bytes(bytes), bytes_.get());
    Budget budget = Budget::for_input(limits, size_);
    DefectLog defects(report_, limits.max_defects);
    const Bytes input(bytes_.get(), size_);
    const bool is_tnef = detect(input) == InputKind::tnef;
    result_ = is_tnef ? read_tnef(input, {limits, budget, defects}) : read_msg(input, {limits, budget, defects});
    steps_ = Budget::for_input(limits, size_).left() - budget.left();
  }

  bool ok() const { return result_.has_value(); }
  const Error& error() const { return result_.error(); }
  const Message& message() const { return *result_->message; }
  const Recipient& recipient(std::size_t i) const { return message().recipients.at(i); }
  const Attachment& attachment(std::size_t i) const { return message().attachments.at(i); }
  std::string text(PropertyId id) const { return ok() ? text_of(message().properties, id) : "(no message)"; }
  std::uint64_t steps() const { return steps_; }

  const std::vector<Defect>& defects() const { return report_.defects; }
  std::vector<std::string> losses() const { return of(Severity::loss); }
  std::vector<std::string> repairs() const { return of(Severity::repaired); }

 private:
  // "where: what"
  std::vector<std::string> of(Severity severity) const {
    std::vector<std::string> out;
    for (const Defect& d : report_.defects)
      if (d.severity == severity) out.push_back(d.where + ": " + d.what);
    return out;
  }

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_;
  Report report_;
  Result<Document> result_;
  std::uint64_t steps_ = 0;
};

}  // namespace mapiguard::testing
