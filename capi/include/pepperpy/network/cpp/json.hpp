/** @file json.hpp
 *  Values of a JSON text by JSON Pointer (RFC 6901). Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_JSON_HPP
#define PEPPERPY_NETWORK_CPP_JSON_HPP

#include <pepperpy/network.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "error.hpp"
#include "handle.hpp"

namespace ppn {
inline namespace api_v0 {

/** Types of a JSON value. An integer is a number without fraction and exponent. */
enum class JsonType : int32_t {
  null = PPN_JSON_NULL,
  boolean = PPN_JSON_BOOLEAN,
  integer = PPN_JSON_INTEGER,
  number = PPN_JSON_NUMBER,
  string = PPN_JSON_STRING,
  array = PPN_JSON_ARRAY,
  object = PPN_JSON_OBJECT
};

/** A JSON text to look things up in: the body of a response (Response::json), the data of an event (Event::json), or
 *  any other (parse). "" points at the whole, "/choices/0/message/content" at a member. Every function throws
 *  UsageError (PPN_E_INVALID_ARGUMENT: not a JSON Pointer) and ProtocolError (PPN_E_JSON_PARSE: the body is not JSON;
 *  PPN_E_JSON_VALUE: no value of this type there).
 *  It keeps its response alive. Thread: one at a time for one response. Blocks: never. Since 0.1. */
class Json {
 public:
  /** Parse a text (RFC 8259): UTF-8, at most 64 MiB and 128 levels deep. Throws ProtocolError (PPN_E_JSON_PARSE). */
  static Json parse(std::string_view text) {
    detail::JsonHandle document;
    detail::call(ppn_json_parse, detail::data_of(text), text.size(), document.out());
    return Json(std::move(document));
  }

  /** Take over a reference. */
  explicit Json(detail::ResponseHandle response) noexcept : response_(std::move(response)) {}
  explicit Json(detail::JsonHandle document) noexcept : document_(std::move(document)) {}

  JsonType type(std::string_view pointer = "") const {
    return static_cast<JsonType>(read<int32_t>(ppn_response_json_type, ppn_json_type, pointer));
  }

  /** Whether there is a value, null included. */
  bool contains(std::string_view pointer) const {
    int32_t type = 0;
    detail::ErrorOut error;
    const char* const text = detail::data_of(pointer);
    const int32_t code = document_ ? ppn_json_type(document_.get(), text, pointer.size(), &type, error)
                                   : ppn_response_json_type(response_.get(), text, pointer.size(), &type, error);
    if (code != PPN_OK && code != PPN_E_JSON_VALUE) error.raise(code);
    return code == PPN_OK;
  }

  /** A string in UTF-8, its zeros included. */
  std::string string(std::string_view pointer = "") const {
    return read_text(ppn_response_json_string, ppn_json_string, pointer);
  }

  /** An integer of up to 64 bits. */
  int64_t integer(std::string_view pointer = "") const {
    return read<int64_t>(ppn_response_json_int64, ppn_json_int64, pointer);
  }

  /** A number, integer or not. */
  double number(std::string_view pointer = "") const {
    return read<double>(ppn_response_json_double, ppn_json_double, pointer);
  }

  bool boolean(std::string_view pointer = "") const {
    return read<int32_t>(ppn_response_json_bool, ppn_json_bool, pointer) != 0;
  }

  /** Elements of an array, or members of an object. */
  std::size_t size(std::string_view pointer = "") const {
    return read<size_t>(ppn_response_json_size, ppn_json_size, pointer);
  }

  /** A value of any type as JSON text. */
  std::string text(std::string_view pointer = "") const {
    return read_text(ppn_response_json_text, ppn_json_text, pointer);
  }

  /** The same by the type that is wanted: std::string, bool, double, or an integer of 64 bits. */
  template <class Value>
  Value get(std::string_view pointer = "") const {
    if constexpr (std::is_same_v<Value, std::string>) {
      return string(pointer);
    } else if constexpr (std::is_same_v<Value, bool>) {
      return boolean(pointer);
    } else if constexpr (std::is_same_v<Value, double>) {
      return number(pointer);
    } else {
      static_assert(std::is_same_v<Value, int64_t>, "get takes std::string, bool, double or int64_t");
      return integer(pointer);
    }
  }

  /** The same, or `otherwise` when there is no value or null. A value of another type is still an error. */
  template <class Value>
  Value get_or(std::string_view pointer, Value otherwise) const {
    if (!contains(pointer) || type(pointer) == JsonType::null) return otherwise;
    return get<Value>(pointer);
  }

 private:
  /** The same question has one function for bodies and one for documents. */
  template <class OfResponse, class OfDocument, class... Out>
  void ask(OfResponse of_response, OfDocument of_document, std::string_view pointer, Out*... out) const {
    if (document_) {
      detail::call(of_document, document_.get(), detail::data_of(pointer), pointer.size(), out...);
    } else {
      detail::call(of_response, response_.get(), detail::data_of(pointer), pointer.size(), out...);
    }
  }

  template <class Value, class OfResponse, class OfDocument>
  Value read(OfResponse of_response, OfDocument of_document, std::string_view pointer) const {
    Value value{};
    ask(of_response, of_document, pointer, &value);
    return value;
  }

  template <class OfResponse, class OfDocument>
  std::string read_text(OfResponse of_response, OfDocument of_document, std::string_view pointer) const {
    const char* text = nullptr;
    size_t length = 0;
    ask(of_response, of_document, pointer, &text, &length);
    return std::string(text, length);
  }

  detail::ResponseHandle response_;
  detail::JsonHandle document_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
