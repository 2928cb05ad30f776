// A handler that takes everything and keeps nothing: for a body that is collected before its handler may see it.
#pragma once

#include "client/handler.hpp"

namespace ppn {

class QuietHandler final : public CallHandler {
 public:
  bool wants_head() const noexcept override { return false; }
  Flow on_head(const std::shared_ptr<Response>&) override { return Flow::proceed; }
  Flow on_chunk(std::string_view) override { return Flow::proceed; }
  Flow on_line(std::string_view) override { return Flow::proceed; }
  Flow on_event(const SseEvent&) override { return Flow::proceed; }
  void on_complete(std::shared_ptr<Response>, std::unique_ptr<Error>) noexcept override {}
};

inline QuietHandler& quiet_handler() noexcept {
  static QuietHandler handler;
  return handler;
}

}  // namespace ppn
