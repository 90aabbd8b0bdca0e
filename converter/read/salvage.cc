#include "converter/read/salvage.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "converter/read/carve.h"
#include "converter/read/noise.h"

namespace mapiguard {
namespace {

constexpr PropertyId kSubject = 0x0037, kTopic = 0x0070, kHeaders = 0x007D, kNormalizedSubject = 0x0E1D, kBody = 0x1000,
                     kRtfCompressed = 0x1009, kHtml = 0x1013;
constexpr std::array kBodies = {kBody, kRtfCompressed, kHtml};
constexpr std::array kTexts = {kSubject, kTopic, kHeaders, kNormalizedSubject, kBody, kRtfCompressed, kHtml};

bool has_value(const Property& p) {
  const Blob* blob = std::get_if<Blob>(&p.value);
  return blob && !blob->empty();
}

class Salvager {
 public:
  Salvager(Bytes input, const ReadContext& context, Remains remains, Document& document)
      : input_(input), context_(context), remains_(remains), document_(document), message_(*document.message) {}

  bool salvage() {
    leave_out_noise();
    if (is_missing({kSubject})) take_subject_of_twins();
    const bool has_text = has_any(kTexts);
    Wanted wanted;  // everything, where there is nothing that a reader of the mail would read
    if (has_text) {
      wanted.subject = is_missing({kSubject});
      wanted.body = is_missing(kBodies);
      wanted.others = false;
      wanted.only_prose = true;
    }
    if (has_text && !wanted.subject && !wanted.body) return true;
    return carve_texts(input_, context_, wanted, document_, message_) || remains_.is_message;
  }

 private:
  void leave_out_noise() {
    PropertyBag kept;
    for (const Property& p : message_.properties.all()) {
      const bool is_out = std::ranges::find(kTexts, p.id) != kTexts.end() && is_noise(p);
      if (is_out)
        context_.defects.loss(
            path(p), "what was read is no text, but something else that the damaged file holds; it was left out");
      kept.add(is_out ? Property{p.id, p.type, {}, nullptr} : p);
    }
    kept.index();
    message_.properties = std::move(kept);
  }

  bool has_any(std::span<const PropertyId> ids) const {
    return std::ranges::any_of(message_.properties.all(), [&](const Property& p) {
      return has_value(p) && std::ranges::find(ids, p.id) != ids.end();
    });
  }

  // Whether none of these is there, and there was or may have been one.
  bool is_missing(std::span<const PropertyId> ids) const {
    const auto is_announced = [&](const Property& p) {
      return std::holds_alternative<std::monostate>(p.value) && std::ranges::find(ids, p.id) != ids.end();
    };
    return !has_any(ids) && (remains_.is_incomplete || std::ranges::any_of(message_.properties.all(), is_announced));
  }
  bool is_missing(std::initializer_list<PropertyId> ids) const {
    return is_missing(std::span(ids.begin(), ids.size()));
  }

  // The subject without its prefix, and the topic of the conversation, are most often the same words.
  void take_subject_of_twins() {
    for (const PropertyId id : {kNormalizedSubject, kTopic}) {
      const Property* twin = message_.properties.string(id);
      if (!twin || !has_value(*twin)) continue;
      context_.defects.repaired(path({kSubject, twin->type, {}, nullptr}),
                                "the subject is lost; " + hex32(tag_of(id, twin->type)) + " took its place");
      PropertyBag bag;
      for (const Property& p : message_.properties.all())
        if (p.id != kSubject) bag.add(p);
      bag.add({kSubject, twin->type, twin->value, nullptr});
      bag.index();
      message_.properties = std::move(bag);
      return;
    }
  }

  std::string path(const Property& p) const {
    const std::string tag = hex32(tag_of(p.id, p.type));
    return message_.where.empty() ? tag : message_.where + "/" + tag;
  }

  Bytes input_;
  const ReadContext& context_;
  const Remains remains_;
  Document& document_;
  Message& message_;
};

}  // namespace

bool salvage_texts(Bytes input, const ReadContext& context, Remains remains, Document& document) {
  return Salvager(input, context, remains, document).salvage();
}

}  // namespace mapiguard
