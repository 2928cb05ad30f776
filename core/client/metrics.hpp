// What a client counts: written by the threads of its calls, read by anyone, without a lock on the way of a call.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/attempt_record.hpp"
#include "base/clock.hpp"
#include "base/error_code.hpp"
#include "base/histogram.hpp"
#include "codec/url.hpp"

namespace ppn {

// One call that has ended. Times are -1 where the part did not happen.
struct CallSummary {
  std::string_view method = {};
  const Url* url = nullptr;  // scheme, host and port of it
  int status = 0;            // 0 = no response
  ErrorCode code = ErrorCode::ok;
  Nanos duration = 0;
  Nanos time_to_first_byte = -1;
  Nanos time_to_first_event = -1;  // of a stream: to the first piece that was handed out
  Nanos time_in_queue = -1;        // waiting for a place in the pool
  Nanos dns = -1;
  Nanos connect = -1;  // TCP and TLS
  Nanos limiter_wait = -1;
  int attempts = 1;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;  // of the body
  bool stream = false;
};

enum class BreakerChange : std::uint8_t { opened, half_opened, closed };
std::string_view name_of(BreakerChange change) noexcept;  // "half_opened"

// Counters of one kind, one for each value of an enumeration. Each is written with a single instruction.
template <class Key, std::size_t Size>
class KeyedCounters {
 public:
  static constexpr std::size_t size() noexcept { return Size; }
  void add(Key key) noexcept { counts_[static_cast<std::size_t>(key)].fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t get(Key key) const noexcept {
    return counts_[static_cast<std::size_t>(key)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, Size> counts_{};
};

// Thread: any, for every function; the threads of loops write.
class Metrics {
 public:
  static constexpr std::size_t kMaxSeries = 256;  // further sets of attributes are counted as one

  Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  void call_begins() noexcept { begun_.fetch_add(1, std::memory_order_relaxed); }
  // Ends what call_begins() began.
  void record(const CallSummary& call) noexcept;

  void count_retry(OutcomeClass reason) noexcept { retries_.add(reason); }
  void count_stop(StopReason reason) noexcept { stops_.add(reason); }
  void count_breaker(BreakerChange change) noexcept { breaker_.add(change); }
  void count_hedge() noexcept { hedges_.fetch_add(1, std::memory_order_relaxed); }
  void count_limiter_refusal() noexcept { limiter_refusals_.fetch_add(1, std::memory_order_relaxed); }

  // What has to be known beside the counters to tell about a client.
  struct Connections {
    std::size_t active = 0;
    std::size_t idle = 0;
  };
  // One JSON object, and the text format of Prometheus 0.0.4. Names and attributes are OpenTelemetry's for what its
  // semantic conventions know, and begin with "ppn." otherwise. No secret is in them.
  std::string to_json(Connections connections) const;
  std::string to_prometheus(Connections connections) const;

 private:
  friend class MetricsReader;

  // A set of attributes of http.client.request.duration.
  struct Series {
    std::string method;
    std::string host;  // as it is shown
    std::string host_of_url;
    std::string scheme;
    std::uint16_t port = 0;
    int status = 0;
    ErrorCode code = ErrorCode::ok;
    bool overflow = false;
    Histogram duration = {};
  };
  struct Key {
    std::string_view method;
    std::string_view host;
    std::string_view scheme;
    std::uint16_t port;
    int status;
    ErrorCode code;
  };

  Series& series_of(const Key& key) noexcept;
  Series* add_series(const Key& key, std::size_t slot);
  static bool is(const Series& series, const Key& key) noexcept;
  static std::size_t hash(const Key& key) noexcept;

  // Open addressing; a slot that was set never changes. Made for the first call.
  static constexpr std::size_t kSlots = 2 * kMaxSeries;
  using Table = std::array<std::atomic<Series*>, kSlots>;

  std::mutex growing_;
  std::atomic<Table*> table_{nullptr};
  std::size_t series_count_ = 0;  // guarded by growing_
  std::atomic<bool> full_{false};
  Series overflow_;

  std::atomic<std::uint64_t> begun_{0};  // those that ended are in the durations
  Histogram first_byte_;
  Histogram first_event_;
  Histogram queue_;
  Histogram dns_;
  Histogram connect_;
  Histogram limiter_wait_;
  std::atomic<std::uint64_t> more_attempts_{0};  // than one for each call; modulo 2^64
  std::atomic<std::uint64_t> streams_{0};
  std::atomic<std::uint64_t> sent_bytes_{0};
  std::atomic<std::uint64_t> received_bytes_{0};
  std::atomic<std::uint64_t> hedges_{0};
  std::atomic<std::uint64_t> limiter_refusals_{0};
  KeyedCounters<OutcomeClass, 7> retries_;
  KeyedCounters<StopReason, 13> stops_;
  KeyedCounters<BreakerChange, 3> breaker_;
};

}  // namespace ppn
