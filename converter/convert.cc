#include <mapiguard/convert.h>

#include <gmime/gmime.h>

#include "base/bytes.h"
#include "base/defects.h"
#include "converter/carrier.h"
#include "converter/mime/build.h"
#include "converter/mime/message_id.h"
#include "converter/mime/transport_headers.h"
#include "converter/read/read.h"

namespace mapiguard {
namespace {

// One stage after another for a container: read, build, write.
Result<void> convert_container(Result<Document> document, const BuildContext& context, Report& report,
                               OutputSink& out) {
  if (!document) return std::unexpected(document.error());
  const Message& message = *document->message;
  bool written = false;
  if (context.options.format == OutputFormat::json) {
    report.message_id = message_id_of(message, context.options.imcea_domain);
    written = write_json(message, context, out);
  } else {
    const Part mail = build_mail(message, context);
    report.message_id = value_of_field(mail.headers, "Message-ID");
    written = write_mail(mail, out);
  }
  if (!written) return fail(ErrorCode::io, "the output could not be written");
  return {};
}

}  // namespace

void prepare_converter() {
  g_mime_init();
}

Result<Report> convert(Bytes input, const ConvertOptions& options, OutputSink& out) {
  Report report;
  report.kind = detect(input);
  Budget budget = Budget::for_input(options.limits, input.size());
  DefectLog defects(report, options.limits.max_defects);
  const ReadContext reading{options.limits, budget, defects};
  const BuildContext building{options, budget, defects};
  Result<void> done;
  switch (report.kind) {
    case InputKind::msg: done = convert_container(read_msg(input, reading), building, report, out); break;
    case InputKind::tnef: done = convert_container(read_tnef(input, reading), building, report, out); break;
    case InputKind::mime: done = convert_mime_carrier(input, building, report, out); break;
    case InputKind::unknown:
      return fail(ErrorCode::not_a_message, "the input is none of .msg, TNEF and mail",
                  "mapiguard converts .msg and .oft files, winmail.dat, and mail that carries one");
  }
  if (!done) return std::unexpected(done.error());
  return report;
}

}  // namespace mapiguard
