// The pool's own thread: one nursery after another.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iterator>

#include "guardian/command_line.h"
#include "guardian/limits.h"
#include "guardian/pool_impl.h"
#include <mapiguard/version.h>

namespace mapiguard {
namespace {

constexpr std::chrono::seconds kShortLife{1};

}  // namespace

void Pool::Impl::attend() {
  Lock lock(mutex_);
  while (!stopping_) {
    live_with_nursery(lock);
    changed_.notify_all();
    // Callers are told of the failure meanwhile; the host may recover.
    if (failed_starts_ >= kNurseryStartsInARow) changed_.wait_for(lock, milliseconds(kNurseryRestSeconds), [&] { return stopping_; });
  }
}

void Pool::Impl::live_with_nursery(Lock& lock) {
  auto started = NurseryLink::start(program_);
  if (!started) return on_nursery_lost(started.error().message);
  nursery_.emplace(std::move(*started));
  nursery_is_bad_ = has_served_ = false;
  started_ = Clock::now();
  configure();
  while (serve_nursery(lock)) continue;
  std::optional<NurseryLink> ended;
  ended.swap(nursery_);
  if (stopping_ && options_.converter) {  // keepers that are hung up on end their commands and clean up; the nursery waits for them
    workers_.clear();
    ended->let_go();
  }
  lock.unlock();
  std::string how = ended->end();
  ended.reset();
  lock.lock();
  on_nursery_lost(how.empty() ? "the nursery was lost" : "the nursery was lost: " + how);
}

void Pool::Impl::configure() {
  NurseryOrder order;
  order.kind = NurseryOrder::Kind::configure;
  order.value = static_cast<std::uint64_t>(::getpid());
  order.memory_bytes = options_.memory_bytes;
  order.timeout_seconds = options_.timeout_seconds;
  if (options_.converter) describe_command(order, *options_.converter, options_.state_dir);
  order.plugin = plugin_;
  nursery_->order(order);
  top_up();  // before it is ready: the order waits in its socket
}

// False when this nursery is over.
bool Pool::Impl::serve_nursery(Lock& lock) {
  pollfd watched[] = {{nursery_->socket(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  lock.unlock();
  const int ready = ::poll(watched, std::size(watched), -1);
  lock.lock();
  if (stopping_ && running_ == 0) return false;
  if (watched[1].revents) {
    std::uint64_t count;
    (void)!::read(wake_.get(), &count, sizeof count);
  }
  return ready < 0 || watched[0].revents == 0 || hear_all();
}

bool Pool::Impl::hear_all() {
  for (;;) {
    auto heard = nursery_->hear();
    if (heard.kind == NurseryLink::Heard::Kind::nothing) return true;
    if (heard.kind == NurseryLink::Heard::Kind::end) return false;
    on_news(std::move(heard));
    if (nursery_is_bad_) return false;
  }
}

void Pool::Impl::on_news(NurseryLink::Heard heard) {
  switch (heard.news.kind) {
    case NurseryNews::Kind::ready: on_ready(heard.news); break;
    case NurseryNews::Kind::unfit: last_failure_ = heard.news.text; break;
    case NurseryNews::Kind::forked: on_forked(std::move(heard)); break;
    case NurseryNews::Kind::refused:
      last_failure_ = heard.news.text;
      on_died(heard.news);
      break;
    case NurseryNews::Kind::died: on_died(heard.news); break;
  }
  changed_.notify_all();
}

void Pool::Impl::on_ready(const NurseryNews& news) {
  if (news.build != kBuildId) {
    failed_starts_ = kNurseryStartsInARow;
    last_failure_ = program_ + " is of another build (" + news.build + ")";
    return;
  }
  layers_ = news.layers;
  modules_ = news.modules;
  last_failure_.clear();
  ready_ = true;
}

void Pool::Impl::on_forked(NurseryLink::Heard heard) {
  const std::uint64_t id = heard.news.worker;
  const auto found = workers_.find(id);
  if (found == workers_.end() || !heard.pidfd) return;
  found->second.handle->born(heard.news.pid, std::move(heard.pidfd));
  found->second.born = true;
  if (const auto special = special_.find(id); special != special_.end()) {
    special->second = true;
  } else {
    --expected_;
    spares_.push_back(id);
  }
}

void Pool::Impl::on_died(const NurseryNews& news) {
  const auto found = workers_.find(news.worker);
  if (found == workers_.end()) return;
  found->second.death = WorkerEnd{.known = true,
                              .exited = news.exited,
                              .status = news.status,
                              .cpu_seconds = static_cast<double>(news.cpu_microseconds) * 1e-6,
                              .peak_rss = news.peak_rss};
  const bool was_spare = std::erase(spares_, news.worker) > 0;
  const bool was_expected = !found->second.born && !special_.contains(news.worker);
  special_.erase(news.worker);
  if (was_expected) --expected_;
  forget_if_over(news.worker);
  if (was_spare || was_expected) replace_spare(news);
}

// Whoever kills spares as fast as they come does not keep the machine forking while nobody needs one. (A caller that comes
// orders what it needs.)
bool Pool::Impl::may_replace() {
  if (running_ > 0) return true;
  const auto now = Clock::now();
  if (now - replacing_since_ > std::chrono::seconds(1)) {
    replacing_since_ = now;
    replaced_ = 0;
  }
  return ++replaced_ <= kSparesASecond;
}

// A spare that dies has seen no message. Should they all do so of themselves, another nursery may do better.
void Pool::Impl::replace_spare(const NurseryNews& news) {
  const bool was_killed = !news.exited && news.status == SIGKILL;
  if (was_killed || ++idle_deaths_ < kIdleDeathsInARow) return may_replace() ? top_up() : void();
  last_failure_ = !news.text.empty() ? news.text
                                     : (news.exited ? "workers end before they are given a message, with exit code "
                                                    : "workers die before they are given a message, by signal ") +
                                           std::to_string(news.status);
  idle_deaths_ = 0;
  nursery_is_bad_ = true;
}

// Its workers are dead or dying with it, and nobody can say how.
void Pool::Impl::on_nursery_lost(std::string why) {
  if (last_failure_.empty() || (ready_ && !nursery_is_bad_)) last_failure_ = std::move(why);
  // One that has served and was killed is no failed start; one that never did anything is, lest they follow one another.
  const bool was_good = ready_ && !nursery_is_bad_ && (has_served_ || Clock::now() - started_ > kShortLife);
  failed_starts_ = was_good ? 0 : failed_starts_ + 1;
  ready_ = false;
  spares_.clear();
  special_.clear();
  expected_ = 0;
  for (auto& [id, record] : workers_)
    if (!record.death) record.death = WorkerEnd{};
  std::erase_if(workers_, [](const auto& entry) { return !entry.second.in_use; });
  changed_.notify_all();
}

}  // namespace mapiguard
