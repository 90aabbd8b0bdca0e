// Oracles for the whole converter: what each mail that it writes owes, told without the converter's own code where that
// is possible. Each returns "" or the first thing that is wrong.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <mapiguard/options.h>
#include <mapiguard/report.h>
#include "base/sha256.h"
#include "converter/model/message.h"

namespace mapiguard::fuzzing {

// What of the input goes into the output as it is.
struct Original {
  Document document;
  InputKind kind = InputKind::unknown;
  struct File {
    std::string where;
    std::size_t position;    // among the attachments of its message
    std::string_view owner;  // path of that message
    const Blob* data;
  };
  std::vector<File> files;            // attachments whose bytes the output must hold
  std::set<Digest> digests_of_files;  // of all of them: a mail among them may stand as it is
  bool is_clear_signed = false;       // somewhere a message stands whose body is exact, and not ours
};

// Reads a .msg or TNEF once more. Nothing in it for other inputs, and for ones that no reader takes.
Original read_original(Bytes input, const Limits& limits, const Report& report);

// The rules of RFC 5322 and 2045 to 2049 that Python's email package raises for under policy.strict, and some more:
// lines, header syntax, fields that may occur once, boundaries, transfer encodings.
std::string strict_problem(std::string_view mail, const Original& original);

// The mail as GMime reads it.
struct ReadBack {
  std::string problem;       // GMime's warnings
  std::set<Digest> digests;  // of the decoded content of each leaf
};
ReadBack read_back(std::string_view mail, const Original& original);

// Every byte of an attachment is in the output, or a Defect says that it is not.
std::string attachment_problem(std::string_view mail, const ReadBack& read, const Original& original,
                               const Report& report);

// Allocations between begin_metering() and end_metering(), of all threads: those of C too where a sanitizer's hooks
// tell of them, else those of C++.
struct Allocations {
  std::uint64_t count = 0, peak_bytes = 0;
};
void begin_metering();
Allocations end_metering();

[[noreturn]] void violated(std::string_view rule, std::string_view how);

}  // namespace mapiguard::fuzzing
