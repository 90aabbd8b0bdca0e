#include "guardian/ndr_templates.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include <mapiguard/verdict.h>
#include "base/clock.h"
#include "base/text.h"

namespace mapiguard {
namespace {

constexpr std::size_t kRecipientsInText = 50;
constexpr std::size_t kMostIdBytes = 900;  // one header line is at most 998

struct ClassWords {
  DeathClass death;
  std::string_view words;
};

constexpr std::array kWords = {
    ClassWords{DeathClass::crashed, "made the converter crash"},
    ClassWords{DeathClass::aborted, "made the converter stop with an internal error"},
    ClassWords{DeathClass::stack_overflow, "is nested more deeply than the converter could follow"},
    ClassWords{DeathClass::out_of_memory, "needed more memory than one message may use"},
    ClassWords{DeathClass::cpu_limit, "needed more computing time than one message may use"},
    ClassWords{DeathClass::hung, "made the converter stop responding"},
    ClassWords{DeathClass::output_limit, "grew beyond the size that is allowed when it was converted"},
    ClassWords{DeathClass::sandbox_violation, "made the converter attempt something that is forbidden"},
    ClassWords{DeathClass::illegal_exit, "made the converter end before its time"},
    ClassWords{DeathClass::bad_reply, "made the converter give an answer that makes no sense"},
    ClassWords{DeathClass::killed_by_operator, "was being converted when the converter was ended from outside"},
    ClassWords{DeathClass::unexplained_kill, "was being converted when the converter was ended from outside"},
    ClassWords{DeathClass::supervisor_died, "was being converted when the mail system itself ended"},
};
constexpr bool words_are_in_order() {
  for (std::size_t i = 0; i < kWords.size(); ++i)
    if (kWords[i].death != static_cast<DeathClass>(i)) return false;
  return kWords.size() == kDeathClasses;
}
static_assert(words_are_in_order());

std::string_view words_for(std::string_view death_class) {
  const auto death = death_class_named(death_class);
  return death ? kWords[static_cast<std::size_t>(*death)].words : "could not be converted";
}

std::string times(unsigned count) { return count == 1 ? "once" : std::to_string(count) + " times"; }

std::string diagnosis(const OutboxRow& row) {
  return "message blocked as poison: it ended its converter " + times(row.crashes) + " (" + row.death_class + ")";
}

std::string list_of_recipients(const OutboxRow& row) {
  if (row.recipients.empty()) return "  (the recipients were not named)\n";
  std::string text;
  for (std::size_t i = 0; i < std::min(row.recipients.size(), kRecipientsInText); ++i)
    text += "  " + row.recipients[i] + "\n";
  if (row.recipients.size() > kRecipientsInText)
    text += "  and " + std::to_string(row.recipients.size() - kRecipientsInText) + " more\n";
  return text;
}

std::string explanation(const OutboxRow& row) {
  std::string text =
      "Before it could be delivered, your message had to be converted to the\nformat of Internet mail.\n";
  text += "It " + std::string(words_for(row.death_class)) + " (" + times(row.crashes) + ").\n";
  return text + "It has therefore been blocked and will not be tried again.\n";
}

std::string advice(const NdrOrigin& origin) {
  const char* const text =
      "What you can do: send the text again as a new message, without the\n"
      "attachments or in another format. If that fails too, ask the\n"
      "administrator of the mail system below, and quote the following:\n";
  return text + ("  " + origin.postmaster + "\n");
}

std::string for_administrators(const OutboxRow& row, const NdrOrigin& origin) {
  std::string text = "Diagnostic information for administrators:\n\n";
  const auto line = [&](const char* label, const std::string& value) { text += label + value + "\n"; };
  line("Generating server: ", origin.reporting_mta);
  line("Message ID:        ", row.message_id.empty() ? "(not given)" : row.message_id);
  line("SHA-256:           ", hex(row.sha256));
  line("First crash:       ", rfc3339(row.arrived));
  line("Blocked:           ", rfc3339(row.created));
  line("Class:             ", row.death_class);
  line("#", row.status + " " + diagnosis(row) + " #");
  return text;
}

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

std::string ndr_subject(const OutboxRow& row) {
  return row.status.starts_with("5.6") ? "Undeliverable: your message is damaged"
                                       : "Undeliverable: your message could not be converted";
}

std::string ndr_text(const OutboxRow& row, const NdrOrigin& origin) {
  return "Delivery has failed to these recipients:\n\n" + list_of_recipients(row) + "\n" + explanation(row) + "\n" +
         advice(origin) + "\n" + for_administrators(row, origin);
}

std::string ndr_status(const OutboxRow& row, const NdrOrigin& origin) {
  std::string text = "Reporting-MTA: dns; " + origin.reporting_mta + "\n";
  text += "Arrival-Date: " + header_date(row.arrived) + "\n";
  text += "X-Mapiguard-SHA256: " + hex(row.sha256) + "\n";
  if (const std::string id = header_message_id(row.message_id); !id.empty())
    text += "X-Mapiguard-Message-ID: " + id + "\n";
  // At least one group for a recipient is required (RFC 3464 section 2.1), also when none was named.
  std::vector<std::string> recipients = row.recipients;
  if (recipients.empty()) recipients.emplace_back();
  for (const std::string& recipient : recipients) {
    text +=
        "\nFinal-Recipient: " + (recipient.empty() ? std::string("unknown; unnamed") : typed_address(recipient)) + "\n";
    text += "Action: failed\nStatus: " + row.status + "\n";
    text += "Diagnostic-Code: X-Mapiguard; " + diagnosis(row) + "\n";
    text += "Last-Attempt-Date: " + header_date(row.created) + "\n";
  }
  return text;
}

std::string ndr_headers(const OutboxRow& row) {
  std::string text = "Return-Path: <" + row.sender + ">\n";
  if (const std::string id = header_message_id(row.message_id); !id.empty()) text += "Message-ID: " + id + "\n";
  return text;
}

std::string header_message_id(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
  const std::size_t at = text.find('@');
  const bool fits = at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
                    text.find('@', at + 1) == std::string_view::npos && text.size() <= kMostIdBytes &&
                    is_plain_ascii(text) && text.find_first_of("<>()[]\\\",;:") == std::string_view::npos;
  return fits ? "<" + std::string(text) + ">" : std::string();
}

std::string typed_address(std::string_view address) {
  if (is_plain_ascii(address) && !address.empty()) return "rfc822; " + std::string(address);
  std::string text = "utf-8; ";
  const std::string repaired = repair_utf8(address);
  for (std::size_t i = 0; i < repaired.size();) {
    const auto lead = static_cast<unsigned char>(repaired[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0xFF >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) code = code << 6 | (static_cast<unsigned char>(repaired[i + k]) & 0x3F);
    if (code > 0x20 && code < 0x7F && code != '\\' && code != '+' && code != '=') {
      text += static_cast<char>(code);
    } else {
      char escape[16];
      std::snprintf(escape, sizeof escape, "\\x{%02X}", static_cast<unsigned>(code));
      text += escape;
    }
    i += length;
  }
  return text;
}

std::string header_date(std::int64_t unix_ns) {
  using namespace std::chrono;
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds time = floor<seconds>(sys_time<nanoseconds>{nanoseconds(unix_ns)});
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  char text[48];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d +0000", kDays[weekday(day).c_encoding()],
                static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace mapiguard
