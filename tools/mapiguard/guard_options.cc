#include "tools/mapiguard/guard_options.h"

#include <charconv>

#include "tools/mapiguard/shell_words.h"

namespace mapiguard {
namespace {

constexpr std::uint64_t kMostSeconds = 7 * 86'400;
constexpr std::uint64_t kMostMib = 1u << 22;   // 4 TiB
constexpr std::uint64_t kLeastMemoryMib = 16;  // below it not even an empty worker starts

Result<std::vector<int>> exit_codes_of(const VerbSpec& verb, std::string_view list) {
  std::vector<int> codes;
  for (std::size_t start = 0; start <= list.size();) {
    const std::size_t end = std::min(list.find(',', start), list.size());
    int code = 0;
    const auto [stop, error] = std::from_chars(list.data() + start, list.data() + end, code);
    if (error != std::errc() || stop != list.data() + end || code < 1 || code > 255)
      return usage_error(verb, "option '--reject-exit' takes exit codes from 1 to 255 with commas between them, not '" +
                                   std::string(list) + "'");
    codes.push_back(code);
    start = end + 1;
  }
  return codes;
}

Result<std::optional<ExternalConverter>> converter_of(const VerbSpec& verb, const Arguments& arguments) {
  const auto line = arguments.value(kConverterOption.name);
  const auto list = arguments.value(kRejectExitOption.name);
  if (!line) {
    if (list) return usage_error(verb, "option '--reject-exit' needs '--converter'");
    return std::optional<ExternalConverter>();
  }
  auto words = shell_words(*line);
  if (!words) return std::unexpected(words.error());
  if (words->empty() || words->front().empty()) return usage_error(verb, "option '--converter' needs a command");
  ExternalConverter converter;
  converter.argv = std::move(*words);
  if (list) {
    auto codes = exit_codes_of(verb, *list);
    if (!codes) return std::unexpected(codes.error());
    converter.reject_exits = std::move(*codes);
  }
  return std::optional(std::move(converter));
}

}  // namespace

Result<GuardOptions> guard_options_of(const VerbSpec& verb, const Arguments& arguments) {
  GuardOptions options;
  const auto seconds = arguments.number(kTimeoutOption.name, 1, kMostSeconds);
  const auto memory = arguments.number(kMemoryOption.name, kLeastMemoryMib, kMostMib);
  const auto output = arguments.number(kOutputLimitOption.name, 1, kMostMib);
  for (const auto* number : {&seconds, &memory, &output})
    if (!*number) return std::unexpected(number->error());
  if (*seconds) options.timeout_seconds = static_cast<std::uint32_t>(**seconds);
  if (*memory) options.memory_bytes = **memory << 20;
  if (*output) options.output_bytes = **output << 20;
  auto converter = converter_of(verb, arguments);
  if (!converter) return std::unexpected(converter.error());
  options.converter = std::move(*converter);
  return options;
}

}  // namespace mapiguard
