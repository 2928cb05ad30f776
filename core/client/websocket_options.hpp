// The options of WebSockets: rows of the option table whose names begin with websocket_.
#pragma once

#include <cstdint>
#include <string>

namespace ppn {

// 0 means "no limit" where a row of the table says so.
struct WebSocketOptions {
  std::int64_t open_timeout_ms = 10'000;
  std::int64_t close_timeout_ms = 5'000;
  std::int64_t ping_interval_ms = 20'000;
  std::int64_t pong_timeout_ms = 20'000;
  std::int64_t max_message_bytes = 16LL << 20;
  std::int64_t fragment_bytes = 64LL << 10;
  std::int64_t send_queue_bytes = 1LL << 20;
  std::int64_t receive_queue_bytes = 4LL << 20;
  std::int64_t receive_queue_messages = 16;
  bool deflate = false;
  bool deflate_context_takeover = false;
  std::int64_t deflate_client_max_window_bits = 15;
  std::int64_t deflate_server_max_window_bits = 15;
  std::int64_t deflate_level = 1;
  std::int64_t deflate_min_bytes = 1'024;
  std::string reconnect = "auto";  // "on", "off"; auto = on without on_message, which is how messages are iterated
  std::int64_t reconnect_attempts = 5;
  std::int64_t reconnect_delay_ms = 500;
  std::int64_t reconnect_max_delay_ms = 30'000;
  std::string reconnect_codes;  // "4000,4100-4199"
  bool resend_unsent = false;
};

}  // namespace ppn
