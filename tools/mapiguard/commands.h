// Commands: the verbs of `mapiguard`, one table row each. A new verb is one file cmd_<verb>.cc and one row.
//
// Thread promise: constant data.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "guardian/ledger.h"
#include "tools/mapiguard/options.h"
#include "tools/mapiguard/printer.h"

namespace mapiguard {

// Does the work and returns the exit code, or the Error that gives it. What it prints stands in the printer.
using CommandFunction = Result<int> (*)(const Arguments& arguments, Printer& printer);

struct Command {
  const VerbSpec* spec;
  CommandFunction run;
  bool is_hidden = false;  // of use to other verbs alone
};

std::span<const Command> commands();
// `words`: the command line behind the program's name. Returns the exit code.
int run_command_line(std::span<const std::string> words, Printer& printer);

// The ledger of the state directory that the arguments name.
Result<std::unique_ptr<Ledger>> open_ledger(const Arguments& arguments);

extern const VerbSpec kFuzzSpec, kMinimizeSpec;
extern const VerbSpec kConvertSpec, kPoisonSpec, kEventsSpec, kSettingsSpec, kNdrSpec, kDoctorSpec, kAnalyzeSpec, kVersionSpec;
extern const VerbSpec kDeliveredSpec;
Result<int> run_fuzz(const Arguments& arguments, Printer& printer);
Result<int> run_minimize(const Arguments& arguments, Printer& printer);
extern const VerbSpec kTortureSpec, kTortureConverterSpec, kTortureDiskSpec;
Result<int> run_convert(const Arguments& arguments, Printer& printer);
Result<int> run_poison(const Arguments& arguments, Printer& printer);
Result<int> run_events(const Arguments& arguments, Printer& printer);
Result<int> run_settings(const Arguments& arguments, Printer& printer);
Result<int> run_ndr(const Arguments& arguments, Printer& printer);
Result<int> run_analyze(const Arguments& arguments, Printer& printer);
Result<int> run_doctor(const Arguments& arguments, Printer& printer);
Result<int> run_torture(const Arguments& arguments, Printer& printer);
Result<int> run_torture_converter(const Arguments& arguments, Printer& printer);
Result<int> run_torture_disk(const Arguments& arguments, Printer& printer);
Result<int> run_delivered(const Arguments& arguments, Printer& printer);
Result<int> run_version(const Arguments& arguments, Printer& printer);

}  // namespace mapiguard
