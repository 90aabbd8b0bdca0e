// A mail server of a test's own, on loopback, in a thread: answers each command as the test says and remembers what it
// heard.
#pragma once

#include <atomic>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mapiguard::testing {

class SmtpServerOfTest {
 public:
  // First word of a command → reply. "" = greeting, "." = after the message; a reply of "hang" never comes, "close"
  // hangs up. What is absent is accepted.
  using Script = std::map<std::string, std::string>;
  SmtpServerOfTest(std::initializer_list<Script::value_type> script = {});
  SmtpServerOfTest(const SmtpServerOfTest&) = delete;
  ~SmtpServerOfTest();

  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
  void set_script(Script script);
  unsigned connections() const { return connections_; }
  std::vector<std::string> commands();
  std::vector<std::string> messages();  // as they came over the wire, without the final dot

 private:
  void serve();
  void talk(int connection);
  bool answer(int connection, const std::string& key, const std::string& otherwise);
  bool take_message(int connection, std::string& heard);

  int listener_ = -1;
  unsigned short port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<unsigned> connections_{0};
  std::mutex mutex_;
  Script script_;
  std::vector<std::string> commands_, messages_;
  std::thread thread_;
};

}  // namespace mapiguard::testing
