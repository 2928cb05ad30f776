// Bodies that a test gives piece by piece, and a server that takes them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/live_objects.hpp"
#include "client/call.hpp"
#include "client/callback_body.hpp"
#include "core/client/engine.hpp"
#include "support/script.hpp"

namespace ppn::test {

// Functions run on the I/O thread. Without `rewind` the body can not be read twice.
class TestReader final : public BodyReader {
 public:
  using Read = std::function<Flow(std::span<char> out, std::size_t& length)>;
  using Rewind = std::function<bool()>;
  explicit TestReader(Read read, Rewind rewind = {}) : read_(std::move(read)), rewind_(std::move(rewind)) {}

  Flow read(std::span<char> out, std::size_t& length) override { return read_(out, length); }
  bool rewindable() const noexcept override { return static_cast<bool>(rewind_); }
  bool rewind() override { return rewind_(); }

 private:
  const Read read_;
  const Rewind rewind_;
  LiveObject live_;
};

// Gives `text` in pieces of up to `piece` bytes.
class TextSource {
 public:
  TextSource(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}

  Flow read(std::span<char> out, std::size_t& length) {
    ++reads;
    length = std::min({piece_, out.size(), text_.size() - at_});
    std::memcpy(out.data(), text_.data() + at_, length);
    at_ += length;
    return Flow::proceed;
  }
  void rewind() {
    at_ = 0;
    ++rewinds;
  }
  std::unique_ptr<BodyReader> reader(bool rewindable = true) {
    auto forward = [this](std::span<char> out, std::size_t& length) { return read(out, length); };
    if (!rewindable) return std::make_unique<TestReader>(forward);
    return std::make_unique<TestReader>(forward, [this] {
      rewind();
      return true;
    });
  }

  std::atomic<int> reads{0};
  std::atomic<int> rewinds{0};

 private:
  const std::string text_;
  const std::size_t piece_;
  std::size_t at_ = 0;
};

using Length = std::optional<std::uint64_t>;

inline std::function<Status(Call&)> reading(TestReader::Read read, Length length = {}, TestReader::Rewind rewind = {}) {
  return [=](Call& call) { return call.set_body_reader(length, std::make_unique<TestReader>(read, rewind)); };
}

// Gives bytes without end.
inline Flow endless(std::span<char> out, std::size_t& length) {
  length = out.size();
  return Flow::proceed;
}

inline TestReader::Read zeros(std::size_t size) {
  return [left = size](std::span<char> out, std::size_t& length) mutable {
    length = std::min(left, out.size());
    left -= length;
    return Flow::proceed;
  };
}

inline Flow pausing(std::span<char>, std::size_t&) {
  return Flow::pause;
}

inline std::string text_of_size(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

// So many requests on one connection: a POST that meets a closing one is not sent again.
inline Script answering(int requests) {
  Script script;
  for (int i = 0; i < requests; ++i) script.expect_request().send(ok_response("ok"));
  return script;
}

}  // namespace ppn::test
