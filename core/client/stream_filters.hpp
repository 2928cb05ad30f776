// The filters of one stream: each piece goes through all of them before the handler gets what is left of it.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "client/middleware.hpp"
#include "client/middleware_context.hpp"

namespace ppn {

// Thread: the loop thread.
class StreamFilters {
 public:
  // The next filter outwards. What the scope refers to has to live as long as pieces are fed.
  void add(std::shared_ptr<Middleware> middleware, const MiddlewareContext::Scope& scope);
  bool empty() const noexcept { return stages_.empty(); }

  // Each queues what comes out. Errors: middleware_failed, and what a filter failed with.
  Status feed_chunk(std::string_view bytes);
  Status feed_event(const SseEvent& event);

  // What came out and was not taken yet, oldest first.
  bool holds() const noexcept { return !ready_.empty(); }
  FilteredPiece take();

 private:
  struct Stage {
    std::shared_ptr<Middleware> middleware;
    MiddlewareContext::Scope scope;
    std::shared_ptr<MiddlewareContext> context;
  };

  // Calls `filter` of each stage that `applies` to with each piece.
  template <class Applies, class Filter>
  Status feed(std::vector<FilteredPiece> pieces, Applies applies, Filter filter);

  std::vector<Stage> stages_;
  std::deque<FilteredPiece> ready_;
};

}  // namespace ppn
