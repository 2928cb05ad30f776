// One request and its response on one connection (HTTP/1.1, RFC 9112).
//
// Nothing here waits: a step either moves on or says `blocked`, and the call that owns the exchange waits for the
// event of the transport under the deadline that fits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/rare.hpp"
#include "base/rare_error.hpp"
#include "http/body_source.hpp"
#include "http/connection.hpp"
#include "io/event_loop.hpp"

namespace ppn {

// Thread: the loop thread.
class Exchange {
 public:
  // `head` and what `body` still has are the request; both must outlive the exchange. Without `body` the head is all
  // there is to send.
  Exchange(Connection& connection, EventLoop& loop, std::string_view head, BodySource* body, bool head_request);
  // The request asks for another protocol: a head with status 101 ends the exchange, and what was read behind it is
  // unread() (RFC 9110 7.8).
  struct Upgrade {};
  Exchange(Connection& connection, EventLoop& loop, std::string_view head, Upgrade);

  // Before the first send(): adds Expect: 100-continue to the head, and holds the body back until the server asks for it
  // (RFC 9110 10.1.1) or stop_expecting(). The last `body_bytes` of the head are the body, or none of it.
  void expect_continue(std::size_t body_bytes) noexcept;
  void stop_expecting() noexcept { expecting_ = false; }

  enum class Step {
    done,     // send: all bytes of the request are with the kernel
    head,     // the final head has arrived: take_head()
    data,     // data() is a piece of the body, valid until the next step or wait
    end,      // the message is complete
    blocked,  // wait for transport.event()
    paused,   // send: the body waits for its resume(); transport.event() tells of an answer meanwhile
    asking,   // send: the body waits for the server to ask for it; transport.event() tells of that
    yield,    // this connection has had its share of the turn: let others go first
    failed,   // error()
  };

  // Writes what the kernel takes, and asks the body for its next piece only when it has taken the last one. A server may
  // answer before it has read everything: then the step is that of the response, nothing more is sent, and the
  // connection can not be used again.
  Step send();
  // Reads and decodes until something is worth telling.
  Step receive();

  // Keeps bytes that were read but not decoded. To be called before any wait while data() is in use or unread: the
  // memory that the loop reads into belongs to every connection in turn.
  void keep_unread();

  ResponseHead take_head() { return connection_.decoder.take_head(); }
  Rare<HeaderList> take_trailers() noexcept { return connection_.decoder.take_trailers(); }
  std::string_view data() const noexcept { return connection_.decoder.data(); }
  // Whether more was read than data() and what came before it.
  bool has_unread() const noexcept { return !unread_.empty(); }
  std::string_view unread() const noexcept { return unread_; }
  const Error& error() const noexcept { return error_.get(); }

  Sent sent() const noexcept;
  std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }
  // After `failed`: the peer has ended the connection, so it may be the answer that is cut and not the peer that is wrong.
  bool cut_off() const noexcept { return cut_off_; }
  bool response_begun() const noexcept { return connection_.decoder.started(); }
  // After `end`: whether the connection is clean and may carry another exchange.
  bool reusable();

 private:
  bool unsent() const noexcept { return !head_.empty() || !piece_.empty(); }
  bool holds_back() const noexcept { return expecting_ || !held_.empty(); }
  Step let_pass();
  Step next_piece();
  Step answer_or(Step otherwise);
  Step read_more();
  Step decode();
  Step fail(const IoResult& result, Phase phase);
  Step fail(Error error);
  void note_keep_alive();

  Connection& connection_;
  EventLoop& loop_;
  BodySource* const body_;
  std::string_view head_;   // what of it is not sent yet
  std::string_view piece_;  // what of the last piece of the body is not sent yet
  bool body_read_;          // piece_ is the end of the body
  bool expecting_ = false;  // nothing behind the head is sent before the server asks for it
  std::string_view held_;   // the body that came with the head, when it had to wait
  std::uint64_t sent_bytes_ = 0;
  std::string_view unread_;  // read but not decoded, in the scratch memory of the loop or in kept_
  Rare<std::string> kept_;
  std::size_t turn_bytes_ = 0;  // read and written since the last wait
  bool head_seen_ = false;
  bool ended_ = false;
  bool cut_off_ = false;
  RareError error_;
};

}  // namespace ppn
