// One request from its description to its end.
//
//   described --start--> running --> completed
//
// Thread: the description (set_..., add_...) belongs to one thread at a time and ends with start(). start, cancel and
// resume may be called from any thread. The way of a running call is in running_call.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/completion.hpp"
#include "base/live_objects.hpp"
#include "base/result.hpp"
#include "client/callback_body.hpp"
#include "client/client.hpp"
#include "client/handler.hpp"
#include "client/options.hpp"
#include "client/request_message.hpp"
#include "client/wire_bytes.hpp"
#include "codec/headers.hpp"
#include "codec/http1_encoder.hpp"

namespace ppn {

class RunningCall;

class Call : public std::enable_shared_from_this<Call> {
 public:
  // Checks method and URL, which may be a path when the client has a base URL. Errors: invalid_argument, invalid_url, unsupported_scheme, client_closed.
  static Result<std::shared_ptr<Call>> create(std::shared_ptr<Client> client, std::string_view method,
                                              std::string_view url);
  ~Call();

  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Errors: invalid_state once started (all of them), and those named.
  Status set_header(std::string_view name, std::string_view value);  // invalid_header
  Status add_header(std::string_view name, std::string_view value);  // invalid_header
  Status set_headers(const HeaderList& headers);                     // invalid_header; all of them or none
  // The last body that is set is the body.
  Status set_body(std::string_view bytes);
  Status set_body(std::shared_ptr<const std::string> bytes);  // shared, not copied
  Status set_json(std::string_view text);                     // json_parse
  Status set_body_file(const std::string& path);              // invalid_argument
  // Without a length the body goes in chunks. The reader is destroyed in any case.
  Status set_body_reader(std::optional<std::uint64_t> length, std::unique_ptr<BodyReader> reader);
  Status set_option(std::string_view name, std::string_view value);  // config_error
  Status set_retry(const RetryOptions& options);

  // Takes the handler in any case. On failure the handler is destroyed without a call of on_complete, and so is the
  // body unless the request was started before.
  // Errors: invalid_state (started or cancelled before), client_closed, forked, config_error (trust store).
  Status start(Delivery delivery, std::unique_ptr<CallHandler> handler);
  // The same for a caller who goes on to wait until `complete` is set by the handler, which calls no user code: such a
  // caller may have run the whole call by itself when this returns (io/io_thread.hpp).
  Status start_alone(Delivery delivery, std::unique_ptr<CallHandler> handler, const Completion& complete);
  void cancel() noexcept;
  void resume() noexcept;

  const RequestOptions& request_options() const noexcept {
    return own_options_ ? *own_options_ : client_->options().request;
  }
  // Set by cancel() at once, before the loop hears of it.
  bool cancel_requested() const noexcept { return cancel_requested_.load(std::memory_order_relaxed); }
  bool started() const noexcept { return state_.load(std::memory_order_acquire) != State::described; }

 private:
  friend class RunningCall;
  enum class State { described, starting, running, failed_to_start };

  Call(std::shared_ptr<Client> client, std::string_view method, Url url);
  Status require_described() const;
  // The running call, with state_ `running`.
  Result<std::shared_ptr<RunningCall>> prepare(Delivery delivery, std::unique_ptr<CallHandler> handler, bool lone);
  Status hand_over(const std::shared_ptr<RunningCall>& running);
  Failure refuse(Failure failure) noexcept;
  Status set_source(std::unique_ptr<BodySource> source);
  void add_default_headers(Delivery delivery);
  // For middleware of a call that has begun and is not encoded yet.
  void replace_body(std::string bytes);
  Status change_option(std::string_view name, std::string_view value);
  // Nothing of the message changes after it, but in the copies of its attempts.
  void finish_message(Delivery delivery);
  void encode(const RequestMessage& message, std::string_view body, WireBytes& wire) const;
  void encode(const RequestMessage& message, RequestFraming framing, bool with_key, std::string_view body,
              WireBytes& wire) const;
  // The same request with another head. `wire` may be wire_.
  void encode_again(const RequestMessage& message, WireBytes& wire) const;
  // What a redirect has made of it.
  void encode_redirected(const RequestMessage& message, bool with_body, bool may_take_key, WireBytes& wire) const;
  std::string_view wire_body() const noexcept;
  // How long the body waits for 100 Continue; 0 = it is not asked for.
  std::int64_t expect_ms() const noexcept;
  // Whether the key of the client goes with it: to its own origin only, and unless the request has its own.
  bool takes_key(const RequestMessage& message) const noexcept;

  const std::shared_ptr<Client> client_;
  RequestMessage message_;
  std::string body_;                    // one that is in memory
  std::unique_ptr<BodySource> source_;  // every other, and a large one in memory from the start on
  bool has_body_ = false;
  RequestFraming framing_;
  std::unique_ptr<RequestOptions> own_options_;  // null as long as they are those of the client

  std::atomic<State> state_{State::described};
  std::atomic<bool> cancel_requested_{false};
  WireBytes wire_;                        // the encoded head, and the body when it is small
  std::size_t wire_body_bytes_ = 0;       // of that body
  std::shared_ptr<RunningCall> running_;  // written before state_ becomes `running`, constant afterwards
  LiveObject live_;
};

}  // namespace ppn
