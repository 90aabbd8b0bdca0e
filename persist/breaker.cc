#include "persist/breaker.h"

#include "base/try.h"

namespace mapiguard {
namespace {

constexpr char kGet[] = "SELECT build, since, death_class, stack, canary FROM breaker WHERE build = $1";
constexpr char kPut[] =
    "INSERT INTO breaker (build, since, death_class, stack, canary) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (build) DO NOTHING";
constexpr char kErase[] = "DELETE FROM breaker WHERE build = $1";

}  // namespace

Result<std::optional<BreakerRow>> breaker_of(Session& session, std::string_view build) {
  std::optional<BreakerRow> found;
  MAPIGUARD_TRY(session.run(kGet, {build}, [&](const SqlRow& row) {
    found = BreakerRow{std::string(row.text(0)), row.integer(1), std::string(row.text(2)), std::string(row.text(3)),
                       std::string(row.text(4))};
    return false;
  }));
  return found;
}

Result<bool> put_breaker(Session& session, const BreakerRow& row) {
  MAPIGUARD_TRY(session.run(kPut, {row.build, row.since, row.death_class, row.stack, row.canary}));
  return session.rows_changed() > 0;
}

Result<bool> erase_breaker(Session& session, std::string_view build) {
  MAPIGUARD_TRY(session.run(kErase, {build}));
  return session.rows_changed() > 0;
}

}  // namespace mapiguard
