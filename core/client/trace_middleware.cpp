#include "client/trace_middleware.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <string>

#include "base/process_generation.hpp"
#include "client/middleware_context.hpp"
#include "codec/trace_context.hpp"

namespace ppn {
namespace {

constexpr std::string_view kTraceAttribute = "ppn.traceparent";

// Ids have to differ, not to be secret: a generator that the kernel seeds, once for each thread and process.
std::mt19937_64& generator() {
  thread_local std::optional<std::mt19937_64> seeded;
  thread_local std::uint32_t seeded_in = 0;
  const std::uint32_t process = process_generation().load(std::memory_order_relaxed);
  if (!seeded || seeded_in != process) {
    std::array<std::uint32_t, 8> seed{};
    auto* const bytes = reinterpret_cast<char*>(seed.data());
    for (std::size_t have = 0; have < sizeof seed;) {
      const ssize_t got = ::getrandom(bytes + have, sizeof seed - have, 0);
      if (got > 0) have += static_cast<std::size_t>(got);
    }
    std::seed_seq sequence(seed.begin(), seed.end());
    seeded.emplace(sequence);
    seeded_in = process;
  }
  return *seeded;
}

template <std::size_t Size>
void fill(std::array<std::uint8_t, Size>& id) {
  do {
    for (std::size_t i = 0; i < Size; i += sizeof(std::uint64_t)) {
      const std::uint64_t random = generator()();
      std::memcpy(id.data() + i, &random, sizeof random);
    }
  } while (std::ranges::all_of(id, [](std::uint8_t byte) { return byte == 0; }));
}

class TraceMiddleware final : public Middleware {
 public:
  std::string_view name() const noexcept override { return "trace_context"; }
  Kind kind() const noexcept override { return Kind::attempt; }

  Step before(MiddlewareContext& context) noexcept override {
    try {
      if (Status set = set_trace(context); !set) {
        static_cast<void>(context.fail(ErrorCode::middleware_failed, set.error().message));
      }
    } catch (...) {
      fail_quietly(context);
    }
    return Step::done;
  }

 private:
  static void fail_quietly(MiddlewareContext& context) noexcept {
    try {
      static_cast<void>(context.fail(ErrorCode::out_of_memory, "no memory for the trace"));
    } catch (...) {
      // Without memory even to say so the attempt goes on untraced.
    }
  }

  static Status set_trace(MiddlewareContext& context) {
    const auto given = context.header("traceparent");
    if (!given) return Failure(Error(given.error()));
    std::optional<TraceParent> parent = *given ? parse_traceparent(**given) : std::nullopt;
    if (!parent) {
      if (Status removed = context.remove_header("tracestate"); !removed) return removed;
      parent = trace_of_call(context);
    } else if (const auto state = context.header("tracestate");
               state.ok() && *state && !is_forwardable_tracestate(**state)) {
      if (Status removed = context.remove_header("tracestate"); !removed) return removed;
    }
    fill(parent->parent_id);
    return context.set_header("traceparent", format_traceparent(*parent));
  }

  // A trace that nobody has begun begins here, marked as sampled: a server that decides by its caller would record nothing
  // otherwise.
  static TraceParent trace_of_call(MiddlewareContext& context) {
    if (const auto earlier = context.attribute(kTraceAttribute); earlier.ok() && *earlier) {
      if (const auto parent = parse_traceparent(**earlier)) return *parent;
    }
    TraceParent fresh;
    fill(fresh.trace_id);
    fill(fresh.parent_id);
    fresh.flags = 0x01;
    static_cast<void>(context.set_attribute(kTraceAttribute, format_traceparent(fresh)));
    return fresh;
  }
};

}  // namespace

std::shared_ptr<Middleware> make_trace_middleware() {
  return std::make_shared<TraceMiddleware>();
}

}  // namespace ppn
