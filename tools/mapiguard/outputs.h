// Outputs: where converted messages are written, under their final names only when they are whole.
//
// Thread promise: sink_for() and the sinks from many threads, one sink a thread; append_in_turn() one at a time;
// prepare() and finish() before and after all of them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <mapiguard/guard.h>
#include "tools/mapiguard/output_plan.h"

namespace mapiguard {

// One message's output. A sink that goes without commit() leaves nothing behind.
class MessageSink : public ResultSink {
 public:
  // Why write() or commit() refused; better than what the guard can know.
  const std::optional<Error>& error() const { return error_; }
  // Where the output stands now, "" = nowhere with a name.
  virtual const std::string& path() const = 0;
  // Outputs that share a file are put there one after another, in the order of their inputs, after commit().
  virtual Result<void> append_in_turn() { return {}; }
  virtual std::size_t bytes_waiting() const { return 0; }  // until then

 protected:
  Result<void> keep(Result<void> result) {
    if (!result && !error_) error_ = result.error();
    return result;
  }

 private:
  std::optional<Error> error_;
};

class Outputs {
 public:
  struct Details {
    bool durable = false;   // every file is on the disk before its name is final
    std::string sender;     // for the From_ line of an mbox
    std::string spool_dir;  // for what does not fit into memory
  };
  // Errors: cannot_create.
  static Result<std::unique_ptr<Outputs>> make(OutputPlan plan, Details details);
  virtual ~Outputs() = default;

  // For the input, which is the one of that number. Errors: cannot_create: nothing has been converted for it then.
  virtual Result<std::unique_ptr<MessageSink>> sink_for(std::size_t number, const Input& input) = 0;
  // All messages are there; not called when the run was interrupted.
  virtual Result<void> finish() { return {}; }
};

}  // namespace mapiguard
