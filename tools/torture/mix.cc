#include "tools/torture/mix.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/json_text.h"
#include "base/text.h"

namespace mapiguard::torture {
namespace {

constexpr double kMostOfMessages = 90;  // percent: some must be left whose fate is watched

std::string in_digits(double percent) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", percent);
  return text;
}

std::unexpected<Error> bad(std::string_view part, const std::string& why) {
  std::string known;
  for (const FaultKind& kind : kFaultKinds)
    if (kind.fault != Fault::none) known += (known.empty() ? "" : ", ") + std::string(kind.name);
  return fail(ErrorCode::usage, "option '--mix': '" + displayable(part) + "' " + why,
              "write crash=5,hang=1 for instance; there are " + known);
}

}  // namespace

Mix Mix::quick() {
  Mix mix;
  for (std::size_t i = 0; i < kFaults; ++i) mix.percent_[i] = kFaultKinds[i].quick;
  return mix;
}

Mix Mix::soak() {
  Mix mix;
  for (std::size_t i = 0; i < kFaults; ++i) mix.percent_[i] = kFaultKinds[i].soak;
  return mix;
}

Result<Mix> Mix::parse(std::string_view text) {
  Mix mix;
  std::array<bool, kFaults> given{};
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return bad(part, "is not NAME=PERCENT");
    const auto kind = std::ranges::find(kFaultKinds, trim(part.substr(0, equals)), &FaultKind::name);
    if (kind == kFaultKinds.end() || kind->fault == Fault::none) return bad(part, "names no fault");
    const std::string_view digits = trim(part.substr(equals + 1));
    double percent = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
    if (error != std::errc() || end != digits.data() + digits.size() || !(percent >= 0 && percent <= 100))
      return bad(part, "is no percentage from 0 to 100");
    const auto index = static_cast<std::size_t>(kind->fault);
    if (given[index]) return bad(part, "is given twice");
    given[index] = true;
    mix.percent_[index] = percent;
  }
  double sum = 0;
  for (const FaultKind& kind : kFaultKinds) sum += is_of_message(kind.fault) ? mix.percent(kind.fault) : 0;
  if (sum > kMostOfMessages) return bad(in_digits(sum), "percent of the messages would misbehave; 90 at most");
  return mix;
}

std::size_t Mix::count(Fault fault, std::size_t messages) const {
  const double share = percent(fault) / 100 * static_cast<double>(messages);
  return percent(fault) > 0 ? std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(share))) : 0;
}

std::string Mix::text() const {
  std::string out;
  for (const FaultKind& kind : kFaultKinds)
    if (percent(kind.fault) > 0)
      out += (out.empty() ? "" : ",") + std::string(kind.name) + "=" + in_digits(percent(kind.fault));
  return out;
}

std::string Mix::json() const {
  JsonObject object;
  for (const FaultKind& kind : kFaultKinds)
    if (kind.fault != Fault::none) object.raw(kind.name, in_digits(percent(kind.fault)));
  return object.str();
}

}  // namespace mapiguard::torture
