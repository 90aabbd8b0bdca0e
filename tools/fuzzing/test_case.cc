#include "tools/fuzzing/test_case.h"

#include <array>
#include <cstdio>

#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::size_t kBytesALine = 20;

// "Crashed_5d41402abc4b"
std::string test_name(std::string_view group) {
  std::string name;
  for (const char c : group) name += c == '-' || c == '_' ? '_' : c;
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

std::string bytes_source(Bytes input) {
  std::string text;
  for (std::size_t i = 0; i < input.size(); ++i) {
    std::array<char, 8> byte;
    std::snprintf(byte.data(), byte.size(), "0x%02x,", std::to_integer<unsigned>(input[i]));
    text += (i % kBytesALine == 0 ? "\n    " : " ") + std::string(byte.data());
  }
  return text;
}

// In a comment, whatever it says.
std::string comment(std::string_view text) {
  std::string safe = displayable(text);
  if (!safe.empty() && safe.back() == '\\') safe += '.';
  return safe;
}

}  // namespace

std::string test_case_source(Bytes input, std::string_view group, std::string_view detail) {
  return "// Minimized by `mapiguard minimize`: " + comment(detail) + ".\n" +
         "// Link it with the fuzz target that it killed, or replace the call by one of the code under test.\n"
         "#include <gtest/gtest.h>\n\n#include <cstddef>\n#include <cstdint>\n\n"
         "extern \"C\" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);\n\n"
         "TEST(Minimized, " + test_name(group) + "IsSurvived) {\n"
         "  static constexpr std::size_t kSize = " + std::to_string(input.size()) + ";\n"
         "  static constexpr std::uint8_t kInput[kSize + 1] = {" + bytes_source(input) + "\n  };\n"
         "  EXPECT_EQ(LLVMFuzzerTestOneInput(kInput, kSize), 0);\n}\n";
}

}  // namespace mapiguard
