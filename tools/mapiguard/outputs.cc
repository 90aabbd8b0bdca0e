#include "tools/mapiguard/outputs.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <set>

#include "base/env.h"
#include "guardian/descriptor.h"
#include "tools/mapiguard/mail_folders.h"
#include "tools/mapiguard/printer.h"

namespace mapiguard {
namespace {

constexpr std::uint32_t kFileMode = 0666;  // less what the umask takes
constexpr std::uint32_t kFolderMode = 0777;

// -- standard output, pipes, devices ---------------------------------------------------------------------------------

class StreamSink final : public MessageSink {
 public:
  StreamSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  bool write(Bytes bytes) override {
    return keep(write_all(fd_, as_chars(bytes), path_.empty() ? "standard output" : "'" + path_ + "'")).has_value();
  }
  const std::string& path() const override { return path_; }

 private:
  int fd_;
  std::string path_;
};

class StreamOutputs final : public Outputs {
 public:
  StreamOutputs(UniqueFd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  Result<std::unique_ptr<MessageSink>> sink_for(std::size_t, const Input&) override {
    return std::make_unique<StreamSink>(file_ ? file_.get() : STDOUT_FILENO, path_);
  }

 private:
  UniqueFd file_;
  std::string path_;
};

// -- files -----------------------------------------------------------------------------------------------------------

class FileSink final : public MessageSink {
 public:
  FileSink(AtomicFile file, std::string path, bool durable)
      : file_(std::move(file)), path_(std::move(path)), durable_(durable) {}
  bool write(Bytes bytes) override { return keep(file_.write(bytes)).has_value(); }
  Result<void> commit() override { return keep(file_.commit(durable_)); }
  const std::string& path() const override { return path_; }

 private:
  AtomicFile file_;
  std::string path_;
  bool durable_;
};

Result<std::unique_ptr<MessageSink>> open_file_sink(const std::string& path, bool durable) {
  const std::size_t name = path.size() - (path.rfind('/') + 1);
  // Found out now, not when the conversion is done and cannot get its name.
  if (name > NAME_MAX)
    return fail(ErrorCode::cannot_create, "cannot create '" + path + "': " + std::strerror(ENAMETOOLONG));
  auto file = AtomicFile::create(posix_env(), path, kFileMode);
  if (!file) return std::unexpected(file.error());
  return std::make_unique<FileSink>(std::move(*file), path, durable);
}

class OneFile final : public Outputs {
 public:
  OneFile(std::string path, bool durable) : path_(std::move(path)), durable_(durable) {}
  Result<std::unique_ptr<MessageSink>> sink_for(std::size_t, const Input&) override {
    return open_file_sink(path_, durable_);
  }

 private:
  std::string path_;
  bool durable_;
};

class Folder final : public Outputs {
 public:
  Folder(OutputPlan plan, bool durable) : plan_(std::move(plan)), durable_(durable) {}

  // Folders that are there are swept; those that are not are made when the first output needs them.
  Result<void> prepare() {
    if (auto made = posix_env().make_dir(plan_.path, kFolderMode); !made) return made;
    std::set<std::string> folders;
    for (const std::string& file : plan_.files) folders.insert(folder_of(file));
    for (const std::string& folder : folders) sweep(folder);
    return {};
  }
  Result<std::unique_ptr<MessageSink>> sink_for(std::size_t number, const Input&) override {
    const std::string& path = plan_.files[number];
    auto sink = open_file_sink(path, durable_);
    if (sink) return sink;
    // Its folder was not there; by now it may be, made by another thread.
    if (auto made = posix_env().make_dir(folder_of(path), kFolderMode); !made) return std::unexpected(made.error());
    return open_file_sink(path, durable_);
  }

 private:
  static void sweep(const std::string& folder) {
    // What cannot be listed or removed there is somebody else's; writing will tell if it matters.
    static_cast<void>(sweep_temporaries(posix_env(), folder));
  }

  OutputPlan plan_;
  bool durable_;
};

Result<std::unique_ptr<Outputs>> open_stream(const OutputPlan& plan) {
  UniqueFd file;
  if (!plan.path.empty()) {
    file = UniqueFd(::open(plan.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) return fail(ErrorCode::cannot_create, "cannot open '" + plan.path + "': " + std::strerror(errno));
  }
  return std::make_unique<StreamOutputs>(std::move(file), plan.path);
}

}  // namespace

Result<std::unique_ptr<Outputs>> Outputs::make(OutputPlan plan, Details details) {
  switch (plan.target) {
    case Target::stream: return open_stream(plan);
    case Target::mbox: return make_mbox(plan.path, details);
    case Target::maildir: return make_maildir(plan.path, details);
    case Target::file: {
      static_cast<void>(sweep_temporaries(posix_env(), folder_of(plan.path)));
      return std::make_unique<OneFile>(plan.path, details.durable);
    }
    case Target::folder: break;
  }
  auto folder = std::make_unique<Folder>(std::move(plan), details.durable);
  if (auto prepared = folder->prepare(); !prepared) return std::unexpected(prepared.error());
  return folder;
}

}  // namespace mapiguard
