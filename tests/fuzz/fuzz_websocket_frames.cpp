// The WebSocket reader: the same items and the same verdict however the bytes are cut; nothing beyond a limit.
#include <string>

#include "codec/utf8.hpp"
#include "core/codec/websocket_outcome.hpp"
#include "fuzz/check.hpp"
#include "fuzz/cuts.hpp"

using namespace ppn;
using namespace ppn::fuzz;
using namespace ppn::test;

namespace {

// Holds everything against the limits while it comes.
class Guard final : public WebSocketSink {
 public:
  explicit Guard(std::size_t limit) : limit_(limit) {}

  bool on_message(WebSocketMessageType type, std::string_view data) override {
    check(data.size() <= limit_, "a message is not beyond its limit");
    check(type == WebSocketMessageType::binary || is_utf8(data), "text is UTF-8");
    return true;
  }
  bool on_ping(std::string_view payload) override { return take_control(payload); }
  bool on_pong(std::string_view payload) override { return take_control(payload); }
  bool on_close(std::uint16_t code, std::string_view reason) override {
    check(code == close_code::kNoStatus || is_close_code(code), "the code may stand in a Close frame");
    check(reason.size() <= kMaxCloseReason && is_utf8(reason), "the reason is short and UTF-8");
    check(!closed_, "a connection is closed once");
    closed_ = true;
    return true;
  }

 private:
  bool take_control(std::string_view payload) const {
    check(payload.size() <= kMaxControlPayload && !closed_,
          "a control frame is short, and comes before the Close frame");
    return true;
  }

  std::size_t limit_;
  bool closed_ = false;
};

void check_limits(const CutInput& input, const WebSocketInput& how) {
  WebSocketReader reader(how.limits, how.deflate);
  Guard guard(how.limits.message_bytes);
  std::size_t fed = 0;
  for (std::string_view piece : input.pieces) {
    fed += piece.size();
    const WebSocketReader::Step step = reader.feed(piece, guard);
    check(step != WebSocketReader::Step::stopped, "only the sink stops the reader");
    check(step == WebSocketReader::Step::failed || piece.empty(), "the input is used up");
    if (!how.deflate) check(reader.held_bytes() <= 2 * fed + 64, "memory follows what has arrived");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const CutInput input = read_cut_input(data, size);
  WebSocketInput how;
  how.limits.message_bytes = (input.flags & 1) != 0 ? 100 : std::size_t{2} << 20;
  if ((input.flags & 2) != 0) {
    how.deflate = DeflateParameters();
    how.deflate->server_no_context_takeover = (input.flags & 4) != 0;
  }
  const WebSocketOutcome whole = read_frames({input.bytes}, how);
  how.stop_at_each_item = (input.flags & 16) != 0;
  check(read_frames(input.pieces, how) == whole, "cuts do not matter");
  check((whole.close_code == 0) == (whole.code == ErrorCode::ok), "a failure has both its codes");
  check_limits(input, how);
  return 0;
}
