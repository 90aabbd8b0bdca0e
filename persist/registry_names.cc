#include "persist/registry_names.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/try.h"
#include "persist/text_list.h"

namespace mapiguard {
namespace {

// A row of the settings that is no setting: its name is in no table of names.
constexpr std::string_view kRow = "registry names";
constexpr char kFind[] = "SELECT value FROM settings WHERE name = $1";
constexpr char kPut[] = "INSERT INTO settings (name, value, origin, changed) VALUES ($1, $2, $3, $4)";

// RFC 4122 4.4: random, version 4.
Result<std::string> random_guid() {
  std::array<unsigned char, 16> bits{};
  if (::getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size()))
    return fail(ErrorCode::internal, std::string("no random numbers can be had: ") + std::strerror(errno));
  bits[6] = static_cast<unsigned char>((bits[6] & 0x0F) | 0x40);
  bits[8] = static_cast<unsigned char>((bits[8] & 0x3F) | 0x80);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += {kDigits[bits[i] >> 4], kDigits[bits[i] & 15]};
  }
  return text;
}

Result<StoreNames> made_names(Session& session, std::string_view server, std::int64_t now) {
  auto mailbox = random_guid(), public_folder = random_guid();
  if (!mailbox) return std::unexpected(mailbox.error());
  if (!public_folder) return std::unexpected(public_folder.error());
  StoreNames names{std::string(server), std::move(*mailbox), std::move(*public_folder)};
  const std::string row = join_lines({names.server, names.mailbox_guid, names.public_guid});
  MAPIGUARD_TRY(session.run(kPut, {kRow, row, "names", now}));
  return names;
}

}  // namespace

Result<StoreNames> store_names(Session& session, std::string_view server_if_new, std::int64_t now) {
  std::vector<std::string> lines;
  MAPIGUARD_TRY(session.run(kFind, {kRow}, [&](const SqlRow& row) {
    lines = split_lines(row.text(0));
    return false;
  }));
  if (lines.size() == 3) return StoreNames{lines[0], lines[1], lines[2]};
  if (!lines.empty())
    return fail(ErrorCode::config, "the row '" + std::string(kRow) + "' of the state database is damaged");
  return made_names(session, server_if_new, now);
}

}  // namespace mapiguard
