#include "tools/mapiguard/mbox.h"

#include "tools/mapiguard/moment.h"

namespace mapiguard {
namespace {

constexpr std::string_view kFrom = "From ";

}  // namespace

void LineEnds::add(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (held_ && bytes[0] != '\n') out += '\r';
    held_ = false;
    const std::size_t cr = bytes.find('\r');
    out += bytes.substr(0, cr);
    if (cr == std::string_view::npos) return;
    held_ = true;
    bytes.remove_prefix(cr + 1);
  }
}

void LineEnds::finish(std::string& out) {
  if (held_) out += '\r';
  held_ = false;
}

void MboxQuoter::add(std::string_view bytes, std::string& out) {
  std::string unix_text;
  ends_.add(bytes, unix_text);
  add_unix(unix_text, out);
}

// What was held back at the start of a line, now that it is known to be harmless.
void MboxQuoter::release(std::string& out) {
  out.append(quotes_, '>');
  out += kFrom.substr(0, matched_);
  quotes_ = matched_ = 0;
  at_start_ = false;
}

void MboxQuoter::add_unix(std::string_view text, std::string& out) {
  while (!text.empty()) {
    if (!at_start_) {
      const std::size_t end = text.find('\n');
      out += text.substr(0, end == std::string_view::npos ? end : end + 1);
      if (end == std::string_view::npos) return;
      at_start_ = true;
      text.remove_prefix(end + 1);
    } else if (matched_ == 0 && text[0] == '>') {
      ++quotes_;
      text.remove_prefix(1);
    } else if (text[0] == kFrom[matched_]) {
      text.remove_prefix(1);
      if (++matched_ < kFrom.size()) continue;
      out += '>';
      release(out);
    } else {
      release(out);
    }
  }
}

void MboxQuoter::finish(std::string& out) {
  std::string rest;
  ends_.finish(rest);
  add_unix(rest, out);
  const bool line_is_open = !at_start_ || quotes_ > 0 || matched_ > 0;
  if (line_is_open) {
    release(out);
    out += '\n';
  }
  out += '\n';
}

std::string from_line(std::string_view sender, std::optional<std::int64_t> date) {
  // A blank in the sender would move the date to another field.
  const bool usable = !sender.empty() && sender != "<>" && sender.find_first_of(" \t") == std::string_view::npos;
  return "From " + std::string(usable ? sender : "MAILER-DAEMON") + " " + mbox_date(date.value_or(0)) + "\n";
}

}  // namespace mapiguard
