// mapiguard-corpus: writes the catalogue's samples and their INDEX.tsv, the same bytes at each run.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include "base/sha256.h"
#include "corpus/catalogue.h"

namespace mapiguard::corpus {
namespace {

constexpr int kUsage = 64, kInternal = 70, kCannotWrite = 73;
constexpr std::string_view kHelp =
    "Usage: mapiguard-corpus --output DIR [--large] [--committed] [--only NAME]\n"
    "       mapiguard-corpus --check DIR\n"
    "       mapiguard-corpus --list\n\n"
    "Writes sample messages and INDEX.tsv, which says what is in each and what a converter owes it.\n\n"
    "  --output DIR  where to write; created if absent\n"
    "  --large       also the samples of many megabytes\n"
    "  --committed   only the small samples that corpus/samples keeps\n"
    "  --only NAME   this one sample alone, whatever its size; no INDEX.tsv\n"
    "  --check DIR   compare DIR with what --committed would write; exit 1 and name what differs\n"
    "  --list        print INDEX.tsv of all samples\n\n"
    "Examples:\n"
    "  mapiguard-corpus --output /tmp/corpus && mapiguard convert /tmp/corpus -o /tmp/out\n"
    "  mapiguard-corpus --only attachment-64mb.msg --output /tmp/corpus\n";

struct Request {
  std::string output, check, only;
  bool large = false, committed = false, list = false, help = false;
};

std::optional<Request> parse(int argc, char** argv) {
  Request request;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    std::string* value = word == "--output"  ? &request.output
                         : word == "--check" ? &request.check
                         : word == "--only"  ? &request.only
                                             : nullptr;
    bool* flag = word == "--large"       ? &request.large
                 : word == "--committed" ? &request.committed
                 : word == "--list"      ? &request.list
                 : word == "--help"      ? &request.help
                                         : nullptr;
    if (flag != nullptr)
      *flag = true;
    else if (value != nullptr && i + 1 < argc)
      *value = argv[++i];
    else
      return std::nullopt;
  }
  return request;
}

// Writes to a file and counts; whether all went well is known after close().
class FileByteSink final : public ByteSink {
 public:
  explicit FileByteSink(const std::string& path) : file_(path, std::ios::binary | std::ios::trunc) {}
  void write(std::string_view bytes) override { file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size())); }
  bool close() {
    file_.close();
    return !file_.fail();
  }

 private:
  std::ofstream file_;
};

class DigestSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { digest_.add(as_bytes(bytes)); }
  std::string finish() { return hex(digest_.finish()); }

 private:
  Sha256 digest_;
};

std::string number_or_dash(int number) { return number == kNoPromise ? "-" : std::to_string(number); }

std::string index_of(const std::vector<Sample>& samples) {
  std::string out = "name\tkind\toutcome\tsubject\trecipients\tattachments\twords\tshows\n";
  for (const Sample& sample : samples) {
    for (const std::string& field :
         {std::string(sample.name), std::string(name_of(sample.kind)), std::string(name_of(sample.outcome)),
          std::string(sample.subject), number_or_dash(sample.recipients), number_or_dash(sample.attachments),
          std::string(sample.words)})
      out += field + '\t';
    out += std::string(sample.shows) + '\n';
  }
  return out;
}

std::vector<Sample> chosen(const Request& request) {
  std::vector<Sample> samples = all_samples();
  std::erase_if(samples, [&](const Sample& sample) {
    if (!request.only.empty()) return sample.name != request.only;
    if (request.committed || !request.check.empty()) return sample.place != Place::committed;
    return sample.place == Place::large && !request.large && !request.list;
  });
  return samples;
}

bool write_file(const std::string& path, const Sample& sample) {
  FileByteSink sink(path);
  sample.write(sink);
  return sink.close();
}

int fail_to_write(const std::string& path) {
  std::cerr << "mapiguard-corpus: cannot write " << path << ": " << std::strerror(errno) << "\n";
  return kCannotWrite;
}

int write_samples(const Request& request, const std::vector<Sample>& samples) {
  if (::mkdir(request.output.c_str(), 0777) != 0 && errno != EEXIST) return fail_to_write(request.output);
  for (const Sample& sample : samples) {
    const std::string path = request.output + "/" + std::string(sample.name);
    if (!write_file(path, sample)) return fail_to_write(path);
  }
  if (!request.only.empty()) return 0;
  const std::string path = request.output + "/INDEX.tsv";
  FileByteSink sink(path);
  sink.write(index_of(samples));
  return sink.close() ? 0 : fail_to_write(path);
}

std::optional<std::string> digest_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return hex(sha256(as_bytes(bytes.view())));
}

// Files that no row of the catalogue names any more.
int count_strangers(const std::string& folder, const std::vector<Sample>& samples) {
  int strangers = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name == "INDEX.tsv" || std::ranges::find(samples, name, &Sample::name) != samples.end()) continue;
    std::cerr << name << " is not in the catalogue\n";
    ++strangers;
  }
  return strangers;
}

int check_samples(const Request& request, const std::vector<Sample>& samples) {
  int differing = 0;
  const auto compare = [&](const std::string& name, const std::string& wanted) {
    const auto found = digest_of_file(request.check + "/" + name);
    if (found == wanted) return;
    std::cerr << name << (found ? " differs\n" : " is missing\n");
    ++differing;
  };
  for (const Sample& sample : samples) {
    DigestSink sink;
    sample.write(sink);
    compare(std::string(sample.name), sink.finish());
  }
  compare("INDEX.tsv", hex(sha256(as_bytes(index_of(samples)))));
  differing += count_strangers(request.check, samples);
  return differing == 0 ? 0 : 1;
}

int run(const Request& request) {
  const std::vector<Sample> samples = chosen(request);
  if (samples.empty()) {
    std::cerr << "mapiguard-corpus: no sample is called " << request.only << " (--list names them)\n";
    return kUsage;
  }
  if (request.list) {
    std::cout << index_of(samples);
    return 0;
  }
  return request.check.empty() ? write_samples(request, samples) : check_samples(request, samples);
}

int main_program(int argc, char** argv) {
  const auto request = parse(argc, argv);
  if (request && request->help) {
    std::cout << kHelp;
    return 0;
  }
  if (!request || (request->output.empty() && request->check.empty() && !request->list)) {
    std::cerr << kHelp;
    return kUsage;
  }
  try {
    return run(*request);
  } catch (const std::exception& mistake) {  // of the catalogue: text that a code page cannot hold, a missing entry
    std::cerr << "mapiguard-corpus: " << mistake.what() << "\n";
    return kInternal;
  }
}

}  // namespace
}  // namespace mapiguard::corpus

int main(int argc, char** argv) { return mapiguard::corpus::main_program(argc, argv); }
