#include "tools/torture/messages.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <span>

#include <mapiguard/convert.h>
#include "base/bytes.h"
#include "guardian/canaries.h"

namespace mapiguard::torture {
namespace {

// A text of each canary that shows in its output, whose place another of the same length takes.
struct Variable {
  std::string_view canary, text;
};
constexpr std::array kVariables = {
    Variable{"rtf", "Recipe for the harvest supper"},
    Variable{"html in rtf", "Open invoices for March"},
    Variable{"meeting", "Watering rota"},
    Variable{"tnef", "The office moves on Monday"},
    Variable{"winmail.dat in a mail", "The office moves on Monday"},
    Variable{"contact", "Anna Berg"},
};

// Now and then a large one, which passes to the worker as a descriptor and keeps it busy longer.
constexpr unsigned kLargeEvery = 16;
constexpr std::size_t kLargePadding = 400u << 10;
constexpr std::size_t kMostBody = 8192;

struct Deed {
  Fault fault;
  std::string_view word;
};
constexpr std::array kDeeds = {
    Deed{Fault::crash, "null"},      Deed{Fault::crash, "abort"},   Deed{Fault::crash, "stack"},
    Deed{Fault::crash, "half"},      Deed{Fault::hang, "spin"},     Deed{Fault::hang, "sleep"},
    Deed{Fault::memory, "allocate"}, Deed{Fault::flood, "flood"},   Deed{Fault::lie, "nothing"},
    Deed{Fault::lie, "exit"},        Deed{Fault::children, "bomb"}, Deed{Fault::children, "daemon"},
};

std::string_view deed_for(Fault fault, std::uint64_t turn) {
  const auto is_of = [fault](const Deed& deed) { return deed.fault == fault; };
  const auto first = std::ranges::find_if(kDeeds, is_of);
  const auto kinds = static_cast<std::uint64_t>(std::ranges::count_if(kDeeds, is_of));
  return kinds == 0 ? "answer" : (first + static_cast<std::ptrdiff_t>(turn % kinds))->word;
}

// "m00000042…", as long as what it replaces.
std::string tag(std::uint64_t number, std::size_t length) {
  std::string digits = std::to_string(number);
  digits.insert(0, length > digits.size() + 1 ? length - digits.size() - 1 : 0, '0');
  return "m" + digits;
}

std::string as_utf16(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) out.append({c, '\0'});
  return out;
}

void replace_all(std::string& where, std::string_view from, std::string_view to) {
  for (std::size_t at = where.find(from); at != std::string::npos; at = where.find(from, at + to.size()))
    where.replace(at, from.size(), to);
}

std::string numbered(std::string_view kind, std::uint64_t number) {
  char text[64];
  std::snprintf(text, sizeof text, "%08llu-%.*s", static_cast<unsigned long long>(number),
                static_cast<int>(kind.size()), kind.data());
  return text;
}

Result<Digest> reference(const std::string& bytes, std::string_view canary) {
  std::string out;
  StringSink sink(out);
  const auto report = convert(as_bytes(bytes), {}, sink);
  if (report) return sha256(as_bytes(out));
  return fail(ErrorCode::internal,
              "this build does not convert the canary '" + std::string(canary) + "': " + report.error().message);
}

}  // namespace

std::vector<Part> deal(const Mix& mix, std::size_t count, std::uint64_t seed, std::uint64_t round) {
  std::vector<Part> parts;
  for (const FaultKind& kind : kFaultKinds)
    for (std::size_t turn = 0; is_of_message(kind.fault) && turn < mix.count(kind.fault, count); ++turn)
      parts.push_back({kind.fault, round + turn});
  parts.resize(std::max(count, parts.size()));
  std::mt19937_64 dice(seed);
  std::ranges::shuffle(parts, dice);
  parts.resize(count);
  return parts;
}

Result<Message> make_mail(std::uint64_t number, std::uint64_t seed) {
  const auto samples = canaries();
  const Canary& canary = samples[number % samples.size()];
  const auto variable = std::ranges::find(kVariables, canary.name, &Variable::canary);
  if (variable == kVariables.end())
    return fail(ErrorCode::internal, "the canary '" + std::string(canary.name) + "' has no variable text");
  Message message;
  message.number = number;
  message.name = numbered("mail", number);
  message.bytes.assign(as_chars(canary.message));
  const std::string text = tag(number, variable->text.size());
  const std::string original = message.bytes;
  replace_all(message.bytes, variable->text, text);
  replace_all(message.bytes, as_utf16(variable->text), as_utf16(text));
  if (message.bytes == original)
    return fail(ErrorCode::internal, "the canary '" + std::string(canary.name) + "' does not hold its variable text");
  if (number % kLargeEvery == kLargeEvery - 1) message.bytes.append(kLargePadding, '\0');
  message.bytes += "\nseed " + std::to_string(seed) + "\n";  // behind the end, which no reader minds
  auto expected = reference(message.bytes, canary.name);
  if (!expected) return std::unexpected(expected.error());
  message.expected = *expected;
  return message;
}

Message make_order(std::uint64_t number, std::uint64_t seed, const Part& part) {
  Message message;
  message.number = number;
  message.fault = part.fault;
  message.name = numbered(part.fault == Fault::none ? "order" : name_of(part.fault), number);
  std::mt19937_64 dice(seed + number);
  message.bytes = std::string(kMarker) + std::string(deed_for(part.fault, part.turn)) + "\r\n" +
                  "Number: " + std::to_string(number) + " of " + std::to_string(seed) + "\r\n\r\n";
  for (std::size_t left = dice() % kMostBody; left > 0; --left)
    message.bytes += static_cast<char>('a' + (left * number) % 26);
  message.expected = sha256(as_bytes(std::string(kAnswerHead) + message.bytes));
  return message;
}

}  // namespace mapiguard::torture
