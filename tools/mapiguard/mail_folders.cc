#include "tools/mapiguard/mail_folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/env.h"
#include "base/sha256.h"
#include "base/try.h"
#include "guardian/descriptor.h"
#include "tools/mapiguard/mbox.h"
#include "tools/mapiguard/moment.h"
#include "tools/mapiguard/printer.h"
#include "tools/mapiguard/spool.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostHead = 64u << 10;                             // a Date further down is not looked for
constexpr std::uint32_t kMboxMode = 0666;                                // less what the umask takes
constexpr std::uint32_t kPrivateMode = 0600, kPrivateFolderMode = 0700;  // as Maildir deliveries have it
constexpr std::size_t kPathHashDigits = 8;

// The beginning of a message, until its Date can be told.
class Head {
 public:
  // Takes bytes until the header is over; false once it is, for good.
  bool take(std::string_view bytes) {
    if (complete_) return false;
    text_ += bytes;
    complete_ = text_.size() >= kMostHead || text_.find("\n\r\n") != std::string::npos ||
                text_.find("\n\n") != std::string::npos;
    return true;
  }
  bool complete() const { return complete_; }
  void close() { complete_ = true; }
  std::optional<std::int64_t> date() const { return date_of_header(text_); }
  std::string release() { return std::exchange(text_, {}); }

 private:
  std::string text_;
  bool complete_ = false;
};

// -- mbox ------------------------------------------------------------------------------------------------------------

// The one file behind all the sinks: a stream, or a file that appears when it is whole.
class MboxFile {
 public:
  MboxFile(std::optional<AtomicFile> file, UniqueFd stream, std::string path, bool durable)
      : file_(std::move(file)), stream_(std::move(stream)), path_(std::move(path)), durable_(durable) {}

  // After the first failure the file is beyond saving, and every later message is told so.
  Result<void> append(const Spool& message) {
    if (broken_) return std::unexpected(*broken_);
    auto appended = message.read([&](Bytes piece) { return write(piece); });
    if (!appended) broken_ = appended.error();
    has_messages_ = has_messages_ || appended.has_value();
    return appended;
  }
  Result<void> finish() {
    if (broken_) return std::unexpected(*broken_);
    return file_ && has_messages_ ? file_->commit(durable_) : Result<void>();
  }
  const std::string& path() const { return path_; }

 private:
  Result<void> write(Bytes piece) {
    if (file_) return file_->write(piece);
    return write_all(stream_ ? stream_.get() : STDOUT_FILENO, as_chars(piece),
                     path_.empty() ? "standard output" : "'" + path_ + "'");
  }

  std::optional<AtomicFile> file_;
  UniqueFd stream_;
  std::string path_;
  bool durable_;
  bool has_messages_ = false;
  std::optional<Error> broken_;
};

class MboxSink final : public MessageSink {
 public:
  MboxSink(MboxFile& file, const Outputs::Details& details)
      : file_(file), sender_(details.sender), spool_(details.spool_dir) {}

  bool write(Bytes bytes) override {
    if (!head_.take(as_chars(bytes))) return keep(quote(as_chars(bytes))).has_value();
    return !head_.complete() || keep(begin()).has_value();
  }
  Result<void> commit() override { return keep(end()); }
  const std::string& path() const override { return file_.path(); }
  Result<void> append_in_turn() override { return keep(file_.append(spool_)); }
  std::size_t bytes_waiting() const override { return spool_.in_memory() ? spool_.memory().size() : 0; }

 private:
  Result<void> begin() {
    MAPIGUARD_TRY(spool_.add(as_bytes(from_line(sender_, head_.date()))));
    return quote(head_.release());
  }
  Result<void> quote(std::string_view bytes) {
    std::string quoted;
    quoter_.add(bytes, quoted);
    return spool_.add(as_bytes(quoted));
  }
  Result<void> end() {
    if (!head_.complete()) {
      head_.close();
      MAPIGUARD_TRY(begin());
    }
    std::string rest;
    quoter_.finish(rest);
    return spool_.add(as_bytes(rest));
  }

  MboxFile& file_;
  std::string sender_;
  Spool spool_;
  Head head_;
  MboxQuoter quoter_;
};

class MboxOutputs final : public Outputs {
 public:
  MboxOutputs(MboxFile file, Details details) : file_(std::move(file)), details_(std::move(details)) {}
  Result<std::unique_ptr<MessageSink>> sink_for(std::size_t, const Input&) override {
    return std::make_unique<MboxSink>(file_, details_);
  }
  Result<void> finish() override { return file_.finish(); }

 private:
  MboxFile file_;
  Details details_;
};

// -- Maildir ---------------------------------------------------------------------------------------------------------

class MaildirSink final : public MessageSink {
 public:
  MaildirSink(std::string maildir, const Input& input, const Outputs::Details& details)
      : maildir_(std::move(maildir)), input_(input.path), durable_(details.durable), spool_(details.spool_dir) {}

  bool write(Bytes bytes) override {
    static_cast<void>(head_.take(as_chars(bytes)));
    std::string text;
    ends_.add(as_chars(bytes), text);
    return keep(take(text)).has_value();
  }
  Result<void> commit() override { return keep(deliver()); }
  const std::string& path() const override { return path_; }

 private:
  Result<void> take(std::string_view text) {
    hash_.add(as_bytes(text));
    return spool_.add(as_bytes(text));
  }
  // The name needs the hash of everything, the file a name: so it is written from the spool.
  Result<void> deliver() {
    std::string rest;
    ends_.finish(rest);
    MAPIGUARD_TRY(take(rest));
    const std::int64_t date = head_.date().value_or(0);
    const std::string final_path = maildir_ + "/new/" + std::to_string(date) + "." + hex(hash_.finish()) + "_" +
                                   hex(sha256(as_bytes(input_))).substr(0, kPathHashDigits) + ".mapiguard";
    auto file = AtomicFile::create(posix_env(), final_path, kPrivateMode, maildir_ + "/tmp");
    if (!file) return std::unexpected(file.error());
    MAPIGUARD_TRY(spool_.read([&](Bytes piece) { return file->write(piece); }));
    MAPIGUARD_TRY(file->commit(durable_));
    path_ = final_path;
    // Mail servers show a file's time as the arrival of the mail. A reader may have moved it on already: no harm.
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = date, .tv_nsec = 0}};
    if (head_.date()) static_cast<void>(::utimensat(AT_FDCWD, path_.c_str(), times, AT_SYMLINK_NOFOLLOW));
    return {};
  }

  std::string maildir_, input_, path_;
  bool durable_;
  Head head_;
  LineEnds ends_;
  Sha256 hash_;
  Spool spool_;
};

class MaildirOutputs final : public Outputs {
 public:
  MaildirOutputs(std::string path, Details details) : path_(std::move(path)), details_(std::move(details)) {}
  Result<std::unique_ptr<MessageSink>> sink_for(std::size_t, const Input& input) override {
    return std::make_unique<MaildirSink>(path_, input, details_);
  }

 private:
  std::string path_;
  Details details_;
};

}  // namespace

Result<std::unique_ptr<Outputs>> make_mbox(const std::string& path, const Outputs::Details& details) {
  std::optional<AtomicFile> file;
  UniqueFd stream;
  if (!path.empty() && is_stream(path)) {
    stream = UniqueFd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!stream) return fail(ErrorCode::cannot_create, "cannot open '" + path + "': " + std::strerror(errno));
  } else if (!path.empty()) {
    static_cast<void>(sweep_temporaries(posix_env(), folder_of(path)));
    auto created = AtomicFile::create(posix_env(), path, kMboxMode);
    if (!created) return std::unexpected(created.error());
    file.emplace(std::move(*created));
  }
  return std::make_unique<MboxOutputs>(MboxFile(std::move(file), std::move(stream), path, details.durable), details);
}

Result<std::unique_ptr<Outputs>> make_maildir(const std::string& path, const Outputs::Details& details) {
  for (const char* folder : {"/cur", "/new", "/tmp"})
    MAPIGUARD_TRY(posix_env().make_dir(path + folder, kPrivateFolderMode));
  static_cast<void>(sweep_temporaries(posix_env(), path + "/tmp"));
  return std::make_unique<MaildirOutputs>(path, details);
}

}  // namespace mapiguard
