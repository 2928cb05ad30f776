// One attempt of a call on its way: a connection, the request, the head of the response, its body (SEMANTICS 3.0 K, L).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/rare.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "client/body_delivery.hpp"
#include "client/call_limits.hpp"
#include "client/call_reporter.hpp"
#include "client/client_loop.hpp"
#include "client/handler.hpp"
#include "client/redirect_hop.hpp"
#include "client/response.hpp"
#include "codec/url.hpp"
#include "http/body_source.hpp"
#include "http/exchange.hpp"
#include "http/pool.hpp"
#include "http/timings.hpp"
#include "io/tls.hpp"
#include "io/wait.hpp"
#include "policy/redirect_policy.hpp"
#include "policy/replay.hpp"

namespace ppn {

// What the attempts of a call share, and what they ask of it.
class AttemptOwner {
 public:
  struct Facts {
    ClientLoop& client_loop;
    std::shared_ptr<TlsContext> tls;  // null for plain TCP
    const ConnectionOptions& connection_options;
    const RequestOptions* options;  // of the call; they do not change any more once there is an attempt
    bool collects;                  // else the body is a stream, which may be silent for hours
    Nanos started = 0;
    Nanos deadline = kNever;    // of the whole call
    std::int64_t total_ms = 0;  // that it stands for

    CallLimits limits() const noexcept { return limits_of(*options, collects); }
  };

  virtual const Facts& facts() const noexcept = 0;
  virtual CallReporter& report() noexcept = 0;
  // The handler has seen the first piece of a stream.
  virtual void on_first_piece() noexcept = 0;
  // Sees to it that take_turn() of its attempts is called when other calls had their turn.
  virtual void ask_turn() noexcept = 0;

 protected:
  ~AttemptOwner() = default;
};

// The request as one attempt sends it. All of it outlives the attempt.
struct AttemptRequest {
  const std::string& method;
  const Url& url;
  const std::string& origin;
  const std::shared_ptr<TlsContext>& tls;  // null for plain TCP
  std::string_view wire;                   // the encoded head, and the body when it is small
  std::size_t wire_body_bytes;             // of that body
  BodySource* source;                      // null when the body, if any, travels with the head
  std::int64_t expect_ms;                  // how long the body waits for 100 Continue; 0 = it is not asked for
  const HeaderList& headers;
  std::string_view idempotency_header;
};

// Thread: the loop thread.
class Attempt {
 public:
  // `number` from 0. The token is that of the call, or of this attempt when there is another one beside it.
  Attempt(AttemptOwner& owner, Token& token, int number);
  ~Attempt();

  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // A connection, the request, and the head of the response. A request that meets a connection which the server was
  // about to close goes out once more on a fresh one (SEMANTICS 3.1.4), and so does one that the server refuses for its
  // connection (421) or its Expect (417).
  Task<Status> until_head(AttemptRequest request);
  // The response is one that may send the client elsewhere.
  bool redirected() const noexcept {
    return response_ && response_->status >= 300 && !answered_ && is_redirect_status(response_->status);
  }
  // What until_head() sends next: the attempt keeps it. Its response is forgotten, and its connection let go.
  void begin_hop(std::unique_ptr<RedirectHop> hop) noexcept;
  // Null before the first.
  RedirectHop* hop() const noexcept { return hop_.get(); }
  // As much of the body as a decision about a retry may look at. What was read is not lost: read_body() begins with it.
  Task<> peek_body();
  // What has arrived of the body of a response that was not handed to anybody.
  std::string_view body_so_far() const noexcept {
    return response_ && put_by_->peeked.empty() ? response_->body : put_by_->peeked;
  }
  // Hands head and body to the handler, as it wants them.
  Task<Status> read_body(CallHandler& handler, BodyDelivery& body);
  // After a body whose server said that this was all: more of it may come, and then the connection can be used again.
  bool has_rest() const noexcept { return has_rest_; }
  // Waits a moment for it (SEMANTICS 3.4.5).
  Task<> drain_rest();
  // Gives the connection back when the response has been read, else closes it.
  void let_go() noexcept;

  void take_turn() noexcept { turn_.notify(); }
  void resume() noexcept;
  // Inside a callback of a call that is not paused: the pause that this callback may ask for does not happen.
  bool resume_before_pause(BodyDelivery& body) noexcept;

  const std::shared_ptr<Response>& response() const noexcept { return response_; }
  std::shared_ptr<Response> take_response() noexcept { return std::move(response_); }
  // A middleware answers in place of the server: there is nothing to read, the response has its whole body.
  void answer(std::shared_ptr<Response> response) noexcept {
    response_ = std::move(response);
    answered_ = true;
  }
  bool answered() const noexcept { return answered_; }
  // The time of the attempt is over; what follows has the time of the call.
  void stop_clock() noexcept {
    token_.set_deadline(owner_.facts().deadline);
    token_.forget_timeout();
  }
  Token& token() const noexcept { return token_; }
  // True once: its end is told when its body has ended, wherever that is.
  bool tell_end() noexcept { return !std::exchange(end_told_, true); }

  int number() const noexcept { return number_; }
  Nanos began() const noexcept { return began_; }
  // With the requests before a redirect.
  Sent sent() const noexcept { return std::max(sent_, sent_before_); }
  bool response_begun() const noexcept { return stale_.response_begun; }
  std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }
  std::uint64_t received_bytes() const noexcept { return received_bytes_; }
  const Timings& timings() const noexcept { return timings_; }
  std::uint64_t connection_id() const noexcept { return connection_id_; }
  bool reused() const noexcept { return stale_.connection_was_reused; }
  // "" as long as there is no connection.
  const std::string& remote() const noexcept { return response_ ? response_->remote : *remote_; }

  // What ended the call or this attempt from outside.
  Failure interrupted(Phase phase);
  Failure timed_out(ErrorCode code, Phase phase, const char* what, std::int64_t limit_ms) const;

 private:
  EventLoop& loop() const noexcept { return token_.loop(); }
  CallLimits limits() const noexcept { return owner_.facts().limits(); }
  Nanos deadline(std::int64_t timeout_ms) const noexcept { return deadline_after(loop().now(), timeout_ms); }

  CallReporter& report() const noexcept {
    owner_.report().of_attempt(number_);
    return owner_.report();
  }

  Task<Status> send_on(bool fresh);
  Task<Status> lease(bool fresh);
  Task<Status> wait_for_consumer(BodyDelivery& body, std::string_view& bytes);
  void note_pieces(BodyDelivery& body, StreamTimers& timers);
  void skip_arrived();
  Failure fired(StreamTimers& timers) const;
  bool may_replay(const Error& error);
  bool may_send_again() const noexcept;
  Exchange::Step receive();
  Wait& wait_of(Exchange::Step step);
  Failure lease_failure(Error& error);
  Failure give_up(Wake wake, ErrorCode code, Phase phase, const char* what, std::int64_t limit_ms);
  void receive_head();
  void note_failure();
  void end_span(Span span) noexcept;
  // The request sends its body, which waits for a resume.
  bool body_paused() const noexcept {
    return request_ && request_->source != nullptr && !response_ && request_->source->paused();
  }

  AttemptOwner& owner_;
  Token& token_;
  const int number_;
  const Nanos attempt_deadline_;
  std::unique_ptr<RedirectHop> hop_;  // the last one
  std::optional<AttemptRequest> request_;
  ConnectionPool::Lease lease_;
  std::optional<Exchange> exchange_;
  std::shared_ptr<Response> response_;

  Wait turn_;     // notified when other calls had their turn
  Wait resumed_;  // notified by resume()
  bool paused_ = false;
  bool answered_ = false;
  bool end_told_ = false;
  bool has_rest_ = false;
  // Bytes of the body that were read before they were wanted.
  struct PutBy {
    std::string held = {};                                         // not taken by the consumer before it paused
    std::string peeked = {};                                       // what peek_body() has read
    std::optional<Exchange::Step> step_after_peek = std::nullopt;  // how the body ended, when it did meanwhile
  };
  Rare<PutBy> put_by_;

  StaleAttempt stale_;
  Sent sent_ = Sent::none;
  Sent sent_before_ = Sent::none;  // the last redirect
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t received_bytes_ = 0;
  std::uint64_t connection_id_ = 0;
  Rare<std::string> remote_;  // of an attempt without a response
  Timings timings_;
  Nanos began_ = 0;
  Nanos span_begin_ = 0;
};

}  // namespace ppn
