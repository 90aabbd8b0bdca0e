// Output plan: where the output of each input goes, decided before the first conversion.
//
// Thread promise: plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/mapiguard/convert_options.h"
#include "tools/mapiguard/inputs.h"

namespace mapiguard {

enum class Target : std::uint8_t {
  stream,   // standard output, or a pipe or device with a name: written as it is, nothing to rename
  file,     // the one output
  folder,   // one file an input
  mbox,     // one file for all
  maildir,  // one Maildir for all
};

struct OutputPlan {
  Target target = Target::stream;
  Format format = Format::eml;
  std::string path;                // of the file, folder, mbox or Maildir; "" = standard output
  std::vector<std::string> files;  // Target::folder: an input's final path, in the order of the inputs
};

// A name behind which there is no file to replace: /dev/stdout, a pipe, a device.
bool is_stream(const std::string& path);

// Errors: usage (no folder given for several inputs, two inputs with one output, an output that is an input, more than
// one message for a stream).
Result<OutputPlan> plan_outputs(const ConvertRequest& request, const InputList& list);

}  // namespace mapiguard
