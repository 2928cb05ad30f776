#include "pepperpy/network/redact.h"

#include <memory>
#include <string>

#include "base/secret_registry.hpp"
#include "boundary.hpp"
#include "codec/redaction.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

int32_t ppn_redact_url(const char* url, size_t length, ppn_buffer** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto text = in.text(url, length, "url");
    if (!in.ok()) return in.failure();
    *out = make_handle<ppn_buffer>(BufferObject{std::make_shared<const std::string>(redact_url(text))});
    return {};
  });
}

int32_t ppn_header_is_sensitive(const char* name, size_t name_length) {
  return guarded(int32_t{1}, [&] {
    Arguments in;
    const auto text = in.text(name, name_length, "name");
    return !in.ok() || is_sensitive_header(text) ? 1 : 0;
  });
}

int32_t ppn_redact_text(const char* text, size_t length, ppn_buffer** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto given = in.text(text, length, "text");
    if (!in.ok()) return in.failure();
    *out = make_handle<ppn_buffer>(BufferObject{std::make_shared<const std::string>(scrub(given))});
    return {};
  });
}

int32_t ppn_secret_register(const char* text, size_t length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto secret = in.text(text, length, "text");
    if (in.ok()) in.require(register_secret(secret), "text is shorter than 8 bytes");
    return in.ok() ? Status() : in.failure();
  });
}

int32_t ppn_secret_forget(const char* text, size_t length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto secret = in.text(text, length, "text");
    if (in.ok()) in.require(forget_secret(secret), "text is not registered");
    return in.ok() ? Status() : in.failure();
  });
}
