// TNEF streams, and mails that carry one.
#include <array>

#include "corpus/catalogue.h"
#include "corpus/people.h"
#include "corpus/rtf_writer.h"
#include "corpus/tnef_writer.h"

namespace mapiguard::corpus {
namespace {

constexpr std::string_view kMove =
    "Hello everybody,\n\non Monday the office moves to the second floor. Please label your boxes with name and room, "
    "and leave nothing on the window sills.\n\nThe lift is reserved for us from 8:00 to 11:00.\n\nMarta\n";

Envelope move(std::string_view message_id) {
  return {.subject = "The office moves on Monday",
          .from = kMarta,
          .to = {kAnna, kPriya},
          .cc = {kLuis},
          .bcc = {},
          .sent = filetime(2023, 11, 17, 16, 20, 5),
          .message_id = message_id};
}

void plain(ByteSink& sink) {
  Message message = compose(move("<move.plain@example.org>"));
  set_plain(message, kMove);
  sink.write(tnef_bytes(message));
}

void rtf(ByteSink& sink) {
  Message message = compose(move("<move.rtf@example.org>"));
  set_rtf(message, encapsulate_text(kMove));
  sink.write(tnef_bytes(message));
}

constexpr std::string_view kMoveWords = "office moves second floor boxes lift reserved Marta";
constexpr std::string_view kMoveSubject = "The office moves on Monday";

constexpr auto kSamples = std::to_array<Sample>({
    {"tnef-plain.dat", Kind::tnef, Outcome::converted, kMoveSubject, 3, 0, kMoveWords, "a plain body", plain},
    {"tnef-rtf.dat", Kind::tnef, Outcome::converted, kMoveSubject, 3, 0, kMoveWords, "a compressed RTF body", rtf},
});

}  // namespace

std::span<const Sample> tnef_samples() { return kSamples; }

}  // namespace mapiguard::corpus
