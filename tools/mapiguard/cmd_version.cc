#include <mapiguard/version.h>

#include "base/json_text.h"
#include "tools/mapiguard/commands.h"

namespace mapiguard {

constinit const VerbSpec kVersionSpec = {
    .name = "version",
    .summary = "show the version and the build of the converter",
    .arguments = "",
    .actions = {},
    .options = {},
    .has_json = true,
    .examples =
        "  mapiguard version\n"
        "  mapiguard --version\n",
};

Result<int> run_version(const Arguments& arguments, Printer& printer) {
  if (arguments.wants_json())
    printer.print(JsonObject().text("version", kVersion).text("build", kBuildId).str());
  else
    printer.print(std::string("mapiguard ") + kVersion + " (converter " + kBuildId + ")");
  return 0;
}

}  // namespace mapiguard
