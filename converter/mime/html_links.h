// Which attachments the HTML body shows: the targets of cid: URLs and of src, href, background and url().
//
// Thread promise: values over the caller's HTML, read once in linear time.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "base/budget.h"

namespace mapiguard {

struct HtmlLinks {
  std::unordered_set<std::string> content_ids;  // percent-decoded, without <>; as written and in lower case
  std::unordered_set<std::string> locations;    // other targets, entities decoded
};

HtmlLinks links_of_html(std::string_view html, Budget& budget);

}  // namespace mapiguard
