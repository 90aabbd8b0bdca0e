// A planted bug tells its number before it misbehaves (converter/model/planted_bugs.h); fuzz/planted.py reads it. In fork mode
// libFuzzer shows lines with "ERROR:" alone.
#if MAPIGUARD_PLANTED_BUGS
#include <cstdio>

extern "C" void mapiguard_planted(int number) {
  std::fprintf(stderr, "ERROR: planted bug %d\n", number);
  std::fflush(stderr);
}
#endif
