// Options: what a verb accepts, as data, and the arguments of one call.
//
// A verb states its options, actions and examples in a VerbSpec; parsing, --help and the suggestions for a misspelt
// word all come from that one table.
//
// Thread promise: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mapiguard/result.h>

namespace mapiguard {

struct OptionSpec {
  const char* name;    // "--output"
  const char* letter;  // "-o", "" = none
  const char* value;   // how --help calls its value: "PATH"; "" = a flag
  const char* help;    // one sentence
  bool repeats = false;
  const char* action = "";  // the only action that it belongs to; "" = all
};

// What a verb does, where it does several things: `poison release ID`.
struct ActionSpec {
  const char* name;
  const char* arguments;  // as --help shows them: "ID", "[ID]", ""
  std::size_t fewest = 0, most = 0;
  const char* help = "";
};

struct VerbSpec {
  const char* name;
  const char* summary;               // one line, for the list of verbs
  const char* arguments;             // as the usage line shows them: "INPUT..."
  std::size_t fewest = 0, most = 0;  // arguments, of a verb without actions
  std::span<const ActionSpec> actions;
  std::span<const OptionSpec> options;  // its own; --state, --json and --help are added where they apply
  bool has_json = false;
  const char* notes = "";     // printed below the options
  const char* examples = "";  // whole lines
};

class Arguments {
 public:
  bool has(std::string_view option) const;
  std::optional<std::string> value(std::string_view option) const;  // of an option that is given once
  std::vector<std::string> values(std::string_view option) const;
  // A whole number from `least` to `most`; nullopt when the option is absent. Errors: usage.
  Result<std::optional<std::uint64_t>> number(std::string_view option, std::uint64_t least, std::uint64_t most) const;

  bool wants_help() const { return has("--help"); }
  bool wants_json() const { return has("--json"); }
  std::string state() const { return value("--state").value_or(""); }
  const std::string& action() const { return action_; }  // "" for a verb without actions
  const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  friend Result<Arguments> parse_arguments(const VerbSpec& verb, std::span<const std::string> words);
  std::map<std::string, std::vector<std::string>, std::less<>> given_;
  std::string action_;
  std::vector<std::string> positionals_;
};

// `words` are those behind the verb. With --help among them nothing else is checked. Errors: usage.
Result<Arguments> parse_arguments(const VerbSpec& verb, std::span<const std::string> words);
std::vector<OptionSpec> options_of(const VerbSpec& verb);
std::string help_text(const VerbSpec& verb);

// An error of usage, with the way to the help of the verb as its hint.
std::unexpected<Error> usage_error(const VerbSpec& verb, std::string message);

}  // namespace mapiguard
