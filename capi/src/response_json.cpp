// The JSON half of response.h.
#include <memory>

#include "json_access.hpp"
#include "objects.hpp"
#include "pepperpy/network/response.h"

using namespace ppn;
using namespace ppn::capi;

namespace {

// Parsed with the first question. A failure is not kept: a response that is asked while its body still arrives has to
// answer later.
Result<JsonTexts*> json_of(ResponseObject& object) {
  if (object.json == nullptr) {
    auto document = JsonDocument::parse(object.response->body);
    if (!document.ok()) return std::move(document).failure();
    object.json = std::make_unique<JsonTexts>(JsonTexts{std::move(*document), {}, {}});
  }
  return object.json.get();
}

}  // namespace

int32_t ppn_response_json_type(ppn_response* response, const char* pointer, size_t pointer_length, int32_t* out_type,
                               ppn_error** error) {
  return ask_json(response, "response", json_of, pointer, pointer_length, error, ppn::capi::json_type, out_type);
}

int32_t ppn_response_json_string(ppn_response* response, const char* pointer, size_t pointer_length, const char** out,
                                 size_t* out_length, ppn_error** error) {
  return ask_json(response, "response", json_of, pointer, pointer_length, error, ppn::capi::json_string, out,
                  out_length);
}

int32_t ppn_response_json_int64(ppn_response* response, const char* pointer, size_t pointer_length, int64_t* out,
                                ppn_error** error) {
  return ask_json(response, "response", json_of, pointer, pointer_length, error, ppn::capi::json_int64, out);
}

int32_t ppn_response_json_double(ppn_response* response, const char* pointer, size_t pointer_length, double* out,
                                 ppn_error** error) {
  return ask_json(response, "response", json_of, pointer, pointer_length, error, ppn::capi::json_double, out);
}

int32_t ppn_response_json_bool(ppn_response* response, const char* pointer, size_t pointer_length, int32_t* out,
                               ppn_error** error) {
  return ask_json(response, "response", json_of, pointer, pointer_length, error, ppn::capi::json_bool, out);
}

int32_t ppn_response_json_size(ppn_response* response, const char* pointer, size_t pointer_length, size_t* out,
                               ppn_error** error) {
  return ask_json(response, "response", json_of, pointer, pointer_length, error, ppn::capi::json_size, out);
}

int32_t ppn_response_json_text(ppn_response* response, const char* pointer, size_t pointer_length, const char** out,
                               size_t* out_length, ppn_error** error) {
  return ask_json(response, "response", json_of, pointer, pointer_length, error, ppn::capi::json_text, out, out_length);
}
