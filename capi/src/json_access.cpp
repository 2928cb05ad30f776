#include "json_access.hpp"

#include <string>

#include "codec/json.hpp"
#include "pepperpy/network/json.h"

namespace ppn::capi {
namespace {

using Value = JsonDocument::Value;

Failure not_a(std::string_view what) {
  return Failure(ErrorCode::json_value, Phase::deliver,
                 std::string("the JSON value at this pointer is not ").append(what));
}

Result<Value> value_at(const JsonTexts& json, std::string_view pointer) {
  const auto value = json.document.find(pointer);
  if (value) return *value;
  return Failure(ErrorCode::json_value, Phase::deliver, "the JSON has no value at this pointer");
}

// A text that was handed out stays where it is until its handle goes away.
template <class Map, class Make>
const std::string& kept(Map& texts, std::string_view pointer, Make&& make) {
  const auto found = texts.find(pointer);
  return found != texts.end() ? found->second : texts.emplace(pointer, make()).first->second;
}

void hand_out(const std::string& text, const char** out, std::size_t* out_length) {
  *out = text.c_str();
  if (out_length != nullptr) *out_length = text.size();
}

std::int32_t type_for_c(JsonDocument::Type type) noexcept {
  switch (type) {
    case JsonDocument::Type::null: return PPN_JSON_NULL;
    case JsonDocument::Type::boolean: return PPN_JSON_BOOLEAN;
    case JsonDocument::Type::integer: return PPN_JSON_INTEGER;
    case JsonDocument::Type::number: return PPN_JSON_NUMBER;
    case JsonDocument::Type::string: return PPN_JSON_STRING;
    case JsonDocument::Type::array: return PPN_JSON_ARRAY;
    case JsonDocument::Type::object: return PPN_JSON_OBJECT;
  }
  return PPN_JSON_NULL;
}

}  // namespace

// RFC 6901 3: empty or beginning with '/', and '~' only as ~0 or ~1. What is none is the caller's mistake; what leads
// nowhere is the sender's.
Status check_json_pointer(std::string_view pointer) {
  bool valid = pointer.empty() || pointer.front() == '/';
  for (std::size_t i = 0; valid && i < pointer.size(); ++i) {
    if (pointer[i] == '~') valid = i + 1 != pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1');
  }
  if (valid) return {};
  return Failure(ErrorCode::invalid_argument, Phase::validate, "the text is not a JSON Pointer (RFC 6901)");
}

Status json_type(JsonTexts& json, std::string_view pointer, std::int32_t* out) {
  auto value = value_at(json, pointer);
  if (!value.ok()) return std::move(value).failure();
  *out = type_for_c(value->type());
  return {};
}

Status json_string(JsonTexts& json, std::string_view pointer, const char** out, std::size_t* out_length) {
  auto value = value_at(json, pointer);
  if (!value.ok()) return std::move(value).failure();
  const auto text = value->as_string();
  if (!text) return not_a("a string");
  hand_out(kept(json.strings, pointer, [&] { return std::string(*text); }), out, out_length);
  return {};
}

Status json_int64(JsonTexts& json, std::string_view pointer, std::int64_t* out) {
  auto value = value_at(json, pointer);
  if (!value.ok()) return std::move(value).failure();
  const auto number = value->as_int64();
  // 1.0 is a number, not an integer: what json_type says holds here too.
  if (value->type() != JsonDocument::Type::integer || !number) return not_a("an integer of 64 bits");
  *out = *number;
  return {};
}

Status json_double(JsonTexts& json, std::string_view pointer, double* out) {
  auto value = value_at(json, pointer);
  if (!value.ok()) return std::move(value).failure();
  const auto number = value->as_double();
  if (!number) return not_a("a number");
  *out = *number;
  return {};
}

Status json_bool(JsonTexts& json, std::string_view pointer, std::int32_t* out) {
  auto value = value_at(json, pointer);
  if (!value.ok()) return std::move(value).failure();
  const auto truth = value->as_bool();
  if (!truth) return not_a("a boolean");
  *out = *truth ? 1 : 0;
  return {};
}

Status json_size(JsonTexts& json, std::string_view pointer, std::size_t* out) {
  auto value = value_at(json, pointer);
  if (!value.ok()) return std::move(value).failure();
  const auto type = value->type();
  if (type != JsonDocument::Type::array && type != JsonDocument::Type::object) return not_a("an array or an object");
  *out = value->size();
  return {};
}

Status json_text(JsonTexts& json, std::string_view pointer, const char** out, std::size_t* out_length) {
  auto value = value_at(json, pointer);
  if (!value.ok()) return std::move(value).failure();
  hand_out(kept(json.texts, pointer, [&] { return value->to_text(); }), out, out_length);
  return {};
}

}  // namespace ppn::capi
