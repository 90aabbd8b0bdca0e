#include "converter/mime/parts.h"

#include "base/text.h"
#include "converter/mime/header_text.h"
#include "converter/mime/quoted_printable.h"

namespace mapiguard {

bool Part::is_multipart() const {
  if (parts.empty()) return false;  // a clear-signed mail is a leaf, whatever its bytes are
  for (const HeaderField& field : headers)
    if (field.name == "Content-Type") return field.value.starts_with("multipart/");
  return false;
}

std::string parametrized(std::string_view field, std::string_view value,
                         const std::vector<std::pair<std::string, std::string>>& parameters) {
  HeaderValue out(field.size());
  out.word(value);
  for (const auto& [name, text] : parameters) append_parameter(out, name, text);
  return out.take();
}

Part text_part(std::string_view type, std::string_view utf8,
               const std::vector<std::pair<std::string, std::string>>& parameters) {
  Part part;
  part.text = with_crlf(utf8);
  part.is_text = true;
  std::vector<std::pair<std::string, std::string>> all = {{"charset", is_ascii(part.text) ? "us-ascii" : "utf-8"}};
  all.insert(all.end(), parameters.begin(), parameters.end());
  part.headers.push_back({"Content-Type", parametrized("Content-Type", type, all)});
  part.encoding = encoding_for_text(part.text);
  return part;
}

Part multipart(std::string_view subtype, std::vector<Part> parts,
               const std::vector<std::pair<std::string, std::string>>& parameters) {
  Part part;
  part.headers.push_back(
      {"Content-Type", parametrized("Content-Type", "multipart/" + std::string(subtype), parameters)});
  part.parts = std::move(parts);
  return part;
}

}  // namespace mapiguard
