// HTML out of RTF (MS-OXRTFEX 2.2.3.2): what stands in \*\htmltag groups, and the text between that is not \htmlrtf.
#include "base/text.h"
#include "converter/body/rtf.h"
#include "converter/body/rtf_reader.h"

namespace mapiguard {
namespace {

class Deencapsulator final : public RtfReader {
 public:
  Deencapsulator(std::string_view rtf, Budget& budget, DefectLog& defects, std::string_view where)
      : RtfReader(rtf, budget, defects, where) {
    out_.reserve(rtf.size());
  }
  std::string take() { return std::move(out_); }

 private:
  Mode mode() const override { return Mode::encapsulated; }

  void on_text(std::string_view utf8) override {
    if (state().place == RtfPlace::body || state().place == RtfPlace::html_tag) out_ += utf8;
  }

  // 2.1.3.1.4.2: other words within and between the tags have no meaning for HTML.
  void on_word(const RtfToken& token) override {
    if (token.row->word == RtfWord::par || token.row->word == RtfWord::line) out_ += "\r\n";
    if (token.row->word == RtfWord::tab) out_ += '\t';
  }

  // The text of a hyperlink stands in \fldrslt, with \htmlrtf switched off inside.
  bool on_destination(RtfWord word) override {
    return word == RtfWord::field || word == RtfWord::fldrslt || word == RtfWord::object || word == RtfWord::result;
  }

  std::string out_;
};

constexpr int kTokensLookedAt = 200;

}  // namespace

// The specification looks at ten tokens; writers exist that put the font table first.
RtfKind rtf_kind(std::string_view rtf) {
  const std::size_t begin = rtf.find_first_not_of(std::string_view(" \t\r\n\0\xEF\xBB\xBF", 8));
  if (begin == std::string_view::npos || !rtf.substr(begin).starts_with("{\\rtf")) return RtfKind::not_rtf;
  RtfTokenizer tokens(rtf.substr(begin));
  int depth = 0;
  for (int i = 0; i < kTokensLookedAt; ++i) {
    const RtfToken token = tokens.next();
    if (token.kind == RtfToken::Kind::end) break;
    depth += token.kind == RtfToken::Kind::open;
    depth -= token.kind == RtfToken::Kind::close;
    if (token.kind == RtfToken::Kind::text && depth <= 1 && !trim(token.text).empty()) break;
    if (token.kind != RtfToken::Kind::word) continue;
    if (token.row->word == RtfWord::fromtext) return RtfKind::from_text;
    if (token.row->word == RtfWord::fromhtml && (!token.has_number || token.number != 0)) return RtfKind::from_html;
  }
  return RtfKind::pure;
}

std::string rtf_deencapsulate_html(std::string_view rtf, Budget& budget, DefectLog& defects, std::string_view where) {
  Deencapsulator reader(rtf, budget, defects, where);
  reader.run();
  return reader.take();
}

}  // namespace mapiguard
