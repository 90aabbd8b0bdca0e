// mapiguard: the command line program. What the verbs do stands in cmd_<verb>.cc.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <exception>
#include <new>
#include <string>
#include <vector>

#include "tools/mapiguard/commands.h"
#include "tools/mapiguard/stop_signals.h"

namespace {

// With one of the three closed, the next file opened would take its place and be written to as if it were standard
// output. A descriptor of the wrong direction takes it instead, and writing fails as it should.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  ::signal(SIGPIPE, SIG_IGN);  // a reader that went away is told by EPIPE
  mapiguard::StopSignals::install();
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  mapiguard::Printer printer;
  try {
    return mapiguard::run_command_line(words, printer);
  } catch (const std::bad_alloc&) {
    printer.complain({mapiguard::ErrorCode::internal, "out of memory", ""});
  } catch (const std::exception& error) {
    printer.complain(
        {mapiguard::ErrorCode::internal, std::string("internal error: ") + error.what(), "please report this"});
  }
  return mapiguard::exit_code_of(mapiguard::ErrorCode::internal);
}
