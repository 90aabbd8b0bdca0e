#include "tools/mapiguard/poison_print.h"

#include "base/text.h"
#include "tools/mapiguard/printer.h"
#include "tools/mapiguard/symbols.h"

namespace mapiguard {
namespace {

constexpr std::size_t kDigestShown = 16;  // hexadecimal digits in a table: enough to be unique, and what messages quote

std::string state_of(const PoisonRow& row) { return row.blocked ? "blocked" : row.held ? "held" : "suspect"; }

std::string signal_text(const std::optional<int>& signal) {
  return signal ? " (signal " + std::to_string(*signal) + ")" : "";
}

std::vector<std::string> shown(const std::vector<std::string>& untrusted) {
  std::vector<std::string> out;
  for (const std::string& text : untrusted) out.push_back(displayable(text));
  return out;
}

std::string rows_json(const std::vector<PoisonRow>& rows) {
  std::vector<std::string> elements;
  for (const PoisonRow& row : rows) elements.push_back(poison_row_json(row, false));
  return json_list(elements);
}

std::string rows_text(const std::vector<PoisonRow>& rows) {
  TextTable table({"SHA-256", "STATE", "CRASHES", "LAST CRASH", "CLASS", "MESSAGE"});
  for (const PoisonRow& row : rows)
    table.add({hex(row.sha256).substr(0, kDigestShown), state_of(row), std::to_string(row.crashes), row.last_crash,
               row.death_class + signal_text(row.signal), row.message_id});
  return table.text();
}

void append_field(std::string& out, std::string name, const std::string& value) {
  if (value.empty()) return;
  name += ':';
  name.resize(16, ' ');
  out += name + displayable(value) + "\n";
}

std::string frames_json(const std::string& crash_report) {
  std::vector<std::string> elements;
  for (const StackFrame& frame : stack_of(crash_report))
    elements.push_back(JsonObject()
                           .text("module", frame.module)
                           .text("offset", frame.offset)
                           .text_or_null("function", frame.function)
                           .text_or_null("source", frame.source)
                           .str());
  return json_list(elements);
}

// As debuggers print it.
std::string frames_text(const std::string& crash_report) {
  std::string out;
  unsigned number = 0;
  for (const StackFrame& frame : stack_of(crash_report)) {
    std::string place = "  #" + std::to_string(number++);
    place.resize(6, ' ');
    const std::string module = frame.module.substr(frame.module.rfind('/') + 1);
    out += place + (frame.function.empty() ? module + "+" + frame.offset : frame.function + "  (" + module + ")");
    out += (frame.source.empty() ? "" : "\n        " + frame.source) + "\n";
  }
  return out;
}

}  // namespace

std::string verdict_json(const std::optional<Verdict>& verdict) {
  if (!verdict) return "null";
  return JsonObject()
      .text("class", name_of(verdict->death))
      .flag("charged", verdict->charged)
      .number("signal", verdict->signal)
      .text("detail", displayable(verdict->detail))
      .str();
}

std::string poison_row_json(const PoisonRow& row, bool whole) {
  JsonObject object;
  object.text("message_id", displayable(row.message_id))
      .text("sha256", hex(row.sha256))
      .number("crashes", row.crashes)
      .flag("blocked", row.blocked)
      .text_or_null("first_crash", row.first_crash)
      .text_or_null("last_crash", row.last_crash)
      .text_or_null("class", row.death_class)
      .number("signal", row.signal)
      .text_or_null("stack", row.stack)
      .text("build", displayable(row.build));
  if (!whole) return object.str();
  return object.flag("held", row.held)
      .text_or_null("detail", displayable(row.detail))
      .text_or_null("sender", displayable(row.sender))
      .array("recipients", shown(row.recipients))
      .number("size", row.size)
      .flag("quarantined", row.has_copy)
      .raw("crash_report", row.crash_report.empty() ? "null" : row.crash_report)
      .raw("frames", frames_json(row.crash_report))
      .str();
}

std::string poison_row_text(const PoisonRow& row) {
  std::string out;
  append_field(out, "Message", row.message_id);
  append_field(out, "SHA-256", hex(row.sha256));
  append_field(out, "State", state_of(row));
  append_field(out, "Crashes", std::to_string(row.crashes));
  append_field(out, "First crash", row.first_crash);
  append_field(out, "Last crash", row.last_crash);
  append_field(out, "Class", row.death_class + signal_text(row.signal));
  append_field(out, "Detail", row.detail);
  append_field(out, "Stack", row.stack);
  append_field(out, "Build", row.build);
  append_field(out, "Sender", row.sender);
  for (const std::string& recipient : row.recipients) append_field(out, "Recipient", recipient);
  append_field(out, "Quarantined", row.has_copy ? "yes, " + std::to_string(row.size) + " bytes" : "no");
  out += frames_text(row.crash_report);
  append_field(out, "Crash report", row.crash_report);
  return out;
}

std::string poison_view_json(const PoisonView& view) {
  std::vector<std::string> in_flight;
  for (const PoisonView::InFlight& row : view.in_flight)
    in_flight.push_back(JsonObject()
                            .text("message_id", displayable(row.message_id))
                            .text("sha256", hex(row.sha256))
                            .text("since", row.since)
                            .str());
  return JsonObject()
      .number("threshold", view.threshold)
      .raw("poison_ids", rows_json(view.poison_ids))
      .number("suspects", view.suspects)
      .number("quarantined", view.quarantined)
      .raw("held", rows_json(view.held))
      .raw("in_flight", json_list(in_flight))
      .str();
}

std::string poison_view_text(const PoisonView& view) {
  std::string out = "PoisonThreshold " + std::to_string(view.threshold) + ": " + std::to_string(view.suspects) +
                    " suspect, " + std::to_string(view.quarantined) + " in quarantine, " +
                    std::to_string(view.held.size()) + " held, " + std::to_string(view.in_flight.size()) +
                    " under way\n";
  if (!view.poison_ids.empty()) out += "\nPoisonIDs\n" + rows_text(view.poison_ids);
  if (!view.held.empty()) out += "\nHeld\n" + rows_text(view.held);
  if (view.in_flight.empty()) return out;
  TextTable table({"SHA-256", "SINCE", "MESSAGE"});
  for (const PoisonView::InFlight& row : view.in_flight)
    table.add({hex(row.sha256).substr(0, kDigestShown), row.since, row.message_id});
  return out + "\nUnder way\n" + table.text();
}

}  // namespace mapiguard
