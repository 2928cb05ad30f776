#include "middleware.hpp"

#include <cstdint>

#include "notify.hpp"
#include "pieces.hpp"

using namespace ppn_bindings;

namespace {

// A step that nobody is told of is over at once; its middleware does nothing then.
std::int32_t tell_step(void* user_data, std::int32_t step, ppn_middleware_context* context) noexcept {
  Given<ppn_middleware_context, ppn_middleware_context_release> kept(ppn_middleware_context_acquire(context));
  const bool told = notify(
      middleware_handler, [&](MiddlewareHandler& handler) { handler.on_step(as_token(user_data), step, kept.give()); });
  return told ? PPN_MW_PENDING : PPN_MW_DONE;
}

std::int32_t PPN_CALL before(void* user_data, ppn_middleware_context* context) {
  return tell_step(user_data, PPNB_STEP_BEFORE, context);
}
std::int32_t PPN_CALL after(void* user_data, ppn_middleware_context* context) {
  return tell_step(user_data, PPNB_STEP_AFTER, context);
}
std::int32_t PPN_CALL on_error(void* user_data, ppn_middleware_context* context) {
  return tell_step(user_data, PPNB_STEP_ON_ERROR, context);
}

std::int32_t PPN_CALL on_refresh(void* user_data, ppn_middleware* middleware) {
  Given<ppn_middleware, ppn_middleware_release> kept(ppn_middleware_acquire(middleware));
  const bool told = notify(middleware_handler,
                           [&](MiddlewareHandler& handler) { handler.on_refresh(as_token(user_data), kept.give()); });
  return told ? PPN_MW_PENDING : -1;  // there is no token
}

void PPN_CALL on_destroy(void* user_data) {
  notify(middleware_handler, [&](MiddlewareHandler& handler) { handler.on_released(as_token(user_data)); });
}

using Getter = std::int32_t(PPN_CALL*)(ppn_middleware_context*, const char**, std::size_t*, ppn_error**);
using NamedGetter = std::int32_t(PPN_CALL*)(ppn_middleware_context*, const char*, std::size_t, const char**,
                                            std::size_t*, ppn_error**);

ppn_buffer* named_text(NamedGetter get, ppn_middleware_context* context, const char* name, std::size_t length) {
  const char* text = nullptr;
  std::size_t text_length = 0;
  if (get(context, name, length, &text, &text_length, nullptr) != PPN_OK) return nullptr;
  return buffer_of(text, text_length);
}

}  // namespace

std::int32_t ppnb_middleware_new(const char* name, std::size_t name_length, std::int32_t kind, std::int32_t steps,
                                 std::int64_t token, ppn_middleware** out, ppn_error** error) {
  return ppn_middleware_new(name, name_length, kind, (steps & PPNB_STEP_BEFORE) != 0 ? before : nullptr,
                            (steps & PPNB_STEP_AFTER) != 0 ? after : nullptr,
                            (steps & PPNB_STEP_ON_ERROR) != 0 ? on_error : nullptr, as_user_data(token), on_destroy,
                            out, error);
}

std::int32_t ppnb_middleware_new_token_refresh(const char* url, std::size_t url_length, const char* header,
                                               std::size_t header_length, const char* scheme, std::size_t scheme_length,
                                               const char* bearer, std::size_t bearer_length, std::int64_t token,
                                               ppn_middleware** out, ppn_error** error) {
  return ppn_middleware_new_token_refresh(url, url_length, header, header_length, scheme, scheme_length, bearer,
                                          bearer_length, on_refresh, as_user_data(token), on_destroy, out, error);
}

ppn_buffer* ppnb_context_text(ppn_middleware_context* context, std::int32_t which) {
  const Getter get = which == PPNB_CONTEXT_METHOD ? ppn_middleware_context_method
                     : which == PPNB_CONTEXT_URL  ? ppn_middleware_context_url
                                                  : ppn_middleware_context_url_redacted;
  const char* text = nullptr;
  std::size_t length = 0;
  if (get(context, &text, &length, nullptr) != PPN_OK) return nullptr;
  return buffer_of(text, length);
}

ppn_buffer* ppnb_context_header(ppn_middleware_context* context, const char* name, std::size_t name_length) {
  return named_text(ppn_middleware_context_header, context, name, name_length);
}

ppn_buffer* ppnb_context_attribute(ppn_middleware_context* context, const char* name, std::size_t name_length) {
  return named_text(ppn_middleware_context_attribute, context, name, name_length);
}
