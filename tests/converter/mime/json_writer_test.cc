#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "tests/converter/mime/model_builder.h"

namespace mapiguard {
namespace {

using testing::ModelBuilder;

nlohmann::json json_of(ModelBuilder& m) {
  Budget budget(1'000'000);
  DefectLog defects(m.report, 10);
  std::string out;
  StringSink sink(out);
  EXPECT_TRUE(write_json(m.get(), {m.options, budget, defects}, sink));
  return nlohmann::json::parse(out);
}

TEST(JsonWriter, MessageIsDecoded) {
  ModelBuilder m, inner;
  m.message()
      .unicode("PidTagSubject"_pid, "Grüße \"x\" \x01")
      .unicode("PidTagBody"_pid, "Body")
      .integer("PidTagImportance"_pid, 2)
      .binary("PidTagSearchKey"_pid, "key");
  auto bag = m.message();
  bag.named("PidLidReminderSet"_lid, PropertyType::boolean, true);
  bag.named(kPsPublicStrings, "Keywords", static_cast<PropertyType>(0x101F),
            std::vector<Blob>{bag.text("Red"), bag.text("Blue")});
  m.recipient(2, "Ada", "ada@example.org");
  m.attachment("a.txt", "bytes");
  inner.message().unicode("PidTagSubject"_pid, "Inner");
  m.embedded(inner);
  const nlohmann::json json = json_of(m);
  EXPECT_EQ(json["kind"], "msg");
  EXPECT_EQ(json["message_class"], "IPM.Note");
  EXPECT_EQ(json["properties"][0]["id"], "0x0037");
  EXPECT_EQ(json["properties"][0]["name"], "PidTagSubject");
  EXPECT_EQ(json["properties"][0]["type"], "PtypString");
  EXPECT_EQ(json["properties"][0]["value"], "Grüße \"x\" \x01");
  EXPECT_EQ(json["properties"][3]["value"], "a2V5");
  EXPECT_EQ(json["properties"][4]["name"], "PidLidReminderSet");
  EXPECT_EQ(json["properties"][4]["named"]["lid"], 0x8503);
  EXPECT_EQ(json["properties"][5]["value"], (nlohmann::json{"Red", "Blue"}));
  EXPECT_EQ(json["bodies"]["plain"], "Body");
  EXPECT_EQ(json["recipients"][0]["address"], "ada@example.org");
  EXPECT_EQ(json["recipients"][0]["type"], "cc");
  EXPECT_EQ(json["attachments"][0]["sha256"], hex(sha256(as_bytes("bytes"))));
  EXPECT_EQ(json["attachments"][0]["size"], 5);
  EXPECT_EQ(json["attachments"][1]["embedded"]["properties"][0]["value"], "Inner");
}

TEST(JsonWriter, LargeValuesAreNamedByTheirHash) {
  ModelBuilder m;
  m.message().binary("PidTagSearchKey"_pid, std::string(100'000, 'x'));
  const nlohmann::json property = json_of(m)["properties"][0];
  EXPECT_TRUE(property["value"].is_null());
  EXPECT_EQ(property["size"], 100'000);
}

}  // namespace
}  // namespace mapiguard
