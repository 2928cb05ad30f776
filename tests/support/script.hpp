// What one connection of a ScriptedServer does, step after step.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace ppn::test {

class Script {
 public:
  enum class Action {
    handshake,
    expect_request,
    expect_head,
    expect_bytes,
    send,
    send_byte_by_byte,
    send_repeated,
    wait_for_peer_close,
    wait_for_signal,
    mark,
    hold,
    update_keys,
    renegotiate,
    half_close,
    close,
    close_without_notify,
    reset,
  };

  struct Step {
    Action action;
    std::string text = {};  // bytes to send, or the name of a signal or mark
    std::size_t count = 0;  // bytes to read, or repetitions
  };

  // Reads one request: its head, and its body by Content-Length or chunks.
  Script& expect_request() { return add({Action::expect_request}); }
  // Reads one request's head only; it counts as a request.
  Script& expect_head() { return add({Action::expect_head}); }
  // Reads exactly `count` bytes of anything.
  Script& expect_bytes(std::size_t count) { return add({Action::expect_bytes, {}, count}); }
  Script& send(std::string bytes) { return add({Action::send, std::move(bytes)}); }
  // One send per byte, each in a segment (and TLS record) of its own.
  Script& send_byte_by_byte(std::string bytes) { return add({Action::send_byte_by_byte, std::move(bytes)}); }
  // `bytes` over and over: a body too large to keep. Waits while the peer does not read, for as long as the server
  // lives.
  Script& send_repeated(std::string bytes, std::size_t times) {
    return add({Action::send_repeated, std::move(bytes), times});
  }

  // Reads and drops until the peer closes or resets.
  Script& wait_for_peer_close() { return add({Action::wait_for_peer_close}); }
  // Neither reads nor writes until the peer goes away or the server ends: a peer that never answers and stops reading.
  Script& hold() { return add({Action::hold}); }
  // Goes on after ScriptedServer::signal(name).
  Script& wait_for_signal(std::string name) { return add({Action::wait_for_signal, std::move(name)}); }
  // Tells ScriptedServer::wait_for_mark(name) that the script has come this far.
  Script& mark(std::string name) { return add({Action::mark, std::move(name)}); }

  // TLS 1.3: changes our keys and asks the peer to change its own (RFC 8446 4.6.3).
  Script& update_keys() { return add({Action::update_keys}); }
  // TLS 1.2: asks for another handshake on the connection (RFC 5246 7.4.1.1).
  Script& renegotiate() { return add({Action::renegotiate}); }

  // Ends our direction (TLS: close_notify first) and goes on reading.
  Script& half_close() { return add({Action::half_close}); }
  // Closes in order (TLS: close_notify first). What has arrived is dropped before, for a close with unread bytes
  // resets.
  Script& close() { return add({Action::close}); }
  // Closes TCP in order but sends no close_notify; the same as close() without TLS.
  Script& close_without_notify() { return add({Action::close_without_notify}); }
  // Closes with a TCP reset.
  Script& reset() { return add({Action::reset}); }

  // TLS servers begin with the handshake. This call moves it: steps before it play on bare TCP and must not read.
  Script& handshake() {
    implicit_handshake_ = false;
    return add({Action::handshake});
  }
  // A TLS server that never shakes hands: its steps play on bare TCP.
  Script& without_handshake() {
    implicit_handshake_ = false;
    return *this;
  }
  // Takes the peer's first TLS record header, then says nothing more.
  Script& stall_in_handshake() { return without_handshake().expect_bytes(5).hold(); }

  const std::vector<Step>& steps() const noexcept { return steps_; }
  bool implicit_handshake() const noexcept { return implicit_handshake_; }

 private:
  Script& add(Step step) {
    steps_.push_back(std::move(step));
    return *this;
  }

  std::vector<Step> steps_;
  bool implicit_handshake_ = true;
};

}  // namespace ppn::test
