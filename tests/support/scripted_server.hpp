// A loopback server that plays a script per connection, byte by byte: the peer for every fault a real server will not
// show.
//
//   ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
//   ... client calls server.url("/path") ...
//   BOOST_TEST(server.requests().at(0).starts_with("GET /path "));
//
// The n-th connection plays the n-th script. A script that runs out closes its connection in order.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/deadline.hpp"
#include "support/script.hpp"
#include "support/socket.hpp"

namespace ppn::test {

// Certificate and key of a TLS server, as PEM. `certificate_pem` may go on with intermediate certificates.
struct ServerIdentity {
  std::string certificate_pem;
  std::string private_key_pem;
};

struct ScriptedServerOptions {
  ServerIdentity tls = {};         // empty = plain TCP
  bool only_tls_1_1 = false;       // an old server, for clients that must refuse it
  int only_tls_version = 0;        // TLS1_2_VERSION or TLS1_3_VERSION of OpenSSL; 0 = either
  std::string client_ca_pem = {};  // set: the server demands a client certificate signed by this CA
  Loopback family = Loopback::ipv4;
  bool repeat_last = false;  // more connections than scripts play the last one; otherwise they are closed at once
  std::chrono::milliseconds step_patience = default_patience;  // the longest one step may wait for the peer
};

class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Script> scripts, ScriptedServerOptions options = {});
  // Ends every connection at once and joins every thread.
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const noexcept;
  // http or https, the numeric loopback address and the port, then `path`, which begins with '/'.
  std::string url(std::string_view path = "/") const;
  // The same with a host name of the caller's choice, such as "localhost".
  std::string url_with_host(std::string_view host, std::string_view path = "/") const;

  // Requests read whole by expect_request, in order of their arrival: head and body as they came, framing included.
  std::vector<std::string> requests() const;
  // Connections accepted so far.
  int connections() const;
  // Connections whose script has come to its end and whose socket is closed.
  int finished_connections() const;
  // One line per step that did not go as the script says; empty when all went well so far.
  std::vector<std::string> problems() const;

  // Each returns false when the deadline passed first.
  bool wait_for_connections(int count, Deadline deadline = default_deadline()) const;
  bool wait_for_requests(std::size_t count, Deadline deadline = default_deadline()) const;
  bool wait_for_finished(int count, Deadline deadline = default_deadline()) const;
  // True once some script has reached its step Script::mark(name).
  bool wait_for_mark(std::string_view name, Deadline deadline = default_deadline()) const;

  // Lets every script that waits, now or later, at Script::wait_for_signal(name) go on.
  void signal(std::string_view name);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ppn::test
