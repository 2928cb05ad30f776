// permessage-deflate: any payload has one verdict however it is cut, within its limit and step by step; and what we
// compress ourselves comes back.
#include <string>

#include "codec/websocket_deflater.hpp"
#include "codec/websocket_inflater.hpp"
#include "fuzz/check.hpp"
#include "fuzz/cuts.hpp"

using namespace ppn;
using namespace ppn::fuzz;

namespace {

// Above the size from which the ratio counts, and not so large that an input takes long.
constexpr std::size_t kLimit = std::size_t{5} << 18;

struct Inflated {
  std::string data;
  bool failed = false;
  std::string text;

  bool operator==(const Inflated&) const = default;
};

// One message.
Inflated inflate_pieces(WebSocketInflater& inflater, const std::vector<std::string_view>& pieces, std::size_t limit) {
  using Step = WebSocketInflater::Step;
  Inflated out;
  const auto run = [&](auto&& call) {
    Step step = Step::more;
    while (step == Step::more) {
      const std::size_t before = out.data.size();
      step = call();
      check(out.data.size() - before <= WebSocketInflater::kOutputStep, "a call appends a bounded part");
    }
    out.failed = step == Step::failed;
    return step == Step::done;
  };
  bool going = true;
  for (const std::string_view piece : pieces) {
    const std::string copy(piece);
    std::string_view rest = copy;
    going = going && run([&] { return inflater.next(rest, out.data); });
    if (going) check(rest.empty(), "the input is used up");
  }
  if (going) run([&] { return inflater.finish(out.data); });
  if (out.failed) {
    const WebSocketProblem& problem = inflater.problem();
    out.text = problem.text;
    check(problem.close_code == close_code::kProtocolError || problem.close_code == close_code::kMessageTooBig,
          "a failure has its close code");
    std::string_view nothing;
    check(inflater.next(nothing, out.data) == Step::failed, "a failure is final");
  }
  check(out.data.size() <= limit || out.failed, "no message is beyond its limit");
  check(out.data.size() <= limit + 1, "no more than the limit is inflated");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const CutInput input = read_cut_input(data, size);
  DeflateParameters agreed;
  agreed.client_no_context_takeover = agreed.server_no_context_takeover = (input.flags & 1) != 0;
  agreed.client_max_window_bits = agreed.server_max_window_bits = 8 + (input.flags >> 1) % 8;
  const std::size_t limit = (input.flags & 16) != 0 ? 100 : kLimit;

  // As the payload of two messages of a server. What reaches beyond a smaller window is found or not by how it is cut.
  DeflateParameters largest = agreed;
  if (!agreed.server_no_context_takeover) largest.server_max_window_bits = 15;
  WebSocketInflater at_once(largest, limit);
  WebSocketInflater in_pieces(largest, limit);
  for (int message = 0; message < 2; ++message) {
    const Inflated whole = inflate_pieces(at_once, {input.bytes}, limit);
    check(inflate_pieces(in_pieces, input.pieces, limit) == whole, "cuts do not matter");
    if (whole.failed) break;
  }

  // As two messages of ours.
  WebSocketDeflater deflater(agreed, 1 + (input.flags >> 5) % 6);
  WebSocketInflater server(agreed, kLimit);
  for (int message = 0; message < 2; ++message) {
    std::string sent;
    for (const std::string_view piece : input.pieces) deflater.compress(piece, false, sent);
    deflater.compress("", true, sent);
    check(!deflater.holds_stream() || !agreed.client_no_context_takeover, "a stream is given back");
    const Inflated back = inflate_pieces(server, {sent}, kLimit);
    check(!back.failed && back.data == input.bytes, "what is compressed comes back");
  }
  return 0;
}
