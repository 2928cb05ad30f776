#include "client/stream_filters.hpp"

#include <iterator>
#include <utility>

namespace ppn {
namespace {

// What one piece may become: the pieces of a filter wait in memory when the handler pauses.
constexpr std::size_t kRoomBytes = std::size_t{16} << 20;

}  // namespace

void StreamFilters::add(std::shared_ptr<Middleware> middleware, const MiddlewareContext::Scope& scope) {
  stages_.push_back({std::move(middleware), scope, std::make_shared<MiddlewareContext>()});
}

template <class Applies, class Filter>
Status StreamFilters::feed(std::vector<FilteredPiece> pieces, Applies applies, Filter filter) {
  const std::size_t room = kRoomBytes + 2 * pieces.front().bytes.size();
  for (Stage& stage : stages_) {
    if (!applies(*stage.middleware)) continue;
    std::size_t left = room;
    std::vector<FilteredPiece> emitted;
    for (const FilteredPiece& piece : pieces) {
      // One that a filter has kept is closed for good.
      if (stage.context.use_count() > 1) stage.context = std::make_shared<MiddlewareContext>();
      MiddlewareContext& context = *stage.context;
      context.open(stage.scope, *stage.middleware, MiddlewareContext::Place::filter, nullptr);
      context.set_room(left);
      filter(*stage.middleware, context, piece);
      context.close();
      if (std::unique_ptr<Error> failure = context.take_failure()) return Failure(std::move(failure));
      left = context.room();
      std::vector<FilteredPiece> more = context.take_pieces();
      for (FilteredPiece& one : more) {
        one.index = piece.index;
        one.byte_offset = piece.byte_offset;
      }
      std::move(more.begin(), more.end(), std::back_inserter(emitted));
    }
    pieces = std::move(emitted);
  }
  std::move(pieces.begin(), pieces.end(), std::back_inserter(ready_));
  return {};
}

Status StreamFilters::feed_chunk(std::string_view bytes) {
  std::vector<FilteredPiece> pieces;
  pieces.emplace_back(bytes);
  return feed(
      std::move(pieces), [](const Middleware& middleware) { return middleware.filters_chunks(); },
      [](Middleware& middleware, MiddlewareContext& context, const FilteredPiece& piece) {
        middleware.on_chunk(context, piece.bytes);
      });
}

Status StreamFilters::feed_event(const SseEvent& event) {
  std::vector<FilteredPiece> pieces;
  pieces.emplace_back(event);
  return feed(
      std::move(pieces), [](const Middleware& middleware) { return middleware.filters_events(); },
      [](Middleware& middleware, MiddlewareContext& context, const FilteredPiece& piece) {
        middleware.on_event(context, piece.event());
      });
}

FilteredPiece StreamFilters::take() {
  FilteredPiece piece = std::move(ready_.front());
  ready_.pop_front();
  return piece;
}

}  // namespace ppn
