// Linked into a mapiguard of its own (broken-half): now and then an output is committed that is not whole. The torture
// must find it.
#include <atomic>

#include "guardian/snapshot.h"

namespace mapiguard {

#define MAPIGUARD_GIVE_TO \
  "ZNK9mapiguard6Output7give_toERKSt8functionIFSt8expectedIvNS_5ErrorEESt4spanIKSt4byteLm18446744073709551615EEEE"
Result<void> give_whole(const Output* output, const TakePiece& take) asm("__real__" MAPIGUARD_GIVE_TO);
Result<void> give_half(const Output* output, const TakePiece& take) asm("__wrap__" MAPIGUARD_GIVE_TO);

Result<void> give_half(const Output* output, const TakePiece& take) {
  constexpr unsigned kEvery = 20;
  static std::atomic<unsigned> calls = 0;
  if (++calls % kEvery != 0) return give_whole(output, take);
  return give_whole(output, [&take](std::span<const std::byte> piece) { return take(piece.first(piece.size() / 2)); });
}

}  // namespace mapiguard
