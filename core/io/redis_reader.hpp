// The protocol of Redis by hiredis, within limits: a peer can make us keep neither a long reply nor a deep one.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "io/redis_reply.hpp"

struct redisReader;

namespace ppn {

class RedisReader {
 public:
  static constexpr std::size_t kMaxReply = 65'536;
  static constexpr std::size_t kMaxElements = 16;

  // Throws std::bad_alloc, as the other functions do.
  RedisReader();
  ~RedisReader();

  void feed(std::string_view bytes);
  // False when no whole reply is there, and for ever once `failed`.
  bool next(RedisReply& reply);
  bool failed() const noexcept { return failed_; }
  std::size_t unread() const noexcept;

 private:
  struct Free {
    void operator()(redisReader* reader) const noexcept;
  };
  std::unique_ptr<redisReader, Free> reader_;
  bool failed_ = false;
};

// Hands the bytes of one command to `sink`, and wipes them afterwards.
void append_redis_command(std::span<const std::string_view> parts, const std::function<void(std::string_view)>& sink);

}  // namespace ppn
