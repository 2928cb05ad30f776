// A decoder of a stream that keeps its input itself, for callers that feed and ask in turns.
#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace ppn {

// `Decoder` is SseDecoder or LineDecoder. What next() shows may lie in the input and is valid until the next call.
template <class Decoder>
class FedDecoder {
 public:
  using Step = typename Decoder::Step;

  // `limit`: how much may wait for next() when more is fed. A piece that finds nothing waiting may be larger.
  FedDecoder(Decoder decoder, std::size_t limit) : decoder_(std::move(decoder)), limit_(limit) {}

  // Takes all of `bytes`, or nothing and returns false when they do not fit.
  bool feed(std::string_view bytes) {
    if (bytes.empty()) return true;
    if (rest_.empty()) {
      // One huge piece should not keep its memory for the rest of a long stream.
      if (input_.capacity() > kKeptBuffer && bytes.size() <= kKeptBuffer) {
        input_ = std::string(bytes);
      } else {
        input_.assign(bytes);
      }
      rest_ = input_;
      return true;
    }
    if (bytes.size() > limit_ || rest_.size() > limit_ - bytes.size()) return false;
    const std::size_t taken = input_.size() - rest_.size();
    input_.append(bytes);
    // Each byte is moved at most once for each byte that was taken before it.
    const std::size_t dropped = taken >= input_.size() / 2 ? taken : 0;
    input_.erase(0, dropped);
    rest_ = std::string_view(input_).substr(taken - dropped);
    return true;
  }

  // Throws std::bad_alloc from the first time that memory is missing until restart(): what the decoder held is lost.
  Step next() {
    if (std::exchange(lost_, true)) throw std::bad_alloc();
    const Step step = decoder_.next(rest_);
    lost_ = false;
    return step;
  }
  // The same decoder for a new stream: what waits and what is under way is dropped.
  void restart() {
    rest_ = {};
    lost_ = true;
    decoder_.reset();
    lost_ = false;
  }
  const Decoder& decoder() const noexcept { return decoder_; }
  Decoder& decoder() noexcept { return decoder_; }

 private:
  static constexpr std::size_t kKeptBuffer = std::size_t{64} * 1024;

  Decoder decoder_;
  std::size_t limit_;
  std::string input_;
  std::string_view rest_;  // the part of input_ that waits
  bool lost_ = false;
};

}  // namespace ppn
