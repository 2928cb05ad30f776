#include "pepperpy/network/json.h"

#include <memory>

#include "boundary.hpp"
#include "json_access.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

Result<JsonTexts*> json_of(JsonObject& object) {
  return object.json.get();
}

}  // namespace

int32_t ppn_json_parse(const char* text, size_t length, ppn_json** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto json = in.text(text, length, "text");
    if (!in.ok()) return in.failure();
    auto document = JsonDocument::parse(json);
    if (!document.ok()) return std::move(document).failure();
    *out = make_handle<ppn_json>(JsonObject{std::make_unique<JsonTexts>(JsonTexts{std::move(*document), {}, {}})});
    return {};
  });
}

ppn_json* ppn_json_acquire(ppn_json* json) {
  return acquire(json);
}

void ppn_json_release(ppn_json* json) {
  release(json);
}

int32_t ppn_json_type(ppn_json* json, const char* pointer, size_t pointer_length, int32_t* out_type,
                      ppn_error** error) {
  return ask_json(json, "json", json_of, pointer, pointer_length, error, ppn::capi::json_type, out_type);
}

int32_t ppn_json_string(ppn_json* json, const char* pointer, size_t pointer_length, const char** out,
                        size_t* out_length, ppn_error** error) {
  return ask_json(json, "json", json_of, pointer, pointer_length, error, ppn::capi::json_string, out, out_length);
}

int32_t ppn_json_int64(ppn_json* json, const char* pointer, size_t pointer_length, int64_t* out, ppn_error** error) {
  return ask_json(json, "json", json_of, pointer, pointer_length, error, ppn::capi::json_int64, out);
}

int32_t ppn_json_double(ppn_json* json, const char* pointer, size_t pointer_length, double* out, ppn_error** error) {
  return ask_json(json, "json", json_of, pointer, pointer_length, error, ppn::capi::json_double, out);
}

int32_t ppn_json_bool(ppn_json* json, const char* pointer, size_t pointer_length, int32_t* out, ppn_error** error) {
  return ask_json(json, "json", json_of, pointer, pointer_length, error, ppn::capi::json_bool, out);
}

int32_t ppn_json_size(ppn_json* json, const char* pointer, size_t pointer_length, size_t* out, ppn_error** error) {
  return ask_json(json, "json", json_of, pointer, pointer_length, error, ppn::capi::json_size, out);
}

int32_t ppn_json_text(ppn_json* json, const char* pointer, size_t pointer_length, const char** out, size_t* out_length,
                      ppn_error** error) {
  return ask_json(json, "json", json_of, pointer, pointer_length, error, ppn::capi::json_text, out, out_length);
}
