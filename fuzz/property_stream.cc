// Lists of properties: the input as TNEF writes them, as a table of names, and as the property stream of a .msg.
#include <string>

#include "converter/read/named_properties.h"
#include "converter/read/tnef_properties.h"
#include "fuzz/read_support.h"

namespace {

using namespace mapiguard;

std::string le32(std::uint64_t value) {
  std::string out(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<char>(value >> (8 * i));
  return out;
}

std::string directory_entry(std::u16string_view name, char type, std::uint32_t child, std::uint32_t start,
                            std::size_t size) {
  std::string out(64, '\0');
  for (std::size_t i = 0; i < name.size(); ++i) out[2 * i] = static_cast<char>(name[i]);
  out += static_cast<char>(name.size() * 2 + 2);
  out += std::string(1, '\0') + type + '\1' + le32(UINT32_MAX) + le32(UINT32_MAX) + le32(child) + std::string(36, '\0');
  return out + le32(start) + le32(size) + le32(0);
}

// A compound file with one stream: sector 0 FAT, 1 directory, from 2 on the stream, which is filled up to 4096 bytes.
std::string msg_with(std::string stream) {
  stream.resize(std::max<std::size_t>(stream.size(), 4096));
  const std::size_t sectors = (stream.size() + 511) / 512;
  std::string file("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  file += std::string(16, '\0') + std::string("\x3E\0\3\0\xFE\xFF\x09\0\6\0", 10) + std::string(10, '\0');
  file += le32(1) + le32(1) + le32(0) + le32(4096) + le32(0xFFFFFFFE) + le32(0) + le32(0xFFFFFFFE) + le32(0) + le32(0);
  file.resize(512, '\xFF');
  std::string fat = le32(0xFFFFFFFD) + le32(0xFFFFFFFE);
  for (std::size_t i = 0; i < sectors; ++i) fat += le32(i + 1 < sectors ? i + 3 : 0xFFFFFFFE);
  fat.resize(512, '\xFF');
  file += fat + directory_entry(u"Root Entry", 5, 1, 0xFFFFFFFE, 0);
  file += directory_entry(u"__properties_version1.0", 2, UINT32_MAX, 2, stream.size());
  file.resize(3 * 512);
  return file + stream;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  const Limits limits;
  Budget budget(2'000'000);
  Report report;
  DefectLog defects(report, limits.max_defects);
  PropertyBag bag;
  std::vector<TnefObject> objects;
  ByteCursor cursor(input);
  while (read_tnef_properties(cursor, "", {limits, budget, defects}, bag, objects) && !cursor.at_end()) {
  }
  bag.index();
  fuzzing::touch(bag);
  for (const TnefObject& object : objects) fuzzing::touch(Blob(object.data));
  NamedProperties names(slice(input, 0, size / 4), slice(input, size / 4, size / 2), slice(input, size / 2), defects);
  for (std::uint32_t id = kFirstNamedId; id < kFirstNamedId + 64; ++id) names.find(static_cast<PropertyId>(id));
  if (size > 50'000) return 0;  // as many as the FAT's one sector speaks of
  const std::string file = msg_with(std::string(as_chars(input)));
  fuzzing::read(read_msg, reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  return 0;
}
