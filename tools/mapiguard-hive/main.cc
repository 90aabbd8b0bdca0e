// mapiguard-hive: tells the information stores of an offline SYSTEM hive. A program of its own, run like an external
// converter (namespaces, limits, no network), because libhivex reads hostile bytes and is no code of ours.
//
// The hive on standard input, registry_wire on standard output: keys as they are named while Windows runs, the control
// set that Select\Current names being CurrentControlSet. What cannot be read is a refusal there, with exit code 0.
#include <hivex.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "base/text.h"
#include "base/try.h"
#include "tools/registry/information_stores.h"
#include "tools/registry/registry_wire.h"

namespace mapiguard {
namespace {

constexpr std::size_t kMostHiveBytes = 512u << 20;  // ten times the largest SYSTEM hive that Windows loads
constexpr unsigned kMostDepth = 8;                  // below MSExchangeIS; a mailbox's quarantine stands at 4

struct Freed {
  void operator()(void* memory) const { std::free(memory); }
};
template <class T>
using Malloced = std::unique_ptr<T, Freed>;

std::unexpected<Error> refused(std::string reason) { return fail(ErrorCode::not_a_message, std::move(reason)); }

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(fd, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return fail(ErrorCode::io, std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

// hivex_open wants a name, and a length that does not change.
Result<int> copy_of_standard_input() {
  const int copy = ::memfd_create("hive", MFD_CLOEXEC);
  if (copy < 0) return fail(ErrorCode::io, std::strerror(errno));
  std::size_t size = 0;
  std::array<char, 1 << 16> piece;
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorCode::io, std::strerror(errno));
    if (got == 0) return copy;
    size += static_cast<std::size_t>(got);
    if (size > kMostHiveBytes) return refused("the hive is larger than 512 MiB");
    MAPIGUARD_TRY(write_all(copy, {piece.data(), static_cast<std::size_t>(got)}));
  }
}

class Hive {
 public:
  static Result<Hive> open(int fd) {
    hive_h* handle = hivex_open(("/proc/self/fd/" + std::to_string(fd)).c_str(), 0);
    if (handle) return Hive(handle);
    return refused(errno == ENOTSUP || errno == EINVAL || errno == ENOENT
                       ? "the file is no registry hive, or is damaged"
                       : std::string("the hive cannot be read: ") + std::strerror(errno));
  }

  Result<Registry> information_stores();

 private:
  explicit Hive(hive_h* handle) : handle_(handle, hivex_close) {}
  hive_node_h child(hive_node_h node, const std::string& name) const {
    return node ? hivex_node_get_child(handle_.get(), node, name.c_str()) : 0;
  }
  std::optional<std::uint32_t> current_control_set() const;
  Result<void> read_key(hive_node_h node, const std::string& path, unsigned depth);
  Result<void> read_values(hive_node_h node, RegistryKey& key);
  Result<RegistryValue> read_value(hive_value_h value) const;

  std::unique_ptr<hive_h, int (*)(hive_h*)> handle_;
  Registry registry_;
  std::size_t bytes_ = 0, values_ = 0;
};

std::optional<std::uint32_t> Hive::current_control_set() const {
  const hive_node_h select = child(hivex_root(handle_.get()), "Select");
  const hive_value_h current = select ? hivex_node_get_value(handle_.get(), select, "Current") : 0;
  if (!current) return std::nullopt;
  const auto value = read_value(current);
  return value ? dword_of(*value) : std::nullopt;
}

Result<Registry> Hive::information_stores() {
  const auto current = current_control_set();
  if (!current || *current == 0 || *current > 999)
    return refused("the hive has no Select\\Current that names a control set: it is no SYSTEM hive");
  std::array<char, 16> set;
  std::snprintf(set.data(), set.size(), "ControlSet%03u", *current);
  const hive_node_h root = child(hivex_root(handle_.get()), set.data());
  if (!root) return refused(std::string("Select\\Current names ") + set.data() + ", and the hive has no such key");
  if (const hive_node_h exchange = child(child(root, "Services"), "MSExchangeIS"))
    MAPIGUARD_TRY(
        read_key(exchange, std::string(kLocalMachine) + "\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS", 0));
  return information_store_keys(std::move(registry_));
}

Result<void> Hive::read_key(hive_node_h node, const std::string& path, unsigned depth) {
  if (depth > kMostDepth || registry_.keys.size() == kMostRegistryKeys)
    return refused("the hive has too many keys of information stores");
  RegistryKey key;
  key.path = path;
  bytes_ += path.size();
  MAPIGUARD_TRY(read_values(node, key));
  registry_.keys.push_back(std::move(key));
  const Malloced<hive_node_h> children(hivex_node_children(handle_.get(), node));
  if (!children) return refused("the keys below " + path + " cannot be read: the hive is damaged");
  for (const hive_node_h* each = children.get(); *each; ++each) {
    const Malloced<char> name(hivex_node_name(handle_.get(), *each));
    if (!name) return refused("a key below " + path + " cannot be read: the hive is damaged");
    MAPIGUARD_TRY(read_key(*each, path + '\\' + repair_utf8(name.get()), depth + 1));
  }
  return {};
}

Result<void> Hive::read_values(hive_node_h node, RegistryKey& key) {
  const Malloced<hive_value_h> values(hivex_node_values(handle_.get(), node));
  if (!values) return refused("the values of " + key.path + " cannot be read: the hive is damaged");
  for (const hive_value_h* each = values.get(); *each; ++each) {
    auto value = read_value(*each);
    if (!value) return refused("a value of " + key.path + " cannot be read: the hive is damaged");
    bytes_ += value->name.size() + value->data.size();
    if (++values_ > kMostRegistryValues || bytes_ > kMostRegistryBytes / 2)
      return refused("the hive has too many values of information stores");
    key.values.push_back(std::move(*value));
  }
  return {};
}

Result<RegistryValue> Hive::read_value(hive_value_h value) const {
  hive_type type{};
  std::size_t size = 0;
  const Malloced<char> name(hivex_value_key(handle_.get(), value));
  const Malloced<char> data(name ? hivex_value_value(handle_.get(), value, &type, &size) : nullptr);
  if (!data) return refused(std::strerror(errno));
  RegistryValue read;
  read.name = repair_utf8(name.get());
  read.type = static_cast<RegistryType>(type);
  const Bytes bytes = as_bytes({data.get(), size});
  read.data.assign(bytes.begin(), bytes.end());
  return read;
}

Result<Registry> read_hive() {
  const auto copy = copy_of_standard_input();
  if (!copy) return std::unexpected(copy.error());
  auto hive = Hive::open(*copy);
  if (!hive) return std::unexpected(std::move(hive.error()));
  return hive->information_stores();
}

}  // namespace
}  // namespace mapiguard

int main() {
  const auto registry = mapiguard::read_hive();
  const std::string answer =
      registry ? mapiguard::registry_to_wire(*registry) : mapiguard::refusal_to_wire(registry.error().message);
  return mapiguard::write_all(STDOUT_FILENO, answer) ? 0 : 74;
}
