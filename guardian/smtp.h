// Smtp: hands reports to a mail server (RFC 5321), from the null sender, over TLS where it can be had. libcurl speaks
// the protocol; what a reply means is decided here.
//
// Thread promise: a client belongs to one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <mapiguard/result.h>
#include "guardian/delivery.h"

namespace mapiguard {

struct SmtpServer {
  // smtp://: STARTTLS. A certificate is verified wherever TLS is spoken: `if_offered` sends in the clear to a server
  // that offers none, but not to one whose certificate is wrong.
  enum class Tls : unsigned char { if_offered, required, off };
  std::string url;               // smtp://HOST[:PORT] or smtps://HOST[:PORT]
  std::string helo;              // who we say we are
  Tls tls = Tls::if_offered;     // of smtp://
  std::string ca_file;           // PEM; "" = the system's
  std::string credentials_file;  // "" = no AUTH
};

std::optional<SmtpServer::Tls> smtp_tls_named(std::string_view word);  // if-offered, required, off

// User name and password, the two lines of a file that belongs to us (or root) and that nobody else may read or write.
// Error config, with what to do.
struct SmtpCredentials {
  std::string user, password;
};
Result<SmtpCredentials> read_credentials(const std::string& path);

// What a reply means. `is_about_mail`: it answered MAIL, RCPT, DATA or the message itself. 5yz there is final (RFC 5321
// section 4.2.1), but for those that speak of us and not of the mail: 530, 534, 535, 538 (RFC 4954 section 6).
DeliveryOutcome::Kind meaning_of_reply(int code, bool is_about_mail);

// One connection is used for message after message. Bounded: kSmtpConnectSeconds until the server is reached,
// kSmtpGreetingSeconds until it takes the first byte of the message, kSmtpSeconds in all.
inline constexpr long kSmtpConnectSeconds = 10, kSmtpGreetingSeconds = 30, kSmtpSeconds = 120;

class SmtpClient {
 public:
  explicit SmtpClient(SmtpServer server);
  SmtpClient(const SmtpClient&) = delete;
  SmtpClient& operator=(const SmtpClient&) = delete;
  ~SmtpClient();

  // `text`: lines ending in LF. A stop ends a try that has not handed over anything yet; a later one is waited for,
  // since the server may have accepted the message already.
  DeliveryOutcome send(const std::string& recipient, const std::string& text, const std::stop_token& stop);

 private:
  class Handle;
  const SmtpServer server_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace mapiguard
