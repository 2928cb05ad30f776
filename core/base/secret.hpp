// A text that leaves nothing behind: its memory is overwritten before it is given back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace ppn {

// For keys and passwords. Never printed; `view` is for those who use the secret, as late as they can.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) {
    if (text.empty()) return;
    text_.reserve(std::max(text.size(), kInPlace));
    text_ = text;
  }
  Secret(const Secret& other) : Secret(other.view()) {}
  Secret(Secret&& other) noexcept { text_.swap(other.text_); }
  Secret& operator=(Secret other) noexcept {
    text_.swap(other.text_);
    return *this;
  }
  ~Secret() { wipe(); }

  std::string_view view() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }

  void append(std::string_view more) {
    if (text_.size() + more.size() > text_.capacity()) {
      // A string that grows by itself would leave its old memory as it is.
      Secret larger;
      larger.text_.reserve(std::max(2 * text_.size(), text_.size() + more.size() + kInPlace));
      larger.text_ = text_;
      text_.swap(larger.text_);
    }
    text_ += more;
  }

  // Empty afterwards.
  void wipe() noexcept {
    ::explicit_bzero(text_.data(), text_.size());
    text_.clear();
  }

  bool operator==(const Secret&) const = default;

 private:
  // A string keeps short texts inside itself, where a move leaves a copy.
  static constexpr std::size_t kInPlace = 64;

  std::string text_;
};

}  // namespace ppn
