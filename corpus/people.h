// Who writes to whom in the catalogue. Domains are those that RFC 2606 keeps for examples.
#pragma once

#include "corpus/mail.h"

namespace mapiguard::corpus {

inline constexpr Person kAnna{"Anna Berg", "anna.berg@example.com"};
inline constexpr Person kJames{"James O'Neill", "james.oneill@example.org"};
inline constexpr Person kPriya{"Priya Raman", "priya.raman@example.net"};
inline constexpr Person kLuis{"Luis Ortega (Accounts)", "luis.ortega@example.com"};
inline constexpr Person kMarta{"Nowak, Marta", "marta.nowak@example.org"};
inline constexpr Person kBoard{"Allotment Committee", "committee@example.org"};
// As an Exchange server knows its own users, with and without what the directory adds.
inline constexpr Person kHelen{
    "Helen Carter", "/o=Example Org/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=helen.carter",
    "EX", "helen.carter@example.com"};
inline constexpr Person kVictor{"Victor Lang", "/o=Example Org/ou=First Administrative Group/cn=Recipients/cn=vlang",
                                "EX", ""};

}  // namespace mapiguard::corpus
