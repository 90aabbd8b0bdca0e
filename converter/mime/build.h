// The MIME stage: Message + Bodies → a tree of Parts → bytes.
//
// Thread promise: pure functions.
#pragma once

#include <string>

#include <mapiguard/convert.h>
#include <mapiguard/options.h>
#include "base/budget.h"
#include "base/defects.h"
#include "converter/mime/parts.h"
#include "converter/model/message.h"

namespace mapiguard {

struct BuildContext {
  const ConvertOptions& options;
  Budget& budget;
  DefectLog& defects;
};

// The whole mail, embedded messages and all: top-level headers are those of root.headers.
// Blobs in the tree point into the message's input.
Part build_mail(const Message& message, const BuildContext& context);

// Emits the tree; the one place that writes MIME. Boundaries that are empty are made from a hash of the part's content
// position and headers, so that equal input gives equal output. False when the sink refused.
bool write_mail(const Part& root, OutputSink& out);

// --format json: the decoded message.
bool write_json(const Message& message, const BuildContext& context, OutputSink& out);

}  // namespace mapiguard
