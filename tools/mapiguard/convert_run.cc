#include "tools/mapiguard/convert_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "guardian/lanes.h"
#include "tools/mapiguard/exit_codes.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostBytesWaiting = 64u << 20;
constexpr int kProgressMilliseconds = 200;

Conversion failure(const Error& error) {
  Conversion conversion;
  conversion.error = error;
  return conversion;
}

}  // namespace

// -- the report
// --------------------------------------------------------------------------------------------------------

Result<ReportFile> ReportFile::open(const std::optional<std::string>& path) {
  ReportFile report;
  report.path_ = path.value_or("");
  report.to_stderr_ = report.path_ == "-";
  if (!path || report.to_stderr_) return report;
  report.file_ = UniqueFd(::open(path->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
  if (!report.file_)
    return fail(ErrorCode::cannot_create, "cannot create the report '" + *path + "': " + std::strerror(errno));
  return report;
}

// One write a line: whoever follows the file sees whole lines.
Result<void> ReportFile::write(const InputResult& result) {
  if (to_stderr_) return write_all(STDERR_FILENO, report_line(result) + "\n", "standard error");
  return file_ ? write_all(file_.get(), report_line(result) + "\n", "the report '" + path_ + "'") : Result<void>();
}

// -- the run
// -----------------------------------------------------------------------------------------------------------

ConvertRun::ConvertRun(const Parts& parts)
    : parts_(parts),
      progress_(parts.list.inputs.size()),
      order_(kMostBytesWaiting),
      all_done_(::eventfd(0, EFD_CLOEXEC)) {}

int ConvertRun::run() {
  const GuardOptions& options = parts_.request.guard;
  const std::size_t callers =
      std::min<std::size_t>(std::size_t{options.workers} * options.depth, parts_.list.inputs.size());
  working_ = static_cast<unsigned>(callers);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < callers; ++i) threads.emplace_back([this] { work(); });
  wait_for_workers();
  threads.clear();
  order_.settle_rest();
  return finish();
}

void ConvertRun::work() {
  try {
    for (std::size_t number; !stopping_ && (number = next_++) < parts_.list.inputs.size();) convert_next(number);
  } catch (const std::exception& error) {
    const std::lock_guard lock(trouble_mutex_);
    trouble_ = Error{ErrorCode::internal, std::string("internal error: ") + error.what(), ""};
    stopping_ = true;
  }
  if (stopping_) order_.let_go();
  if (--working_ == 0) ::eventfd_write(all_done_.get(), 1);
}

void ConvertRun::convert_next(std::size_t number) {
  const Input& input = parts_.list.inputs[number];
  std::unique_ptr<MessageSink> sink;
  auto result = std::make_shared<InputResult>();
  result->conversion = convert(number, input, sink);
  if (StopSignals::received() && result->conversion.outcome == Outcome::error) return;  // abandoned, not failed
  result->input = input.path;
  result->message_id = parts_.request.envelope.message_id;
  progress_.note(result->conversion.outcome);
  const std::shared_ptr<MessageSink> kept = std::move(sink);
  order_.settle(number, kept ? kept->bytes_waiting() : 0, [this, result, kept] { settle(*result, kept.get()); });
}

Conversion ConvertRun::convert(std::size_t number, const Input& input, std::unique_ptr<MessageSink>& sink) {
  const auto open = open_input(input, parts_.spool_dir);
  if (!open) return failure(open.error());
  auto made = parts_.outputs.sink_for(number, input);
  if (!made) return failure(made.error());
  sink = std::move(*made);
  const ConvertRequest& request = parts_.request;
  Conversion conversion;
  if (!open->stream) {
    conversion = parts_.guard.convert_file(open->file.get(), request.envelope, request.convert, *sink);
  } else if (open->stream->in_memory()) {
    conversion = parts_.guard.convert(open->stream->memory(), request.envelope, request.convert, *sink);
  } else {
    const auto file = open->stream->rewound_file();
    if (!file) return failure(file.error());
    conversion = parts_.guard.convert_file(*file, request.envelope, request.convert, *sink);
  }
  if (conversion.error && sink->error()) conversion.error = sink->error();
  return conversion;
}

// In the order of the inputs, one at a time: shared outputs, the report and the exit code.
void ConvertRun::settle(InputResult& result, MessageSink* sink) {
  Conversion& conversion = result.conversion;
  if (conversion.outcome == Outcome::converted && sink) {
    if (const auto appended = sink->append_in_turn(); !appended) {
      conversion.outcome = Outcome::error;
      conversion.error = appended.error();
    } else {
      result.output = sink->path();
    }
  }
  result.exit = exit_of(result, parts_.request.strict);
  exit_code_ = worst_exit(exit_code_, result.exit);
  if (result.losses() > 0) ++with_losses_;
  if (!report_failed_) {
    if (const auto written = parts_.report.write(result); !written) {
      report_failed_ = true;
      exit_code_ = worst_exit(exit_code_, exit_code_of(written.error().code));
      parts_.printer.complain(written.error());
    }
  }
  const bool is_bulk = parts_.list.is_several();
  const auto complaint = complaint_about(result);
  // Of many inputs the losses are counted; the report has each of them.
  if (complaint && !parts_.report.is_standard_error() && (conversion.error || !is_bulk || parts_.request.strict))
    parts_.printer.complain(*complaint);
}

void ConvertRun::wait_for_workers() {
  const OnStopSignal stop([this] {
    stopping_ = true;
    order_.let_go();
    parts_.guard.stop();
  });
  const bool shows = parts_.request.may_show_progress && parts_.list.is_several() &&
                     !parts_.report.is_standard_error() && ::isatty(STDERR_FILENO) == 1;
  pollfd over{all_done_.get(), POLLIN, 0};
  while (::poll(&over, 1, shows ? kProgressMilliseconds : -1) <= 0)
    if (shows) parts_.printer.progress(progress_.line());
  parts_.printer.progress("");
}

int ConvertRun::finish() {
  if (StopSignals::received()) {
    parts_.printer.say("interrupted: " + progress_.summary());
    return StopSignals::exit_code();
  }
  if (trouble_) {
    parts_.printer.complain(*trouble_);
    return exit_code_of(trouble_->code);
  }
  if (const auto finished = parts_.outputs.finish(); !finished) {
    parts_.printer.complain(finished.error());
    exit_code_ = worst_exit(exit_code_, exit_code_of(finished.error().code));
  }
  if (!parts_.list.is_several()) return exit_code_;
  const std::string losses =
      with_losses_ ? "; " + std::to_string(with_losses_) + " with losses, see --report" : "";
  if (exit_code_ != 0 || with_losses_ || ::isatty(STDERR_FILENO) == 1) parts_.printer.say(progress_.summary() + losses);
  return exit_code_;
}

}  // namespace mapiguard
