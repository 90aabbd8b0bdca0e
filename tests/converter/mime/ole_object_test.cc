#include "converter/mime/ole_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/converter/mime/mail_reader.h"
#include "tests/converter/mime/model_builder.h"

namespace mapiguard {
namespace {

using namespace std::string_view_literals;
using testing::ModelBuilder;
using testing::ReadMail;

std::string u32(std::uint32_t value) { return {reinterpret_cast<const char*>(&value), 4}; }

std::string package(std::string_view label, std::string_view data) {
  const std::string copy("C:\\Temp\\x\0", 10);
  std::string inside = std::string("\x02\0", 2) + std::string(label) + '\0' + std::string("C:\\a\\b.txt") + '\0' +
                       std::string("\0\0\x03\0", 4) + u32(static_cast<std::uint32_t>(copy.size())) + copy +
                       u32(static_cast<std::uint32_t>(data.size())) + std::string(data);
  return u32(static_cast<std::uint32_t>(inside.size())) + inside;
}

class OleObject : public ::testing::Test {
 protected:
  void add(std::u16string stream, std::string_view bytes) {
    if (!object_) {
      m_.attachment("OLE Package", "").integer("PidTagAttachMethod"_pid, 6).unicode("PidTagAttachContentId"_pid, content_id_);
      m_.last_attachment().storage = std::make_unique<StorageEntry>();
      object_ = m_.last_attachment().storage.get();
      object_->is_storage = true;
    }
    StorageEntry& entry = object_->children.emplace_back();
    entry.name = std::move(stream);
    entry.data = Blob(as_bytes(memory_.emplace_back(bytes)));
  }
  const testing::ReadPart& part() {
    mail_ = std::make_unique<ReadMail>(m_.mail());
    return mail_->parts().back();
  }
  ModelBuilder m_;
  std::deque<std::string> memory_;
  StorageEntry* object_ = nullptr;
  std::string content_id_ = "id@example.org";
  std::unique_ptr<ReadMail> mail_;
};

TEST_F(OleObject, PackageBecomesTheFileInIt) {
  add(u"\x01Ole10Native", package("Prices 2002.pdf", "%PDF-1.4 whole"));
  add(u"\x01CompObj", "rest");
  EXPECT_EQ(part().filename(), "Prices 2002.pdf");
  EXPECT_EQ(part().type, "application/pdf");
  EXPECT_EQ(part().content, "%PDF-1.4 whole");
}

TEST_F(OleObject, ContentIdThatIsNoAsciiIsReplaced) {
  content_id_ = "图";
  for (const bool is_packed : {true, false}) {
    object_ = nullptr;
    add(is_packed ? u"\x01Ole10Native" : u"CONTENTS", package("a.txt", "x"));
    const std::string id = part().content_id();
    EXPECT_TRUE(id.starts_with("id-")) << id;
  }
}

TEST_F(OleObject, PathInAPackageIsNoPath) {
  add(u"\x01Ole10Native", package("C:\\secret\\..\\a.txt", "x"));
  EXPECT_EQ(part().filename(), "a.txt");
}

TEST_F(OleObject, DamagedPackageStaysAnObject) {
  std::string bytes = package("a.txt", "whole");
  for (const std::size_t size : {0u, 3u, 6u, 12u, 30u, static_cast<unsigned>(bytes.size() - 1)}) {
    object_ = nullptr;
    add(u"\x01Ole10Native", bytes.substr(0, size));
    EXPECT_EQ(part().type, "application/x-ole-storage") << size;
  }
}

TEST_F(OleObject, OfficeDocumentHasItsTypeAndExtension) {
  add(u"Workbook", "cells");
  EXPECT_EQ(part().type, "application/vnd.ms-excel");
  EXPECT_EQ(part().filename(), "OLE Package.xls");
}

TEST_F(OleObject, DocumentInXmlIsTakenOut) {
  add(u"Package", "PK\x03\x04\x14\0\0\0word/document.xml"sv);
  EXPECT_EQ(part().filename(), "OLE Package.docx");
  EXPECT_EQ(part().content, "PK\x03\x04\x14\0\0\0word/document.xml"sv);
}

}  // namespace
}  // namespace mapiguard
