#include "tools/registry/information_stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/registry/reg_text.h"
#include "tools/registry/registry_wire.h"

namespace mapiguard {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kWay = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS\\";

Registry registry(std::string_view text) {
  const auto found = read_reg_text(as_bytes("REGEDIT4\n" + std::string(text)));
  EXPECT_TRUE(found) << found.error().message;
  return *found;
}
std::string in(std::string_view key, std::string_view values = "") {
  return "[" + std::string(kWay) + std::string(key) + "]\n" + std::string(values) + "\n";
}
std::vector<InformationStore> state(std::string_view text) { return stores_as_state(registry(text)).value(); }

TEST(InformationStoresTest, EachDatabaseOfEachServerIsFound) {
  const auto stores = state(in("EX1\\Private-aa", "\"x\"=dword:1") + in("EX1\\Public-bb") + in("EX2\\Private-aa"));
  ASSERT_EQ(stores.size(), 3u);
  EXPECT_EQ(stores[0].path(), std::string(kWay) + "EX1\\Private-aa");
  EXPECT_EQ(stores[1].kind, StoreKind::public_folder);
  EXPECT_EQ(stores[2].server, "EX2");
}

TEST(InformationStoresTest, NamesAreComparedIgnoringCase) {
  const auto stores = state(
      "[hkey_local_machine\\System\\CURRENTCONTROLSET\\services\\msexchangeis\\EX1\\PRIVATE-aa]\n\"poisonthreshold\"="
      "dword:5\n" +
      in("ex1\\private-AA", "\"b\"=dword:1"));
  ASSERT_EQ(stores.size(), 1u);
  EXPECT_EQ(dword_of(*stores[0].find("PoisonThreshold")), 5u);
  EXPECT_NE(stores[0].find("B"), nullptr);
}

TEST(InformationStoresTest, OtherKeysAreLeftOut) {
  const Registry kept =
      information_store_keys(registry(in("EX1\\Private-aa", "\"x\"=dword:1") + in("ParametersSystem", "\"y\"=dword:1") +
                                      in("EX1", "\"z\"=dword:1") + "[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\n"));
  ASSERT_EQ(kept.keys.size(), 1u);
  EXPECT_EQ(kept.keys[0].path, std::string(kWay) + "EX1\\Private-aa");
}

TEST(InformationStoresTest, ValuesOfKeysBelowAreNamedWithTheirKey) {
  const auto stores = state(in("EX1\\Private-aa\\Mapiguard", "\"Era\"=dword:7d3"));
  ASSERT_EQ(stores.size(), 1u);
  EXPECT_NE(stores[0].find("Mapiguard\\Era"), nullptr);
  const auto keys = keys_of(stores[0]);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[1].path, std::string(kWay) + "EX1\\Private-aa\\Mapiguard");
}

TEST(InformationStoresTest, LaterLinesActOnEarlierOnes) {
  const auto stores = state(in("EX1\\Private-aa", "\"a\"=dword:1\n\"b\"=dword:1\n\"a\"=dword:2\n\"b\"=-"));
  EXPECT_EQ(dword_of(*stores[0].find("a")), 2u);
  EXPECT_EQ(stores[0].find("b"), nullptr);
  EXPECT_EQ(stores[0].values.size(), 1u);
}

TEST(InformationStoresTest, DeletedKeyTakesAllBelowItAlong) {
  EXPECT_TRUE(state(in("EX1\\Private-aa", "\"a\"=dword:1") + "[-" + std::string(kWay) + "EX1]\n").empty());
  EXPECT_TRUE(state(in("EX1\\Private-aa", "\"a\"=dword:1") + "[-" + std::string(kWay) + "EX1\\Private-aa]\n").empty());
  const auto stores = state(in("EX1\\Private-aa", "\"a\"=dword:1") + in("EX1\\Private-aa\\Sub", "\"c\"=dword:1") +
                            "[-" + std::string(kWay) + "EX1\\Private-aa\\Sub]\n");
  EXPECT_EQ(stores.at(0).values.size(), 1u);
}

TEST(InformationStoresTest, OneNumberedControlSetIsTheCurrentOne) {
  const std::string way = "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\MSExchangeIS\\EX1\\Private-aa]\n";
  EXPECT_EQ(state(way).at(0).path(), std::string(kWay) + "EX1\\Private-aa");
  EXPECT_EQ(state(way + in("EX2\\Private-bb")).size(), 1u) << "CurrentControlSet goes before";
  const auto several = stores_as_state(
      registry(way + "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet002\\Services\\MSExchangeIS\\EX1\\Private-aa]\n"));
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().message, HasSubstr("several numbered control sets"));
}

// What took the square of their number would not end here before the test's time is over.
TEST(InformationStoresTest, ManyDatabasesValuesAndDeletionsTakeNoLongTime) {
  constexpr int kMany = 100'000;
  Registry registry;
  for (int i = 0; i < kMany; ++i)
    registry.keys.push_back(
        {std::string(kWay) + "EX" + std::to_string(i) + "\\Private-a", false, 0, {dword_value("x", 1)}});
  RegistryKey many{std::string(kWay) + "EX0\\Private-a", false, 0, {}};
  for (int i = 0; i < kMany; ++i) {
    many.values.push_back(dword_value("value " + std::to_string(i), 1));
    many.values.push_back(many.values.back());
    many.values.back().deletes = true;
  }
  registry.keys.push_back(std::move(many));
  for (int i = 0; i < kMany; ++i)
    registry.keys.push_back({std::string(kWay) + "EX0\\Private-a\\Sub" + std::to_string(i), true, 0, {}});
  const auto stores = stores_as_state(registry);
  ASSERT_TRUE(stores);
  EXPECT_EQ(stores->size(), std::size_t{kMany});
  EXPECT_EQ(stores->front().values.size(), 1u);
}

TEST(RegistryWireTest, WhatGoesOutComesBackTheSame) {
  const Registry sent =
      registry(in("EX1\\Private-aa", "\"a\"=dword:1\n\"ü\"=\"text\"\n\"c\"=-") + "[-HKEY_USERS\\k]\n");
  const auto back = registry_from_wire(as_bytes(registry_to_wire(sent)));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, sent);
}

TEST(RegistryWireTest, RefusalComesBackAsItsReason) {
  const auto back = registry_from_wire(as_bytes(refusal_to_wire("no hive\x1B[31m")));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ErrorCode::not_a_message);
  EXPECT_EQ(back.error().message, "no hive\\x1B[31m");
}

TEST(RegistryWireTest, EveryAnswerThatIsCutShortIsRefused) {
  const std::string wire = registry_to_wire(registry(in("EX1\\Private-aa", "\"a\"=dword:1\n\"b\"=\"text\"")));
  for (std::size_t size = 0; size < wire.size(); ++size) {
    const auto back = registry_from_wire(as_bytes(std::string_view(wire).substr(0, size)));
    ASSERT_FALSE(back) << size;
    EXPECT_EQ(back.error().code, ErrorCode::internal);
  }
  EXPECT_FALSE(registry_from_wire(as_bytes(wire + "x")));
}

TEST(RegistryWireTest, RegistryThatIsTooLargeDoesNotFit) {
  Registry large;
  large.keys.assign(kMostRegistryKeys, {"HKEY_USERS\\a", false, 0, {}});
  EXPECT_TRUE(fits_the_wire(large));
  EXPECT_TRUE(registry_from_wire(as_bytes(registry_to_wire(large))));
  large.keys.push_back(large.keys.front());
  EXPECT_FALSE(fits_the_wire(large));
  EXPECT_FALSE(registry_from_wire(as_bytes(registry_to_wire(large))));
}

TEST(RegistryWireTest, CountsBeyondAllBoundsAreRefused) {
  EXPECT_FALSE(registry_from_wire(as_bytes(std::string_view("MGRG\1\xFF\xFF\xFF\xFF", 9))));
  EXPECT_FALSE(registry_from_wire(as_bytes(std::string_view("MGRG\2\xFF\xFF\xFF\x7F", 9))));
  EXPECT_FALSE(registry_from_wire(as_bytes(std::string_view("MGRG\3\0\0\0\0", 9))));
}

}  // namespace
}  // namespace mapiguard
