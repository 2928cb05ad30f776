// The line splitter: the same lines however the bytes are cut, and all bytes but line ends and blank lines in them.
#include <algorithm>
#include <optional>
#include <string>

#include "codec/line_decoder.hpp"
#include "fuzz/check.hpp"
#include "fuzz/cuts.hpp"

using namespace ppn;
using namespace ppn::fuzz;

namespace {

struct Lines {
  std::vector<std::string> lines;
  std::optional<std::string> last;
  bool failed = false;

  bool operator==(const Lines&) const = default;
};

Lines split(const std::vector<std::string_view>& pieces, std::size_t limit) {
  LineDecoder decoder(limit);
  Lines out;
  for (const std::string_view piece : pieces) {
    const std::string copy(piece);  // a view that outlives its input shows up under a sanitizer
    std::string_view rest = copy;
    LineDecoder::Step step = LineDecoder::Step::line;
    while ((step = decoder.next(rest)) == LineDecoder::Step::line) out.lines.emplace_back(decoder.line());
    if (step == LineDecoder::Step::failed) {
      out.failed = true;
      return out;
    }
    check(rest.empty(), "the input is used up");
  }
  if (const auto last = decoder.finish()) out.last = std::string(*last);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const CutInput input = read_cut_input(data, size);
  const std::size_t limit = (input.flags & 1) != 0 ? 20 : LineDecoder::kDefaultLimit;
  const Lines whole = split({input.bytes}, limit);
  check(split(input.pieces, limit) == whole, "cuts do not matter");
  for (const std::string& line : whole.lines) {
    check(!line.empty() && line.size() <= limit, "a line is neither blank nor beyond its limit");
    check(line.find('\n') == std::string::npos, "a line has no line end");
  }
  return 0;
}
