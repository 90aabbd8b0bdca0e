// Ways out of a worker, tried from inside one that is locked down as in a release: each must be refused, by an error or by death.
#include <sys/wait.h>

#include <cstdlib>
#include <set>

#include "tests/guardian/pool_fixture.h"

namespace mapiguard {
namespace {

using testing::Ran;
using testing::TestPool;
using testing::trying_options;

#if MAPIGUARD_SANITIZED
#define SKIP_WITH_SANITIZERS() GTEST_SKIP() << "the sandbox is loosened for sanitizers"
#else
#define SKIP_WITH_SANITIZERS() (void)0
#endif

class Escape : public ::testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() { pool_ = std::make_unique<TestPool>(trying_options()); }
  static void TearDownTestSuite() { pool_.reset(); }
  static std::unique_ptr<TestPool> pool_;
};
std::unique_ptr<TestPool> Escape::pool_;

// Long enough to come as a descriptor.
std::string long_message(const std::string& line) { return line + "\n" + std::string(kSmallSnapshot, ' '); }

TEST_P(Escape, IsRefused) {
  SKIP_WITH_SANITIZERS();
  const std::string line = std::string("try ") + GetParam();
  for (const std::string& message : {line, long_message(line)}) {
    const Ran ran = pool_->run(message);
    if (ran.attempt.ending)
      EXPECT_EQ(ran.outcome(), "sandbox_violation") << ran.verdict.detail;
    else
      EXPECT_EQ(ran.first_defect().substr(0, 8), "refused:") << ran.outcome() << " " << ran.first_defect();
  }
}

INSTANTIATE_TEST_SUITE_P(All, Escape,
                         ::testing::Values("open", "create", "stat", "socket", "unix-socket", "fork", "clone", "exec", "ptrace", "ptrace-other",
                                           "signal", "signal-thread", "signal-all", "write-process", "share-memory", "other-page",
                                           "write-input", "mount", "setuid", "setresuid", "proc-1", "proc-mem", "unshare", "mmap-exec",
                                           "mprotect-exec", "rlimit", "name", "dumpable", "memfd", "io_uring", "bpf", "userfaultfd", "pidfd",
                                           "socketpair", "x32", "i386"),
                         [](const auto& row) {
                           std::string name = row.param;
                           for (char& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

// The attempts that any process may make do succeed without the sandbox, so their refusal is the sandbox's work.
TEST(EscapeAttempts, SucceedOutsideTheSandbox) {
  for (const char* name : {"open", "stat", "socket", "unix-socket", "fork", "exec", "ptrace", "signal", "signal-thread", "share-memory",
                           "proc-1", "mmap-exec", "mprotect-exec", "name", "dumpable", "memfd", "pidfd", "socketpair"}) {
    const int status = std::system((testing::trying_worker() + " --outside " + name).c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << name;
  }
}

TEST(EscapeAttempts, AnUnknownOneIsNoRefusal) {
  TestPool pool(trying_options());
  EXPECT_EQ(pool.run("try nothing-of-the-kind").outcome(), "damaged");
}

TEST(EscapeAttempts, AMessageOnTheDeskCannotBeMadeWritable) {
  TestPool pool(trying_options());
  const Ran ran = pool.run("scribble");
  EXPECT_EQ(ran.first_defect().substr(0, 8), "refused:") << ran.outcome() << " " << ran.first_defect();
}

// stdio and the socket; for a long message its input and output: nothing of the nursery, of other workers or of the
// supervisor.
TEST(EscapeAttempts, AWorkerHoldsFourDescriptorsOrSix) {
  TestPool pool(trying_options());
  const std::set<std::string> four = {"descriptor 0", "descriptor 1", "descriptor 2", "descriptor 3"};
  std::set<std::string> six = four;
  six.insert({"descriptor 4", "descriptor 5"});
  for (int i = 0; i < 4; ++i) {
    const bool is_long = i % 2 == 1;
    const Ran ran = pool.run(is_long ? long_message("facts") : "facts");
    ASSERT_TRUE(ran.replied()) << ran.outcome();
    std::set<std::string> descriptors;
    for (const Defect& defect : (*ran.attempt.reply)->defects) descriptors.insert(defect.what);
    EXPECT_EQ(descriptors, is_long ? six : four);
  }
}

}  // namespace
}  // namespace mapiguard
