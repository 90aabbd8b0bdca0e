#include "converter/mime/content.h"

#include <algorithm>
#include <iterator>

#include "converter/mime/attachments.h"
#include "converter/mime/content_types.h"

namespace mapiguard {
namespace {

Part picture_part(EmbeddedPicture&& picture, std::size_t position) {
  Part part;
  const std::string name =
      "picture-" + std::to_string(position + 1) + "." + std::string(extension_of_type(picture.mime_type));
  part.text = std::move(picture.data);
  part.encoding = Encoding::base64;
  describe_file(part, {name, std::move(picture.mime_type), {}, std::move(picture.content_id), true, {}});
  return part;
}

// Without parameters: what multipart/related's "type" names (RFC 2387 3.1).
std::string bare_type(const Part& part) {
  for (const HeaderField& field : part.headers)
    if (field.name == "Content-Type") return field.value.substr(0, field.value.find(';'));
  return "text/plain";
}

// "cid:old" becomes "cid:new" wherever it stands.
std::string with_renamed_ids(std::string html, std::vector<std::pair<std::string, std::string>> renamed,
                             Budget& budget) {
  if (renamed.empty()) return html;
  // One name can begin with another.
  std::sort(renamed.begin(), renamed.end(), [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = html.find("cid:"); at != html.npos; at = html.find("cid:", at + 4)) {
    if (!budget.spend(renamed.size())) break;
    for (const auto& [from, to] : renamed) {
      if (html.compare(at + 4, from.size(), from) != 0) continue;
      out.append(html, copied, at + 4 - copied).append(to);
      copied = at + 4 + from.size();
      break;
    }
  }
  return out.append(html, copied);
}

void append_all(std::vector<Part>& to, std::vector<Part>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

std::string ItemSource::where(std::string_view inside) const {
  return message.where.empty() ? std::string(inside) : message.where + '/' + std::string(inside);
}

Content build_content(const ItemSource& item) {
  Bodies bodies =
      choose_bodies(item.message, item.texts, item.context.options.limits, item.context.budget, item.context.defects);
  Content content;
  HtmlLinks links;
  if (bodies.plain) content.alternatives.push_back(text_part("text/plain", *bodies.plain));
  if (bodies.html && !item.message.attachments.empty()) links = links_of_html(*bodies.html, item.context.budget);
  for (std::size_t i = 0; i < bodies.pictures.size(); ++i)
    (bodies.html ? content.related : content.attachments).push_back(picture_part(std::move(bodies.pictures[i]), i));
  add_attachments(item, links, content);
  if (bodies.html)
    content.alternatives.push_back(
        text_part("text/html", with_renamed_ids(std::move(*bodies.html), content.renamed_ids, item.context.budget)));
  return content;
}

Part assemble(Content content) {
  if (content.alternatives.empty()) content.alternatives.push_back(text_part("text/plain", ""));
  Part root = content.alternatives.size() == 1 ? std::move(content.alternatives.front())
                                               : multipart("alternative", std::move(content.alternatives));
  if (!content.related.empty()) {
    const std::string type = bare_type(root);
    std::vector<Part> parts;
    parts.push_back(std::move(root));
    append_all(parts, content.related);
    root = multipart("related", std::move(parts), {{"type", type}});
  }
  if (!content.attachments.empty()) {
    std::vector<Part> parts;
    parts.push_back(std::move(root));
    append_all(parts, content.attachments);
    root = multipart("mixed", std::move(parts));
  }
  return root;
}

}  // namespace mapiguard
