#include "tools/torture/disk_way.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <mapiguard/convert.h>
#include "base/env.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"
#include "guardian/descriptor.h"
#include "tools/torture/mailroom.h"

namespace mapiguard::torture {
namespace {

constexpr char kDiskSize[] = "mode=0700,size=64m";
constexpr std::uint64_t kScarce = 96u << 10, kNothing = 0;  // bytes left free: some outputs fit; none does
constexpr std::uint64_t kFileLimit = 4096;                  // in the place of a full disk
constexpr unsigned kMostRuns = 10;

bool write_text(const char* path, const std::string& text) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// "" or why not. An ordinary user keeps its own id in the user namespace, and the programs that are started there,
// which have no rights over it, find their own files.
std::string enter_namespaces() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0)
    return std::string("unshare: ") + std::strerror(errno);
  const auto onto_itself = [](unsigned id) { return std::to_string(id) + " " + std::to_string(id) + " 1"; };
  if (user != 0) {
    write_text("/proc/self/setgroups", "deny");
    if (!write_text("/proc/self/uid_map", onto_itself(user)) || !write_text("/proc/self/gid_map", onto_itself(group)))
      return std::string("its user could not be named: ") + std::strerror(errno);
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return std::string("mount: ") + std::strerror(errno);
  return {};
}

std::string mount_disk(const std::string& place) {
  if (const std::string trouble = enter_namespaces(); !trouble.empty()) return trouble;
  if (::mount("torture", place.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, kDiskSize) != 0)
    return std::string("mount: ") + std::strerror(errno);
  return {};
}

// A file that takes the room of a disk.
class Ballast {
 public:
  explicit Ballast(std::string folder) : folder_(std::move(folder)), file_(folder_ + "/ballast") {}

  Result<void> leave(std::uint64_t bytes) {
    struct statvfs disk {};
    remove();
    if (::statvfs(folder_.c_str(), &disk) != 0)
      return fail(ErrorCode::io, std::string("statvfs: ") + std::strerror(errno));
    const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    const UniqueFd file(::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const int error =
        file ? ::posix_fallocate(file.get(), 0,
                                 static_cast<off_t>(std::max<std::uint64_t>(1, free - std::min(free, bytes))))
             : errno;
    return error == 0 ? Result<void>()
                      : fail(ErrorCode::io, std::string("the disk cannot be filled: ") + std::strerror(error));
  }
  void remove() { ::unlink(file_.c_str()); }

 private:
  std::string folder_, file_;
};

// While there is room: that a new state directory cannot be made on a full disk is clear.
Result<void> make_record(const std::string& state) {
  const auto directory = open_state_dir(state);
  if (!directory) return std::unexpected(directory.error());
  const auto ledger = Ledger::open(*directory);
  return ledger ? Result<void>() : std::unexpected(ledger.error());
}

class DiskWay {
 public:
  DiskWay(const Plan& plan, std::string disk, bool is_mounted)
      : plan_(plan),
        is_mounted_(is_mounted),
        ballast_(disk),
        mails_(plan, false, plan.folder + "/disk-mails", disk + "/mails", findings_, figures_),
        orders_(plan, true, plan.folder + "/disk-orders", disk + "/orders", findings_, figures_) {}

  Result<void> run(std::size_t count);
  Findings& findings() { return findings_; }
  const Figures& figures() const { return figures_; }

 private:
  Result<void> while_full(Mailroom& room, std::uint64_t left);
  Result<void> with_room(Mailroom& room);

  const Plan& plan_;
  bool is_mounted_;
  Findings findings_{"convert, full disk"};
  Figures figures_;
  Ballast ballast_;
  Mailroom mails_, orders_;
};

// One run: twice a killer may be charged before its third charge, which blocks it, must come with an envelope.
Result<void> DiskWay::while_full(Mailroom& room, std::uint64_t left) {
  Mailroom::Weather weather;
  weather.disk_is_full = true;
  if (is_mounted_)
    MAPIGUARD_TRY(ballast_.leave(left));
  else
    weather.file_limit = kFileLimit;
  MAPIGUARD_TRY(room.run(weather));
  ballast_.remove();
  return {};
}

Result<void> DiskWay::with_room(Mailroom& room) {
  MAPIGUARD_TRY(room.look_at_record());
  for (unsigned run = 0; run < kMostRuns && (room.innocents_waiting() > 0 || room.killers_waiting() > 0); ++run)
    MAPIGUARD_TRY(room.run({}));
  MAPIGUARD_TRY(room.strike());
  return room.close();
}

Result<void> DiskWay::run(std::size_t count) {
  std::vector<Mailroom*> rooms{&mails_};
  if (!plan_.converter.empty()) rooms.push_back(&orders_);
  for (Mailroom* room : rooms) {
    MAPIGUARD_TRY(posix_env().make_dir(folder_of(room->state()), 0700));
    MAPIGUARD_TRY(room->receive(0, count, plan_.seed));
    MAPIGUARD_TRY(make_record(room->state()));
    MAPIGUARD_TRY(while_full(*room, kScarce));
    MAPIGUARD_TRY(while_full(*room, kNothing));
    findings_.check(Promise::sound, figures_.refused_writes > 0 || figures_.failed_runs > 0,
                    "nothing was refused, so that nothing is shown");
    MAPIGUARD_TRY(with_room(*room));
    MAPIGUARD_TRY(examine_record(room->state(), room->roster(), findings_));
  }
  return {};
}

std::string answer_of(DiskWay& way) {
  std::vector<std::string> rows;
  for (const Row& row : way.findings().rows()) rows.push_back(json_of(row));
  std::string list;
  for (const std::string& row : rows) list += (list.empty() ? "" : ",") + row;
  return JsonObject().raw("rows", "[" + list + "]").raw("figures", way.figures().json(way.findings().way())).str();
}

}  // namespace

std::string run_disk_way(const Plan& plan, std::size_t count) {
  const std::string disk = plan.folder + "/disk";
  prepare_converter();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::error_code there;
  std::filesystem::create_directory(disk, there);
  const std::string trouble = mount_disk(disk);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // again: entering a user namespace may have cleared it
  DiskWay way(plan, disk, trouble.empty());
  const std::string how =
      trouble.empty() ? "a file system of 64 MiB, filled up"
                      : "a limit on the size of files instead of a full disk, for none can be mounted: " + trouble;
  way.findings().note(Promise::lost, how);
  if (const auto done = way.run(count); !done)
    return JsonObject().text("error", displayable(done.error().message)).str();
  return answer_of(way);
}

}  // namespace mapiguard::torture
