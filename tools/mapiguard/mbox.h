// Mbox: one message in the form that an mbox file wants ("mboxrd": a line of the message that would look like the
// beginning of the next one, and any such line already quoted, gets one more '>'; undone by taking one away).
//
// Line ends become LF, as mail folders on Unix have them. Bytes may come in pieces of any size.
//
// Thread promise: a value of one owner.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mapiguard {

// CRLF to LF; a lone CR stays.
class LineEnds {
 public:
  void add(std::string_view bytes, std::string& out);
  void finish(std::string& out);  // a CR that was held back

 private:
  bool held_ = false;
};

class MboxQuoter {
 public:
  void add(std::string_view bytes, std::string& out);
  void finish(std::string& out);  // ends the last line, and the message with an empty one

 private:
  void add_unix(std::string_view bytes, std::string& out);
  void release(std::string& out);

  LineEnds ends_;
  std::size_t quotes_ = 0;   // '>' seen at the start of this line, not yet given on
  std::size_t matched_ = 0;  // of "From " behind them
  bool at_start_ = true;     // of a line, as far as it has been looked at
};

// The line before a message. `sender` "" = unknown.
std::string from_line(std::string_view sender, std::optional<std::int64_t> date);

}  // namespace mapiguard
