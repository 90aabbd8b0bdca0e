// The body stage: from the body properties of a message to the texts that its MIME form will carry.
//
// Thread promise: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mapiguard/options.h>
#include "base/budget.h"
#include "base/defects.h"
#include "converter/body/charset.h"
#include "converter/model/message.h"

namespace mapiguard {

// A picture that stood inside RTF (\pict) and is referred to from the HTML by its content id.
struct EmbeddedPicture {
  std::string content_id;  // deterministic: from the bytes
  std::string mime_type;   // image/png, image/jpeg, image/emf, image/wmf, image/bmp
  std::string data;
};

// Everything is valid UTF-8, without NULs. Line ends as the source has them; the writer makes them CRLF.
struct Bodies {
  std::optional<std::string> plain;
  std::optional<std::string> html;  // its <meta> charset, where it names one, says utf-8
  std::vector<EmbeddedPicture> pictures;
};

// PidTagBody 0x1000, PidTagHtml 0x1013 (string or binary, PidTagInternetCodepage), PidTagRtfCompressed 0x1009.
// Native HTML is preferred to HTML inside RTF; plain text is made from HTML or RTF where the message has none.
// What fails costs a Defect and only that body.
Bodies choose_bodies(const Message& message, const Texts& texts, const Limits& limits, Budget& budget,
                     DefectLog& defects);

}  // namespace mapiguard
