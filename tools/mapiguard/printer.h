// Printer: what a command says. Facts go to standard output, in one piece at flush(); everything for the person at the
// terminal goes to standard error, line by line, each beginning with "mapiguard: ".
//
// Whatever came from a message, a file name or the command line passes through displayable() on its way.
//
// Thread promise: complain(), say() and progress() from any thread; print() and flush() from one.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <mapiguard/result.h>

namespace mapiguard {

// Writes everything, or says why not (ErrorCode::io).
Result<void> write_all(int fd, std::string_view text, std::string_view name);

class Printer {
 public:
  void print(std::string_view line);  // adds the line end
  void print_text(std::string_view text) { out_ += text; }
  Result<void> flush();

  // A sentence on standard error, and its hint, once each, below it.
  void complain(const Error& error);
  void say(std::string_view sentence);
  // The one line at the foot of a terminal; each replaces the last. "" removes it.
  void progress(std::string_view line);

 private:
  void write_line(std::string_view text);

  std::string out_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> hints_given_;
  bool progress_shown_ = false;
};

// An array of finished JSON texts.
std::string json_list(const std::vector<std::string>& elements);

// Rows of text in columns, as wide as their widest cell. Cells are made displayable.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> titles) : rows_{std::move(titles)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() == 1; }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace mapiguard
