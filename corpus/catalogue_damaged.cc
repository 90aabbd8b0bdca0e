// Compound files that are cut, altered, or built against the rules of MS-CFB.
#include <array>

#include "corpus/catalogue.h"
#include "corpus/damage.h"
#include "corpus/mail.h"

namespace mapiguard::corpus {
namespace {

constexpr std::u16string_view kBody = u"__substg1.0_1000001F";
constexpr std::u16string_view kBigFile = u"__attach_version1.0_#00000000/__substg1.0_37010102";
constexpr std::u16string_view kProperties = u"__properties_version1.0";
constexpr std::u16string_view kAttachment = u"__attach_version1.0_#00000000";

template <int percent>
void truncated(ByteSink& sink) {
  const std::string whole = DamagedFile(sample_message()).bytes();
  sink.write(std::string_view(whole).substr(0, whole.size() * percent / 100));
}

void header_alone(ByteSink& sink) {
  sink.write(std::string_view(DamagedFile(sample_message()).bytes()).substr(0, 512));
}

void last_byte_missing(ByteSink& sink) {
  const std::string whole = DamagedFile(sample_message()).bytes();
  sink.write(std::string_view(whole).substr(0, whole.size() - 1));
}

// 24 bytes anywhere behind the signature get another value.
template <std::uint64_t seed>
void flipped(ByteSink& sink) {
  std::string bytes = DamagedFile(sample_message()).bytes();
  flip_bytes(bytes, seed, 8, 24);
  sink.write(bytes);
}

void stream_loop(ByteSink& sink) {
  DamagedFile file(sample_message());
  const std::uint32_t start = file.plan().start_of(kBigFile);
  file.set_fat(start + 1, start);
  file.write(sink);
}

void stream_into_another(ByteSink& sink) {
  DamagedFile file(sample_message());
  file.set_fat(file.plan().start_of(kBigFile), file.plan().layout().directory_start);
  file.write(sink);
}

void stream_out_of_file(ByteSink& sink) {
  DamagedFile file(sample_message());
  file.set_fat(file.plan().start_of(kBigFile), 0x00FFFFFF);
  file.write(sink);
}

void directory_chain_loop(ByteSink& sink) {
  DamagedFile file(sample_message());
  const CfbLayout& at = file.plan().layout();
  file.set_fat(at.directory_start + at.directory_count - 1, at.directory_start);
  file.write(sink);
}

void fat_lists_itself(ByteSink& sink) {
  DamagedFile file(sample_message());
  file.set_header(kHeaderFatCount, 100);
  for (std::uint32_t i = 1; i < 100; ++i) file.set_header(kHeaderFirstFat + 4 * i, file.plan().layout().fat_start);
  file.write(sink);
}

// A node of the tree of siblings that names itself, or its parent, as a sibling or child.
void sibling_loop(ByteSink& sink) {
  DamagedFile file(sample_message());
  file.set_link(kBody, kEntryLeft, file.id_of(kBody));
  file.set_link(kProperties, kEntryRight, file.id_of(kBody));
  file.write(sink);
}

void nests_itself(ByteSink& sink) {
  Message message = sample_message();
  attach(message, sample_message());
  DamagedFile file(message);
  constexpr std::u16string_view kInner = u"__attach_version1.0_#00000001/__substg1.0_3701000D";
  file.set_link(kInner, kEntryChild, file.child_of(u""));
  file.write(sink);
}

void link_out_of_directory(ByteSink& sink) {
  DamagedFile file(sample_message());
  file.set_link(kAttachment, kEntryChild, 0x7FFFFFF0);
  file.write(sink);
}

template <std::uint64_t size>
void stream_size(ByteSink& sink) {
  DamagedFile file(sample_message(), CfbVersion::v4);
  file.set_size(kBigFile, size);
  file.write(sink);
}

// Version 3 writers may leave anything in the upper half of the size (MS-CFB 2.6.1, Stream Size).
void size_high_half(ByteSink& sink) {
  DamagedFile file(sample_message());
  file.set_size(kBigFile, 0xCCCCCCCC00000000 | 4500);
  file.write(sink);
}

void body_size(ByteSink& sink) {
  DamagedFile file(sample_message());
  file.set_size(kBody, 4000);
  file.write(sink);
}

void properties_size(ByteSink& sink) {
  DamagedFile file(sample_message());
  file.set_size(kProperties, 0x7FFFFFFF);
  file.write(sink);
}

template <std::uint32_t field, std::uint32_t value>
void header_field(ByteSink& sink) {
  DamagedFile file(sample_message());
  file.set_header(field, value);
  file.write(sink);
}

// A DIFAT sector that says the next one is itself.
void difat_loop(ByteSink& sink) {
  DamagedFile file(sample_message());
  const std::uint32_t sector = file.plan().layout().sectors - 1;
  file.set_header(kHeaderDifatStart, sector);
  file.set_header(kHeaderDifatCount, 0x00FFFFFF);
  file.fill_sector(sector, sector);
  file.write(sink);
}

constexpr Kind kMsg = Kind::msg;
constexpr Outcome kDegraded = Outcome::degraded, kEither = Outcome::either, kDamaged = Outcome::damaged;
constexpr std::string_view kSubject = kSampleSubject, kWords = kSampleWords, kNone = "-";
constexpr std::uint32_t kNowhere = 0x00FFFF00;

constexpr auto kSamples = std::to_array<Sample>({
    {"cut-header.msg", kMsg, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "the 512 bytes of the header alone",
     header_alone},
    {"cut-10.msg", kMsg, kDamaged, kNone, kNoPromise, kNoPromise, kNone, "the first 10 % of the file", truncated<10>,
     Place::on_demand},
    {"cut-40.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone, "the first 40 % of the file", truncated<40>,
     Place::on_demand},
    {"cut-70.msg", kMsg, kDegraded, kSubject, 1, kNoPromise, kWords,
     "the first 70 % of the file: the attachment is cut", truncated<70>},
    {"cut-last-byte.msg", kMsg, Outcome::tolerated, kSubject, 1, 1, kWords,
     "all but the last byte, in a sector's unused end", last_byte_missing, Place::on_demand},
    {"flipped-seed-1.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone, "24 bytes altered, seed 1", flipped<1>},
    {"flipped-seed-2.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone, "24 bytes altered, seed 2", flipped<2>,
     Place::on_demand},
    {"flipped-seed-3.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone, "24 bytes altered, seed 3", flipped<3>,
     Place::on_demand},
    {"flipped-seed-4.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone, "24 bytes altered, seed 4", flipped<4>,
     Place::on_demand},
    {"fat-stream-loop.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "an attachment's chain of sectors is a ring",
     stream_loop},
    {"fat-cross-link.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "an attachment's chain leads into the directory",
     stream_into_another, Place::on_demand},
    {"fat-out-of-file.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "an attachment's chain leads out of the file",
     stream_out_of_file, Place::on_demand},
    {"fat-directory-loop.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "the directory's chain of sectors is a ring",
     directory_chain_loop, Place::on_demand},
    {"fat-listed-100-times.msg", kMsg, Outcome::tolerated, kSubject, 1, 1, kWords,
     "the header lists one FAT sector a hundred times", fat_lists_itself, Place::on_demand},
    {"directory-sibling-loop.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone,
     "siblings that name each other in a ring", sibling_loop, Place::on_demand},
    {"directory-nests-itself.msg", kMsg, kDegraded, kSubject, 1, 2, kWords,
     "an embedded message that contains the outermost", nests_itself},
    {"directory-link-outside.msg", kMsg, kDegraded, kSubject, 1, kNoPromise, kWords,
     "an attachment's child is no entry", link_out_of_directory, Place::on_demand},
    {"size-terabyte.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "a stream that claims a terabyte",
     stream_size<1ull << 40>, Place::on_demand},
    {"size-all-ones.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "a stream that claims 2^64 - 1 bytes",
     stream_size<UINT64_MAX>, Place::on_demand},
    {"size-high-half.msg", kMsg, Outcome::converted, kSubject, 1, 1, kWords,
     "version 3: the size's upper half is garbage", size_high_half},
    {"size-body.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "a body that claims more than its chain has", body_size,
     Place::on_demand},
    {"size-properties.msg", kMsg, kDegraded, kSubject, 1, 1, kWords, "a property stream that claims two gigabytes",
     properties_size, Place::on_demand},
    {"header-sector-shift.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone, "sectors of 2^31 bytes",
     header_field<kHeaderSectorShift, 0x001F001F>, Place::on_demand},
    {"header-directory-outside.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone,
     "the directory begins outside the file", header_field<kHeaderDirectoryStart, kNowhere>, Place::on_demand},
    {"header-mini-fat-outside.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone,
     "the mini FAT begins outside the file", header_field<kHeaderMiniFatStart, kNowhere>, Place::on_demand},
    {"header-mini-cutoff.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone, "a mini stream cutoff of 0",
     header_field<kHeaderMiniCutoff, 0>, Place::on_demand},
    {"header-difat-outside.msg", kMsg, Outcome::tolerated, kSubject, 1, 1, kWords,
     "a DIFAT sector outside the file, which nobody needs", header_field<kHeaderDifatStart, kNowhere>,
     Place::on_demand},
    {"header-difat-loop.msg", kMsg, kEither, kNone, kNoPromise, kNoPromise, kNone,
     "a DIFAT sector that leads to itself, 16 million announced", difat_loop, Place::on_demand},
});

}  // namespace

std::span<const Sample> damaged_samples() { return kSamples; }

}  // namespace mapiguard::corpus
