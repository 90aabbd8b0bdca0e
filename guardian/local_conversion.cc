#include "guardian/local_conversion.h"

#include <mutex>

#include "guardian/task_io.h"
#include <mapiguard/convert.h>

namespace mapiguard {

Attempt convert_here(const Task& task) {
  static std::once_flag prepared;
  std::call_once(prepared, prepare_converter);
  Attempt attempt;
  attempt.alone = true;
  const MappedInput input(task.input, task.input_bytes);
  if (!input.good()) {
    attempt.failure = Error{ErrorCode::io, "the message could not be mapped", {}};
    return attempt;
  }
  DescriptorSink sink(task.output, task.output_limit);
  Result<Report> reply = convert(input.bytes(), task.options, sink);
  if (reply && !sink.flush()) reply = fail(ErrorCode::io, "the output could not be written, or is larger than allowed");
  if (!reply && reply.error().code != ErrorCode::not_a_message) {
    attempt.failure = reply.error();
    return attempt;
  }
  attempt.output_bytes = reply ? sink.written() : 0;
  attempt.reply = std::move(reply);
  return attempt;
}

}  // namespace mapiguard
