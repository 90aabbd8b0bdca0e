#include "tools/mapiguard/delivered_filter.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/duplicates.h"
#include "guardian/errand.h"
#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/delivery_command.h"
#include "tools/mapiguard/spool.h"
#include "tools/mapiguard/stop_signals.h"

namespace mapiguard {
namespace {

constexpr std::size_t kPiece = 1u << 16;
constexpr std::uint64_t kMostAnswer = 4096;
constexpr std::uint64_t kDefaultWait = 60, kMostWait = 86'400;
constexpr double kWaitSlice = 0.25;  // between two looks for a stop signal

// -- the mail ------------------------------------------------------------------------------------------------------

// What came on standard input: whole in the spool, or, when that could not be written, the spool, `rest` and what is
// still to be read.
struct Mail {
  explicit Mail(std::string directory) : spool(std::move(directory)) {}
  Spool spool;
  std::string rest;
  std::optional<Error> trouble;
};

// False when a stop signal came first.
bool wait_for_input() {
  std::array<pollfd, 2> events = {pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{StopSignals::fd(), POLLIN, 0}};
  while (::poll(events.data(), events.size(), -1) < 0 && errno == EINTR) {
  }
  return StopSignals::received() == 0;
}

// Bytes of standard input; 0 at its end.
Result<std::size_t> read_input(std::span<char> into) {
  for (;;) {
    if (!wait_for_input()) return fail(ErrorCode::try_again, "interrupted");
    const ssize_t got = ::read(STDIN_FILENO, into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN)
      return fail(ErrorCode::try_again,
                  std::string("the mail cannot be read from standard input: ") + std::strerror(errno),
                  "nothing was delivered; try again");
  }
}

Result<void> read_mail(Mail& mail) {
  std::array<char, kPiece> piece;
  for (;;) {
    const auto got = read_input(piece);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return {};
    const std::string_view bytes(piece.data(), *got);
    const auto added = mail.spool.add(as_bytes(bytes));
    if (added) continue;
    mail.trouble = added.error();
    mail.rest = bytes;
    return {};
  }
}

// Its bytes in one piece: those of a file are mapped. It is unlinked and ours alone, so nobody can cut it.
class MailBytes {
 public:
  static Result<MailBytes> of(const Spool& spool) {
    if (spool.in_memory()) return MailBytes(spool.memory(), nullptr);
    const auto file = spool.rewound_file();
    if (!file) return std::unexpected(file.error());
    void* base = ::mmap(nullptr, spool.size(), PROT_READ, MAP_PRIVATE, *file, 0);
    if (base == MAP_FAILED) return fail(ErrorCode::io, std::string("cannot map the mail: ") + std::strerror(errno));
    return MailBytes(Bytes(static_cast<const std::byte*>(base), spool.size()), base);
  }
  MailBytes(MailBytes&& other) noexcept : bytes_(other.bytes_), mapped_(std::exchange(other.mapped_, nullptr)) {}
  MailBytes& operator=(MailBytes&&) = delete;
  ~MailBytes() {
    if (mapped_) ::munmap(mapped_, bytes_.size());
  }
  Bytes bytes() const { return bytes_; }

 private:
  MailBytes(Bytes bytes, void* mapped) : bytes_(bytes), mapped_(mapped) {}
  Bytes bytes_;
  void* mapped_;
};

// Read by a worker: we look at nothing in a mail ourselves.
Result<MailIdentity> identity_of_mail(const Mail& mail, const std::string& state_dir) {
  if (mail.trouble) return std::unexpected(*mail.trouble);
  const auto bytes = MailBytes::of(mail.spool);
  if (!bytes) return std::unexpected(bytes.error());
  GuardOptions options;
  options.state_dir = state_dir;
  options.workers = 1;
  const auto errands = Errands::open(options);
  if (!errands) return std::unexpected(errands.error());
  const auto answer = (*errands)->run("mail_digest", "", bytes->bytes(), kMostAnswer);
  if (answer.death)
    return fail(ErrorCode::not_a_message,
                "the worker that read the mail died of it (" + std::string(name_of(answer.death->death)) + ")");
  if (answer.error) return std::unexpected(*answer.error);
  auto identity = answer.output ? mail_identity_of(*answer.output) : std::nullopt;
  if (!identity) return fail(ErrorCode::internal, "the worker's answer about the mail makes no sense");
  return std::move(*identity);
}

// -- the command -----------------------------------------------------------------------------------------------------

Result<UniqueFd> whole_mail(const Spool& spool) {
  if (!spool.in_memory()) {
    const auto file = spool.rewound_file();
    if (!file) return std::unexpected(file.error());
    return UniqueFd(::dup(*file));
  }
  UniqueFd file(::memfd_create("mail", MFD_CLOEXEC));
  if (!file) return fail(ErrorCode::try_again, std::string("no memory for the mail: ") + std::strerror(errno));
  MAPIGUARD_TRY(write_all(file.get(), as_chars(spool.memory()), "the mail"));
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail(ErrorCode::internal, "the mail cannot be read again");
  return file;
}

// The mail as it comes, for want of room to keep it. A command that wants no more of it has had enough; one whose mail
// ends before its time must not take it for whole.
Result<void> pass_through(const Mail& mail, int out) {
  const auto give = [&](Bytes bytes) { return write_all(out, as_chars(bytes), "the command"); };
  if (!mail.spool.read(give) || !give(as_bytes(mail.rest))) return {};
  std::array<char, kPiece> piece;
  for (;;) {
    const auto got = read_input(piece);
    if (!got) return std::unexpected(got.error());
    if (*got == 0 || !give(as_bytes(std::string_view(piece.data(), *got)))) return {};
  }
}

Result<int> deliver_in_passing(const Mail& mail, const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(ErrorCode::try_again, std::string("no pipe: ") + std::strerror(errno));
  UniqueFd out(ends[1]), in(ends[0]);
  Result<void> passed;
  const auto code = run_delivery_command(words, in.get(), [&](pid_t command) {
    in.reset();
    passed = pass_through(mail, out.get());
    if (!passed) ::kill(command, SIGKILL);
    out.reset();
  });
  return passed ? code : std::unexpected(passed.error());
}

Result<int> deliver(const Mail& mail, const std::vector<std::string>& words) {
  if (mail.trouble) return deliver_in_passing(mail, words);
  const auto file = whole_mail(mail.spool);
  if (!file) return std::unexpected(file.error());
  return run_delivery_command(words, file->get());
}

// -- the filter ------------------------------------------------------------------------------------------------------

// All that stands between the mail and its delivery; each may fail, and then the others are not tried.
struct Record {
  std::string state_dir;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Duplicates> duplicates;
  std::optional<MailIdentity> identity;
  std::optional<Duplicates::Delivery> delivery;
  std::string trouble;
  // What is told of it afterwards.
  const char* verdict = "unknown";
  std::optional<std::int64_t> first_wall_ns;
};

Result<void> look_up(Record& record, const Mail& mail, const std::string& mailbox, double wait_seconds) {
  auto identity = identity_of_mail(mail, record.state_dir);
  if (!identity) return std::unexpected(identity.error());
  record.identity = std::move(*identity);
  auto ledger = Ledger::open(record.state_dir);
  if (!ledger) return std::unexpected(ledger.error());
  record.ledger = std::move(*ledger);
  auto duplicates = Duplicates::open(record.state_dir, *record.ledger, Duplicates::Cleaner::none);
  if (!duplicates) return std::unexpected(duplicates.error());
  record.duplicates = std::move(*duplicates);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(wait_seconds);
  do {
    record.delivery.reset();
    record.delivery.emplace(record.duplicates->begin(mailbox, *record.identity, mail.spool.size(), kWaitSlice));
  } while (record.delivery->is_busy() && StopSignals::received() == 0 && std::chrono::steady_clock::now() < end);
  const Duplicates::Delivery& found = *record.delivery;
  record.trouble = found.trouble();
  if (found.is_reserved() || found.is_duplicate()) record.verdict = name_of(found.verdict());
  if (found.seen()) record.first_wall_ns = found.seen()->wall_ns;
  return {};
}

std::string as_json(const Record& record, const std::string& mailbox, bool marked, int exit_code) {
  JsonObject object;
  object.text("mailbox", displayable(mailbox))
      .text("verdict", record.verdict)
      .flag("marked", marked)
      .number("exit", exit_code);
  const auto& identity = record.identity;
  object.text_or_null("message_id", identity ? displayable(identity->message_id) : "")
      .text_or_null("submit_time",
                    identity && identity->submit_time ? rfc3339(*identity->submit_time * kNsPerSecond) : "")
      .text_or_null("sha256", identity ? hex(identity->sha256) : "")
      .text_or_null("first_delivered", record.first_wall_ns ? rfc3339(*record.first_wall_ns) : "")
      .text_or_null("trouble", displayable(record.trouble));
  return object.str();
}

// Marks it; false when the mailbox may get it again.
bool mark(Record& record, Printer& printer) {
  if (!record.delivery || !record.delivery->is_reserved()) return false;
  const auto marked = record.delivery->delivered();
  if (!marked) {
    record.trouble = marked.error().message;
    printer.say("the mail was delivered, but not everything could be noted: " + record.trouble);
  }
  return marked.has_value();
}

void look_after(Record& record, Printer& printer) {
  record.delivery.reset();
  if (!record.duplicates) return;
  if (const auto cleaned = record.duplicates->clean_up_when_due(); !cleaned)
    printer.say("expired deliveries were not removed: " + cleaned.error().message);
}

std::string spool_dir(const std::string& state_dir) { return state_dir.empty() ? "/tmp" : state_dir; }

}  // namespace

Result<int> run_delivered_filter(const VerbSpec& verb, const Arguments& arguments, Printer& printer) {
  const std::string mailbox = arguments.value("--mailbox").value_or("");
  const auto wait = arguments.number("--wait", 0, kMostWait);
  if (mailbox.empty()) return usage_error(verb, "'delivered filter' needs '--mailbox U'");
  if (!wait) return std::unexpected(wait.error());
  Record record;
  if (auto directory = open_state_dir(arguments.state()))
    record.state_dir = std::move(*directory);
  else
    record.trouble = directory.error().message;
  Mail mail(spool_dir(record.state_dir));
  if (const auto read = read_mail(mail); !read)
    return StopSignals::received() ? Result<int>(StopSignals::exit_code()) : std::unexpected(read.error());
  if (!record.state_dir.empty())
    if (const auto looked = look_up(record, mail, mailbox, static_cast<double>(wait->value_or(kDefaultWait))); !looked)
      record.trouble = looked.error().message;
  if (StopSignals::received()) return StopSignals::exit_code();
  const auto report = [&](bool marked, int code) {
    if (arguments.wants_json()) printer.print(as_json(record, mailbox, marked, code));
    return code;
  };
  if (record.delivery && record.delivery->is_duplicate()) {
    printer.say("a duplicate: mailbox '" + displayable(mailbox) + "' was given this mail at " +
                rfc3339(*record.first_wall_ns) + "; it is not delivered again");
    return report(false, kDuplicateExit);
  }
  if (!record.trouble.empty())
    printer.say("the mail is delivered without a look for duplicates, or a mark: " + displayable(record.trouble));
  const auto code = deliver(mail, arguments.positionals());
  if (!code) return std::unexpected(code.error());
  const bool marked = *code == 0 && mark(record, printer);
  look_after(record, printer);
  return report(marked, *code);
}

}  // namespace mapiguard
