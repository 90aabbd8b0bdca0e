#include "tools/mapiguard/options.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <CLI/CLI.hpp>  // the only file that includes it: it costs eight seconds of compilation

#include "base/text.h"
#include "tools/mapiguard/nearest.h"

namespace mapiguard {
namespace {

constexpr OptionSpec kState{"--state", "", "DIR",
                            "the state directory (default: $MAPIGUARD_STATE, else the user's own)"};
constexpr OptionSpec kJson{"--json", "", "", "print JSON, for programs to read"};
constexpr OptionSpec kHelp{"--help", "-h", "", "show this help"};
constexpr std::size_t kHelpColumn = 30, kHelpWidth = 100;

bool takes_value(const OptionSpec& option) { return *option.value != '\0'; }

std::string in_quotes(std::string_view word) { return "'" + displayable(word) + "'"; }

std::string suggestion(std::string_view given, const std::vector<std::string>& known) {
  const std::string near = nearest_word(given, known);
  return near.empty() ? std::string() : "; did you mean '" + near + "'?";
}

// The words of a call, made plain for CLI11, which would take the next word as the value of "--sender=" and which
// reads "[x]" among positionals as a list: `options` holds what stands before "--" with each "--name=value" split in
// two, `rest` what stands behind it.
struct SplitWords {
  std::vector<std::string> options;
  std::vector<std::string> rest;
};

Result<SplitWords> split_words(const VerbSpec& verb, std::span<const OptionSpec> known,
                               std::span<const std::string> words) {
  SplitWords split;
  const auto option_named = [&](std::string_view name) {
    return std::find_if(known.begin(), known.end(),
                        [&](const OptionSpec& o) { return name == o.name || (*o.letter && name == o.letter); });
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      split.rest.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    const auto option = option_named(word.substr(0, equals));
    if (equals != std::string::npos && option != known.end()) {
      if (!takes_value(*option)) return usage_error(verb, std::string("option '") + option->name + "' takes no value");
      split.options.push_back(word.substr(0, equals));
      split.options.push_back(word.substr(equals + 1));
      continue;
    }
    split.options.push_back(word);
    // A value that happens to be "--" belongs to its option.
    if (option != known.end() && takes_value(*option) && i + 1 < words.size()) split.options.push_back(words[++i]);
  }
  return split;
}

std::vector<std::string> names_of(std::span<const OptionSpec> options) {
  std::vector<std::string> names;
  for (const OptionSpec& option : options) names.emplace_back(option.name);
  return names;
}

std::vector<std::string> names_of(std::span<const ActionSpec> actions) {
  std::vector<std::string> names;
  for (const ActionSpec& action : actions) names.emplace_back(action.name);
  return names;
}

using Given = std::map<std::string, std::vector<std::string>, std::less<>>;

void declare(CLI::App& app, const OptionSpec& spec, Given& given) {
  const std::string names = *spec.letter ? std::string(spec.letter) + "," + spec.name : spec.name;
  if (!takes_value(spec)) {
    app.add_flag_function(names, [&given, name = spec.name](std::int64_t) { given[name] = {}; });
    return;
  }
  app.add_option(names,
                 [&given, name = spec.name](const CLI::results_t& values) {
                   given[name] = values;
                   return true;
                 })
      ->type_size(1)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Result<std::vector<std::string>> run_parser(const VerbSpec& verb, std::span<const OptionSpec> options,
                                            std::vector<std::string> words, Given& given) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  for (const OptionSpec& spec : options) declare(app, spec, given);
  std::reverse(words.begin(), words.end());  // App::parse takes them from the back
  try {
    app.parse(words);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    return usage_error(verb, "option '" + what.substr(0, what.find(':')) + "' needs a value");
  } catch (const CLI::ParseError& error) {
    return usage_error(verb, displayable(error.what()));
  }
  return app.remaining();
}

Result<void> check_repeats(const VerbSpec& verb, std::span<const OptionSpec> options, const Given& given) {
  for (const OptionSpec& spec : options) {
    const auto found = given.find(spec.name);
    if (!spec.repeats && found != given.end() && found->second.size() > 1)
      return usage_error(
          verb, "option '" + std::string(spec.name) + "' is given " + std::to_string(found->second.size()) + " times");
  }
  return {};
}

// An option of another action would be obeyed in silence by nobody.
Result<void> check_action(const VerbSpec& verb, const std::string& action, const Given& given) {
  for (const OptionSpec& spec : verb.options)
    if (*spec.action && action != spec.action && given.find(spec.name) != given.end())
      return usage_error(verb,
                         "option '" + std::string(spec.name) + "' belongs to '" + verb.name + " " + spec.action + "'");
  return {};
}

// Words that look like options but are none of ours.
Result<void> check_unknown(const VerbSpec& verb, std::span<const OptionSpec> options,
                           const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.size() < 2 || word[0] != '-') continue;
    const std::string name = word.substr(0, word.find('='));
    return usage_error(verb, "unknown option " + in_quotes(name) + suggestion(name, names_of(options)));
  }
  return {};
}

// What may follow: the action that the first word names, or the verb itself. Takes that word away.
Result<ActionSpec> take_action(const VerbSpec& verb, const Given& given, std::vector<std::string>& words) {
  if (verb.actions.empty()) return ActionSpec{verb.name, verb.arguments, verb.fewest, verb.most};
  const std::string subject = std::string("'") + verb.name + "'";
  if (words.empty()) return usage_error(verb, subject + " needs to be told what to do");
  const auto action =
      std::find_if(verb.actions.begin(), verb.actions.end(), [&](const ActionSpec& a) { return words[0] == a.name; });
  if (action == verb.actions.end())
    return usage_error(
        verb, subject + " does not know " + in_quotes(words[0]) + suggestion(words[0], names_of(verb.actions)));
  words.erase(words.begin());
  if (auto fits = check_action(verb, action->name, given); !fits) return std::unexpected(fits.error());
  return *action;
}

std::string count_sentence(const VerbSpec& verb, const ActionSpec& expected, std::size_t given) {
  const std::string name = verb.actions.empty() ? verb.name : std::string(verb.name) + " " + expected.name;
  const std::string shown = expected.arguments;
  if (given < expected.fewest) return "'" + name + "' needs " + shown;
  return "'" + name + "' takes " + (expected.most == 0 ? "no arguments" : shown + " alone");
}

void wrap(std::string& out, std::string_view text, std::size_t column) {
  std::size_t at = column;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (at > column && at + 1 + end > kHelpWidth) {
      out += "\n" + std::string(column, ' ');
      at = column;
    } else if (at > column) {
      out += ' ';
      ++at;
    }
    out += text.substr(0, end);
    at += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

void append_row(std::string& out, std::string left, std::string_view help) {
  left.insert(0, "  ");
  left.resize(std::max(left.size(), kHelpColumn - 1), ' ');
  out += left + ' ';
  if (left.size() >= kHelpColumn) out += "\n" + std::string(kHelpColumn, ' ');
  wrap(out, help, kHelpColumn);
}

void append_options(std::string& out, const VerbSpec& verb) {
  out += "\nOptions:\n";
  for (const OptionSpec& option : options_of(verb)) {
    std::string left =
        *option.letter ? std::string(option.letter) + ", " + option.name : std::string("    ") + option.name;
    if (takes_value(option)) left += std::string(" ") + option.value;
    append_row(out, left, *option.action ? std::string(option.action) + ": " + option.help : option.help);
  }
}

}  // namespace

bool Arguments::has(std::string_view option) const { return given_.find(option) != given_.end(); }

std::vector<std::string> Arguments::values(std::string_view option) const {
  const auto found = given_.find(option);
  return found == given_.end() ? std::vector<std::string>() : found->second;
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto found = given_.find(option);
  if (found == given_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

Result<std::optional<std::uint64_t>> Arguments::number(std::string_view option, std::uint64_t least,
                                                       std::uint64_t most) const {
  const auto text = value(option);
  if (!text) return std::optional<std::uint64_t>();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc() && end == text->data() + text->size() && number >= least && number <= most) return number;
  return fail(ErrorCode::usage, "option '" + std::string(option) + "' takes a whole number from " +
                                    std::to_string(least) + " to " + std::to_string(most) + ", not " +
                                    in_quotes(*text));
}

std::vector<OptionSpec> options_of(const VerbSpec& verb) {
  std::vector<OptionSpec> options(verb.options.begin(), verb.options.end());
  if (verb.has_json) options.push_back(kJson);
  options.push_back(kState);
  options.push_back(kHelp);
  return options;
}

std::unexpected<Error> usage_error(const VerbSpec& verb, std::string message) {
  return fail(ErrorCode::usage, std::move(message), std::string("see 'mapiguard ") + verb.name + " --help'");
}

Result<Arguments> parse_arguments(const VerbSpec& verb, std::span<const std::string> words) {
  const std::vector<OptionSpec> options = options_of(verb);
  auto split = split_words(verb, options, words);
  if (!split) return std::unexpected(split.error());
  Arguments arguments;
  auto left = run_parser(verb, options, std::move(split->options), arguments.given_);
  if (!left) return std::unexpected(left.error());
  if (arguments.wants_help()) return arguments;
  if (auto known = check_unknown(verb, options, *left); !known) return std::unexpected(known.error());
  if (auto once = check_repeats(verb, options, arguments.given_); !once) return std::unexpected(once.error());
  left->insert(left->end(), split->rest.begin(), split->rest.end());
  arguments.positionals_ = std::move(*left);
  const auto expected = take_action(verb, arguments.given_, arguments.positionals_);
  if (!expected) return std::unexpected(expected.error());
  arguments.action_ = verb.actions.empty() ? "" : expected->name;
  const std::size_t given = arguments.positionals_.size();
  if (given < expected->fewest || given > expected->most)
    return usage_error(verb, count_sentence(verb, *expected, given));
  return arguments;
}

std::string help_text(const VerbSpec& verb) {
  std::string out;
  const std::string start = std::string("mapiguard ") + verb.name;
  if (verb.actions.empty()) {
    out += "Usage: " + start + " [options]" + (*verb.arguments ? std::string(" ") + verb.arguments : "") + "\n";
  } else {
    for (const ActionSpec& action : verb.actions)
      out += (out.empty() ? "Usage: " : "       ") + start + " " + action.name + " [options]" +
             (*action.arguments ? std::string(" ") + action.arguments : "") + "\n";
  }
  out += "\n";
  std::string summary = verb.summary;
  wrap(out, summary, 0);
  if (!verb.actions.empty()) {
    out += "\nActions:\n";
    for (const ActionSpec& action : verb.actions)
      append_row(out, std::string(action.name) + (*action.arguments ? std::string(" ") + action.arguments : ""),
                 action.help);
  }
  append_options(out, verb);
  if (*verb.notes) out += std::string("\n") + verb.notes;
  if (*verb.examples) out += std::string("\nExamples:\n") + verb.examples;
  return out;
}

}  // namespace mapiguard
