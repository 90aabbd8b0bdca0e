// Options of a conversion, with every limit that the converter draws on.
//
// Thread promise: plain values.
#pragma once

#include <cstdint>
#include <string>

namespace mapiguard {

enum class OutputFormat : std::uint8_t {
  eml,   // an Internet message, CRLF line ends (RFC 5322, 2045)
  json,  // the decoded message: properties, bodies, attachments' names, sizes, SHA-256
};

// Bounds on what one message may cost. Reaching one is a Defect, never a crash and never an endless loop.
struct Limits {
  std::uint32_t max_depth = 32;                    // messages inside messages
  std::uint32_t max_recipients = 200'000;          // of one message
  std::uint32_t max_attachments = 50'000;          // of one message
  std::uint32_t max_defects = 1'000;               // kept in a report; the rest is counted
  std::uint64_t max_rtf_bytes = 256ull << 20;      // decompressed RTF of one message
  std::uint64_t max_header_bytes = 50ull << 20;    // of one message
  std::uint64_t max_steps_per_input_byte = 2'000;  // Budget: elementary steps allowed for each input byte …
  std::uint64_t min_steps = 200'000'000;           // … and at least so many
};

struct ConvertOptions {
  OutputFormat format = OutputFormat::eml;
  bool keep_tnef = false;  // leave winmail.dat in a mail beside what was read from it
  // Domain of the addresses made for X.500 recipients that have no SMTP address (MS-OXCMAIL 2.1.3.1.4, IMCEAEX).
  std::string imcea_domain = "invalid";
  Limits limits;
};

}  // namespace mapiguard
