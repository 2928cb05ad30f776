// What goes over the wire for a request: its head, and its body when that is small.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace ppn {

// Bytes that hold a key are overwritten before their memory is given back.
class WireBytes {
 public:
  WireBytes() = default;
  WireBytes(WireBytes&& other) noexcept = delete;
  WireBytes& operator=(WireBytes&& other) noexcept {
    text_.swap(other.text_);
    std::swap(holds_key_, other.holds_key_);
    return *this;
  }
  ~WireBytes() { wipe(); }

  // Empty afterwards.
  void wipe() noexcept {
    if (holds_key_) ::explicit_bzero(text_.data(), text_.size());
    text_.clear();
    holds_key_ = false;
  }

  // To be written to as long as there is no key in it: a string that grows leaves its old memory as it is.
  std::string& text() noexcept { return text_; }
  operator std::string_view() const noexcept { return text_; }

  // One more field in a head that is complete; nothing follows it but `body`. An empty scheme leaves the key alone.
  void add_key_and_body(std::string_view name, std::string_view scheme, std::string_view key, std::string_view body) {
    constexpr std::string_view line_end = "\r\n";
    text_.reserve(text_.size() + name.size() + scheme.size() + key.size() + body.size() + 8);
    holds_key_ = true;
    text_.resize(text_.size() - line_end.size());
    text_.append(name).append(": ").append(scheme).append(scheme.empty() ? "" : " ").append(key);
    text_.append(line_end).append(line_end).append(body);
  }

 private:
  std::string text_;
  bool holds_key_ = false;
};

}  // namespace ppn
