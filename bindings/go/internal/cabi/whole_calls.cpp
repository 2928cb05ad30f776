#include "whole_calls.hpp"

#include <sched.h>

#include <cstring>
#include <string_view>

#include "shim/calls.hpp"
#include "shim/describe.hpp"
#include "shim/mailbox.hpp"

namespace {

// Reads what the Go layer wrote; it stops at the end of the description whatever the lengths say.
class Description {
 public:
  Description(const char* data, std::size_t length) : rest_(data, length) {}

  std::int32_t int32() {
    std::int32_t value = 0;
    const std::string_view bytes = take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::int64_t int64() {
    std::int64_t value = 0;
    const std::string_view bytes = take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  bool ended() const { return rest_.empty(); }
  std::string_view text() {
    const std::int32_t length = int32();
    return take(length < 0 ? 0 : static_cast<std::size_t>(length));
  }

 private:
  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
};

std::int32_t set_headers(ppn_request* request, Description& from, ppn_error** error) {
  for (std::int32_t left = from.int32(); left > 0; --left) {
    const auto set = from.int32() != 0 ? ppn_request_add_header : ppn_request_set_header;
    const std::string_view name = from.text();
    const std::string_view value = from.text();
    const std::int32_t code = set(request, name.data(), name.size(), value.data(), value.size(), error);
    if (code != PPN_OK) return code;
  }
  return PPN_OK;
}

std::int32_t set_options(ppn_request* request, Description& from, ppn_error** error) {
  for (std::int32_t left = from.int32(); left > 0; --left) {
    const std::string_view name = from.text();
    const std::string_view value = from.text();
    const std::int32_t code =
        ppn_request_set_option(request, name.data(), name.size(), value.data(), value.size(), error);
    if (code != PPN_OK) return code;
  }
  return PPN_OK;
}

std::int32_t set_body(ppn_request* request, std::int32_t kind, const char* body, std::size_t length,
                      ppn_error** error) {
  switch (kind) {
    case PPNB_BODY_BYTES:
      return ppn_request_set_body(request, reinterpret_cast<const std::uint8_t*>(body), length, error);
    case PPNB_BODY_JSON: return ppn_request_set_json(request, body, length, error);
    case PPNB_BODY_FILE: return ppn_request_set_body_file(request, body, length, error);
    default: return PPN_OK;
  }
}

// A buffer that is released, whatever happens.
class Owned {
 public:
  explicit Owned(ppn_buffer* buffer) : buffer_(buffer) {}
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { ppn_buffer_release(buffer_); }

  bool missing() const { return buffer_ == nullptr; }
  std::size_t size() const { return ppn_buffer_length(buffer_); }
  std::uint8_t* copy(std::uint8_t* to) const {
    if (size() > 0) std::memcpy(to, ppn_buffer_data(buffer_), size());
    return to + size();
  }

 private:
  ppn_buffer* buffer_;
};

// The error of the status alone is described, and released.
ppn_buffer* describe_status(const ppn_response* response) {
  const std::int32_t status = ppn_response_status(response);
  if (status >= 200 && status < 400) return nullptr;
  ppn_error* error = nullptr;
  ppn_response_check_status(response, &error);
  ppn_buffer* described = error != nullptr ? ppnb_describe_error(error) : nullptr;
  ppn_error_release(error);
  return described;
}

std::uint8_t* write_part(std::uint8_t* to, const Owned& part) {
  const auto length = static_cast<std::int32_t>(part.size());
  std::memcpy(to, &length, sizeof length);
  return part.copy(to + sizeof length);
}

// A program that was given another way of scheduling keeps it.
void PPN_CALL become_patient(void* /*user_data*/) {
  const sched_param none{};
  if (sched_getscheduler(0) == SCHED_OTHER) sched_setscheduler(0, SCHED_BATCH, &none);
}

}  // namespace

std::int32_t ppnb_whole_request(ppn_client* client, const char* description, std::size_t description_length,
                                const char* body, std::size_t body_length, std::int64_t token, ppn_request** out,
                                ppn_error** error) {
  Description from(description, description_length);
  const std::string_view method = from.text();
  const std::string_view url = from.text();
  ppn_request* request = nullptr;
  std::int32_t code = ppn_request_new(client, method.data(), method.size(), url.data(), url.size(), &request, error);
  if (code != PPN_OK) return code;
  code = set_body(request, from.int32(), body, body_length, error);
  if (code == PPN_OK) code = set_headers(request, from, error);
  if (code == PPN_OK) code = set_options(request, from, error);
  if (code == PPN_OK) {
    *out = request;  // the call may end before the start returns
    if (token != 0) code = ppnb_request_start(request, token, error);
  }
  if (code != PPN_OK) {
    *out = nullptr;
    ppn_request_release(request);
  }
  return code;
}

std::int64_t ppnb_whole_requests(const char* requests, std::size_t requests_length, std::uint8_t* results,
                                 std::size_t results_length) {
  std::int64_t count = 0;
  struct Result {
    std::int64_t code;
    const void* request;
    const void* error;
  };
  for (Description all(requests, requests_length); !all.ended() && results_length >= sizeof(Result);
       results_length -= sizeof(Result), results += sizeof(Result), ++count) {
    const std::string_view one = all.text();
    Description from(one.data(), one.size());
    auto* const client = reinterpret_cast<ppn_client*>(static_cast<std::intptr_t>(from.int64()));
    const std::int64_t token = from.int64();
    const bool keep = from.int32() != 0;
    const std::string_view description = from.text();
    const std::string_view body = from.text();
    ppn_request* request = nullptr;
    ppn_error* error = nullptr;
    const std::int32_t code = ppnb_whole_request(client, description.data(), description.size(), body.data(),
                                                 body.size(), token, &request, &error);
    if (!keep) {
      ppn_request_release(request);
      request = nullptr;
    }
    const Result result{code, request, error};
    std::memcpy(results, &result, sizeof result);
  }
  return count;
}

std::int64_t ppnb_whole_response(ppn_request* request, ppn_response* response, std::uint8_t* buffer,
                                 std::size_t capacity) {
  const Owned described(ppnb_describe_response(response));
  const Owned status(describe_status(response));
  std::size_t body_length = 0;
  const std::uint8_t* const body = ppn_response_body(response, &body_length);
  if (described.missing()) return -1;
  const std::size_t needed = 2 * sizeof(std::int32_t) + described.size() + status.size() + body_length;
  if (needed > capacity) return static_cast<std::int64_t>(needed);
  std::uint8_t* const to = write_part(write_part(buffer, described), status);
  if (body_length > 0) std::memcpy(to, body, body_length);
  ppn_response_release(response);
  ppn_request_release(request);
  return static_cast<std::int64_t>(needed);
}

std::int64_t ppnb_whole_error(ppn_error* error, std::uint8_t* buffer, std::size_t capacity) {
  const Owned described(ppnb_describe_error(error));
  if (described.missing()) return -1;
  if (described.size() > capacity) return static_cast<std::int64_t>(described.size());
  described.copy(buffer);
  ppn_error_release(error);
  return static_cast<std::int64_t>(described.size());
}

std::int64_t ppnb_gather_notes(std::uint8_t* buffer, std::size_t capacity, std::int64_t timeout_ms) {
  const std::int64_t first = ppnb_mailbox_take(buffer, capacity, timeout_ms);
  if (first == 0) return 0;
  sched_yield();
  return first + ppnb_mailbox_take(buffer + first, capacity - static_cast<std::size_t>(first), 0);
}

std::int64_t ppnb_take_all(ppnb_reader* reader, std::uint8_t* buffer, std::size_t capacity, ppn_error** error) {
  std::int64_t taken = ppnb_reader_take(reader, buffer, capacity, error);
  if (taken <= 0) return taken;
  // An error is told again by the next look.
  const std::int64_t more =
      ppnb_reader_take(reader, buffer + taken, capacity - static_cast<std::size_t>(taken), nullptr);
  if (more == PPNB_NOTHING) return taken + (std::int64_t{1} << 40);
  return more > 0 ? taken + more : taken;
}

void ppnb_be_patient() {
  static const std::int32_t once = ppn_runtime_set_thread_hooks(become_patient, nullptr, nullptr, nullptr, nullptr);
  static_cast<void>(once);
}
