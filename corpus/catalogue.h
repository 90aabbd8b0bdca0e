// The catalogue: what the generator can make, one row a sample. Each catalogue_*.cc holds one group's table and the
// functions that compose its messages.
//
// Thread promise: constant tables; pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/byte_sink.h"

namespace mapiguard::corpus {

enum class Kind : std::uint8_t { msg, oft, tnef, eml, other };

// What a converter owes the sample; in the first three what is stated of it holds. converted: without a Defect worse
// than info. tolerated: with or without a Defect. degraded: with a Defect that says what is amiss. damaged: refused,
// there is nothing of a message in it. either: converted somehow or refused, but never a death.
enum class Outcome : std::uint8_t { converted, tolerated, degraded, damaged, either };

enum class Place : std::uint8_t {
  committed,  // small, kept in corpus/samples
  on_demand,  // made whenever all samples are
  large,      // made with --large
};

inline constexpr int kNoPromise = -1;

// The facts are those of the outermost message; "-" and kNoPromise say nothing of it.
struct Sample {
  std::string_view name;  // a file name
  Kind kind = Kind::msg;
  Outcome outcome = Outcome::converted;
  std::string_view subject = "-";
  int recipients = kNoPromise;
  int attachments = kNoPromise;  // in MAPI's sense: inline images count
  std::string_view words = "-";  // to be found in the text of the body, in this order
  std::string_view shows;        // what the sample is there for
  void (*write)(ByteSink&) = nullptr;
  Place place = Place::committed;
};

std::span<const Sample> body_samples();
std::span<const Sample> charset_samples();
std::span<const Sample> attachment_samples();
std::span<const Sample> class_samples();
std::span<const Sample> mail_samples();
std::span<const Sample> tnef_samples();
std::span<const Sample> damaged_samples();
std::span<const Sample> broken_content_samples();

std::vector<Sample> all_samples();  // in the order of the groups
const char* name_of(Kind kind);
const char* name_of(Outcome outcome);
const char* name_of(Place place);

}  // namespace mapiguard::corpus
