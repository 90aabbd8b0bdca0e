#include "guardian/errand.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "base/try.h"
#include "guardian/crash_report.h"
#include "guardian/pool.h"
#include "guardian/snapshot.h"
#include <mapiguard/version.h>

namespace mapiguard {
namespace {

constexpr std::uint64_t kOutputPerInputByte = 4;
constexpr std::uint64_t kOutputFloor = 64ull << 20;
constexpr std::size_t kMostEvidence = 4 << 20;

Result<std::string> text_of(const Output& output) {
  std::string text;
  text.reserve(output.size());
  MAPIGUARD_TRY(output.give_to([&](Bytes piece) -> Result<void> {
    text.append(as_chars(piece));
    return {};
  }));
  return text;
}

std::string contents(int fd) {
  struct stat status;
  if (fd < 0 || ::fstat(fd, &status) != 0) return {};
  std::string text(std::min<std::size_t>(static_cast<std::size_t>(status.st_size), kMostEvidence), '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

}  // namespace

class Errands::Impl {
 public:
  Impl(GuardOptions options, std::unique_ptr<Pool> pool) : options_(std::move(options)), pool_(std::move(pool)) {}

  Answer run(const Request& request);
  void stop() { pool_->stop(); }
  std::vector<SandboxLayer> sandbox() const { return pool_->layers(); }

 private:
  void tell_death(const Ending& ending, Answer& answer) const;

  const GuardOptions options_;
  std::unique_ptr<Pool> pool_;
};

void Errands::Impl::tell_death(const Ending& ending, Answer& answer) const {
  answer.death = judge(ending, options_, true);
  answer.crash_report = crash_report(ending, *answer.death, kBuildId, pool_->modules());
}

Errands::Answer Errands::Impl::run(const Request& request) {
  Answer answer;
  const auto snapshot = Snapshot::of_bytes(request.input, options_.state_dir);
  if (!snapshot) {
    answer.error = snapshot.error();
    return answer;
  }
  const UniqueFd evidence(request.examine && options_.converter ? ::memfd_create("evidence", MFD_CLOEXEC) : -1);
  Task task{.message = &*snapshot,
            .output_limit = request.output_limit ? request.output_limit : kOutputPerInputByte * snapshot->size() + kOutputFloor,
            .options = request.options,
            .errand = request.errand,
            .argument = request.argument,
            .evidence = evidence.get(),
            .alone = request.alone};
  Attempt attempt = pool_->run(task);
  answer.stderr_tail = std::move(attempt.stderr_tail);
  if (attempt.failure) {
    answer.error = std::move(attempt.failure);
  } else if (attempt.ending) {
    tell_death(*attempt.ending, answer);
    answer.evidence = contents(evidence.get());
  } else if (!attempt.reply->has_value()) {
    answer.error = attempt.reply->error();
  } else if (auto text = text_of(attempt.output)) {
    answer.output = std::move(*text);
    answer.report = std::move(**attempt.reply);
  } else {
    answer.error = text.error();
  }
  return answer;
}

Errands::Errands(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Errands::~Errands() = default;

Result<std::unique_ptr<Errands>> Errands::open(GuardOptions options, std::string plugin) {
  if (options.isolation == Isolation::none) return fail(ErrorCode::usage, "errands need workers: isolation 'message' or 'worker'");
  auto pool = Pool::start(options, std::move(plugin));
  if (!pool) return std::unexpected(pool.error());
  return std::unique_ptr<Errands>(new Errands(std::make_unique<Impl>(std::move(options), std::move(*pool))));
}

Errands::Answer Errands::run(const Request& request) { return impl_->run(request); }
void Errands::stop() { impl_->stop(); }
std::vector<SandboxLayer> Errands::sandbox() const { return impl_->sandbox(); }

}  // namespace mapiguard
