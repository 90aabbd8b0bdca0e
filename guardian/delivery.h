// Delivery: the ways an NDR leaves us: a Maildir, or a sendmail program; a mail server is guardian/smtp.h.
//
// Thread promise: any thread.
#pragma once

#include <string>
#include <string_view>

#include <mapiguard/result.h>
#include "base/env.h"

namespace mapiguard {

struct Transport {
  enum class Kind : unsigned char { maildir, sendmail, smtp };
  Kind kind = Kind::maildir;
  std::string path;  // of smtp: the URL
};

// From the value of Mapiguard\NDR Transport; a Maildir's relative path is below the state directory. Error config.
Result<Transport> transport_of(std::string_view value, const std::string& state_dir);

// What became of one try.
struct DeliveryOutcome {
  enum class Kind : unsigned char { delivered, again, never };
  Kind kind = Kind::delivered;
  std::string reason;  // why not
  // It was not about this report: another one would fare alike at the moment.
  bool unreachable = false;
};

// Maildir: the file is `new/<id>`, whole and durable, and replaces one of that name: a second try is no second message.
DeliveryOutcome deliver_to_maildir(Env& env, const std::string& maildir, const std::string& id,
                                   const std::string& text);

// PROGRAM -i -f <> -- RECIPIENT with the message on its standard input (Postfix's, Exim's, Sendmail's and OpenSMTPD's
// sendmail(8) take these). Exit 0: delivered; 65, 67, 68 (sysexits.h: data, user, host): never; anything else: again.
DeliveryOutcome deliver_by_sendmail(const std::string& program, const std::string& recipient, const std::string& text,
                                    double seconds);

}  // namespace mapiguard
