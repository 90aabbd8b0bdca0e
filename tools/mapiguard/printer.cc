#include "tools/mapiguard/printer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::size_t kWidestCell = 120;

// Columns on a terminal, near enough: one for each code point.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

Result<void> write_all(int fd, std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return fail(ErrorCode::io, "cannot write " + std::string(name) + ": " + std::strerror(errno));
    }
  }
  return {};
}

void Printer::print(std::string_view line) {
  out_ += line;
  out_ += '\n';
}

Result<void> Printer::flush() {
  std::string text;
  text.swap(out_);
  return write_all(STDOUT_FILENO, text, "standard output");
}

// Standard error is where trouble is told: when it cannot be written there is nobody left to tell.
void Printer::write_line(std::string_view text) {
  std::string line = progress_shown_ ? "\r\x1b[K" : "";
  progress_shown_ = false;
  line += "mapiguard: ";
  line += text;
  line += '\n';
  static_cast<void>(write_all(STDERR_FILENO, line, "standard error"));
}

void Printer::complain(const Error& error) {
  const std::lock_guard lock(mutex_);
  write_line(displayable(error.message, 4 * kWidestCell + error.message.size()));
  if (!error.hint.empty() && hints_given_.insert(error.hint).second) write_line("hint: " + displayable(error.hint));
}

void Printer::say(std::string_view sentence) {
  const std::lock_guard lock(mutex_);
  write_line(displayable(sentence));
}

void Printer::progress(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (line.empty() && !progress_shown_) return;
  static_cast<void>(write_all(STDERR_FILENO, "\r\x1b[K" + displayable(line), "standard error"));
  progress_shown_ = !line.empty();
}

std::string json_list(const std::vector<std::string>& elements) {
  std::string out = "[";
  for (const std::string& element : elements) {
    if (out.size() > 1) out += ", ";
    out += element;
  }
  return out + "]";
}

std::string TextTable::text() const {
  std::vector<std::vector<std::string>> shown;
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    auto& cells = shown.emplace_back();
    for (const std::string& cell : row) cells.push_back(displayable(cell, 4 * kWidestCell));
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t i = 0; i + 1 < cells.size(); ++i)
      widths[i] = std::max(widths[i], std::min(width_of(cells[i]), kWidestCell));
  }
  std::string out;
  for (const auto& cells : shown) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += cells[i];
      if (i + 1 < cells.size()) line.append(widths[i] + 2 - std::min(widths[i], width_of(cells[i])), ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return out;
}

}  // namespace mapiguard
