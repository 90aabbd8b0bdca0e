// mapiguard-worker: started by mapiguard and by programs that use libmapiguard, never by hand.
#include <cstdio>
#include <string_view>

#include "guardian/nursery.h"
#include "tools/mapiguard-worker/errands.h"
#include "tools/mapiguard-worker/plugin.h"
#include <mapiguard/convert.h>
#include <mapiguard/version.h>

namespace {

int run_nursery() {
  return mapiguard::run_nursery({.warm = mapiguard::prepare_converter,
                                 .convert = mapiguard::convert,
                                 .errands = mapiguard::errands(),
                                 .load_plugin = mapiguard::load_plugin});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--nursery") return run_nursery();
  if (argc == 2 && std::string_view(argv[1]) == "--version") return std::printf("mapiguard-worker %s\n", mapiguard::kBuildId) < 0;
  std::fputs("mapiguard-worker converts messages in a sandbox for mapiguard, which starts it by itself\n", stderr);
  return 64;
}
