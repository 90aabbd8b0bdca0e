#include "guardian/wire.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "guardian/limits.h"

namespace mapiguard {
namespace {

// First bytes of each kind of packet, so that none is taken for another.
enum class Tag : std::uint32_t {
  assignment = 0x3141474D,  // "MGA1"
  reply = 0x3152474D,       // "MGR1"
  command = 0x3143474D,     // "MGC1"
  order = 0x314F474D,       // "MGO1"
  news = 0x314E474D,        // "MGN1"
};

constexpr std::size_t kMaxListed = 4096;       // strings in a list

class Writer {
 public:
  explicit Writer(Tag tag) { number(static_cast<std::uint32_t>(tag)); }

  template <class T>
  void number(T value) {
    static_assert(std::is_integral_v<T>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void flag(bool value) { number(static_cast<std::uint8_t>(value)); }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_.append(value);
  }
  void list(const std::vector<std::string>& values) {
    number(static_cast<std::uint32_t>(values.size()));
    for (const std::string& value : values) text(value);
  }
  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads fields until one is wrong; what is wrong first is what is said. Reads after that give empty values.
class Reader {
 public:
  Reader(Bytes packet, Tag tag) : cursor_(packet) {
    if (number<std::uint32_t>() != static_cast<std::uint32_t>(tag)) wrong("it does not begin as it must");
  }

  template <class T>
  T number() {
    const auto raw = fault_.empty() ? cursor_.take(sizeof(T)) : std::nullopt;
    T value{};
    if (raw)
      std::copy(raw->begin(), raw->end(), reinterpret_cast<std::byte*>(&value));
    else
      wrong("it is too short");
    return value;
  }
  bool flag() {
    const auto value = number<std::uint8_t>();
    if (value > 1) wrong("a flag is neither 0 nor 1");
    return value == 1;
  }
  template <class E>
  E one_of(E last) {
    const auto value = number<std::uint8_t>();
    if (value > static_cast<std::uint8_t>(last)) {
      wrong("a value is out of its range");
      return E{};
    }
    return static_cast<E>(value);
  }
  std::string raw(std::size_t most) {
    const auto length = number<std::uint32_t>();
    if (length > most) {
      wrong("a text is too long");
      return {};
    }
    const auto bytes = fault_.empty() ? cursor_.take(length) : std::nullopt;
    if (!bytes) {
      wrong("a text is longer than the packet");
      return {};
    }
    return std::string(as_chars(*bytes));
  }
  std::string text(std::size_t most) {
    std::string value = raw(most);
    if (!is_utf8(value)) wrong("a text is not UTF-8");
    if (value.find('\0') != std::string::npos) wrong("a text has a NUL in it");
    return fault_.empty() ? std::move(value) : std::string();
  }
  std::vector<std::string> list(std::size_t most_each) {
    const auto count = number<std::uint32_t>();
    if (count > kMaxListed) wrong("a list is too long");
    std::vector<std::string> values;
    for (std::uint32_t i = 0; i < count && fault_.empty(); ++i) values.push_back(raw(most_each));
    return values;
  }
  void wrong(std::string_view what) {
    if (fault_.empty()) fault_ = what;
  }
  bool good() const { return fault_.empty(); }
  std::size_t left() const { return cursor_.left(); }

  template <class T>
  Parsed<T> done(T value) {
    if (fault_.empty() && !cursor_.at_end()) wrong("it has bytes after its end");
    if (!fault_.empty()) return std::unexpected(std::move(fault_));
    return value;
  }

 private:
  ByteCursor cursor_;
  std::string fault_;
};

// -- options ------------------------------------------------------------------------------------------------------

// All fields of Limits, in order; a new one must be added here, and the assertion finds the one who forgot.
constexpr auto kLimits32 = std::to_array<std::uint32_t Limits::*>(
    {&Limits::max_depth, &Limits::max_recipients, &Limits::max_attachments, &Limits::max_defects});
constexpr auto kLimits64 = std::to_array<std::uint64_t Limits::*>(
    {&Limits::max_rtf_bytes, &Limits::max_header_bytes, &Limits::max_steps_per_input_byte, &Limits::min_steps});
static_assert(sizeof(Limits) == kLimits32.size() * 4 + kLimits64.size() * 8, "a field of Limits is not sent to the worker");

void write_options(Writer& out, const ConvertOptions& options) {
  out.number(static_cast<std::uint8_t>(options.format));
  out.flag(options.keep_tnef);
  out.text(options.imcea_domain);
  for (const auto field : kLimits32) out.number(options.limits.*field);
  for (const auto field : kLimits64) out.number(options.limits.*field);
}

ConvertOptions read_options(Reader& in) {
  ConvertOptions options;
  options.format = in.one_of(OutputFormat::json);
  options.keep_tnef = in.flag();
  options.imcea_domain = in.text(kMaxImceaDomain);
  for (const auto field : kLimits32) options.limits.*field = in.number<std::uint32_t>();
  for (const auto field : kLimits64) options.limits.*field = in.number<std::uint64_t>();
  return options;
}

// -- report -------------------------------------------------------------------------------------------------------

// A converter's text as the parser will accept it: UTF-8, without NUL, at most `most` bytes.
std::string fit(std::string_view text, std::size_t most) {
  std::string fitted = is_utf8(text) ? std::string(text) : repair_utf8(text);
  for (std::size_t at = fitted.find('\0'); at != std::string::npos; at = fitted.find('\0', at)) fitted.replace(at, 1, "\xEF\xBF\xBD");
  if (fitted.size() <= most) return fitted;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(fitted[end]) & 0xC0) == 0x80) --end;  // not inside a sequence
  fitted.resize(end);
  return fitted;
}

constexpr std::size_t kDefectFrame = 1 + 4 + 4;  // severity and two lengths

void write_report(Writer& out, const Report& report) {
  out.number(static_cast<std::uint8_t>(report.kind));
  out.text(fit(report.message_id, kMaxMessageIdText));
  std::vector<Defect> sent;
  std::size_t size = out.size() + sizeof(std::uint64_t) + sizeof(std::uint32_t);
  for (const Defect& defect : report.defects) {
    Defect fitted{defect.severity, fit(defect.where, kMaxDefectText), fit(defect.what, kMaxDefectText)};
    size += kDefectFrame + fitted.where.size() + fitted.what.size();
    if (size > kMaxReplyBytes) break;
    sent.push_back(std::move(fitted));
  }
  out.number(report.defects_dropped + (report.defects.size() - sent.size()));
  out.number(static_cast<std::uint32_t>(sent.size()));
  for (const Defect& defect : sent) {
    out.number(static_cast<std::uint8_t>(defect.severity));
    out.text(defect.where);
    out.text(defect.what);
  }
}

Report read_report(Reader& in) {
  Report report;
  report.kind = in.one_of(InputKind::mime);
  report.message_id = in.text(kMaxMessageIdText);
  report.defects_dropped = in.number<std::uint64_t>();
  const auto count = in.number<std::uint32_t>();
  if (count > in.left() / kDefectFrame) in.wrong("it claims more defects than it can hold");
  for (std::uint32_t i = 0; i < count && in.good(); ++i) {
    Defect defect;
    defect.severity = in.one_of(Severity::loss);
    defect.where = in.text(kMaxDefectText);
    defect.what = in.text(kMaxDefectText);
    report.defects.push_back(std::move(defect));
  }
  return report;
}

void write_error(Writer& out, const Error& error) {
  out.number(static_cast<std::uint8_t>(error.code));
  out.text(fit(error.message, kMaxErrorText));
  out.text(fit(error.hint, kMaxErrorText));
}

Error read_error(Reader& in) {
  Error error;
  error.code = in.one_of(ErrorCode::config);
  error.message = in.text(kMaxErrorText);
  error.hint = in.text(kMaxErrorText);
  if (error.code != ErrorCode::not_a_message && error.code != ErrorCode::io) in.wrong("a converter has no such error");
  return error;
}

}  // namespace

std::string serialize(const Assignment& assignment) {
  Writer out(Tag::assignment);
  out.number(assignment.sequence);
  out.number(assignment.input_bytes);
  out.number(assignment.output_limit);
  out.number(assignment.place);
  out.flag(assignment.last);
  write_options(out, assignment.options);
  out.text(assignment.errand);
  out.text(assignment.argument);
  out.text(assignment.plant);
  return out.take();
}

Parsed<Assignment> parse_assignment(Bytes packet) {
  Reader in(packet, Tag::assignment);
  Assignment assignment;
  assignment.sequence = in.number<std::uint64_t>();
  assignment.input_bytes = in.number<std::uint64_t>();
  assignment.output_limit = in.number<std::uint64_t>();
  assignment.place = in.number<std::uint32_t>();
  assignment.last = in.flag();
  assignment.options = read_options(in);
  assignment.errand = in.text(kMaxErrorText);
  assignment.argument = in.raw(kMaxArgument);
  assignment.plant = in.text(kMaxErrorText);
  return in.done(std::move(assignment));
}

std::string serialize(const Reply& reply) {
  Writer out(Tag::reply);
  out.number(reply.sequence);
  out.number(reply.output_bytes);
  out.flag(reply.retire);
  out.flag(reply.no_room);
  out.flag(reply.answer.has_value());
  if (reply.answer)
    write_report(out, *reply.answer);
  else
    write_error(out, reply.answer.error());
  return out.take();
}

Parsed<Reply> parse_reply(Bytes packet) {
  if (packet.size() > kMaxReplyBytes) return std::unexpected("it is too long");
  Reader in(packet, Tag::reply);
  Reply reply;
  reply.sequence = in.number<std::uint64_t>();
  reply.output_bytes = in.number<std::uint64_t>();
  reply.retire = in.flag();
  reply.no_room = in.flag();
  if (in.flag())
    reply.answer = read_report(in);
  else
    reply.answer = std::unexpected(read_error(in));
  return in.done(std::move(reply));
}

std::string serialize(const CommandReply& reply) {
  Writer out(Tag::command);
  out.number(reply.sequence);
  out.number(reply.exec_error);
  out.number(reply.wait_status);
  out.flag(reply.stopped);
  out.number(reply.cpu_microseconds);
  out.number(reply.peak_rss);
  out.text(std::string_view(reply.stderr_tail).substr(reply.stderr_tail.size() - std::min(reply.stderr_tail.size(), kStderrTail)));
  out.text(fit(reply.trouble, kMaxErrorText));
  return out.take();
}

Parsed<CommandReply> parse_command_reply(Bytes packet) {
  Reader in(packet, Tag::command);
  CommandReply reply;
  reply.sequence = in.number<std::uint64_t>();
  reply.exec_error = in.number<std::int32_t>();
  reply.wait_status = in.number<std::int32_t>();
  reply.stopped = in.flag();
  reply.cpu_microseconds = in.number<std::uint64_t>();
  reply.peak_rss = in.number<std::uint64_t>();
  reply.stderr_tail = in.raw(kStderrTail);
  reply.trouble = in.text(kMaxErrorText);
  return in.done(std::move(reply));
}

std::string serialize(const NurseryOrder& order) {
  Writer out(Tag::order);
  out.number(static_cast<std::uint8_t>(order.kind));
  out.number(order.worker);
  out.number(order.value);
  if (order.kind != NurseryOrder::Kind::configure) return out.take();
  out.number(order.memory_bytes);
  out.number(order.timeout_seconds);
  out.list(order.command);
  out.list(order.environment);
  out.list(order.scratch);
  out.text(order.plugin);
  return out.take();
}

Parsed<NurseryOrder> parse_order(Bytes packet) {
  Reader in(packet, Tag::order);
  NurseryOrder order;
  order.kind = in.one_of(NurseryOrder::Kind::kill_worker);
  order.worker = in.number<std::uint64_t>();
  order.value = in.number<std::uint64_t>();
  if (order.kind == NurseryOrder::Kind::configure) {
    order.memory_bytes = in.number<std::uint64_t>();
    order.timeout_seconds = in.number<std::uint32_t>();
    order.command = in.list(kMaxControlBytes);
    order.environment = in.list(kMaxControlBytes);
    order.scratch = in.list(kMaxControlBytes);
    order.plugin = in.raw(kMaxControlBytes);
  }
  return in.done(std::move(order));
}

std::string serialize(const NurseryNews& news) {
  Writer out(Tag::news);
  out.number(static_cast<std::uint8_t>(news.kind));
  out.number(news.worker);
  out.number(news.pid);
  out.flag(news.exited);
  out.number(news.status);
  out.number(news.cpu_microseconds);
  out.number(news.peak_rss);
  out.text(news.build);
  out.text(fit(news.text, kMaxErrorText));
  out.number(static_cast<std::uint32_t>(news.layers.size()));
  for (const SandboxLayer& layer : news.layers) {
    out.text(fit(layer.name, kMaxErrorText));
    out.flag(layer.active);
    out.text(fit(layer.detail, kMaxErrorText));
  }
  out.number(static_cast<std::uint32_t>(news.modules.size()));
  for (const LoadedModule& module : news.modules) {
    out.text(fit(module.path, kMaxErrorText));
    out.text(fit(module.build_id, kMaxErrorText));
  }
  return out.take();
}

Parsed<NurseryNews> parse_news(Bytes packet) {
  Reader in(packet, Tag::news);
  NurseryNews news;
  news.kind = in.one_of(NurseryNews::Kind::died);
  news.worker = in.number<std::uint64_t>();
  news.pid = in.number<std::int32_t>();
  news.exited = in.flag();
  news.status = in.number<std::int32_t>();
  news.cpu_microseconds = in.number<std::uint64_t>();
  news.peak_rss = in.number<std::uint64_t>();
  news.build = in.text(kMaxErrorText);
  news.text = in.text(kMaxErrorText);
  const auto count = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.good(); ++i) {
    SandboxLayer layer;
    layer.name = in.text(kMaxErrorText);
    layer.active = in.flag();
    layer.detail = in.text(kMaxErrorText);
    news.layers.push_back(std::move(layer));
  }
  const auto modules = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < modules && in.good(); ++i) {
    LoadedModule module;
    module.path = in.text(kMaxErrorText);
    module.build_id = in.text(kMaxErrorText);
    news.modules.push_back(std::move(module));
  }
  return in.done(std::move(news));
}

}  // namespace mapiguard
