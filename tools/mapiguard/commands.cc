#include "tools/mapiguard/commands.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/text.h"
#include "tools/mapiguard/nearest.h"

namespace mapiguard {
namespace {

constexpr std::array kCommands = {
    Command{&kConvertSpec, run_convert},   Command{&kPoisonSpec, run_poison}, Command{&kEventsSpec, run_events},
    Command{&kSettingsSpec, run_settings}, Command{&kNdrSpec, run_ndr},       Command{&kDoctorSpec, run_doctor},
    Command{&kFuzzSpec, run_fuzz},
    Command{&kMinimizeSpec, run_minimize},
    Command{&kAnalyzeSpec, run_analyze},
    Command{&kTortureSpec, run_torture},
    Command{&kTortureConverterSpec, run_torture_converter, true},
    Command{&kTortureDiskSpec, run_torture_disk, true},
    Command{&kDeliveredSpec, run_delivered},
    Command{&kVersionSpec, run_version},
};

constexpr int kUsageExit = exit_code_of(ErrorCode::usage);

std::string general_help() {
  std::string out =
      "Usage: mapiguard VERB [options] ...\n\n"
      "Turns Outlook and Exchange messages (.msg, winmail.dat) into Internet mail, in guarded processes.\n\n"
      "Verbs:\n";
  for (const Command& command : kCommands) {
    if (command.is_hidden) continue;
    std::string row = std::string("  ") + command.spec->name;
    row.resize(14, ' ');
    out += row + command.spec->summary + "\n";
  }
  return out +
         "\n'mapiguard VERB --help' shows the options and examples of a verb.\n\n"
         "Examples:\n"
         "  mapiguard convert letter.msg -o letter.eml\n"
         "  mapiguard convert -o mail/ archive/\n"
         "  mapiguard poison list\n";
}

int complain(Printer& printer, const Error& error) {
  printer.complain(error);
  return exit_code_of(error.code);
}

int no_such_verb(const std::string& word, Printer& printer) {
  std::vector<std::string> known;
  for (const Command& command : kCommands)
    if (!command.is_hidden) known.emplace_back(command.spec->name);
  const std::string near = nearest_word(word, known);
  const std::string kind = word.starts_with('-') ? "option" : "verb";
  return complain(
      printer,
      {ErrorCode::usage, "unknown " + kind + " '" + word + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"),
       "see 'mapiguard --help'"});
}

// What was printed must have arrived; a failure to write outranks whatever the command found.
int flushed(int exit_code, Printer& printer) {
  const auto written = printer.flush();
  return written ? exit_code : complain(printer, written.error());
}

int run_verb(const Command& command, std::span<const std::string> words, Printer& printer) {
  const auto arguments = parse_arguments(*command.spec, words);
  if (!arguments) return complain(printer, arguments.error());
  if (arguments->wants_help()) {
    printer.print_text(help_text(*command.spec));
    return flushed(0, printer);
  }
  const Result<int> done = command.run(*arguments, printer);
  return flushed(done ? *done : complain(printer, done.error()), printer);
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

Result<std::unique_ptr<Ledger>> open_ledger(const Arguments& arguments) {
  const auto directory = open_state_dir(arguments.state());
  if (!directory) return std::unexpected(directory.error());
  return Ledger::open(*directory);
}

int run_command_line(std::span<const std::string> words, Printer& printer) {
  if (words.empty()) {
    static_cast<void>(write_all(2, general_help(), "standard error"));
    return kUsageExit;
  }
  const auto find_verb = [](const std::string& name) {
    return std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return name == c.spec->name; });
  };
  std::string verb = words[0];
  if (verb == "--version") verb = kVersionSpec.name;
  const bool asks_help = verb == "help" || verb == "--help" || verb == "-h";
  if (asks_help && words.size() == 1) {
    printer.print_text(general_help());
    return flushed(0, printer);
  }
  if (asks_help) verb = words[1];
  const auto command = find_verb(verb);
  if (command == kCommands.end()) return no_such_verb(verb, printer);
  const std::vector<std::string> help = {"--help"};
  return run_verb(*command, asks_help ? std::span<const std::string>(help) : words.subspan(1), printer);
}

}  // namespace mapiguard
