// The whole converter: any bytes give a mail that is fit for the wire, or an error; never a crash, never two answers.
#include <mapiguard/convert.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

// RFC 5322 2.1.1 and 2.2: what each mail of ours promises.
void expect_fit_for_the_wire(const std::string& mail) {
  bool in_header = true;
  std::size_t start = 0;
  for (std::size_t i = 0; i < mail.size(); ++i) {
    if (mail[i] == '\0' || (in_header && static_cast<unsigned char>(mail[i]) >= 0x80)) std::abort();
    if (mail[i] != '\n') continue;
    if (i == 0 || mail[i - 1] != '\r' || i - start > 999) std::abort();
    if (i == start + 1) in_header = false;
    start = i + 1;
  }
}

std::string converted(const std::uint8_t* data, std::size_t size, mapiguard::OutputFormat format) {
  mapiguard::ConvertOptions options;
  options.format = format;
  options.limits.min_steps = 20'000'000;
  std::string out;
  mapiguard::StringSink sink(out);
  const auto report = mapiguard::convert({reinterpret_cast<const std::byte*>(data), size}, options, sink);
  // What is signed is exact to the byte, and a mail is copied as it came: their lines are not ours.
  const bool is_ours = report && report->kind != mapiguard::InputKind::mime && out.find("ultipart/signed") == out.npos;
  if (is_ours && format == mapiguard::OutputFormat::eml) expect_fit_for_the_wire(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool prepared = (mapiguard::prepare_converter(), true);
  (void)prepared;
  const std::string first = converted(data, size, mapiguard::OutputFormat::eml);
  if (size < 4096 && first != converted(data, size, mapiguard::OutputFormat::eml)) std::abort();
  converted(data, size, mapiguard::OutputFormat::json);
  return 0;
}
