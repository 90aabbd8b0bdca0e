#include "guardian/smtp.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <mutex>

#include "base/text.h"
#include "base/try.h"

namespace mapiguard {
namespace {

using Kind = DeliveryOutcome::Kind;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostCredentialBytes = 4096;
constexpr std::size_t kMostReplyBytes = 500;

// libcurl is loaded when a report goes by SMTP for the first time, and stays: with all that it brings it takes 4 ms to
// load (measured), more than a small conversion.
struct Curl {
  Curl() : library_(::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL)) {
    find(global_init, "curl_global_init");
    find(easy_init, "curl_easy_init");
    find(easy_cleanup, "curl_easy_cleanup");
    find(easy_setopt, "curl_easy_setopt");
    find(easy_perform, "curl_easy_perform");
    find(easy_strerror, "curl_easy_strerror");
    find(slist_append, "curl_slist_append");
    find(slist_free_all, "curl_slist_free_all");
    is_there = is_there && global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }

  bool is_there = true;
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;

 private:
  template <class Function>
  void find(Function& function, const char* name) {
    if (library_) function = reinterpret_cast<Function>(::dlsym(library_, name));
    is_there = is_there && function;
  }
  void* library_;
};

const Curl& curl() {
  static const Curl loaded;
  return loaded;
}

// A server that hangs up must not end the host program. libcurl leaves SIGPIPE to us (CURLOPT_NOSIGNAL).
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  ~WithoutSigpipe() {
    const timespec at_once{};
    if (!was_pending_) ::sigtimedwait(&pipe_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_, before_;
  bool was_pending_ = false;
};

std::string with_crlf(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32);
  char before = '\n';
  for (const char c : text) {
    if (c == '\n' && before != '\r') lines += '\r';
    lines += c;
    before = c;
  }
  if (before != '\n') lines += "\r\n";
  return lines;
}

int code_of(std::string_view reply) {
  int code = 0;
  const auto read = std::from_chars(reply.data(), reply.data() + std::min<std::size_t>(reply.size(), 3), code);
  return read.ec == std::errc() && code >= 200 && code < 600 ? code : 0;
}

// How far one message has come, as libcurl's trace tells.
class Dialogue {
 public:
  Dialogue(std::string_view text, const std::stop_token& stop) : rest_(text), stop_(stop) {}

  void sent(std::string_view command) {
    is_over_ |= command.starts_with("QUIT");  // what has failed has been said
    if (is_over_) return;
    reply_.clear();
    constexpr std::array<std::string_view, 3> kAboutMail = {"MAIL", "RCPT", "DATA"};
    for (const std::string_view word : kAboutMail) is_about_mail_ |= command.starts_with(word);
  }
  void heard(std::string_view line) {
    if (is_over_) return;
    if (reply_.size() < kMostReplyBytes) reply_ += (reply_.empty() ? "" : " ") + std::string(trim(line));
    code_ = code_of(line);
  }
  std::size_t read(char* into, std::size_t most) {
    has_begun_ = true;
    reply_.clear();
    code_ = 0;
    const std::size_t count = rest_.copy(into, most);
    rest_.remove_prefix(count);
    return count;
  }
  bool must_end() const {
    return !has_begun_ &&
           (stop_.stop_requested() || SteadyClock::now() - began_ > std::chrono::seconds(kSmtpGreetingSeconds));
  }
  bool was_stopped() const { return !has_begun_ && stop_.stop_requested(); }
  bool is_about_mail() const { return is_about_mail_; }
  const std::string& reply() const { return reply_; }
  int code() const { return reply_.empty() ? 0 : code_; }

 private:
  std::string_view rest_;
  const std::stop_token& stop_;
  const SteadyClock::time_point began_ = SteadyClock::now();
  std::string reply_;
  int code_ = 0;
  bool is_about_mail_ = false, has_begun_ = false, is_over_ = false;
};

// Without a dialogue when a connection that was kept is closed.
int on_trace(CURL*, curl_infotype type, char* data, std::size_t size, void* dialogue) {
  if (!dialogue) return 0;
  if (type == CURLINFO_HEADER_OUT) static_cast<Dialogue*>(dialogue)->sent({data, size});
  if (type == CURLINFO_HEADER_IN) static_cast<Dialogue*>(dialogue)->heard({data, size});
  return 0;
}
std::size_t on_read(char* into, std::size_t size, std::size_t count, void* dialogue) {
  return static_cast<Dialogue*>(dialogue)->read(into, size * count);
}
int on_progress(void* dialogue, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Dialogue*>(dialogue)->must_end() ? 1 : 0;
}

DeliveryOutcome cannot(std::string reason) { return {Kind::again, std::move(reason), true}; }

std::unexpected<Error> unusable(const std::string& path, const std::string& why, std::string hint) {
  return fail(ErrorCode::config, "the credentials file '" + displayable(path) + "' " + why, std::move(hint));
}

Result<void> check_owner(const std::string& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return unusable(path, "is not a file", "name a file of two lines: user name, password");
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return unusable(path, "belongs to user " + std::to_string(status.st_uid),
                    "it must belong to whom mapiguard runs as");
  if (status.st_mode & 077)
    return unusable(path, "may be used by others than its owner", "chmod 600 '" + displayable(path) + "'");
  return {};
}

Result<SmtpCredentials> parse_credentials(const std::string& path, std::string_view text) {
  std::array<std::string_view, 2> lines;
  for (std::string_view& line : lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const bool has_more = !trim(text).empty();
  for (const std::string_view line : lines)
    if (line.empty() || has_more || line.find('\0') != std::string_view::npos)
      return unusable(path, "has not two lines", "write the user name into the first and the password into the second");
  return SmtpCredentials{std::string(lines[0]), std::string(lines[1])};
}

}  // namespace

std::optional<SmtpServer::Tls> smtp_tls_named(std::string_view word) {
  if (word == "if-offered") return SmtpServer::Tls::if_offered;
  if (word == "required") return SmtpServer::Tls::required;
  if (word == "off") return SmtpServer::Tls::off;
  return std::nullopt;
}

Result<SmtpCredentials> read_credentials(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return unusable(path, std::string("cannot be opened: ") + std::strerror(errno),
                    "see Mapiguard\\SMTP Credentials File");
  const std::unique_ptr<const int, void (*)(const int*)> closer(&fd, [](const int* open) { ::close(*open); });
  struct stat status {};
  if (::fstat(fd, &status) != 0) return unusable(path, std::string("cannot be looked at: ") + std::strerror(errno), {});
  MAPIGUARD_TRY(check_owner(path, status));
  std::array<char, kMostCredentialBytes> bytes;
  std::size_t count = 0;
  while (count < bytes.size()) {
    const ssize_t got = ::read(fd, bytes.data() + count, bytes.size() - count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unusable(path, std::string("cannot be read: ") + std::strerror(errno), {});
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
  }
  return parse_credentials(path, {bytes.data(), count});
}

Kind meaning_of_reply(int code, bool is_about_mail) {
  const bool is_about_us = code == 530 || code == 534 || code == 535 || code == 538;
  return is_about_mail && code >= 500 && code < 600 && !is_about_us ? Kind::never : Kind::again;
}

class SmtpClient::Handle {
 public:
  Handle() : handle_(curl().is_there ? curl().easy_init() : nullptr), is_sound_(handle_) {}
  Handle(const Handle&) = delete;
  ~Handle() {
    if (!handle_) return;
    curl().easy_cleanup(handle_);
    curl().slist_free_all(list_);
  }

  bool is_usable() const { return is_sound_; }
  template <class Value>
  void set(CURLoption option, Value value) {
    is_sound_ = is_sound_ && curl().easy_setopt(handle_, option, value) == CURLE_OK;
  }
  void set_recipient(const std::string& recipient) {
    if (!is_sound_) return;
    curl().slist_free_all(list_);
    list_ = curl().slist_append(nullptr, ("<" + recipient + ">").c_str());
    is_sound_ = list_ != nullptr;
    set(CURLOPT_MAIL_RCPT, list_);
  }
  CURLcode perform(Dialogue& dialogue) {
    const WithoutSigpipe guard;
    complaint_[0] = '\0';
    set(CURLOPT_ERRORBUFFER, complaint_.data());
    for (const CURLoption data : {CURLOPT_DEBUGDATA, CURLOPT_READDATA, CURLOPT_XFERINFODATA}) set(data, &dialogue);
    const CURLcode code = is_sound_ ? curl().easy_perform(handle_) : CURLE_FAILED_INIT;
    set(CURLOPT_DEBUGDATA, static_cast<void*>(nullptr));
    return code;
  }
  std::string complaint(CURLcode code) const { return complaint_[0] ? complaint_.data() : curl().easy_strerror(code); }

 private:
  CURL* handle_;
  curl_slist* list_ = nullptr;
  bool is_sound_;
  std::array<char, CURL_ERROR_SIZE> complaint_{};
};

namespace {

template <class Handle>
void set_common(Handle& handle, const SmtpServer& server) {
  // The path names the host for EHLO; no proxy of the environment may come in between.
  handle.set(CURLOPT_URL, (server.url + "/" + server.helo).c_str());
  handle.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  handle.set(CURLOPT_PROXY, "");
  handle.set(CURLOPT_NOSIGNAL, 1L);
  handle.set(CURLOPT_CONNECTTIMEOUT, kSmtpConnectSeconds);
  handle.set(CURLOPT_TIMEOUT, kSmtpSeconds);
  handle.set(CURLOPT_MAIL_FROM, "");  // the null sender: nobody answers a report
  handle.set(CURLOPT_UPLOAD, 1L);
  handle.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  handle.set(CURLOPT_SSL_VERIFYPEER, 1L);
  handle.set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!server.ca_file.empty()) handle.set(CURLOPT_CAINFO, server.ca_file.c_str());
  handle.set(CURLOPT_VERBOSE, 1L);  // to our own function, which keeps replies and no secret
  handle.set(CURLOPT_DEBUGFUNCTION, on_trace);
  handle.set(CURLOPT_READFUNCTION, on_read);
  handle.set(CURLOPT_NOPROGRESS, 0L);
  handle.set(CURLOPT_XFERINFOFUNCTION, on_progress);
}

constexpr long curl_tls(SmtpServer::Tls tls, bool has_credentials) {
  if (has_credentials || tls == SmtpServer::Tls::required) return CURLUSESSL_ALL;
  return tls == SmtpServer::Tls::off ? CURLUSESSL_NONE : CURLUSESSL_TRY;
}

DeliveryOutcome judge(CURLcode code, const Dialogue& dialogue, const std::string& complaint) {
  if (code == CURLE_OK) return {};
  if (dialogue.was_stopped()) return {Kind::again, "stopped before anything was handed over", true};
  std::string reason = code == CURLE_ABORTED_BY_CALLBACK
                           ? "the server took nothing within " + std::to_string(kSmtpGreetingSeconds) + " s"
                           : complaint;
  if (!dialogue.reply().empty()) reason += "; the server said: " + dialogue.reply();
  return {meaning_of_reply(dialogue.code(), dialogue.is_about_mail()), displayable(reason, kMostReplyBytes),
          !dialogue.is_about_mail()};
}

}  // namespace

SmtpClient::SmtpClient(SmtpServer server) : server_(std::move(server)) {}
SmtpClient::~SmtpClient() {
  const WithoutSigpipe guard;  // the connection says QUIT
  handle_.reset();
}

DeliveryOutcome SmtpClient::send(const std::string& recipient, const std::string& text, const std::stop_token& stop) {
  if (!handle_) handle_ = std::make_unique<Handle>();
  set_common(*handle_, server_);
  const bool has_credentials = !server_.credentials_file.empty();
  if (has_credentials) {
    if (server_.tls == SmtpServer::Tls::off && !server_.url.starts_with("smtps:"))
      return cannot("a password is sent over TLS alone, and Mapiguard\\SMTP TLS is off");
    const auto credentials = read_credentials(server_.credentials_file);
    if (!credentials) return cannot(credentials.error().message);
    handle_->set(CURLOPT_USERNAME, credentials->user.c_str());
    handle_->set(CURLOPT_PASSWORD, credentials->password.c_str());
  }
  handle_->set(CURLOPT_USE_SSL, curl_tls(server_.tls, has_credentials));
  const std::string lines = with_crlf(text);
  Dialogue dialogue(lines, stop);
  handle_->set_recipient(recipient);
  handle_->set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(lines.size()));
  if (!handle_->is_usable()) return cannot("libcurl.so.4 cannot be used: install Debian's package libcurl4");
  const CURLcode code = handle_->perform(dialogue);
  return judge(code, dialogue, handle_->complaint(code));
}

}  // namespace mapiguard
