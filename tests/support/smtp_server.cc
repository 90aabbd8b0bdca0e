#include "tests/support/smtp_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mapiguard::testing {
namespace {

constexpr int kLookMilliseconds = 20;

// More bytes into `heard`; false at the end of the connection or of the test.
bool hear(int connection, const std::atomic<bool>& stop, std::string& heard) {
  while (!stop) {
    pollfd wait = {connection, POLLIN, 0};
    if (::poll(&wait, 1, kLookMilliseconds) <= 0) continue;
    char piece[4096];
    const ssize_t got = ::recv(connection, piece, sizeof piece, 0);
    if (got <= 0) return false;
    heard.append(piece, static_cast<std::size_t>(got));
    return true;
  }
  return false;
}

}  // namespace

SmtpServerOfTest::SmtpServerOfTest(std::initializer_list<Script::value_type> script) : script_(script) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    ADD_FAILURE() << "no port on loopback";
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

SmtpServerOfTest::~SmtpServerOfTest() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

void SmtpServerOfTest::set_script(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

std::vector<std::string> SmtpServerOfTest::commands() {
  const std::lock_guard lock(mutex_);
  return commands_;
}

std::vector<std::string> SmtpServerOfTest::messages() {
  const std::lock_guard lock(mutex_);
  return messages_;
}

void SmtpServerOfTest::serve() {
  while (!stop_) {
    pollfd wait = {listener_, POLLIN, 0};
    if (::poll(&wait, 1, kLookMilliseconds) <= 0) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    ++connections_;
    talk(connection);
    ::close(connection);
  }
}

bool SmtpServerOfTest::answer(int connection, const std::string& key, const std::string& otherwise) {
  std::string reply = otherwise;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = script_.find(key); found != script_.end()) reply = found->second;
  }
  if (reply == "close") return false;
  if (reply == "hang") {
    for (std::string ignored; hear(connection, stop_, ignored);) continue;
    return false;
  }
  reply += "\r\n";
  return ::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(reply.size());
}

bool SmtpServerOfTest::take_message(int connection, std::string& heard) {
  std::size_t end = 0;
  while ((end = heard.find("\r\n.\r\n")) == std::string::npos)
    if (!hear(connection, stop_, heard)) return false;
  {
    const std::lock_guard lock(mutex_);
    messages_.push_back(heard.substr(0, end + 2));
  }
  heard.erase(0, end + 5);
  return answer(connection, ".", "250 2.0.0 taken");
}

void SmtpServerOfTest::talk(int connection) {
  if (!answer(connection, "", "220 test ESMTP")) return;
  std::string heard;
  for (;;) {
    const std::size_t end = heard.find("\r\n");
    if (end == std::string::npos) {
      if (!hear(connection, stop_, heard)) return;
      continue;
    }
    const std::string command = heard.substr(0, end), word = command.substr(0, command.find(' '));
    heard.erase(0, end + 2);
    {
      const std::lock_guard lock(mutex_);
      commands_.push_back(command);
    }
    const bool is_data = word == "DATA";
    if (!answer(connection, word, is_data ? "354 go on" : word == "QUIT" ? "221 bye" : "250 ok")) return;
    bool refused = false;
    if (is_data) {
      const std::lock_guard lock(mutex_);
      const auto found = script_.find("DATA");
      refused = found != script_.end() && !found->second.starts_with("354");
    }
    if (is_data && !refused && !take_message(connection, heard)) return;
  }
}

}  // namespace mapiguard::testing
