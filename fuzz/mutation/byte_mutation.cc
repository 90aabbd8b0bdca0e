#include "fuzz/mutation/byte_mutation.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "fuzz/mutation/dictionary.h"
#include "fuzz/mutation/numbers.h"

namespace mapiguard::mutation {
namespace {

constexpr std::size_t kLongestPiece = 256;

void flip_bit(std::string& bytes, Dice& dice, std::size_t) {
  if (bytes.empty()) return;
  char& byte = bytes[dice.below(bytes.size())];
  byte = static_cast<char>(byte ^ 1 << dice.below(8));
}

void set_byte(std::string& bytes, Dice& dice, std::size_t) {
  if (!bytes.empty()) bytes[dice.below(bytes.size())] = static_cast<char>(dice.next());
}

void insert_piece(std::string& bytes, std::string_view piece, Dice& dice, std::size_t most) {
  if (bytes.size() >= most) return;
  bytes.insert(dice.below(bytes.size() + 1), piece.substr(0, most - bytes.size()));
}

void insert_repeated(std::string& bytes, Dice& dice, std::size_t most) {
  constexpr std::array kFillers = {'\0', '\xFF', ' ', 'A', '{', '<', '(', '"', '\\', '\n', '.'};
  insert_piece(bytes, std::string(1 + dice.small(kLongestPiece), dice.pick(kFillers)), dice, most);
}

void insert_word(std::string& bytes, Dice& dice, std::size_t most) {
  insert_piece(bytes, dice.pick(kWords), dice, most);
}

void erase_piece(std::string& bytes, Dice& dice, std::size_t) {
  if (bytes.size() < 2) return;
  bytes.erase(dice.below(bytes.size()), 1 + dice.small(std::min(bytes.size() / 2, kLongestPiece)));
}

void copy_piece(std::string& bytes, Dice& dice, std::size_t most) {
  if (bytes.empty()) return;
  const std::string piece = bytes.substr(dice.below(bytes.size()), 1 + dice.small(kLongestPiece));
  if (dice.one_in(2)) return insert_piece(bytes, piece, dice, most);
  const std::size_t to = dice.below(bytes.size());
  bytes.replace(to, std::min(piece.size(), bytes.size() - to), piece.substr(0, bytes.size() - to));
}

void overwrite_number(std::string& bytes, Dice& dice, std::size_t) {
  const std::size_t at = dice.below(bytes.size() + 1);
  const std::uint64_t number = awkward_number(dice);
  switch (dice.below(4)) {
    case 0: return set_number(bytes, at, static_cast<std::uint8_t>(number));
    case 1: return set_number(bytes, at, static_cast<std::uint16_t>(number));
    case 2: return set_number(bytes, at, static_cast<std::uint32_t>(number));
    default: return set_number(bytes, at, number);
  }
}

void add_to_number(std::string& bytes, Dice& dice, std::size_t) {
  const std::size_t at = dice.below(bytes.size() + 1);
  const std::uint32_t by = static_cast<std::uint32_t>(dice.below(35)) - 17;
  if (dice.one_in(2)) return set_number(bytes, at, number_at<std::uint32_t>(bytes, at) + by);
  set_number(bytes, at, static_cast<std::uint8_t>(number_at<std::uint8_t>(bytes, at) + by));
}

// Decimal numbers stand in RTF, HTML and headers.
void change_digits(std::string& bytes, Dice& dice, std::size_t most) {
  const std::size_t at = bytes.find_first_of("0123456789", dice.below(bytes.size() + 1));
  if (at == bytes.npos) return;
  const std::size_t end = std::min(bytes.find_first_not_of("0123456789", at), bytes.size());
  const std::string digits = std::to_string(awkward_number(dice));
  if (bytes.size() - (end - at) + digits.size() <= most) bytes.replace(at, end - at, digits);
}

void cut_short(std::string& bytes, Dice& dice, std::size_t) { bytes.resize(dice.below(bytes.size() + 1)); }

using Change = void (*)(std::string&, Dice&, std::size_t);
constexpr Change kChanges[] = {flip_bit,      flip_bit,         set_byte,         set_byte,      insert_repeated,
                               insert_word,   insert_word,      erase_piece,      erase_piece,   copy_piece,
                               copy_piece,    overwrite_number, overwrite_number, add_to_number, add_to_number,
                               change_digits, cut_short};

}  // namespace

std::uint64_t awkward_number(Dice& dice) {
  constexpr std::uint64_t kEdges[] = {0,
                                      1,
                                      2,
                                      3,
                                      7,
                                      15,
                                      16,
                                      31,
                                      32,
                                      63,
                                      64,
                                      100,
                                      127,
                                      128,
                                      255,
                                      256,
                                      511,
                                      512,
                                      1000,
                                      1023,
                                      1024,
                                      4095,
                                      4096,
                                      0x7FFF,
                                      0x8000,
                                      0xFFFF,
                                      0x10000,
                                      0xFFFFFF,
                                      0x7FFFFFFF,
                                      0x80000000,
                                      0xFFFFFFFE,
                                      0xFFFFFFFF,
                                      0x100000000,
                                      0x7FFFFFFFFFFFFFFF,
                                      0x8000000000000000,
                                      0xFFFFFFFFFFFFFFFF};
  const std::uint64_t edge = dice.pick(kEdges);
  switch (dice.below(7)) {
    case 0: return edge + dice.below(9) - 4;
    case 1: return std::uint64_t{1} << dice.below(64);
    case 2: return dice.below(300);
    case 3: return dice.next() >> dice.below(64);
    case 4: return dice.one_in(2) ? 0 : ~std::uint64_t{0};
    default: return edge;
  }
}

void mutate_bytes(std::string& bytes, Dice& dice, std::size_t most) {
  for (std::size_t times = 1 + dice.small(6); times > 0; --times) dice.pick(kChanges)(bytes, dice, most);
  if (bytes.size() > most) bytes.resize(most);
}

void mutate_fields(std::string& bytes, Dice& dice, std::size_t most) {
  if (bytes.size() < 2 || dice.one_in(4)) return mutate_bytes(bytes, dice, most);
  const std::size_t at = dice.below(bytes.size() / 2) * 2;
  // The head of a structure has its counts and sizes.
  const std::size_t place = dice.one_in(2) ? at : dice.below(std::min<std::size_t>(bytes.size() / 2, 40)) * 2;
  if (dice.one_in(2))
    set_number(bytes, place, static_cast<std::uint16_t>(awkward_number(dice)));
  else
    set_number(bytes, place, static_cast<std::uint32_t>(awkward_number(dice)));
}

void splice_bytes(std::string& bytes, const std::string& donor, Dice& dice, std::size_t most) {
  if (donor.empty()) return mutate_bytes(bytes, dice, most);
  const std::string piece = donor.substr(dice.below(donor.size()), 1 + dice.below(donor.size()));
  const std::size_t at = dice.below(bytes.size() + 1);
  if (dice.one_in(2)) bytes.erase(at, piece.size());
  bytes.insert(at, piece);
  if (bytes.size() > most) bytes.resize(most);
}

}  // namespace mapiguard::mutation
