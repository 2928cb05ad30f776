// What the kernel is told about a connection, and what it tells back.
#include "io/tcp.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "core/io/loop_thread.hpp"
#include "io/connect_race.hpp"
#include "support/scripted_server.hpp"
#include "support/socket.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

// The descriptor of our side of a connection to this port: the transport keeps it to itself.
int descriptor_to(std::uint16_t port) {
  for (int descriptor = 0; descriptor < 1'024; ++descriptor) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &length) != 0) continue;
    if (peer.sin_family == AF_INET && peer.sin_port == htons(port)) return descriptor;
  }
  return -1;
}

int option_of(int descriptor, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  BOOST_TEST(::getsockopt(descriptor, level, name, &value, &length) == 0);
  return value;
}

UniqueFd listen_on_unix(const std::string& path, int backlog) {
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  BOOST_REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(::listen(listener.get(), backlog) == 0);
  return listener;
}

using Connected = Result<std::unique_ptr<TcpTransport>>;

Task<> hand_over(Task<Connected> task, std::function<void(Connected&)> use, Token& token,
                 std::promise<void>& finished) {
  Connected outcome = co_await std::move(task);
  std::exception_ptr thrown;
  try {
    use(outcome);
  } catch (...) {
    thrown = std::current_exception();
  }
  outcome = Failure(ErrorCode::cancelled, Phase::none, "");  // the transport ends on its loop
  token.stop();
  if (thrown) {
    finished.set_exception(thrown);
  } else {
    finished.set_value();
  }
}

// Runs `connect` on a loop and `use` with what came of it, both on the loop thread. Meanwhile the caller keeps away from
// the macros of Boost.Test, which `use` may use.
void with_loop(const std::function<Task<Connected>(Token&)>& connect, const std::function<void(Connected&)>& use) {
  std::promise<void> finished;
  auto done = finished.get_future();
  LoopThread thread;
  Token token(thread.loop());
  thread.loop().submit([&] { spawn(hand_over(connect(token), use, token, finished)); });
  const auto state = done.wait_until(default_deadline());
  BOOST_REQUIRE((state == std::future_status::ready));
  done.get();
}

void connect_to(const ScriptedServer& server, const std::function<void(TcpTransport&)>& use) {
  with_loop(
      [&](Token& token) {
        return race_connect(Addresses(1, *numeric_address("127.0.0.1", server.port())), token, kNever);
      },
      [&](Connected& transport) {
        BOOST_REQUIRE(transport.ok());
        use(**transport);
      });
}

std::string code_of(const Connected& outcome) {
  return outcome ? "OK" : std::string(describe(outcome.error().code).name);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tcp)

BOOST_AUTO_TEST_CASE(connections_are_set_up_for_long_streams) {
  ScriptedServer server({Script{}.wait_for_peer_close()});
  connect_to(server, [&](TcpTransport&) {
    const int descriptor = descriptor_to(server.port());
    BOOST_REQUIRE(descriptor >= 0);
    BOOST_TEST(option_of(descriptor, IPPROTO_TCP, TCP_NODELAY) != 0);
    BOOST_TEST(option_of(descriptor, SOL_SOCKET, SO_KEEPALIVE) != 0);
    BOOST_TEST(option_of(descriptor, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
    BOOST_TEST(option_of(descriptor, IPPROTO_TCP, TCP_KEEPINTVL) == 15);
    BOOST_TEST(option_of(descriptor, IPPROTO_TCP, TCP_KEEPCNT) == 4);
    BOOST_TEST(option_of(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT) == 30'000);
  });
}

BOOST_AUTO_TEST_CASE(descriptors_do_not_reach_child_programs) {
  ScriptedServer server({Script{}.wait_for_peer_close()});
  connect_to(server, [&](TcpTransport&) {
    const int descriptor = descriptor_to(server.port());
    BOOST_TEST((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
    BOOST_TEST((::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0);
  });
}

BOOST_AUTO_TEST_CASE(peer_that_is_gone_does_not_end_the_process) {
  ScriptedServer server({Script{}.wait_for_signal("go").reset()});
  connect_to(server, [&](TcpTransport& transport) {
    // As in a program that never heard of SIGPIPE.
    struct sigaction before {};
    struct sigaction fatal {};
    fatal.sa_handler = SIG_DFL;
    BOOST_REQUIRE(::sigaction(SIGPIPE, &fatal, &before) == 0);
    sigset_t pipe_alone;
    ::sigemptyset(&pipe_alone);
    ::sigaddset(&pipe_alone, SIGPIPE);
    ::pthread_sigmask(SIG_UNBLOCK, &pipe_alone, nullptr);
    server.signal("go");
    BOOST_TEST(server.wait_for_finished(1));
    IoResult one{IoResult::Kind::done};
    for (int i = 0; i < 10 && one.kind != IoResult::Kind::reset; ++i) one = transport.write("a", "");
    BOOST_TEST((one.kind == IoResult::Kind::reset));
    BOOST_TEST((transport.write("a", "").kind == IoResult::Kind::reset));
    BOOST_TEST((transport.write("a", "b").kind == IoResult::Kind::reset));
    ::sigaction(SIGPIPE, &before, nullptr);
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(unix_socket)

BOOST_AUTO_TEST_CASE(path_is_connected_to) {
  const TempDir folder;
  const std::string path = folder.file("server");
  const UniqueFd listener = listen_on_unix(path, 1);
  with_loop([&](Token& token) { return connect_unix(unix_address(path), token, kNever); },
            [&](Connected& transport) {
              BOOST_REQUIRE(transport.ok());
              BOOST_TEST((*transport)->remote() == path);
              const UniqueFd peer(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
              BOOST_REQUIRE(peer.get() >= 0);
              BOOST_TEST(((*transport)->write("hello", "").kind == IoResult::Kind::done));
              BOOST_TEST(receive_until_end(peer.get(), default_deadline(), 5).bytes == "hello");
            });
}

BOOST_AUTO_TEST_CASE(path_of_107_bytes_is_the_longest) {
  const TempDir folder;
  const std::string path = folder.file("") + std::string(kMaxUnixPath - folder.file("").size(), 's');
  const UniqueFd listener = listen_on_unix(path, 1);
  with_loop([&](Token& token) { return connect_unix(unix_address(path), token, kNever); },
            [&](Connected& transport) { BOOST_TEST(transport.ok()); });
}

BOOST_AUTO_TEST_CASE(path_where_nobody_listens_is_named) {
  const TempDir folder;
  const std::string path = folder.file("nobody");
  with_loop([&](Token& token) { return connect_unix(unix_address(path), token, kNever); },
            [&](Connected& outcome) {
              BOOST_TEST(code_of(outcome) == "CONNECT_FAILED");
              BOOST_TEST(outcome.error().message == "connecting to " + path + ": No such file or directory");
              BOOST_TEST(outcome.error().os_errno == ENOENT);
              BOOST_TEST((outcome.error().phase == Phase::connect));
            });
}

BOOST_AUTO_TEST_CASE(full_queue_is_waited_for_until_it_has_place) {
  const TempDir folder;
  const std::string path = folder.file("busy");
  const UniqueFd listener = listen_on_unix(path, 0);
  const auto connect = [&](Token& token) { return connect_unix(unix_address(path), token, kNever); };
  with_loop(connect, [&](Connected& first) {
    BOOST_REQUIRE(first.ok());  // stays in the queue
    std::promise<std::string> second;
    auto told = second.get_future();
    LoopThread thread;
    Token token(thread.loop());
    std::promise<void> finished;
    thread.loop().submit([&] {
      spawn(hand_over(
          connect(token), [&](Connected& outcome) { second.set_value(code_of(outcome)); }, token, finished));
    });
    thread.on_loop([] {});  // its first attempt is over
    BOOST_TEST((told.wait_for(std::chrono::seconds(0)) == std::future_status::timeout));
    const UniqueFd peer(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const auto state = told.wait_until(default_deadline());
    BOOST_REQUIRE((state == std::future_status::ready));
    BOOST_TEST(told.get() == "OK");
    finished.get_future().get();
  });
}

BOOST_AUTO_TEST_CASE(full_queue_ends_with_the_deadline_and_with_a_cancel) {
  const TempDir folder;
  const std::string path = folder.file("busy");
  const UniqueFd listener = listen_on_unix(path, 0);
  with_loop([&](Token& token) { return connect_unix(unix_address(path), token, kNever); },
            [&](Connected& first) {
              BOOST_REQUIRE(first.ok());
              with_loop(
                  [&](Token& token) {
                    return connect_unix(unix_address(path), token, token.loop().now() + 30 * kMillisecond);
                  },
                  [&](Connected& outcome) { BOOST_TEST(code_of(outcome) == "CONNECT_TIMEOUT"); });
              with_loop(
                  [&](Token& token) {
                    token.loop().submit([&token] { token.cancel(); });
                    return connect_unix(unix_address(path), token, kNever);
                  },
                  [&](Connected& outcome) { BOOST_TEST(code_of(outcome) == "CANCELLED"); });
            });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
