// The server side of TLS as the loopback servers of the tests have it.
#pragma once

#include <memory>

#include "support/scripted_server.hpp"

struct ssl_ctx_st;

namespace ppn::test {

struct TlsContextDeleter {
  void operator()(ssl_ctx_st* context) const noexcept;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextDeleter>;

// Null for an identity without certificate, which means plain TCP. Throws std::runtime_error.
TlsContext make_tls_context(const ServerIdentity& identity);

}  // namespace ppn::test
