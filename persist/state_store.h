// StateStore: the database behind everything that must agree after a crash. What stands in its tables is the business
// of persist/attempts.h, quarantine.h, outbox.h, event_log.h and settings.h; these speak plain SQL with parameters
// $1, $2 … (first used in that order), which SQLite and PostgreSQL both understand. Here is only the running of it.
//
//   store.write([&](Session& session) -> Result<void> {
//     MAPIGUARD_TRY(session.run(kForget, {Bytes(digest)}));
//     …                                          // all of it is there afterwards, or nothing
//   });
//
// Errors of every call: try_again (another process held the database for kStoreWaitSeconds), io (disk full, read or
// write error), config (damaged, read only, not ours).
//
// Thread promise: a StateStore from any thread; a Session within its callback alone. No call of a store from within
// a callback of the same store: it would wait for itself.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <variant>

#include <mapiguard/result.h>
#include "base/bytes.h"
#include "base/sha256.h"

namespace mapiguard {

inline constexpr unsigned kStoreWaitSeconds = 10;

// Null, number, text (UTF-8) or bytes; text and bytes must live until run() returns.
using SqlValue = std::variant<std::monostate, std::int64_t, std::string_view, Bytes>;

inline Bytes bytes_of(const Digest& digest) { return std::as_bytes(std::span(digest)); }

// One row of an answer, alive within the callback. A column of another kind reads as 0 or empty.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;
  virtual Bytes bytes(int column) const = 0;

  Digest digest(int column) const;  // all zero when the column has not 32 bytes
};

// False: no more rows are wanted.
using RowReader = std::function<bool(const SqlRow&)>;

class Session {
 public:
  virtual ~Session() = default;
  // `sql` is one statement with static lifetime: its address is its name in the cache of prepared statements.
  virtual Result<void> run(const char* sql, std::initializer_list<SqlValue> values, const RowReader& reader = {}) = 0;
  virtual std::uint64_t rows_changed() const = 0;  // by the last run()
};

using Work = std::function<Result<void>(Session&)>;

class StateStore {
 public:
  virtual ~StateStore() = default;
  // Everything that `work` reads is of one moment.
  virtual Result<void> read(const Work& work) = 0;
  // The only writer meanwhile. Commits when `work` succeeds, rolls back when it fails. Nothing slow in here.
  virtual Result<void> write(const Work& work) = 0;
  // One statement that reads: cheaper than read().
  virtual Result<void> query(const char* sql, std::initializer_list<SqlValue> values, const RowReader& reader) = 0;
  // Whether a committed write survives power loss too (always: kill -9). For writes that begin afterwards.
  virtual void set_durable(bool durable) = 0;
};

}  // namespace mapiguard
