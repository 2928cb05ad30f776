/** @file headers.hpp
 *  Header fields: as a range to read, and as a list to build. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_HEADERS_HPP
#define PEPPERPY_NETWORK_CPP_HEADERS_HPP

#include <pepperpy/network.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "error.hpp"
#include "handle.hpp"

namespace ppn {
inline namespace api_v0 {

/** Names and values of headers, written in place: {{"Accept", "text/plain"}, {"X-Trace", id}}. */
using HeaderList = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/** A header or trailer field. */
struct Field {
  std::string_view name;
  std::string_view value;
};

/** Fields in their order, to be read by a range-for. A view: it lives as long as the response or the list that it came
 *  from, and until the list changes. Since 0.1. */
template <class Owner>
class FieldRange {
 public:
  using At = int32_t(PPN_CALL*)(const Owner*, size_t, const char**, size_t*, const char**, size_t*);

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    using pointer = const Field*;
    using reference = Field;

    Iterator() = default;
    Iterator(const Owner* owner, At at, size_t index) noexcept : owner_(owner), at_(at), index_(index) {}

    Field operator*() const noexcept { return read(owner_, at_, index_); }
    Iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    Iterator operator++(int) noexcept {
      Iterator before = *this;
      ++index_;
      return before;
    }
    friend bool operator==(const Iterator& left, const Iterator& right) noexcept { return left.index_ == right.index_; }
    friend bool operator!=(const Iterator& left, const Iterator& right) noexcept { return !(left == right); }

   private:
    const Owner* owner_ = nullptr;
    At at_ = nullptr;
    size_t index_ = 0;
  };

  FieldRange() = default;
  FieldRange(const Owner* owner, size_t size, At at) noexcept : owner_(owner), size_(size), at_(at) {}

  Iterator begin() const noexcept { return {owner_, at_, 0}; }
  Iterator end() const noexcept { return {owner_, at_, size_}; }
  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /** The index-th field; an empty one past the end. */
  Field operator[](size_t index) const noexcept { return read(owner_, at_, index); }

 private:
  static Field read(const Owner* owner, At at, size_t index) noexcept {
    const char* name = "";
    const char* value = "";
    size_t name_length = 0;
    size_t value_length = 0;
    if (at == nullptr || at(owner, index, &name, &name_length, &value, &value_length) != PPN_OK) return {};
    return {std::string_view(name, name_length), std::string_view(value, value_length)};
  }

  const Owner* owner_ = nullptr;
  size_t size_ = 0;
  At at_ = nullptr;
};

using ResponseFields = FieldRange<ppn_response>;

/** A list of header fields, built once and given to many requests (Request::headers). Fields keep their order and their
 *  spelling; names are compared without regard to case (RFC 9110 5.1). set and add throw UsageError
 *  (PPN_E_INVALID_HEADER, whose text never holds the value) and change nothing then.
 *  Thread: one at a time. Blocks: never. Since 0.1. */
class Headers {
 public:
  Headers() { detail::call(ppn_headers_new, handle_.out()); }
  explicit Headers(HeaderList fields) : Headers() {
    for (const auto& field : fields) add(field.first, field.second);
  }
  /** Takes over a reference. */
  explicit Headers(detail::HeadersHandle handle) noexcept : handle_(std::move(handle)) {}

  /** Set a field; it takes the place of the first one of the same name, the others of that name go. */
  Headers& set(std::string_view name, std::string_view value) { return put(ppn_headers_set, name, value); }
  /** Add a field at the end, beside those of the same name. */
  Headers& add(std::string_view name, std::string_view value) { return put(ppn_headers_add, name, value); }
  /** Remove every field of a name; returns how many there were. */
  size_t remove(std::string_view name) {
    size_t removed = 0;
    detail::call(ppn_headers_remove, handle(), detail::data_of(name), name.size(), &removed);
    return removed;
  }
  void clear() { detail::call(ppn_headers_clear, handle()); }

  /** The value of the first field of a name, until the list changes; nothing when there is none. */
  std::optional<std::string_view> get(std::string_view name) const noexcept {
    size_t length = 0;
    const char* const value = ppn_headers_get(handle(), detail::data_of(name), name.size(), &length);
    if (value == nullptr) return std::nullopt;
    return std::string_view(value, length);
  }

  FieldRange<ppn_headers> fields() const noexcept { return {handle(), size(), ppn_headers_at}; }
  FieldRange<ppn_headers>::Iterator begin() const noexcept { return fields().begin(); }
  FieldRange<ppn_headers>::Iterator end() const noexcept { return fields().end(); }
  size_t size() const noexcept { return ppn_headers_count(handle()); }
  bool empty() const noexcept { return size() == 0; }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_headers* handle() const noexcept { return handle_.get(); }

 private:
  template <class Function>
  Headers& put(Function function, std::string_view name, std::string_view value) {
    detail::call(function, handle(), detail::data_of(name), name.size(), detail::data_of(value), value.size());
    return *this;
  }

  detail::HeadersHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
