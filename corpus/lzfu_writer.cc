#include "corpus/lzfu_writer.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "corpus/byte_sink.h"
#include "corpus/msg_writer.h"

namespace mapiguard::corpus {
namespace {

// What the dictionary holds at the start (MS-OXRTFCP 2.1.2.1).
constexpr std::string_view kInitial =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS "
    "Sans "
    "SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab"
    "\\tx";
static_assert(kInitial.size() == 207);

constexpr std::size_t kDictionary = 4096;
constexpr std::size_t kShortest = 2, kLongest = 17;
constexpr int kMostTries = 64;  // candidates looked at for one position

struct Match {
  std::size_t from = 0;
  std::size_t length = 0;
};

// The dictionary is a ring, but every byte of it stands in `text` too (the initial bytes, then the RTF), so
// matches are sought there, at a distance of at most 4095: 4096 would read as the end mark.
class Matcher {
 public:
  explicit Matcher(std::string_view text) : text_(text), newest_(1 << 16, kNone), older_(text.size(), kNone) {}

  void learn(std::size_t at) {
    if (at + 1 >= text_.size()) return;
    older_[at] = newest_[key(at)];
    newest_[key(at)] = static_cast<std::uint32_t>(at);
  }

  Match longest(std::size_t at) const {
    Match best;
    if (at + kShortest > text_.size()) return best;
    const std::size_t most = std::min(kLongest, text_.size() - at);
    std::uint32_t candidate = newest_[key(at)];
    for (int tries = 0; tries < kMostTries && candidate != kNone && at - candidate < kDictionary; ++tries) {
      std::size_t length = 0;
      while (length < most && text_[candidate + length] == text_[at + length]) ++length;
      if (length > best.length) best = {candidate, length};
      candidate = older_[candidate];
    }
    return best;
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::size_t key(std::size_t at) const {
    return static_cast<std::size_t>(static_cast<unsigned char>(text_[at]) << 8 |
                                    static_cast<unsigned char>(text_[at + 1]));
  }

  std::string_view text_;
  std::vector<std::uint32_t> newest_;  // by the two bytes at a position
  std::vector<std::uint32_t> older_;   // the position before with the same two bytes
};

// Tokens in runs of eight behind a byte that tells references (1) from literals (0), lowest bit first.
class TokenRun {
 public:
  explicit TokenRun(std::string& out) : out_(out) {}
  void literal(char byte) {
    begin(false);
    out_.push_back(byte);
  }
  void reference(std::size_t offset, std::size_t length) {
    begin(true);
    const std::size_t word = offset << 4 | (length - kShortest);
    out_.push_back(static_cast<char>(word >> 8));
    out_.push_back(static_cast<char>(word & 0xFF));
  }

 private:
  void begin(bool is_reference) {
    if (count_ % 8 == 0) {
      control_ = out_.size();
      out_.push_back('\0');
    }
    if (is_reference) out_[control_] = static_cast<char>(out_[control_] | 1 << count_ % 8);
    ++count_;
  }

  std::string& out_;
  std::size_t control_ = 0;
  unsigned count_ = 0;
};

std::string with_header(std::string_view type, std::size_t raw_size, std::uint32_t crc, const std::string& contents) {
  std::string out;
  put(out, static_cast<std::uint32_t>(contents.size() + 12));  // counts everything behind this field
  put(out, static_cast<std::uint32_t>(raw_size));
  out += type;
  put(out, crc);
  return out + contents;
}

}  // namespace

std::string lzfu_compress(std::string_view rtf) {
  const std::string text = std::string(kInitial) + std::string(rtf);
  Matcher matcher(text);
  for (std::size_t at = 0; at < kInitial.size(); ++at) matcher.learn(at);
  std::string contents;
  TokenRun tokens(contents);
  for (std::size_t at = kInitial.size(); at < text.size();) {
    const Match match = matcher.longest(at);
    const bool found = match.length >= kShortest;
    const std::size_t taken = found ? match.length : 1;
    if (found)
      tokens.reference(match.from % kDictionary, match.length);
    else
      tokens.literal(text[at]);
    for (const std::size_t end = at + taken; at < end; ++at) matcher.learn(at);
  }
  tokens.reference(text.size() % kDictionary, kShortest);  // an offset that is the write position: the end
  return with_header("LZFu", rtf.size(), plain_crc32(contents), contents);
}

std::string mela_store(std::string_view rtf) { return with_header("MELA", rtf.size(), 0, std::string(rtf)); }

}  // namespace mapiguard::corpus
