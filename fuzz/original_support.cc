// The input read once more, and what of it the output must hold (oracles.h).
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "converter/body/charset.h"
#include "converter/mime/attachments.h"
#include "converter/model/property_table.h"
#include "converter/read/read.h"
#include "fuzz/oracles.h"

namespace mapiguard::fuzzing {
namespace {

constexpr std::uint64_t kLargestFile = 4 << 20;  // larger ones are taken on trust: they would be copied to compare

bool is_lost(const Report& report, std::string_view where) {
  return std::any_of(report.defects.begin(), report.defects.end(),
                     [&](const Defect& defect) { return defect.severity == Severity::loss && defect.where == where; });
}

// S/MIME classes (MS-OXOSMIME 2.1.1) with one attachment: it holds the whole body, which goes out as it is or as the
// one part of the mail; its own headers are taken off.
bool is_smime(const Message& message) {
  const std::string name = Texts(message).get(message.properties, "PidTagMessageClass"_pid).value_or("");
  return (starts_with_ignoring_case(name, "IPM.Note.SMIME") || starts_with_ignoring_case(name, "IPM.Note.Secure")) &&
         message.attachments.size() == 1;
}

// Attachments whose bytes need not be in the output:
//   - OLE objects (`storage`): written anew as compound files, or unpacked;
//   - embedded messages: written as mails or cards; what is attached to them is looked for;
//   - changed occurrences of a series: they are events of the calendar part;
//   - the body of an S/MIME message: its header fields join those of the mail;
//   - what a Defect of severity loss names, or a message that such a Defect leaves out.
void collect(const Message& message, const Report& report, Original& original) {
  if (is_smime(message)) {
    original.is_clear_signed = true;
    return;
  }
  for (std::size_t i = 0; i < message.attachments.size(); ++i) {
    const Attachment& attachment = message.attachments[i];
    if (is_calendar_exception(attachment) || attachment.storage || is_lost(report, attachment.where)) continue;
    if (attachment.embedded) {
      collect(*attachment.embedded, report, original);
    } else if (!attachment.data.empty() && attachment.data.size() <= kLargestFile) {
      original.files.push_back({attachment.where, i, message.where, &attachment.data});
    }
  }
}

Digest digest_of(const Blob& blob) {
  Sha256 hash;
  for (std::size_t i = 0; i < blob.pieces(); ++i) hash.add(blob.piece(i));
  return hash.finish();
}

// "… this and the following are left out": of the same message.
bool is_left_out(const Original::File& file, const Report& report) {
  const std::string prefix = (file.owner.empty() ? "" : std::string(file.owner) + "/") + "attachment[";
  return std::any_of(report.defects.begin(), report.defects.end(), [&](const Defect& defect) {
    return defect.severity == Severity::loss && defect.what.find("following") != std::string::npos &&
           defect.where.starts_with(prefix) &&
           std::strtoull(defect.where.c_str() + prefix.size(), nullptr, 10) <= file.position;
  });
}

}  // namespace

Original read_original(Bytes input, const Limits& limits, const Report& report) {
  Original original;
  original.kind = detect(input);
  if (original.kind != InputKind::msg && original.kind != InputKind::tnef) return original;
  Report unused;
  DefectLog defects(unused, limits.max_defects);
  Budget budget = Budget::for_input(limits, input.size());
  const ReadContext context{limits, budget, defects};
  auto document = original.kind == InputKind::msg ? read_msg(input, context) : read_tnef(input, context);
  if (!document) return original;
  original.document = std::move(*document);
  collect(*original.document.message, report, original);
  for (const Original::File& file : original.files) original.digests_of_files.insert(digest_of(*file.data));
  return original;
}

std::string attachment_problem(std::string_view mail, const ReadBack& read, const Original& original,
                               const Report& report) {
  if (report.defects_dropped > 0) return {};  // the one that names it may be among them
  for (const Original::File& file : original.files) {
    if (read.digests.contains(digest_of(*file.data)) || is_left_out(file, report)) continue;
    std::string storage;  // a mail that is attached as a file stands as it is
    if (mail.find(as_chars(file.data->contiguous(storage))) == mail.npos)
      return file.where + ", " + std::to_string(file.data->size()) + " bytes, is not in the output";
  }
  return {};
}

void violated(std::string_view rule, std::string_view how) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(rule.size()), rule.data(), static_cast<int>(how.size()),
               how.data());
  std::abort();
}

}  // namespace mapiguard::fuzzing
