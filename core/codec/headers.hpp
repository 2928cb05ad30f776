// Header fields of a message, and the rules for those that a caller may set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ppn {

// A view into a HeaderList; valid until the list changes.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// Fields in order, duplicates kept, names spelled as received and compared without regard to case (RFC 9110 5.1).
// All text lies in one string with a vector of offsets beside it: a whole list costs two allocations.
// Text is limited to 4 GiB; beyond that `add` throws std::length_error as any standard container does.
class HeaderList {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = HeaderField;
    using difference_type = std::ptrdiff_t;
    using pointer = const HeaderField*;
    using reference = HeaderField;

    Iterator(const HeaderList* list, std::size_t index) : list_(list), index_(index) {}
    HeaderField operator*() const { return (*list_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++index_;
      return before;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const HeaderList* list_;
    std::size_t index_;
  };

  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);  // replaces every field of that name
  std::size_t remove(std::string_view name);                // returns how many there were
  // Takes all fields of `other`, which replace the fields of the same names. Without memory nothing changes.
  void merge(const HeaderList& other);

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  HeaderField operator[](std::size_t index) const noexcept {
    const Entry& entry = entries_[index];
    return {text_at(entry.name_offset, entry.name_size), text_at(entry.value_offset, entry.value_size)};
  }
  std::optional<std::string_view> find(std::string_view name) const noexcept;  // the first of that name
  bool contains(std::string_view name) const noexcept { return find(name).has_value(); }

  void clear() noexcept;  // keeps the memory
  void reserve(std::size_t fields, std::size_t bytes);
  void shrink_to_fit();  // for a list that will be kept for long

  Iterator begin() const noexcept { return {this, 0}; }
  Iterator end() const noexcept { return {this, entries_.size()}; }

  // For decoders: fields are first noted by their place in a block of text, then the block is copied in one piece.
  // Between the two calls the list must not be read. Offsets count from the start of the block; the list was empty.
  void note_field(std::size_t name_offset, std::size_t name_size, std::size_t value_offset, std::size_t value_size);
  void extend_last_value(std::size_t end_offset);  // the value of the last noted field goes on up to here
  HeaderField last_noted(std::string_view block) const noexcept;
  void adopt_block(std::string_view block);
  // Replaces each line fold inside a value, with the white space around it, by one space (RFC 9112 5.2).
  void unfold_values();

 private:
  struct Entry {
    std::uint32_t name_offset;
    std::uint32_t name_size;
    std::uint32_t value_offset;
    std::uint32_t value_size;
  };

  std::string_view text_at(std::uint32_t offset, std::uint32_t size) const noexcept {
    return {text_.data() + offset, size};
  }
  bool holds(std::string_view text) const noexcept;
  std::uint32_t append(std::string_view text);
  void compact();

  std::string text_;
  std::vector<Entry> entries_;
  std::size_t garbage_ = 0;  // bytes of text_ that no entry points to any more
};

bool is_token(std::string_view text) noexcept;         // RFC 9110 5.6.2
bool is_header_value(std::string_view text) noexcept;  // VCHAR, SP, HTAB, obs-text; no white space at the ends

// Checks that name and value can stand in a message; invalid_header, phase `validate`. The text names the header when its
// name is a token, and never repeats the value.
Status validate_field(std::string_view name, std::string_view value);
// The same for a header that a caller wants to send. Headers that describe the connection or the framing belong to the
// engine: a second opinion on them is how requests get smuggled.
Status validate_header(std::string_view name, std::string_view value);

// Whether `token` is an element of the comma-separated list that all fields of this name form together.
bool header_has_token(const HeaderList& headers, std::string_view name, std::string_view token) noexcept;

}  // namespace ppn
