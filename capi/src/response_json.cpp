// The JSON half of response.h.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "boundary.hpp"
#include "codec/json.hpp"
#include "objects.hpp"
#include "pepperpy/network/response.h"

using namespace ppn;
using namespace ppn::capi;

namespace {

using Json = ResponseObject::Json;
using Value = JsonDocument::Value;

// Parsed with the first question. A failure is not kept: a response that is asked while its body still arrives has to
// answer later.
Result<Json*> json_of(ResponseObject& object) {
  if (object.json == nullptr) {
    auto document = JsonDocument::parse(object.response->body);
    if (!document.ok()) return std::move(document).failure();
    object.json = std::make_unique<Json>(Json{std::move(*document), {}, {}});
  }
  return object.json.get();
}

Failure not_a(std::string_view what) {
  return Failure(ErrorCode::json_value, Phase::deliver,
                 std::string("the JSON value at this pointer is not ").append(what));
}

// RFC 6901 3: empty or beginning with '/', and '~' only as ~0 or ~1. What is none is the caller's mistake; what leads
// nowhere is the server's.
bool is_json_pointer(std::string_view text) noexcept {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  }
  return true;
}

// The checks that all of these functions share; `take` gets the document, the pointer and the value there.
template <class Out, class Take>
int32_t look_up(ppn_response* response, const char* pointer, size_t pointer_length, Out* out, ppn_error** error,
                Take&& take) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(response, "response");
    const auto path = in.text_or_empty(pointer, pointer_length, "pointer");
    if (!in.ok()) return in.failure();
    if (!is_json_pointer(path)) {
      return Failure(ErrorCode::invalid_argument, Phase::validate, "the text is not a JSON Pointer (RFC 6901)");
    }
    auto json = json_of(*object);
    if (!json.ok()) return std::move(json).failure();
    const auto value = (*json)->document.find(path);
    if (!value) {
      return Failure(ErrorCode::json_value, Phase::deliver, "the JSON has no value at this pointer");
    }
    return take(**json, path, *value);
  });
}

// A text that was handed out stays where it is until the response goes away.
template <class Map, class Make>
const std::string& kept(Map& texts, std::string_view pointer, Make&& make) {
  const auto found = texts.find(pointer);
  return found != texts.end() ? found->second : texts.emplace(pointer, make()).first->second;
}

void hand_out(const std::string& text, const char** out, size_t* out_length) {
  *out = text.c_str();
  if (out_length != nullptr) *out_length = text.size();
}

int32_t type_for_c(JsonDocument::Type type) noexcept {
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

int32_t ppn_response_json_type(ppn_response* response, const char* pointer, size_t pointer_length, int32_t* out_type,
                               ppn_error** error) {
  return look_up(response, pointer, pointer_length, out_type, error,
                 [&](Json&, std::string_view, const Value& value) -> Status {
                   *out_type = type_for_c(value.type());
                   return {};
                 });
}

int32_t ppn_response_json_string(ppn_response* response, const char* pointer, size_t pointer_length, const char** out,
                                 size_t* out_length, ppn_error** error) {
  Arguments::optional_out(out_length);
  return look_up(response, pointer, pointer_length, out, error,
                 [&](Json& json, std::string_view path, const Value& value) -> Status {
                   const auto text = value.as_string();
                   if (!text) return not_a("a string");
                   hand_out(kept(json.strings, path, [&] { return std::string(*text); }), out, out_length);
                   return {};
                 });
}

int32_t ppn_response_json_int64(ppn_response* response, const char* pointer, size_t pointer_length, int64_t* out,
                                ppn_error** error) {
  return look_up(response, pointer, pointer_length, out, error,
                 [&](Json&, std::string_view, const Value& value) -> Status {
                   const auto number = value.as_int64();
                   // 1.0 is a number, not an integer: what ppn_response_json_type says holds here too.
                   if (value.type() != JsonDocument::Type::integer || !number) return not_a("an integer of 64 bits");
                   *out = *number;
                   return {};
                 });
}

int32_t ppn_response_json_double(ppn_response* response, const char* pointer, size_t pointer_length, double* out,
                                 ppn_error** error) {
  return look_up(response, pointer, pointer_length, out, error,
                 [&](Json&, std::string_view, const Value& value) -> Status {
                   const auto number = value.as_double();
                   if (!number) return not_a("a number");
                   *out = *number;
                   return {};
                 });
}

int32_t ppn_response_json_bool(ppn_response* response, const char* pointer, size_t pointer_length, int32_t* out,
                               ppn_error** error) {
  return look_up(response, pointer, pointer_length, out, error,
                 [&](Json&, std::string_view, const Value& value) -> Status {
                   const auto truth = value.as_bool();
                   if (!truth) return not_a("a boolean");
                   *out = *truth ? 1 : 0;
                   return {};
                 });
}

int32_t ppn_response_json_size(ppn_response* response, const char* pointer, size_t pointer_length, size_t* out,
                               ppn_error** error) {
  return look_up(response, pointer, pointer_length, out, error,
                 [&](Json&, std::string_view, const Value& value) -> Status {
                   const auto type = value.type();
                   if (type != JsonDocument::Type::array && type != JsonDocument::Type::object) {
                     return not_a("an array or an object");
                   }
                   *out = value.size();
                   return {};
                 });
}

int32_t ppn_response_json_text(ppn_response* response, const char* pointer, size_t pointer_length, const char** out,
                               size_t* out_length, ppn_error** error) {
  Arguments::optional_out(out_length);
  return look_up(response, pointer, pointer_length, out, error,
                 [&](Json& json, std::string_view path, const Value& value) -> Status {
                   hand_out(kept(json.texts, path, [&] { return value.to_text(); }), out, out_length);
                   return {};
                 });
}
