#include "persist/event_log.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/try.h"
#include "persist/text_list.h"

namespace mapiguard {
namespace {

constexpr char kAppend[] =
    "INSERT INTO events (time, event_id, source, severity, category, params, text, ext) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
constexpr char kNewest[] = "SELECT MAX(seq) FROM events";
constexpr char kDropOld[] = "DELETE FROM events WHERE seq <= $1";
constexpr char kRead[] =
    "SELECT seq, time, event_id, source, severity, category, params, text, ext FROM events "
    "WHERE seq > $1 AND time >= $2 ORDER BY seq";
constexpr char kReadOne[] =
    "SELECT seq, time, event_id, source, severity, category, params, text, ext FROM events "
    "WHERE seq > $1 AND time >= $2 AND event_id = $3 ORDER BY seq";

StoredEvent event_in(const SqlRow& row) {
  StoredEvent event;
  event.seq = static_cast<std::uint64_t>(row.integer(0));
  event.time = row.integer(1);
  event.event_id = static_cast<unsigned>(row.integer(2));
  event.source = row.text(3);
  event.severity = row.text(4);
  event.category = row.text(5);
  event.params = split_lines(row.text(6));
  event.text = row.text(7);
  event.ext = row.text(8);
  return event;
}

}  // namespace

std::string event_line(const StoredEvent& event) {
  return JsonObject()
      .text("time", rfc3339(event.time))
      .number("event_id", event.event_id)
      .text("source", event.source)
      .text("severity", event.severity)
      .text("category", event.category)
      .array("params", event.params)
      .text("text", event.text)
      .raw("ext", JsonObject().number("seq", event.seq).merge(event.ext).str())
      .str();
}

Result<std::uint64_t> append_event(Session& session, const StoredEvent& event, std::uint64_t most) {
  const std::string params = join_lines(event.params);
  MAPIGUARD_TRY(
      session.run(kAppend, {event.time, std::int64_t{event.event_id}, std::string_view(event.source),
                            std::string_view(event.severity), std::string_view(event.category),
                            std::string_view(params), std::string_view(event.text), std::string_view(event.ext)}));
  std::uint64_t seq = 0;
  MAPIGUARD_TRY(session.run(kNewest, {}, [&](const SqlRow& row) {
    seq = static_cast<std::uint64_t>(row.integer(0));
    return false;
  }));
  if (seq > most) MAPIGUARD_TRY(session.run(kDropOld, {static_cast<std::int64_t>(seq - most)}));
  return seq;
}

Result<std::vector<StoredEvent>> read_events(Session& session, const EventQuery& query) {
  std::vector<StoredEvent> events;
  const RowReader reader = [&](const SqlRow& row) {
    events.push_back(event_in(row));
    return events.size() < query.most;
  };
  const auto after = static_cast<std::int64_t>(query.after_seq);
  if (query.event_id)
    MAPIGUARD_TRY(session.run(kReadOne, {after, query.since, std::int64_t{*query.event_id}}, reader));
  else
    MAPIGUARD_TRY(session.run(kRead, {after, query.since}, reader));
  return events;
}

}  // namespace mapiguard
