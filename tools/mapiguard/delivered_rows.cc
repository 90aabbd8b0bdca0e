#include "tools/mapiguard/delivered_rows.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/try.h"

namespace mapiguard {
namespace {

using Json = nlohmann::json;

const char* name_of(DeliveryState state) { return state == DeliveryState::delivered ? "delivered" : "reserved"; }

// What cannot be shown as it is stands beside it in hexadecimal digits.
void add_text(JsonObject& object, const std::string& key, const std::string& text) {
  const std::string shown = displayable(text);
  object.text_or_null(key, shown);
  if (shown != text) object.text(key + "_hex", hex(as_bytes(text)));
}

std::string submit_time(const DeliveredRow& row) {
  return row.key.submit_time ? rfc3339(*row.key.submit_time * kNsPerSecond) : "";
}

std::unexpected<Error> refused(const std::string& what) { return fail(ErrorCode::not_a_message, what); }

Result<std::string> bytes_of_hex(const std::string& digits) {
  std::string bytes;
  const auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (digits.size() % 2 != 0) return refused("an odd number of hexadecimal digits");
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = value(digits[i]), low = value(digits[i + 1]);
    if (high < 0 || low < 0) return refused("'" + displayable(digits, 80) + "' is not hexadecimal");
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

// "" when it is absent or null.
Result<std::string> text_of(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) return refused("'" + key + "' is no text");
  return found->get<std::string>();
}

Result<std::string> raw_text_of(const Json& object, const std::string& key) {
  const auto digits = text_of(object, key + "_hex");
  if (!digits) return digits;
  return digits->empty() ? text_of(object, key) : bytes_of_hex(*digits);
}

Result<std::int64_t> time_of(const Json& object, const std::string& key) {
  const auto text = text_of(object, key);
  if (!text) return std::unexpected(text.error());
  const auto time = parse_rfc3339(*text);
  if (!time) return refused("'" + key + "' is no time");
  return *time;
}

Result<DeliveredRow> row_of(const Json& object) {
  DeliveredRow row;
  const auto mailbox = raw_text_of(object, "mailbox"), id = raw_text_of(object, "message_id"),
             digest_text = text_of(object, "sha256"), submit_text = text_of(object, "submit_time"),
             database = text_of(object, "database"), state = text_of(object, "state");
  for (const auto* text : {&mailbox, &id, &digest_text, &submit_text, &database, &state})
    if (!*text) return std::unexpected(text->error());
  const auto digest = digest_from_hex(*digest_text);
  if (!digest) return refused("'sha256' is no SHA-256");
  row.key = {mailbox_name(*mailbox), *id, {}, *digest};
  if (!submit_text->empty()) {
    const auto submit = time_of(object, "submit_time");
    if (!submit) return std::unexpected(submit.error());
    row.key.submit_time = *submit / kNsPerSecond - (*submit % kNsPerSecond < 0);
  }
  const auto delivered = time_of(object, "delivered_at");
  if (!delivered) return std::unexpected(delivered.error());
  row.wall_ns = *delivered;
  row.database = *database;
  row.state = *state == "reserved" ? DeliveryState::reserved : DeliveryState::delivered;
  if (const auto size = object.find("size"); size != object.end() && size->is_number_unsigned())
    row.size = size->get<std::uint64_t>();
  if (const auto fits = check_key(row.key); !fits) return refused(fits.error().message);
  return row;
}

}  // namespace

std::string delivered_json(const DeliveredRow& row) {
  JsonObject object;
  add_text(object, "mailbox", row.key.mailbox);
  add_text(object, "message_id", row.key.message_id);
  object.text_or_null("submit_time", submit_time(row))
      .text("state", name_of(row.state))
      .text("delivered_at", rfc3339(row.wall_ns))
      .text("sha256", hex(row.key.content))
      .number("size", row.size);
  object.text_or_null("database", displayable(row.database));
  return object.str();
}

std::vector<std::string> delivered_cells(const DeliveredRow& row) {
  return {rfc3339(row.wall_ns),
          name_of(row.state),
          row.key.mailbox,
          std::to_string(row.size),
          hex(row.key.content).substr(0, 12),
          row.key.message_id.empty() ? "-" : row.key.message_id};
}

Result<DeliveredRow> delivered_row_of(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) return refused("the line is no JSON object");
  return row_of(object);
}

}  // namespace mapiguard
