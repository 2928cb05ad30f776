// Reading header fields: what lists of their own and those of a response share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "boundary.hpp"
#include "codec/headers.hpp"
#include "objects.hpp"

namespace ppn::capi {

// The out parameters of the functions that end in _at; all of them optional.
struct FieldOut {
  const char** name;
  std::size_t* name_length;
  const char** value;
  std::size_t* value_length;

  void clear() const noexcept {
    Arguments::optional_out(name);
    Arguments::optional_out(name_length);
    Arguments::optional_out(value);
    Arguments::optional_out(value_length);
  }
  void set(HeaderField field) const noexcept {
    if (name != nullptr) *name = field.name.data();
    if (name_length != nullptr) *name_length = field.name.size();
    if (value != nullptr) *value = field.value.data();
    if (value_length != nullptr) *value_length = field.value.size();
  }
};

// `list_of` takes the object and returns its HeaderList.
template <class Handle, class ListOf>
std::int32_t field_at(Handle* handle, std::string_view handle_name, ListOf&& list_of, std::size_t index,
                      const FieldOut& out) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    out.clear();
    const auto object = in.handle(handle, handle_name);
    in.require(!in.ok() || index < list_of(*object).size(), "the index is past the end");
    if (!in.ok()) return in.failure();
    out.set(list_of(*object)[index]);
    return {};
  });
}

template <class Handle, class ListOf>
const char* first_value(Handle* handle, std::string_view handle_name, ListOf&& list_of, const char* name,
                        std::size_t name_length, std::size_t* out_length) {
  return guarded(static_cast<const char*>(nullptr), [&]() -> const char* {
    Arguments in;
    in.out(out_length, "out_length");
    const auto object = in.handle(handle, handle_name);
    const auto name_text = in.text(name, name_length, "name");
    if (!in.ok()) return nullptr;
    const auto value = list_of(*object).find(name_text);
    if (!value) return nullptr;
    *out_length = value->size();
    return value->data();
  });
}

inline ppn_headers* make_headers(const HeaderList& list) {
  return make_handle<ppn_headers>(HeadersObject{std::make_unique<HeaderList>(list)});
}

}  // namespace ppn::capi
