// Questions to a JSON text by JSON Pointer: what documents of their own and bodies of responses share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "boundary.hpp"
#include "objects.hpp"

namespace ppn::capi {

// Each answers about the value at `pointer`. Errors: invalid_argument (no JSON Pointer), json_value (no value there, or
// one of another type). Texts live as long as `json`.
Status json_type(JsonTexts& json, std::string_view pointer, std::int32_t* out);
Status json_string(JsonTexts& json, std::string_view pointer, const char** out, std::size_t* out_length);
Status json_int64(JsonTexts& json, std::string_view pointer, std::int64_t* out);
Status json_double(JsonTexts& json, std::string_view pointer, double* out);
Status json_bool(JsonTexts& json, std::string_view pointer, std::int32_t* out);
Status json_size(JsonTexts& json, std::string_view pointer, std::size_t* out);
Status json_text(JsonTexts& json, std::string_view pointer, const char** out, std::size_t* out_length);

// Errors: invalid_argument.
Status check_json_pointer(std::string_view pointer);

// The checks that all of the exported functions share. `json_of` takes the object and returns Result<JsonTexts*>; `ask`
// is one of the functions above, with the out parameters behind `out`.
template <class Handle, class JsonOf, class Out, class Ask, class... More>
std::int32_t ask_json(Handle* handle, std::string_view handle_name, JsonOf&& json_of, const char* pointer,
                      std::size_t pointer_length, ppn_error** error, Ask&& ask, Out* out, More... more) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    (in.optional_out(more), ...);
    const auto object = in.handle(handle, handle_name);
    const auto path = in.text_or_empty(pointer, pointer_length, "pointer");
    if (!in.ok()) return in.failure();
    if (auto valid = check_json_pointer(path); !valid.ok()) return valid;
    auto json = json_of(*object);
    if (!json.ok()) return std::move(json).failure();
    return ask(**json, path, out, more...);
  });
}

}  // namespace ppn::capi
