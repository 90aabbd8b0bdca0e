#include "guardian/canaries.h"

#include <array>

// The bytes of a sample, between two symbols of this file. Compilers of C++23 have no #embed yet.
#define MAPIGUARD_CANARY(symbol, file)                                                       \
  __asm__(".pushsection .rodata\n" #symbol "_begin:\n.incbin \"" MAPIGUARD_SAMPLES "/" file \
          "\"\n" #symbol "_end:\n.byte 0\n.popsection\n");                                   \
  extern "C" {                                                                               \
  [[gnu::visibility("hidden")]] extern const std::byte symbol##_begin[];                     \
  [[gnu::visibility("hidden")]] extern const std::byte symbol##_end[];                       \
  }

MAPIGUARD_CANARY(mapiguard_canary_rtf, "rtf-pure.msg")
MAPIGUARD_CANARY(mapiguard_canary_html_in_rtf, "html-in-rtf.msg")
MAPIGUARD_CANARY(mapiguard_canary_meeting, "meeting-series.msg")
MAPIGUARD_CANARY(mapiguard_canary_tnef, "tnef-attachments.dat")
MAPIGUARD_CANARY(mapiguard_canary_carrier, "mail-winmail.eml")
MAPIGUARD_CANARY(mapiguard_canary_contact, "contact.msg")

namespace mapiguard {
namespace {

#define MAPIGUARD_CANARY_ROW(name, symbol) Canary{name, Bytes(symbol##_begin, symbol##_end)}

const std::array kCanaries = {
    MAPIGUARD_CANARY_ROW("rtf", mapiguard_canary_rtf),
    MAPIGUARD_CANARY_ROW("html in rtf", mapiguard_canary_html_in_rtf),
    MAPIGUARD_CANARY_ROW("meeting", mapiguard_canary_meeting),
    MAPIGUARD_CANARY_ROW("tnef", mapiguard_canary_tnef),
    MAPIGUARD_CANARY_ROW("winmail.dat in a mail", mapiguard_canary_carrier),
    MAPIGUARD_CANARY_ROW("contact", mapiguard_canary_contact),
};

}  // namespace

std::span<const Canary> canaries() { return kCanaries; }

}  // namespace mapiguard
