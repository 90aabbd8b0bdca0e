// Convert options: what `mapiguard convert` was asked to do.
//
// Thread promise: plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mapiguard/guard.h>
#include "tools/mapiguard/options.h"

namespace mapiguard {

enum class Format : std::uint8_t { eml, mbox, maildir, json };

struct ConvertRequest {
  std::vector<std::string> inputs;    // as given: files, folders, "-"
  std::optional<std::string> output;  // nullopt = standard output
  Format format = Format::eml;
  GuardOptions guard;
  Envelope envelope;
  ConvertOptions convert;
  std::optional<std::string> report;  // "-" = standard error
  bool strict = false;
  bool may_show_progress = true;

  bool has_envelope() const {
    return !envelope.message_id.empty() || !envelope.sender.empty() || !envelope.recipients.empty();
  }
};

// Errors: usage.
Result<ConvertRequest> convert_request_of(const Arguments& arguments);

}  // namespace mapiguard
