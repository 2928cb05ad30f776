#include "core/codec/websocket_outcome.hpp"

#include <memory>

namespace ppn::test {
namespace {

class Notes final : public WebSocketSink {
 public:
  Notes(std::vector<std::string>& items, bool go_on) : items_(items), go_on_(go_on) {}

  bool on_message(WebSocketMessageType type, std::string_view data) override {
    return note(type == WebSocketMessageType::text ? "text:" : "binary:", data);
  }
  bool on_ping(std::string_view payload) override { return note("ping:", payload); }
  bool on_pong(std::string_view payload) override { return note("pong:", payload); }
  bool on_close(std::uint16_t code, std::string_view reason) override {
    return note("close:" + std::to_string(code) + ":", reason);
  }

 private:
  bool note(const std::string& kind, std::string_view data) {
    items_.push_back(kind + std::string(data));
    return go_on_;
  }

  std::vector<std::string>& items_;
  bool go_on_;
};

}  // namespace

WebSocketOutcome read_frames(const Pieces& pieces, const WebSocketInput& how) {
  WebSocketReader reader(how.limits, how.deflate);
  WebSocketOutcome outcome;
  Notes notes(outcome.items, !how.stop_at_each_item);
  for (const std::string_view piece : pieces) {
    // A copy of its own: views that outlive their input show up under a sanitizer.
    const auto copy = std::make_unique<std::string>(piece);
    std::string_view rest = *copy;
    while (reader.feed(rest, notes) == WebSocketReader::Step::stopped) {
    }
    if (reader.problem().close_code != 0) break;
  }
  outcome.close_code = reader.problem().close_code;
  outcome.code = reader.problem().code;
  outcome.text = reader.problem().text;
  outcome.closed = reader.closed();
  outcome.idle = reader.idle();
  return outcome;
}

std::string server_frame(unsigned first, std::string_view payload) {
  std::string frame(1, static_cast<char>(first));
  int length_bytes = 0;
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(payload.size()));
  } else {
    length_bytes = payload.size() <= 0xFFFF ? 2 : 8;
    frame.push_back(static_cast<char>(length_bytes == 2 ? 126 : 127));
  }
  for (int byte = length_bytes - 1; byte >= 0; --byte) {
    frame.push_back(static_cast<char>(std::uint64_t{payload.size()} >> (8 * byte)));
  }
  return frame.append(payload);
}

}  // namespace ppn::test
