// A WebSocketWriter over a transport without a socket, and what became of each message.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/websocket_writer.hpp"
#include "core/client/client_frames.hpp"
#include "core/http/fake_transport.hpp"

namespace ppn::test {

using Texts = std::vector<std::string>;

// A writer with all it needs, and what became of each message.
struct Sender {
  using Step = WebSocketWriter::Step;
  static constexpr std::size_t everything = static_cast<std::size_t>(-1);

  explicit Sender(std::int64_t fragment_bytes = 64 << 10, std::optional<DeflateParameters> deflate = {}) {
    options.fragment_bytes = fragment_bytes;
    options.deflate_min_bytes = 0;
    writer = std::make_unique<WebSocketWriter>(transport, outbox, options, deflate);
  }
  ~Sender() {
    for (const auto& receipt : receipts) BOOST_TEST(receipt->calls <= 1);
  }

  struct Receipt {
    int calls = 0;
    std::int32_t code = -1;
    std::size_t written = 0;  // bytes when it was settled
    FakePeer* peer = nullptr;
    std::function<void()> also = {};
  };

  // The number of its receipt.
  std::size_t send(std::string_view data, WebSocketMessageType type = WebSocketMessageType::text,
                   std::function<void()> also = {}) {
    receipts.push_back(std::make_unique<Receipt>());
    receipts.back()->peer = peer.get();
    receipts.back()->also = std::move(also);
    const WebSocketReceipt receipt{[](void* user, std::int32_t code) {
                                     auto& self = *static_cast<Receipt*>(user);
                                     ++self.calls;
                                     self.code = code;
                                     self.written = self.peer->written.size();
                                     if (self.also) self.also();
                                   },
                                   receipts.back().get()};
    BOOST_TEST(outbox.add(type, data, receipt, 0).ok());
    return receipts.size() - 1;
  }
  // Writes until nothing is left or the peer takes no more.
  Step write() {
    Step step = writer->write();
    while (step == Step::yield) step = writer->write();
    return step;
  }
  Texts unsent(ErrorCode outcome = ErrorCode::ws_closed) {
    const WebSocketBatch batch = writer->take_unsent(outcome);
    Texts texts;
    for (const OutgoingMessage& message : batch.messages) texts.emplace_back(batch.data(message));
    return texts;
  }
  std::vector<ClientFrame> frames() const {
    const ClientFrames read = read_client_frames(peer->written);
    BOOST_TEST(read.rest == 0U);
    return read.frames;
  }
  // "1+:text" = opcode, final or not, payload.
  Texts shown() const {
    Texts all;
    for (const ClientFrame& frame : frames()) {
      BOOST_TEST(frame.masked);
      all.push_back(std::to_string(frame.opcode) + (frame.fin ? "+:" : "-:") + frame.payload);
    }
    return all;
  }

  std::shared_ptr<FakePeer> peer = std::make_shared<FakePeer>();
  FakeTransport transport{peer};
  WebSocketOutbox outbox{std::size_t{64} << 20};
  WebSocketOptions options;
  std::vector<std::unique_ptr<Receipt>> receipts;
  std::unique_ptr<WebSocketWriter> writer;
};

inline std::string digits(std::size_t size) {
  std::string all(size, ' ');
  for (std::size_t i = 0; i < size; ++i) all[i] = static_cast<char>('0' + i % 10);
  return all;
}

}  // namespace ppn::test
