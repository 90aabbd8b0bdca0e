// Errands around fuzz/mutation; tools/fuzzing/mutator.h asks for them. Arguments are decimal numbers with blanks between
// them, input and output are packed (tools/fuzzing/packed.h).
//
// Thread promise: of the single-threaded worker.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include <mapiguard/convert.h>

namespace mapiguard {

// "SEED COUNT MAX_SIZE"; base and donor → mutants. One in four takes parts of the donor.
Result<void> mutate_errand(Bytes input, std::string_view argument, OutputSink& out);
// "FROM COUNT"; a file, as it is → number, candidate, number, candidate …
Result<void> reduce_errand(Bytes input, std::string_view argument, OutputSink& out);
// original and reduced → words
Result<void> kept_words_errand(Bytes input, std::string_view argument, OutputSink& out);

}  // namespace mapiguard
