// Which header field comes from which property, in the order in which a mail without transport headers has them.
//
// A new field is one row. Sources: MS-OXCMAIL 2.1.3.2 (MIME generation), RFC 5322 3.6, RFC 2156.
// Thread promise: constants.
#pragma once

#include <span>
#include <string>

#include "converter/mime/headers.h"

namespace mapiguard {

struct HeaderRow {
  const char* field;
  // The value on the wire; "" = the message does not say.
  std::string (*render)(const HeaderSource& source, const HeaderRow& row);
  PropertyId id = 0;                 // for the renderers that serve several rows
  const char* covered_by = nullptr;  // a field of the transport headers that says the same
};

std::span<const HeaderRow> header_table();

}  // namespace mapiguard
