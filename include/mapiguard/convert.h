// The converter: bytes of an Outlook/Exchange message in, an Internet message out.
//
//   std::string out;
//   mapiguard::StringSink sink(out);
//   auto report = mapiguard::convert(bytes, {}, sink);
//   if (!report) return report.error();          // not a message, or damaged beyond use
//   for (const auto& defect : report->defects) ...
//
// A pure function: same bytes and same options give the same output, byte for byte. It opens no file, reads
// no setting, environment or clock, prints nothing, and runs in this process: hostile input that finds a bug
// in it takes this process down. To be safe from that use guard.h, which runs it in a sandboxed worker.
//
// Call prepare_converter() once before the first conversion (and before any sandbox closes): it initialises
// GMime.
//
// Thread promise: convert() may run in many threads at once, each with its own sink.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <mapiguard/options.h>
#include <mapiguard/report.h>
#include <mapiguard/result.h>

namespace mapiguard {

// Where the output goes, piece by piece and in order. write() returns false when it can take no more;
// the conversion then ends with ErrorCode::io.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  virtual bool write(std::span<const std::byte> bytes) = 0;
};

// Appends to a string that the caller owns.
class StringSink final : public OutputSink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  bool write(std::span<const std::byte> bytes) override {
    out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }

 private:
  std::string& out_;
};

void prepare_converter();

// The input must stay alive and unchanged during the call; attachments are streamed from it without a copy.
// Errors: not_a_message (nothing usable in the input), io (the sink refused).
Result<Report> convert(std::span<const std::byte> input, const ConvertOptions& options, OutputSink& out);

}  // namespace mapiguard
