// The body callback of a user.
#pragma once

#include <optional>

#include "client/callback_body.hpp"
#include "handle.hpp"
#include "objects.hpp"
#include "user_callbacks.hpp"

namespace ppn::capi {

// Belongs to the request that its callbacks are handed. While the call runs it owns a reference to it, so that the handle
// is alive however often the user has released theirs.
class UserBody final : public BodyReader {
 public:
  UserBody(ppn_request* request, ppn_read_fn read_fn, ppn_rewind_fn rewind_fn, void* user_data) noexcept
      : handle_(request), read_(read_fn), rewind_(rewind_fn), user_(user_data) {}

  void adopt(ppn_destroy_fn destroy) noexcept { user_.adopt(destroy); }

  void begin() noexcept override { request_.emplace(handle_); }
  Flow read(std::span<char> out, std::size_t& length) override;
  bool rewindable() const noexcept override { return rewind_ != nullptr; }
  bool rewind() override;

 private:
  ppn_request* const handle_;
  const ppn_read_fn read_;
  const ppn_rewind_fn rewind_;
  UserData user_;
  std::optional<Pinned<ppn_request>> request_;  // dropped before the user's data is ended
};

}  // namespace ppn::capi
