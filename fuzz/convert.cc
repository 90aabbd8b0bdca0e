// The whole converter: any bytes give a mail that strict readers accept, that holds every attachment, and that cost
// what the input is worth; or an error. Never a crash, never two answers.
#include <mapiguard/convert.h>

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "fuzz/oracles.h"

namespace {

using namespace mapiguard;
using fuzzing::violated;

constexpr std::size_t kConvertedTwice = 4096;  // inputs up to that size
// What the samples cost at most, damaged variants among them: 847 allocations and 54 KB below 4 KiB of input, and 48
// bytes of memory a byte above it (compressed RTF). With room, since an attacker packs more tightly than any writer.
constexpr std::uint64_t kAllocations = 20'000, kAllocationsPerByte = 4;
constexpr std::uint64_t kPeakBytes = 16 << 20, kPeakBytesPerByte = 64;
constexpr std::uint64_t kOutputBytes = 64 << 20, kOutputPerByte = 4;  // what a worker may write (GuardOptions)

struct Converted {
  std::string out;
  Result<Report> report;
};

Limits limits_here() {
  Limits limits;
  limits.min_steps = 20'000'000;
  return limits;
}

Converted converted(Bytes input, OutputFormat format) {
  ConvertOptions options;
  options.format = format;
  options.limits = limits_here();
  Converted done;
  StringSink sink(done.out);
  fuzzing::begin_metering();
  done.report = convert(input, options, sink);
  const fuzzing::Allocations cost = fuzzing::end_metering();
  const auto judge = [&](const char* what, std::uint64_t spent, std::uint64_t base, std::uint64_t per_byte) {
    if (spent > base + per_byte * input.size())
      violated(what, std::to_string(spent) + " for " + std::to_string(input.size()) + " bytes");
  };
  judge("allocations", cost.count, kAllocations, kAllocationsPerByte);
  judge("memory", cost.peak_bytes, kPeakBytes, kPeakBytesPerByte);
  judge("output", done.out.size(), kOutputBytes, kOutputPerByte);
  return done;
}

void expect_sound_mail(Bytes input, const Converted& mail) {
  // A mail is copied as it came: its lines are not ours.
  if (!mail.report || mail.report->kind == InputKind::mime) return;
  const fuzzing::Original original = fuzzing::read_original(input, limits_here(), *mail.report);
  if (const auto problem = fuzzing::strict_problem(mail.out, original); !problem.empty()) violated("strict", problem);
  const fuzzing::ReadBack read = fuzzing::read_back(mail.out, original);
  if (!read.problem.empty()) violated("read back", read.problem);
  if (const auto problem = fuzzing::attachment_problem(mail.out, read, original, *mail.report); !problem.empty())
    violated("attachments", problem);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool prepared = (prepare_converter(), true);
  static_cast<void>(prepared);
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  const Converted mail = converted(input, OutputFormat::eml);
  expect_sound_mail(input, mail);
  if (size < kConvertedTwice && mail.out != converted(input, OutputFormat::eml).out)
    violated("identity", "a second run says something else");
  converted(input, OutputFormat::json);
  return 0;
}
