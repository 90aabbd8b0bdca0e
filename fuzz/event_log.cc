// events.jsonl as a crash, an administrator or another program may leave it: any bytes, as the file itself and as the
// one that was rotated last. Whole lines of ours stay, what is torn goes, and each event is there once.
#include "persist/event_log.h"

#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "fuzz/memory_env_support.h"
#include "fuzz/scratch_support.h"
#include "persist/sqlite_store.h"

using namespace mapiguard;
using fuzzing::MemoryEnv;

namespace {

constexpr std::uint64_t kEvents = 5;

void expect(bool holds) {
  if (!holds) std::abort();
}

// A database of five events, and the lines that the file shall have of them.
struct World {
  fuzzing::Scratch scratch;
  std::unique_ptr<StateStore> store;
  std::vector<std::string> lines;

  World() {
    store = std::move(*open_sqlite_store(posix_env(), scratch.path()));
    expect(store
               ->write([](Session& session) -> Result<void> {
                 for (std::uint64_t i = 1; i <= kEvents; ++i) {
                   const StoredEvent event{
                       0, 0, 9680, "source", "error", "category", {"a\"b"}, "event\n", R"({"class": "crashed"})"};
                   if (const auto seq = append_event(session, event, 100); !seq) return std::unexpected(seq.error());
                 }
                 return {};
               })
               .has_value());
    expect(store
               ->read([&](Session& session) -> Result<void> {
                 const auto events = read_events(session, {});
                 for (const StoredEvent& event : *events) lines.push_back(event_line(event) + "\n");
                 return {};
               })
               .has_value());
    expect(lines.size() == kEvents);
  }
  std::string lines_after(std::uint64_t seq) const {
    std::string text;
    for (std::uint64_t i = seq; i < kEvents; ++i) text += lines[i];
    return text;
  }
  void run(MemoryEnv& env, std::uint64_t rotate_bytes = 1ull << 40) {
    expect(export_events(*store, env, {scratch.path(), rotate_bytes, 3}).has_value());
  }
};

struct Tail {
  std::uint64_t seq = 0;
  std::size_t size = 0;
};

// The last whole line of ours, found from the front.
Tail tail_of(std::string_view file) {
  constexpr std::string_view kMark = "\"ext\": {\"seq\": ";
  Tail tail;
  for (std::size_t at = 0, end; (end = file.find('\n', at)) != file.npos; at = end + 1) {
    const std::string_view line = file.substr(at, end - at);
    const std::size_t mark = line.find(kMark);
    if (mark == line.npos || line.front() != '{' || !line.ends_with("}}")) continue;
    std::uint64_t seq = 0;
    const auto read = std::from_chars(line.data() + mark + kMark.size(), line.data() + line.size(), seq);
    if (read.ec == std::errc() && seq > 0) tail = {seq, end + 1};
  }
  return tail;
}

void as_the_file(World& world, const std::string& file) {
  const std::string path = world.scratch.path() + "/events.jsonl";
  const Tail tail = tail_of(file);
  const std::string kept = file.substr(0, tail.size);
  MemoryEnv env;
  env.files[path] = file;
  world.run(env);
  if (tail.seq > kEvents) {
    expect(env.files[path + ".ahead"] == kept && env.files[path] == world.lines_after(0));
  } else {
    expect(env.files.size() == 1 && env.files[path] == kept + world.lines_after(tail.seq));
  }
  const std::string once = env.files[path];
  world.run(env);
  expect(env.files[path] == once);
}

void as_the_rotated_file(World& world, const std::string& file) {
  const std::string path = world.scratch.path() + "/events.jsonl";
  const Tail tail = tail_of(file);
  MemoryEnv env;
  env.files[path + ".1"] = file;
  world.run(env);
  expect(env.files[path + ".1"] == file);
  expect(env.files[path] == world.lines_after(tail.seq > kEvents ? 0 : tail.seq));
}

// With a bound that a line reaches: every line goes to a file of its own, and none is lost while three are kept.
void with_rotation(World& world, const std::string& file) {
  const std::string path = world.scratch.path() + "/events.jsonl";
  const Tail tail = tail_of(file);
  if (tail.seq < kEvents - 2 || tail.seq > kEvents) return;
  MemoryEnv env;
  env.files[path] = file;
  world.run(env, 1);
  std::string all;
  for (const char* suffix : {".3", ".2", ".1", ""}) all += env.files[path + suffix];
  expect(all == file.substr(0, tail.size) + world.lines_after(tail.seq));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  const std::string file(reinterpret_cast<const char*>(data), size);
  as_the_file(world, file);
  as_the_rotated_file(world, file);
  with_rotation(world, file);
  return 0;
}
