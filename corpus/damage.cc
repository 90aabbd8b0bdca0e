#include "corpus/damage.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "corpus/enclosures.h"
#include "corpus/mail.h"
#include "corpus/msg_writer.h"
#include "corpus/people.h"

namespace mapiguard::corpus {

namespace {

Message letter_about_bees(const TextCoding& coding) {
  Message message(coding);
  message.properties.text(0x001A, "IPM.Note")
      .text(0x0037, kSampleSubject)
      .text(0x0C1A, kJames.name)
      .text(0x0C1E, "SMTP")
      .text(0x0C1F, kJames.address)
      .text(0x1035, "<bees@example.org>")
      .time(0x0039, filetime(2024, 5, 2, 17, 45))
      .integer32(0x0E07, 1)
      .integer32(0x340D, coding.is_unicode() ? 0x00040E79 : 0x00000E79)
      .integer32(0x3FFD, coding.codepage());
  set_plain(message,
            "The beekeeper comes on Thursday at four. Please leave the ladder below the attic window and keep the "
            "dog indoors.\n");
  Properties recipient(coding);
  recipient.integer32(0x3000, 0).integer32(0x0C15, 1).text(0x3001, kAnna.name).text(0x3002, "SMTP");
  recipient.text(0x3003, kAnna.address);
  message.recipients.push_back(std::move(recipient));
  return message;
}

}  // namespace

Message sample_message() {
  Message message = letter_about_bees(TextCoding::unicode());
  attach(message, {.name = "swarm.bin", .type = "application/octet-stream", .data = noise(4500, 11)});
  return message;
}

Message small_message(const TextCoding& coding) {
  Message message = letter_about_bees(coding);
  attach(message,
         {.name = "hives.txt", .type = "text/plain", .data = std::string("three hives, two of them strong\r\n")});
  return message;
}

DamagedFile::DamagedFile(const Message& message, CfbVersion version) : DamagedFile(msg_tree(message), version) {}

DamagedFile::DamagedFile(CfbNode root, CfbVersion version) : root_(std::move(root)), plan_(root_, version) {
  StringByteSink sink;
  plan_.write(sink);
  bytes_ = sink.take();
}

void DamagedFile::set_header(std::uint32_t offset, std::uint32_t value) { put_at(bytes_, offset, value); }

void DamagedFile::set_fat(std::uint32_t sector, std::uint32_t next) {
  const CfbLayout& at = plan_.layout();
  put_at(bytes_, static_cast<std::size_t>(at.offset_of_sector(at.fat_start)) + 4 * std::size_t{sector}, next);
}

void DamagedFile::fill_sector(std::uint32_t sector, std::uint32_t number) {
  const CfbLayout& at = plan_.layout();
  for (std::size_t i = 0; i < at.sector_size; i += 4)
    put_at(bytes_, static_cast<std::size_t>(at.offset_of_sector(sector)) + i, number);
}

void DamagedFile::set_link(std::u16string_view path, std::uint32_t link, std::uint32_t id) {
  put_at(bytes_, static_cast<std::size_t>(plan_.entry_offset(path)) + link, id);
}

void DamagedFile::set_size(std::u16string_view path, std::uint64_t size) {
  put_at(bytes_, static_cast<std::size_t>(plan_.entry_offset(path)) + kEntrySize, size);
}

std::uint32_t DamagedFile::id_of(std::u16string_view path) const {
  return static_cast<std::uint32_t>((plan_.entry_offset(path) - plan_.entry_offset(u"")) / 128);
}

std::uint32_t DamagedFile::child_of(std::u16string_view path) const {
  return number_at(bytes_, static_cast<std::size_t>(plan_.entry_offset(path)) + kEntryChild);
}

CfbNode& child(CfbNode& storage, std::u16string_view name) {
  const auto found = std::ranges::find(storage.children, name, &CfbNode::name);
  if (found == storage.children.end()) throw std::logic_error("the catalogue names a stream that its file has not");
  return *found;
}

CfbNode without(CfbNode storage, std::u16string_view name) {
  std::erase_if(storage.children, [&](const CfbNode& node) { return node.name == name; });
  return storage;
}

void patch_content(CfbNode& stream, std::size_t offset, std::string_view bytes) {
  std::string content = stream.content.copy();
  content.replace(offset, bytes.size(), bytes);
  stream.content = Content(std::move(content));
}

void flip_bytes(std::string& bytes, std::uint64_t seed, std::size_t first, unsigned count) {
  Random random(seed);
  for (unsigned i = 0; i < count; ++i) {
    const auto at = first + static_cast<std::size_t>(random.below(bytes.size() - first));
    bytes[at] = static_cast<char>(static_cast<std::uint64_t>(bytes[at]) ^ (1 + random.below(255)));
  }
}

std::uint32_t number_at(const std::string& bytes, std::size_t offset) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

}  // namespace mapiguard::corpus
