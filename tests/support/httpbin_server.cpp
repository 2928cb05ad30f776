#include "support/httpbin_server.hpp"

#include <unistd.h>

#include <stdexcept>

#include "support/deadline.hpp"
#include "support/socket.hpp"

namespace ppn::test {
namespace {

constexpr const char* program = "/usr/bin/gunicorn";
constexpr const char* application = "/usr/lib/python3/dist-packages/httpbin/core.py";

}  // namespace

bool httpbin_available() {
  return ::access(program, X_OK) == 0 && ::access(application, R_OK) == 0;
}

HttpbinServer::HttpbinServer() {
  // Open from the first moment and handed over: nobody else can take the port, and an early client waits.
  UniqueFd listener = listen_on_loopback();
  port_ = port_of(listener.get());
  process_ = std::make_unique<Process>(
      ProcessOptions{.program = program,
                     .arguments = {"--bind", "fd://3", "--worker-class", "gthread", "--threads", "8", "--keep-alive",
                                   "30", "--graceful-timeout", "1", "--log-level", "warning", "httpbin:app"},
                     .environment = {"PYTHONDONTWRITEBYTECODE=1"},
                     .inherited_fds = {listener.get()}});
  const Deadline deadline = default_deadline();
  const UniqueFd client = connect_to_loopback(port_, deadline);
  send_all(client.get(), "GET /get HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", deadline);
  // From here on gunicorn alone holds the listening socket: when it ends without an answer, the kernel resets us.
  listener.reset();
  const Received answer = receive_until_end(client.get(), deadline);
  if (!answer.bytes.starts_with("HTTP/1.1 200 ")) {
    throw std::runtime_error("httpbin did not start: " + process_->output() + process_->errors());
  }
}

HttpbinServer::~HttpbinServer() {
  process_->terminate();
}

std::string HttpbinServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

}  // namespace ppn::test
