// A handler around another one that may be missing: passes everything on and keeps the end for itself as well.
#pragma once

#include <memory>
#include <new>
#include <utility>

#include "client/handler.hpp"

namespace ppn {

class InnerHandler : public CallHandler {
 public:
  explicit InnerHandler(std::unique_ptr<CallHandler> inner) noexcept : inner_(std::move(inner)) {}

  bool wants_head() const noexcept override { return inner_ && inner_->wants_head(); }
  bool take_back_head() noexcept override { return !inner_ || inner_->take_back_head(); }
  Flow on_head(const std::shared_ptr<Response>& response) override {
    return inner_ ? inner_->on_head(response) : Flow::proceed;
  }
  Flow on_chunk(std::string_view bytes) override { return inner_ ? inner_->on_chunk(bytes) : Flow::proceed; }
  Flow on_line(std::string_view line) override { return inner_ ? inner_->on_line(line) : Flow::proceed; }
  Flow on_event(const SseEvent& event) override { return inner_ ? inner_->on_event(event) : Flow::proceed; }

 protected:
  // Tells the inner one of the end, and ends it: what belongs to its user is gone afterwards.
  void complete_inner(const std::shared_ptr<Response>& response, const Error* error) noexcept {
    if (!inner_) return;
    std::unique_ptr<Error> copy = copy_if_possible(error);
    // Without memory for the copy the user gets neither, which says so.
    const bool lost = error != nullptr && !copy;
    inner_->on_complete(lost ? nullptr : response, std::move(copy));
    inner_.reset();
  }

 private:
  static std::unique_ptr<Error> copy_if_possible(const Error* error) noexcept {
    try {
      return error != nullptr ? std::make_unique<Error>(*error) : nullptr;
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  std::unique_ptr<CallHandler> inner_;
};

}  // namespace ppn
