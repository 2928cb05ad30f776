// A strict, iterative reader of RFC 8259 texts that tells a sink what it passes. Inside the JSON files only.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/ascii.hpp"
#include "codec/utf8.hpp"

namespace ppn::json {

// A sink is called in the order of the text with the whole token: quotes included, escapes untouched.
struct NullSink {
  void name(std::string_view) {}
  void string(std::string_view) {}
  void number(std::string_view) {}
  void other(std::string_view) {}  // structure, literals and white space
};

struct ScanError {
  const char* what = nullptr;  // null when the text is valid
  std::size_t position = 0;
};

template <class Sink>
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t max_depth, std::size_t max_values, Sink& sink)
      : text_(text), max_depth_(max_depth), values_left_(max_values), sink_(sink) {}

  ScanError run() {
    const std::size_t valid = utf8_prefix(text_);
    if (valid != text_.size()) return {"invalid UTF-8", valid};
    // One turn reads one value, or closes the containers that end here and passes on to the next member.
    do {
      if (!read_value()) return error_;
      if (!opened_ && !read_after_value()) return error_;
    } while (!done_);
    return {};
  }

 private:
  bool fail(const char* what) {
    error_ = {what, at_};
    return false;
  }

  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
    if (at_ != begin) sink_.other(text_.substr(begin, at_ - begin));
  }

  bool structure(char expected) {
    if (at_ == text_.size() || text_[at_] != expected) return false;
    sink_.other(text_.substr(at_++, 1));
    return true;
  }

  // Leaves `opened_` set when the value is a container with something in it, whose first value comes next.
  bool read_value() {
    opened_ = false;
    skip_space();
    if (values_left_-- == 0) return fail("too many values");
    switch (peek()) {
      case '{': return open(true);
      case '[': return open(false);
      case '"': {
        const std::size_t begin = at_;
        if (!read_string()) return false;
        sink_.string(text_.substr(begin, at_ - begin));
        return true;
      }
      case 't': return read_literal("true");
      case 'f': return read_literal("false");
      case 'n': return read_literal("null");
      default: return read_number();
    }
  }

  bool open(bool object) {
    if (open_.size() == max_depth_) return fail("nested too deeply");
    structure(object ? '{' : '[');
    skip_space();
    if (structure(object ? '}' : ']')) return true;
    open_.push_back(object);
    opened_ = true;
    return !object || read_name();
  }

  bool read_name() {
    skip_space();
    if (peek() != '"') return fail("a member name was expected");
    const std::size_t begin = at_;
    if (!read_string()) return false;
    sink_.name(text_.substr(begin, at_ - begin));
    skip_space();
    return structure(':') || fail("':' was expected");
  }

  bool read_after_value() {
    while (true) {
      skip_space();
      if (open_.empty()) {
        done_ = true;
        return at_ == text_.size() || fail("something follows the value");
      }
      const bool object = open_.back();
      if (structure(',')) return !object || read_name();
      if (!structure(object ? '}' : ']')) return fail(object ? "',' or '}' was expected" : "',' or ']' was expected");
      open_.pop_back();
    }
  }

  bool read_literal(std::string_view literal) {
    if (text_.substr(at_, literal.size()) != literal) return fail("a value was expected");
    sink_.other(literal);
    at_ += literal.size();
    return true;
  }

  bool read_digits() {
    if (!is_digit(peek())) return fail("a digit was expected");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool read_number() {
    const std::size_t begin = at_;
    if (at_ == text_.size()) return fail("a value was expected");
    if (peek() == '-') {
      ++at_;
    } else if (!is_digit(peek())) {
      return fail("a value was expected");
    }
    const bool zero = peek() == '0';
    if (!read_digits()) return false;
    if (zero && at_ - begin > (text_[begin] == '-' ? 2U : 1U)) return fail("a number has a leading zero");
    if (peek() == '.') {
      ++at_;
      if (!read_digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!read_digits()) return false;
    }
    sink_.number(text_.substr(begin, at_ - begin));
    return true;
  }

  bool read_string() {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return fail("a string has a control character");
      ++at_;
      if (c == '\\' && !read_escape()) return false;
    }
    return fail("a string does not end");
  }

  bool read_escape() {
    const char c = peek();
    if (c != 'u') {
      if (c == '\0' || std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) return fail("a bad escape");
      ++at_;
      return true;
    }
    ++at_;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char digit = ascii_lower(peek());
      if (!is_digit(digit) && (digit < 'a' || digit > 'f')) return fail("a bad escape");
    }
    return true;
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t values_left_;
  Sink& sink_;
  std::size_t at_ = 0;
  std::vector<bool> open_;  // the containers around the current place: true for an object
  bool opened_ = false;
  bool done_ = false;
  ScanError error_;
};

}  // namespace ppn::json
