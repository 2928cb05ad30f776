// How the rows of the option table are written: one function for each kind of row, and the ranges they share. For
// option_rows.cpp alone.
#pragma once

#include <cstdint>
#include <string_view>

#include "client/option_definition.hpp"

namespace ppn {

inline constexpr Range no_range{};
inline constexpr Range day_ms{0, 86'400'000, "0..86400000"};
inline constexpr Range wait_ms{1, 86'400'000, "1..86400000"};
inline constexpr Range window_ms{1'000, 3'600'000, "1000..3600000"};
inline constexpr Range redis_ms{1, 60'000, "1..60000"};
inline constexpr Range size_to_1g{1, 1LL << 30, "1..1073741824"};
inline constexpr Range size_to_1t{1, 1LL << 40, "1..1099511627776"};
inline constexpr Range size_up_to_1t{0, 1LL << 40, "0..1099511627776"};
inline constexpr Range size_to_1m{1, 1LL << 20, "1..1048576"};
inline constexpr Range head_size{128, 16LL << 20, "128..16777216"};
inline constexpr Range count_to_1k{1, 1'000, "1..1000"};
inline constexpr Range count_to_100k{1, 100'000, "1..100000"};
inline constexpr Range count_to_1m{1, 1'000'000, "1..1000000"};
inline constexpr Range window_bits{8, 15, "8..15"};
inline constexpr Range deflate_levels{1, 6, "1..6"};
inline constexpr Range fragment_size{125, 1LL << 30, "125..1073741824"};
inline constexpr Range up_to_1g_bytes{0, 1LL << 30, "0..1073741824"};
inline constexpr Range up_to_10{0, 10, "0..10"};
inline constexpr Range up_to_100{0, 100, "0..100"};
inline constexpr Range up_to_1k{0, 1'000, "0..1000"};
inline constexpr Range up_to_1m{0, 1'000'000, "0..1000000"};
inline constexpr Range up_to_1g{0, 1'000'000'000, "0..1000000000"};
inline constexpr Range hour_s{0, 3'600, "0..3600"};
inline constexpr Range share{0.01, 1, "0.01..1"};

constexpr Definition ms(std::string_view name, Field field, std::string_view help, Range range = day_ms) {
  return {name, "integer", "ms", field, range, help};
}
constexpr Definition bytes(std::string_view name, Field field, Range range, std::string_view help) {
  return {name, "integer", "bytes", field, range, help};
}
constexpr Definition count(std::string_view name, Field field, Range range, std::string_view help) {
  return {name, "integer", "", field, range, help};
}
constexpr Definition number(std::string_view name, Field field, Range range, std::string_view unit,
                            std::string_view help) {
  return {name, "number", unit, field, range, help};
}
constexpr Definition boolean(std::string_view name, Field field, std::string_view help) {
  return {name, "boolean", "", field, no_range, help};
}
constexpr Definition text(std::string_view name, Field field, Complaint complaint, std::string_view help) {
  return {name, "text", "", field, no_range, help, complaint};
}
// One of a few words, or a text with a form of its own.
constexpr Definition word(std::string_view name, Field field, std::string_view words, std::string_view help,
                          Complaint complaint = nullptr) {
  return {name, "text", "", field, {0, 0, words}, help, complaint};
}

constexpr Definition as(Definition row, JsonForm form) {
  row.json = form;
  return row;
}
constexpr Definition as(Definition row, Sight sight) {
  row.sight = sight;
  return row;
}
constexpr Definition as(Definition row, Variable variable) {
  row.variable = variable;
  return row;
}

}  // namespace ppn
