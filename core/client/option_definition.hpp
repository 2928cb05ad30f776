// What a row of the option table is made of, and how it reaches its value. For options.cpp and its neighbours.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "client/option_checks.hpp"
#include "client/options.hpp"

namespace ppn {

// From the options to one value of them. Those of a request may be overridden by it.
template <class Value>
using OfRequest = Value& (*)(RequestOptions&) noexcept;
template <class Value>
using OfClient = Value& (*)(Options&) noexcept;

using Field = std::variant<OfRequest<std::int64_t>, OfRequest<double>, OfRequest<bool>, OfRequest<std::string>,
                           OfRequest<StatusSet>, OfRequest<Jitter>, OfRequest<StreamProfile>, OfClient<std::int64_t>,
                           OfClient<double>, OfClient<bool>, OfClient<std::string>, OfClient<Secret>, OfClient<Rate>,
                           OfClient<BudgetMode>, OfClient<LimitMode>, OfClient<FleetFallback>, OfClient<NetworkPolicy>>;

template <class Value>
constexpr bool is_of_request(OfRequest<Value>) noexcept {
  return true;
}
template <class Value>
constexpr bool is_of_request(OfClient<Value>) noexcept {
  return false;
}

// Of integers and numbers; other rows have a text at most, which names their words.
struct Range {
  double lowest = 0;
  double highest = 0;
  std::string_view text = "";
};

// What JSON may say beside a string and the type of the row.
enum class JsonForm : std::uint8_t { own, integer, integers };

enum class Sight : std::uint8_t {
  open,
  unrepeated,  // may hold a password where it is wrong: no error repeats it
  secret,      // neither does a dump
};

// Why a row has no variable of the environment, or what becomes of one that can not be understood.
enum class Variable : std::uint8_t {
  lenient,  // env_lenient drops it
  strict,   // never dropped: without it a connection would be less safe
  none,
};

struct Definition {
  std::string_view name;
  std::string_view type;
  std::string_view unit;
  Field field;
  Range range;
  std::string_view help;
  Complaint complaint = nullptr;  // of texts
  JsonForm json = JsonForm::own;
  Sight sight = Sight::open;
  Variable variable = Variable::lenient;
};

// In the order of option_table().
std::span<const Definition> option_definitions() noexcept;

// For messages: texts that a person can read; anything else could break the line or hide what it is.
std::string shown(std::string_view text);

// Every value that the environment has set, and nothing else has since, as it was before.
void forget_environment(Options& options);

}  // namespace ppn
