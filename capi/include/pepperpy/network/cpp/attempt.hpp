/** @file attempt.hpp
 *  One attempt of a call. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_ATTEMPT_HPP
#define PEPPERPY_NETWORK_CPP_ATTEMPT_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ppn {
inline namespace api_v0 {

/** How much of a request had been handed to the kernel when it failed. */
enum class Sent : int32_t { none = PPN_SENT_NONE, partial = PPN_SENT_PARTIAL, full = PPN_SENT_FULL };

/** One attempt of a call; the fields are those of network/attempts.h. Since 0.1. */
struct Attempt {
  int32_t number = 0; /**< from 0 */
  int32_t code = PPN_OK;
  int32_t status = 0; /**< HTTP status; 0 when there was no response */
  Sent sent = Sent::none;
  uint64_t received_bytes = 0;
  std::chrono::milliseconds began = {};                /**< after the start of the call */
  std::optional<std::chrono::milliseconds> ended = {}; /**< after the start of the call; nothing when it is not known */
  std::optional<std::chrono::milliseconds> delay = {}; /**< waited before the next attempt; nothing without one */
  uint64_t connection = 0;
  std::string outcome = {}; /**< "success", "not_sent", "sent_no_response" and others */
  std::string phase = "none";
  std::string delay_source = "none";
  std::string remote = {}; /**< empty when it is not known */
};

namespace detail {

/** The attempts of an error or a response, by its functions of network/attempts.h. */
template <class Handle>
std::vector<Attempt> attempts_of(const Handle* handle, size_t(PPN_CALL* count)(const Handle*),
                                 int64_t(PPN_CALL* number)(const Handle*, size_t, int32_t),
                                 const char*(PPN_CALL* text)(const Handle*, size_t, int32_t)) {
  const auto duration = [&](size_t i, int32_t which) -> std::optional<std::chrono::milliseconds> {
    const int64_t ms = number(handle, i, which);
    if (ms < 0) return std::nullopt;
    return std::chrono::milliseconds(ms);
  };
  std::vector<Attempt> attempts(count(handle));
  for (size_t i = 0; i < attempts.size(); ++i) {
    Attempt& attempt = attempts[i];
    attempt.number = static_cast<int32_t>(number(handle, i, PPN_ATTEMPT_NUMBER));
    attempt.code = static_cast<int32_t>(number(handle, i, PPN_ATTEMPT_CODE));
    attempt.status = static_cast<int32_t>(number(handle, i, PPN_ATTEMPT_STATUS));
    attempt.sent = static_cast<Sent>(number(handle, i, PPN_ATTEMPT_SENT));
    attempt.received_bytes = static_cast<uint64_t>(number(handle, i, PPN_ATTEMPT_RECEIVED_BYTES));
    attempt.began = std::chrono::milliseconds(number(handle, i, PPN_ATTEMPT_BEGAN_MS));
    attempt.ended = duration(i, PPN_ATTEMPT_ENDED_MS);
    attempt.delay = duration(i, PPN_ATTEMPT_DELAY_MS);
    attempt.connection = static_cast<uint64_t>(number(handle, i, PPN_ATTEMPT_CONNECTION));
    attempt.outcome = text(handle, i, PPN_ATTEMPT_OUTCOME);
    attempt.phase = text(handle, i, PPN_ATTEMPT_PHASE);
    attempt.delay_source = text(handle, i, PPN_ATTEMPT_DELAY_SOURCE);
    attempt.remote = text(handle, i, PPN_ATTEMPT_REMOTE);
  }
  return attempts;
}

}  // namespace detail
}  // namespace api_v0
}  // namespace ppn

#endif
