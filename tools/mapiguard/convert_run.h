// Convert run: the inputs of one call through one Guard, by as many threads as there are workers.
//
// Thread promise: one thread makes and runs it.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "guardian/descriptor.h"
#include "tools/mapiguard/convert_options.h"
#include "tools/mapiguard/in_order.h"
#include "tools/mapiguard/inputs.h"
#include "tools/mapiguard/outputs.h"
#include "tools/mapiguard/printer.h"
#include "tools/mapiguard/progress.h"
#include "tools/mapiguard/report.h"

namespace mapiguard {

// Where the JSON Lines of --report go.
class ReportFile {
 public:
  // Errors: cannot_create.
  static Result<ReportFile> open(const std::optional<std::string>& path);
  Result<void> write(const InputResult& result);
  bool is_standard_error() const { return to_stderr_; }

 private:
  UniqueFd file_;
  std::string path_;
  bool to_stderr_ = false;
};

class ConvertRun {
 public:
  struct Parts {
    const ConvertRequest& request;
    const InputList& list;
    Guard& guard;
    Outputs& outputs;
    ReportFile& report;
    Printer& printer;
    std::string spool_dir;
  };
  explicit ConvertRun(const Parts& parts);

  // Every input is tried, unless a signal comes. The exit code of all of them.
  int run();

 private:
  void work();
  void convert_next(std::size_t number);
  Conversion convert(std::size_t number, const Input& input, std::unique_ptr<MessageSink>& sink);
  void settle(InputResult& result, MessageSink* sink);
  void wait_for_workers();
  int finish();

  Parts parts_;
  Progress progress_;
  InOrder order_;
  UniqueFd all_done_;
  std::atomic<std::size_t> next_{0};
  std::atomic<unsigned> working_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<int> exit_code_{0};  // written by settle() alone, one at a time
  std::uint64_t with_losses_ = 0;  // likewise
  bool report_failed_ = false;     // likewise
  std::mutex trouble_mutex_;
  std::optional<Error> trouble_;  // that ended a thread of ours
};

}  // namespace mapiguard
