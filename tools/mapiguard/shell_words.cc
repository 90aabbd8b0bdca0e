#include "tools/mapiguard/shell_words.h"

#include <optional>

namespace mapiguard {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kEscapedInDoubleQuotes = "$`\"\\\n";

std::unexpected<Error> unbalanced(std::string_view line, char mark) {
  return fail(ErrorCode::usage, "'" + std::string(line) + "' has a " + (mark == '\\' ? "backslash" : "quotation mark") +
                                    " without its end");
}

}  // namespace

Result<std::vector<std::string>> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;  // set within a word, also an empty one in quotation marks
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0' && kBlanks.find(c) != std::string_view::npos) {
      if (word) words.push_back(std::move(*word));
      word.reset();
      continue;
    }
    if (!word) word.emplace();
    if (c == '\\' && quote != '\'') {
      if (++i == line.size()) return unbalanced(line, '\\');
      if (quote == '"' && kEscapedInDoubleQuotes.find(line[i]) == std::string_view::npos) *word += '\\';
      if (line[i] != '\n') *word += line[i];
    } else if (quote == '\0' ? c == '\'' || c == '"' : c == quote) {
      quote = quote == '\0' ? c : '\0';
    } else {
      *word += c;
    }
  }
  if (quote != '\0') return unbalanced(line, quote);
  if (word) words.push_back(std::move(*word));
  return words;
}

}  // namespace mapiguard
