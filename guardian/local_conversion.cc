#include "guardian/local_conversion.h"

#include <mutex>
#include <utility>
#include <vector>

#include "guardian/task_io.h"
#include <mapiguard/convert.h>

namespace mapiguard {

namespace {

// Memory, where nothing is to be handed on.
class MemorySink final : public OutputSink {
 public:
  explicit MemorySink(std::uint64_t limit) : limit_(limit) {}
  bool write(std::span<const std::byte> bytes) override {
    if (bytes.size() > limit_ - bytes_.size()) return false;
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return true;
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::uint64_t limit_;
  std::vector<std::byte> bytes_;
};

Attempt attempt_of(Result<Report> reply) {
  Attempt attempt;
  attempt.alone = true;
  if (!reply && reply.error().code != ErrorCode::not_a_message)
    attempt.failure = std::move(reply.error());
  else
    attempt.reply = std::move(reply);
  return attempt;
}

Attempt failed(Error error) {
  Attempt attempt;
  attempt.alone = true;
  attempt.failure = std::move(error);
  return attempt;
}

Error too_large() { return {ErrorCode::io, "the output could not be written, or is larger than allowed", {}}; }

Attempt convert_small(const Task& task) {
  MemorySink sink(task.output_limit);
  Attempt attempt = attempt_of(convert(task.message->bytes(), task.options, sink));
  attempt.output = Output(sink.take());
  return attempt;
}

Attempt convert_large(const Task& task, const std::string& state_dir) {
  const auto input = task.message->descriptor();
  if (!input) return failed(input.error());
  auto output = make_output(task.output_limit, state_dir);
  if (!output) return failed(output.error());
  const MappedInput mapped(*input, task.message->size());
  if (!mapped.good()) return failed({ErrorCode::io, "the message could not be mapped", {}});
  DescriptorSink sink(output->get(), task.output_limit);
  Result<Report> reply = convert(mapped.bytes(), task.options, sink);
  if (reply && !sink.flush()) reply = std::unexpected(too_large());
  Attempt attempt = attempt_of(std::move(reply));
  attempt.output = Output(std::move(*output), sink.written());
  return attempt;
}

}  // namespace

Attempt convert_here(const Task& task, const std::string& state_dir) {
  static std::once_flag prepared;
  std::call_once(prepared, prepare_converter);
  return task.message->is_small() ? convert_small(task) : convert_large(task, state_dir);
}

}  // namespace mapiguard
