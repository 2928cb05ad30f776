// A ready callback of a user as the hook of a queue.
#pragma once

#include "client/ready_bell.hpp"
#include "pepperpy/network/export.h"
#include "user_callbacks.hpp"

namespace ppn::capi {

class UserReady final : public ReadyHook {
 public:
  UserReady(ppn_ready_fn function, void* user_data) noexcept : function_(function), user_(user_data) {}
  void adopt(ppn_destroy_fn destroy) noexcept { user_.adopt(destroy); }
  void on_ready() noexcept override { function_(user_.get()); }

 private:
  const ppn_ready_fn function_;
  UserData user_;
};

}  // namespace ppn::capi
