// The byte order mark at the start of a text stream, also when its bytes come one by one.
#pragma once

#include <string>
#include <string_view>

namespace ppn {

class BomFilter {
 public:
  // Drops a BOM from the front of the stream. False while that is undecided, which takes all input. Bytes that looked
  // like the begin of a BOM and were none are given back in `held`: they are data.
  bool pass(std::string_view& input, std::string& held) {
    constexpr std::string_view kBom = "\xEF\xBB\xBF";
    while (!decided_) {
      if (matched_ == kBom.size()) {
        decided_ = true;
      } else if (input.empty()) {
        return false;
      } else if (input.front() == kBom[matched_]) {
        ++matched_;
        input.remove_prefix(1);
      } else {
        held.assign(kBom.substr(0, matched_));
        decided_ = true;
      }
    }
    return true;
  }

  // The stream ended before it was decided: what looked like a BOM was the whole stream.
  std::string_view undecided() const noexcept {
    return decided_ ? std::string_view() : std::string_view("\xEF\xBB\xBF").substr(0, matched_);
  }

  unsigned matched() const noexcept { return matched_; }

 private:
  bool decided_ = false;
  unsigned matched_ = 0;
};

}  // namespace ppn
