#include "pepperpy/network/middleware.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "boundary.hpp"
#include "client/auth_middleware.hpp"
#include "client/trace_middleware.hpp"
#include "objects.hpp"
#include "user_middleware.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

constexpr size_t kMaxNameBytes = 128;

bool is_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

template <class Function>
int32_t set_function(ppn_middleware* middleware, Function MiddlewareFunctions::*which, Function function,
                     ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(middleware, "middleware");
    in.callback(function, "the callback");
    in.require(!in.ok() || object->callbacks != nullptr, "this middleware has no callbacks");
    if (!in.ok()) return in.failure();
    if (object->callbacks->shared()) {
      return Failure(ErrorCode::invalid_state, Phase::validate, "a client has this middleware already");
    }
    object->callbacks->functions().*which = function;
    return {};
  });
}

}  // namespace

int32_t ppn_middleware_new(const char* name, size_t name_length, int32_t kind, ppn_middleware_fn before,
                           ppn_middleware_fn after, ppn_middleware_fn on_error, void* user_data, ppn_destroy_fn destroy,
                           ppn_middleware** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto name_text = in.text(name, name_length, "name");
    in.require(!in.ok() || is_name(name_text), "name is not 1 to 128 bytes without control characters");
    in.require(kind == PPN_MIDDLEWARE_APPLICATION || kind == PPN_MIDDLEWARE_ATTEMPT, "there is no such kind");
    if (!in.ok()) return in.failure();
    const auto core_kind = kind == PPN_MIDDLEWARE_ATTEMPT ? Middleware::Kind::attempt : Middleware::Kind::application;
    auto made = std::make_shared<UserMiddleware>(
        name_text, core_kind, MiddlewareFunctions{.before = before, .after = after, .on_error = on_error}, user_data);
    UserMiddleware& callbacks = *made;
    *out = make_handle<ppn_middleware>(MiddlewareObject{std::move(made), &callbacks, nullptr});
    callbacks.adopt(destroy);
    return {};
  });
}

ppn_middleware* ppn_middleware_acquire(ppn_middleware* middleware) {
  return acquire(middleware);
}

void ppn_middleware_release(ppn_middleware* middleware) {
  release(middleware);
}

int32_t ppn_middleware_set_chunk_filter(ppn_middleware* middleware, ppn_middleware_chunk_fn filter, ppn_error** error) {
  return set_function(middleware, &MiddlewareFunctions::on_chunk, filter, error);
}

int32_t ppn_middleware_set_event_filter(ppn_middleware* middleware, ppn_middleware_event_fn filter, ppn_error** error) {
  return set_function(middleware, &MiddlewareFunctions::on_event, filter, error);
}

int32_t ppn_middleware_set_stream_end(ppn_middleware* middleware, ppn_middleware_end_fn on_end, ppn_error** error) {
  return set_function(middleware, &MiddlewareFunctions::on_end, on_end, error);
}

int32_t ppn_client_add_middleware(ppn_client* client, ppn_middleware* middleware, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(client, "client");
    const auto added = in.handle(middleware, "middleware");
    if (!in.ok()) return in.failure();
    if (added->callbacks != nullptr) added->callbacks->note_shared();
    object->client->add_middleware(added->middleware);
    return {};
  });
}

int32_t ppn_middleware_new_trace_context(ppn_middleware** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    if (!in.ok()) return in.failure();
    *out = make_handle<ppn_middleware>(MiddlewareObject{make_trace_middleware(), nullptr, nullptr});
    return {};
  });
}

int32_t ppn_middleware_new_auth(const char* url, size_t url_length, const char* header, size_t header_length,
                                const char* scheme, size_t scheme_length, const char* secret, size_t secret_length,
                                ppn_middleware** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto url_text = in.text(url, url_length, "url");
    const auto header_text = in.text(header, header_length, "header");
    const auto scheme_text = in.text_or_empty(scheme, scheme_length, "scheme");
    const auto secret_text = in.text(secret, secret_length, "secret");
    if (!in.ok()) return in.failure();
    auto slot = CredentialSlot::create(url_text, header_text, scheme_text);
    if (!slot) return std::move(slot).failure();
    auto made = make_auth_middleware(std::move(*slot), secret_text);
    if (!made) return std::move(made).failure();
    *out = make_handle<ppn_middleware>(MiddlewareObject{std::move(*made), nullptr, nullptr});
    return {};
  });
}

int32_t ppn_middleware_new_token_refresh(const char* url, size_t url_length, const char* header, size_t header_length,
                                         const char* scheme, size_t scheme_length, const char* token,
                                         size_t token_length, ppn_token_refresh_fn refresh, void* user_data,
                                         ppn_destroy_fn destroy, ppn_middleware** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto url_text = in.text(url, url_length, "url");
    const auto header_text = in.text(header, header_length, "header");
    const auto scheme_text = in.text_or_empty(scheme, scheme_length, "scheme");
    const auto token_text = in.text_or_empty(token, token_length, "token");
    in.callback(refresh, "refresh");
    if (!in.ok()) return in.failure();
    auto slot = CredentialSlot::create(url_text, header_text, scheme_text);
    if (!slot) return std::move(slot).failure();
    auto made = TokenRefresh::create(std::move(*slot), token_text);
    if (!made) return std::move(made).failure();
    const auto callback = std::make_shared<UserRefresh>(refresh, user_data);
    TokenRefresh& middleware = **made;
    middleware.set_refresh([callback](TokenRefresh& wanting) { return callback->run(wanting); });
    *out = make_handle<ppn_middleware>(MiddlewareObject{std::move(*made), nullptr, &middleware});
    callback->adopt(destroy);
    return {};
  });
}

int32_t ppn_middleware_set_token(ppn_middleware* middleware, const char* token, size_t token_length,
                                 ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(middleware, "middleware");
    const auto token_text = in.text(token, token_length, "token");
    in.require(!in.ok() || object->refresh != nullptr, "this middleware has no token");
    return in.ok() ? object->refresh->set_token(token_text) : in.failure();
  });
}

int32_t ppn_middleware_refresh_failed(ppn_middleware* middleware, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(middleware, "middleware");
    in.require(!in.ok() || object->refresh != nullptr, "this middleware has no token");
    if (!in.ok()) return in.failure();
    object->refresh->refresh_failed();
    return {};
  });
}
