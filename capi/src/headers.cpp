#include "pepperpy/network/headers.h"

#include <string_view>

#include "boundary.hpp"
#include "field_access.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

const HeaderList& list_of(const HeadersObject& object) noexcept {
  return *object.list;
}

int32_t put(ppn_headers* headers, const char* name, size_t name_length, const char* value, size_t value_length,
            void (HeaderList::*how)(std::string_view, std::string_view), ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(headers, "headers");
    const auto name_text = in.text(name, name_length, "name");
    const auto value_text = in.text_or_empty(value, value_length, "value");
    if (!in.ok()) return in.failure();
    auto valid = validate_field(name_text, value_text);
    if (valid.ok()) ((*object->list).*how)(name_text, value_text);
    return valid;
  });
}

}  // namespace

int32_t ppn_headers_new(ppn_headers** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    if (!in.ok()) return in.failure();
    *out = make_headers(HeaderList());
    return {};
  });
}

ppn_headers* ppn_headers_acquire(ppn_headers* headers) {
  return acquire(headers);
}

void ppn_headers_release(ppn_headers* headers) {
  release(headers);
}

int32_t ppn_headers_set(ppn_headers* headers, const char* name, size_t name_length, const char* value,
                        size_t value_length, ppn_error** error) {
  return put(headers, name, name_length, value, value_length, &HeaderList::set, error);
}

int32_t ppn_headers_add(ppn_headers* headers, const char* name, size_t name_length, const char* value,
                        size_t value_length, ppn_error** error) {
  return put(headers, name, name_length, value, value_length, &HeaderList::add, error);
}

int32_t ppn_headers_remove(ppn_headers* headers, const char* name, size_t name_length, size_t* out_removed,
                           ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.optional_out(out_removed);
    const auto object = in.handle(headers, "headers");
    const auto name_text = in.text(name, name_length, "name");
    if (!in.ok()) return in.failure();
    const size_t removed = object->list->remove(name_text);
    if (out_removed != nullptr) *out_removed = removed;
    return {};
  });
}

int32_t ppn_headers_clear(ppn_headers* headers, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(headers, "headers");
    if (!in.ok()) return in.failure();
    object->list->clear();
    return {};
  });
}

const char* ppn_headers_get(const ppn_headers* headers, const char* name, size_t name_length, size_t* out_length) {
  return first_value(headers, "headers", list_of, name, name_length, out_length);
}

size_t ppn_headers_count(const ppn_headers* headers) {
  return read(headers, size_t{0}, [](const HeadersObject& object) { return object.list->size(); });
}

int32_t ppn_headers_at(const ppn_headers* headers, size_t index, const char** out_name, size_t* out_name_length,
                       const char** out_value, size_t* out_value_length) {
  return field_at(headers, "headers", list_of, index, {out_name, out_name_length, out_value, out_value_length});
}
