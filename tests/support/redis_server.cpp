#include "support/redis_server.hpp"

#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "support/deadline.hpp"
#include "support/socket.hpp"

namespace ppn::test {
namespace {

constexpr const char* program = "/usr/bin/redis-server";
constexpr int port_attempts = 5;

}  // namespace

bool redis_available() {
  return ::access(program, X_OK) == 0;
}

RedisServer::RedisServer(RedisOptions options) : options_(std::move(options)) {
  for (int i = 0; i < port_attempts; ++i) {
    // Redis takes no open socket, so somebody else may take the port in between.
    port_ = port_of(listen_on_loopback().get());
    if (start()) return;
  }
  throw std::runtime_error("redis did not start: " + process_->output() + process_->errors());
}

RedisServer::~RedisServer() {
  thaw();
  process_->terminate();
}

bool RedisServer::start() {
  std::vector<std::string> arguments = {"--port",       std::to_string(port_),
                                        "--bind",       "127.0.0.1",
                                        "--unixsocket", dir_.file("redis.sock"),
                                        "--dir",        dir_.path().string(),
                                        "--save",       "",
                                        "--appendonly", "no",
                                        "--daemonize",  "no",
                                        "--databases",  "4"};
  if (!options_.password.empty()) {
    arguments.emplace_back("--requirepass");
    arguments.push_back(options_.password);
  }
  process_ = std::make_unique<Process>(ProcessOptions{.program = program, .arguments = std::move(arguments)});
  // The message about the Unix socket is the last one.
  return process_->wait_for_output("ready to accept connections at");
}

std::string RedisServer::url() const {
  return "redis://127.0.0.1:" + std::to_string(port_);
}

std::string RedisServer::unix_url() const {
  return "unix://" + dir_.file("redis.sock");
}

void RedisServer::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait()) throw std::runtime_error("redis outlives SIGKILL");
}

void RedisServer::restart() {
  if (!start()) throw std::runtime_error("redis did not start again: " + process_->output() + process_->errors());
}

void RedisServer::freeze() {
  process_->signal(SIGSTOP);
}

void RedisServer::thaw() {
  process_->signal(SIGCONT);
}

std::string RedisServer::answers(std::string_view lines) const {
  const Deadline deadline = default_deadline();
  const UniqueFd client = connect_to_loopback(port_, deadline);
  std::string all;
  if (!options_.password.empty()) all = "AUTH " + options_.password + "\r\n";
  all.append(lines).append("QUIT\r\n");
  send_all(client.get(), all, deadline);
  return receive_until_end(client.get(), deadline).bytes;
}

}  // namespace ppn::test
