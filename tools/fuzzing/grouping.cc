#include "tools/fuzzing/grouping.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/sha256.h"

namespace mapiguard {
namespace {

constexpr std::size_t kInnermost = 3;    // frames that make a group: with more, each way to a bug is one of its own
constexpr std::size_t kRecursion = 24;   // frames in which a recursion shows all its functions
constexpr std::size_t kNameDigits = 12;

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_common_library(const StackFrame& frame) {
  constexpr std::array<std::string_view, 7> kPrefixes{"libc.so", "libc-", "ld-linux", "libpthread", "libstdc++", "libgcc_s", "[vdso]"};
  const std::string_view name = base_name(frame.module);
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

// In a common library the function says enough: where in memmove a copy failed depends on its length.
std::string place_of(const StackFrame& frame) {
  const bool is_named = is_common_library(frame) && !frame.function.empty();
  return std::string(base_name(frame.module)) + "+" + (is_named ? frame.function : frame.offset);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// "SUMMARY: AddressSanitizer: heap-buffer-overflow tnef.c:12:3 in main"
std::optional<std::string> said_by_sanitizer(std::string_view standard_error) {
  for (const std::string_view line : lines_of(standard_error)) {
    const std::size_t at = line.find("SUMMARY: ");
    if (at != line.npos && line.find("Sanitizer: ", at) != line.npos) return std::string(line.substr(at));
  }
  return std::nullopt;
}

// The places in a traceback: Python's 'File "x.py", line 3, in f', Perl's 'at x.pl line 3'.
std::string said_by_interpreter(std::string_view standard_error) {
  std::string places;
  for (const std::string_view line : lines_of(standard_error)) {
    const bool is_python = line.find("File \"") != line.npos && line.find(", line ") != line.npos;
    const std::size_t perl = line.rfind(" at ");
    if (is_python) places += std::string(line) + "\n";
    if (perl != line.npos && line.find(" line ", perl) != line.npos) places += std::string(line.substr(perl)) + "\n";
  }
  return places;
}

std::string named(const Verdict& verdict, const std::string& content) {
  return std::string(name_of(verdict.death)) + "-" + hex(sha256(as_bytes(content))).substr(0, kNameDigits);
}

// Where in its circle a recursion met the end of the stack is chance: its functions are what counts.
std::string recursion(const std::vector<StackFrame>& stack) {
  std::set<std::string> places;
  for (std::size_t i = 1; i < std::min(kRecursion, stack.size()); ++i) places.insert(place_of(stack[i]));
  std::string all;
  for (const std::string& place : places) all += place + "\n";
  return all;
}

std::string innermost(const std::vector<StackFrame>& stack) {
  const auto frames = telling_frames(stack);
  std::string all;
  for (std::size_t i = 0; i < std::min(kInnermost, frames.size()); ++i) all += place_of(frames[i]) + "\n";
  return all;
}

bool dies_at_a_place(DeathClass death) {
  return death == DeathClass::crashed || death == DeathClass::aborted || death == DeathClass::stack_overflow ||
         death == DeathClass::sandbox_violation || death == DeathClass::out_of_memory;
}

// "tnef: mapi_attr.c:310: mapi_attr_read: Assertion `v->len + idx <= len' failed."
std::optional<std::string> said_by_assertion(std::string_view standard_error) {
  for (const std::string_view line : lines_of(standard_error))
    if (line.find("ssertion ") != line.npos && line.find("ailed") != line.npos) return std::string(line);
  return std::nullopt;
}

}  // namespace

std::string last_words(std::string_view standard_error) {
  if (auto said = said_by_sanitizer(standard_error)) return std::move(*said);
  return said_by_assertion(standard_error).value_or("");
}

std::vector<StackFrame> telling_frames(const std::vector<StackFrame>& stack) {
  const auto first = std::ranges::find_if_not(stack, is_common_library);
  return first == stack.end() ? stack : std::vector<StackFrame>(first, stack.end());
}

std::string without_numbers(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (std::isdigit(c)) {
      while (i + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[i + 1]))) ++i;
      plain += '#';
    } else if (!std::isspace(c)) {
      plain += text[i];
    }
  }
  return plain;
}

std::string group_of(const Verdict& verdict, const std::vector<StackFrame>& stack, std::string_view standard_error) {
  const std::string signal = verdict.signal ? std::to_string(*verdict.signal) : "";
  if (const auto said = said_by_sanitizer(standard_error)) return named(verdict, without_numbers(*said));
  if (const auto said = said_by_assertion(standard_error)) return named(verdict, *said);
  if (dies_at_a_place(verdict.death)) {
    if (stack.empty()) return {};
    return named(verdict, signal + "\n" + (verdict.death == DeathClass::stack_overflow ? recursion(stack) : innermost(stack)));
  }
  if (verdict.death == DeathClass::illegal_exit) return named(verdict, verdict.detail + "\n" + said_by_interpreter(standard_error));
  return std::string(name_of(verdict.death));
}

}  // namespace mapiguard
