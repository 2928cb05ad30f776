// The decoders alone, without sockets.
//
// usage: bench_core sse DATA_BYTES CUT SECONDS   events with one data line; CUT 0 = 64 KiB at a time
//        bench_core sse_linear SECONDS           time per byte of events of 512 KiB by that of 16 KiB, cut at 16
//        bench_core head SECONDS                 a response head of 21 fields
//        bench_core frames DATA_BYTES SECONDS    WebSocket frames of text, 16 KiB at a time
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "bench.h"
#include "codec/http1_decoder.hpp"
#include "codec/sse_decoder.hpp"
#include "codec/websocket_reader.hpp"

namespace {

constexpr std::size_t kWhole = 64 * 1024;

struct SseFigures {
  bench_figures figures{};
  double bytes = 0;  // of the stream
  double bytes_per_s() const { return bytes / figures.cpu_s; }
};

// Whole events, at least kWhole bytes of them.
std::string events_of(std::size_t data_bytes) {
  const std::string event = "data: " + std::string(data_bytes, 'x') + "\n\n";
  std::string stream;
  while (stream.size() < kWhole) stream += event;
  return stream;
}

SseFigures decode_events(std::size_t data_bytes, std::size_t cut, double seconds) {
  const std::string stream = events_of(data_bytes);
  if (cut == 0) cut = kWhole;
  SseFigures result;
  ppn::SseDecoder decoder;
  bench_begin(&result.figures);
  const double end_s = bench_now_s() + seconds;
  do {
    for (std::string_view rest = stream; !rest.empty();) {
      std::string_view piece = rest.substr(0, cut);
      rest.remove_prefix(piece.size());
      ppn::SseDecoder::Step step;
      while ((step = decoder.next(piece)) == ppn::SseDecoder::Step::event) {
        result.figures.operations++;
        result.figures.body_bytes += decoder.event().data.size();
      }
      if (step == ppn::SseDecoder::Step::failed) result.figures.errors++;
    }
    result.bytes += static_cast<double>(stream.size());
  } while (result.figures.errors == 0 && bench_now_s() < end_s);
  bench_end(&result.figures);
  return result;
}

int print_with(const bench_figures& figures, const char* name, double value) {
  char more[64];
  std::snprintf(more, sizeof more, ",\"%s\":%.4f", name, value);
  return bench_print(&figures, more);
}

int run_sse(std::size_t data_bytes, std::size_t cut, double seconds) {
  const SseFigures result = decode_events(data_bytes, cut, seconds);
  return print_with(result.figures, "gb_per_s", result.bytes_per_s() * 1e-9);
}

int run_sse_linear(double seconds) {
  constexpr std::size_t kCut = 16;
  const SseFigures small = decode_events(std::size_t{16} << 10, kCut, seconds / 2);
  const SseFigures large = decode_events(std::size_t{512} << 10, kCut, seconds / 2);
  return print_with(large.figures, "large_by_small", small.bytes_per_s() / large.bytes_per_s());
}

int run_head(double seconds) {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 0\r\n";
  for (int i = 0; i < 19; i++) head += "X-Ratelimit-Field-" + std::to_string(i) + ": a value of usual length\r\n";
  head += "\r\n";
  bench_figures figures{};
  ppn::Http1Decoder decoder;
  bench_begin(&figures);
  const double end_s = bench_now_s() + seconds;
  do {
    for (int i = 0; i < 1000; i++) {
      std::string_view input = head;
      decoder.begin(false);
      if (decoder.next(input) == ppn::Http1Decoder::Step::head && decoder.next(input) == ppn::Http1Decoder::Step::end) {
        figures.operations++;
      } else {
        figures.errors++;
      }
    }
  } while (figures.errors == 0 && bench_now_s() < end_s);
  bench_end(&figures);
  return bench_print(&figures, "");
}

class CountingSink final : public ppn::WebSocketSink {
 public:
  explicit CountingSink(bench_figures& figures) : figures_(figures) {}

  bool on_message(ppn::WebSocketMessageType, std::string_view data) override {
    figures_.operations++;
    figures_.body_bytes += data.size();
    return true;
  }
  bool on_ping(std::string_view) override { return true; }
  bool on_pong(std::string_view) override { return true; }
  bool on_close(std::uint16_t, std::string_view) override { return true; }

 private:
  bench_figures& figures_;
};

int run_frames(std::size_t data_bytes, double seconds) {
  constexpr std::size_t kRead = std::size_t{16} << 10;
  // As a client writes them, without the mask.
  char header[ppn::kMaxWebSocketHeader];
  const std::size_t header_size = ppn::write_frame_header(header, {}, data_bytes, {}) - sizeof(ppn::WebSocketMask);
  header[1] = static_cast<char>(header[1] & 0x7F);
  const std::string frame = std::string(header, header_size) + std::string(data_bytes, 'x');
  std::string stream;
  while (stream.size() < std::size_t{1} << 20) stream += frame;
  bench_figures figures{};
  ppn::WebSocketReader reader;
  CountingSink sink(figures);
  bench_begin(&figures);
  const double end_s = bench_now_s() + seconds;
  do {
    for (std::string_view rest = stream; !rest.empty();) {
      std::string_view piece = rest.substr(0, kRead);
      rest.remove_prefix(piece.size());
      if (reader.feed(piece, sink) == ppn::WebSocketReader::Step::failed) figures.errors++;
    }
  } while (figures.errors == 0 && bench_now_s() < end_s);
  bench_end(&figures);
  return bench_print(&figures, "");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::strcmp(argv[1], "sse") == 0) {
    return run_sse(std::strtoul(argv[2], nullptr, 10), std::strtoul(argv[3], nullptr, 10), std::atof(argv[4]));
  }
  if (argc == 3 && std::strcmp(argv[1], "sse_linear") == 0) return run_sse_linear(std::atof(argv[2]));
  if (argc == 3 && std::strcmp(argv[1], "head") == 0) return run_head(std::atof(argv[2]));
  if (argc == 4 && std::strcmp(argv[1], "frames") == 0) {
    return run_frames(std::strtoul(argv[2], nullptr, 10), std::atof(argv[3]));
  }
  std::fprintf(
      stderr,
      "usage: bench_core sse DATA_BYTES CUT SECONDS | sse_linear SECONDS | head SECONDS | frames DATA_BYTES SECONDS\n");
  return 1;
}
