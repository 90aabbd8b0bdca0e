#include "converter/mime/pgp.h"

#include "base/text.h"
#include "converter/mime/attachments.h"
#include "converter/model/property_table.h"

namespace mapiguard {
namespace {

constexpr std::string_view kControlType = "application/pgp-encrypted";

bool is_control(const Attachment& attachment, const ItemSource& item) {
  const std::string tag = item.texts.get(attachment.properties, "PidTagAttachMimeTag"_pid).value_or("");
  return starts_with_ignoring_case(trim(tag), kControlType) &&
         attachment.data.copy(0, 64).find("Version: 1") != std::string::npos;
}

bool is_cipher_text(const Attachment& attachment) {
  return attachment.data.copy(0, 256).find("-----BEGIN PGP MESSAGE-----") != std::string::npos;
}

bool says_something(const Message& message, const Texts& texts) {
  return !trim(texts.whole(message.properties, "PidTagBody"_pid).value_or("")).empty();
}

Part leaf(const Attachment& attachment, std::string_view type, std::string name) {
  Part part;
  part.blob = attachment.data;
  part.encoding = Encoding::base64;
  describe_file(part, {std::move(name), std::string(type), {}, {}, false, {}});
  return part;
}

}  // namespace

std::optional<Part> build_pgp(const ItemSource& item) {
  const auto& attachments = item.message.attachments;
  if (attachments.size() != 2 || !is_control(attachments[0], item) || !is_cipher_text(attachments[1]) ||
      says_something(item.message, item.texts))
    return std::nullopt;
  std::vector<Part> parts;
  parts.push_back(leaf(attachments[0], kControlType, file_name_of(attachments[0], item.texts, 0, kControlType)));
  parts.push_back(
      leaf(attachments[1], "application/octet-stream", file_name_of(attachments[1], item.texts, 1, "encrypted.asc")));
  item.context.defects.info(item.where("attachment[1]"), "the two halves of an OpenPGP mail were put together again");
  return multipart("encrypted", std::move(parts), {{"protocol", std::string(kControlType)}});
}

}  // namespace mapiguard
