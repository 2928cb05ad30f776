#include "client/metrics.hpp"

#include <new>

#include "base/secret_registry.hpp"
#include "client/call_event.hpp"

namespace ppn {
namespace {

void add(std::atomic<std::uint64_t>& counter, std::uint64_t more) noexcept {
  if (more != 0) counter.fetch_add(more, std::memory_order_relaxed);
}

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) noexcept {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15U;
  return hash ^ (hash >> 32);
}

}  // namespace

std::string_view name_of(BreakerChange change) noexcept {
  switch (change) {
    case BreakerChange::opened: return "opened";
    case BreakerChange::half_opened: return "half_opened";
    case BreakerChange::closed: return "closed";
  }
  return "closed";
}

Metrics::~Metrics() {
  Table* const table = table_.load(std::memory_order_relaxed);
  if (table == nullptr) return;
  for (const std::atomic<Series*>& slot : *table) delete slot.load(std::memory_order_relaxed);
  delete table;
}

void Metrics::record(const CallSummary& call) noexcept {
  const Key key{.method = shown_method(call.method),
                .host = call.url->host,
                .scheme = scheme_name(call.url->scheme),
                .port = call.url->port,
                .status = call.status,
                .code = call.code};
  series_of(key).duration.record(call.duration);
  first_byte_.record(call.time_to_first_byte);
  first_event_.record(call.time_to_first_event);
  queue_.record(call.time_in_queue);
  dns_.record(call.dns);
  connect_.record(call.connect);
  limiter_wait_.record(call.limiter_wait);
  add(more_attempts_, static_cast<std::uint64_t>(static_cast<std::int64_t>(call.attempts) - 1));
  add(streams_, call.stream ? 1 : 0);
  add(sent_bytes_, call.sent_bytes);
  add(received_bytes_, call.received_bytes);
}

bool Metrics::is(const Series& series, const Key& key) noexcept {
  return series.status == key.status && series.code == key.code && series.port == key.port &&
         series.host_of_url == key.host && series.method == key.method && series.scheme == key.scheme;
}

std::size_t Metrics::hash(const Key& key) noexcept {
  std::uint64_t hash = mix(key.port, static_cast<std::uint64_t>(key.status));
  hash = mix(hash, static_cast<std::uint64_t>(key.code) << 8 | static_cast<unsigned char>(key.method.front()));
  hash = mix(hash, key.method.size() << 8 | key.scheme.size());
  for (const char c : key.host) hash = hash * 31 + static_cast<unsigned char>(c);
  return static_cast<std::size_t>(mix(hash, 0));
}

// At most half of the slots are taken, so that a search ends.
Metrics::Series& Metrics::series_of(const Key& key) noexcept {
  const std::size_t first = hash(key) % kSlots;
  Table* const table = table_.load(std::memory_order_acquire);
  std::size_t slot = first;
  if (table != nullptr) {
    while (Series* const series = (*table)[slot].load(std::memory_order_acquire)) {
      if (is(*series, key)) return *series;
      slot = (slot + 1) % kSlots;
    }
  }
  if (full_.load(std::memory_order_relaxed)) return overflow_;
  try {
    if (Series* const added = add_series(key, first)) return *added;
  } catch (const std::bad_alloc&) {
    // Counted, though not under its own name.
  }
  return overflow_;
}

// Null when there are too many. Another thread may have added the same since.
Metrics::Series* Metrics::add_series(const Key& key, std::size_t slot) {
  const std::lock_guard lock(growing_);
  Table* table = table_.load(std::memory_order_relaxed);
  if (table == nullptr) {
    table = new Table{};
    table_.store(table, std::memory_order_release);
  }
  while (Series* const series = (*table)[slot].load(std::memory_order_relaxed)) {
    if (is(*series, key)) return series;
    slot = (slot + 1) % kSlots;
  }
  if (series_count_ == kMaxSeries) {
    full_.store(true, std::memory_order_relaxed);
    return nullptr;
  }
  auto* const made = new Series{.method = std::string(key.method),
                                .host = scrub(key.host),
                                .host_of_url = std::string(key.host),
                                .scheme = std::string(key.scheme),
                                .port = key.port,
                                .status = key.status,
                                .code = key.code};
  ++series_count_;
  (*table)[slot].store(made, std::memory_order_release);
  return made;
}

}  // namespace ppn
