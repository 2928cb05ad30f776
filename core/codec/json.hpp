// JSON texts: validation, documents to look things up in, and escaping. Poco's parser stands behind JsonDocument; what
// it gets wrong (integers beyond 64 bits, NUL in names, single values at the top) is mended here and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ppn {

// RFC 8259, strict: nothing but white space after the value, valid UTF-8, at most 512 levels deep.
// json_parse, phase `validate`; the text says where, never what.
Status validate_json(std::string_view text);

// Appends `utf8` quoted and escaped; invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view utf8);

// A parsed text. Members keep their order; of members with the same name the last one counts. A BOM before the text is
// ignored, and an escaped surrogate without its partner reads as U+FFFD.
class JsonDocument {
 public:
  enum class Type { null, boolean, integer, number, string, array, object };

  static constexpr std::size_t kDefaultMaxBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMaxDepth = 128;
  static constexpr std::size_t kMaxValues = std::size_t{1} << 23;  // a value takes 64 bytes, and at least two of text

  // A place in a document; valid as long as the document.
  class Value {
   public:
    Type type() const;  // `integer`: written without fraction and exponent, of any size

    std::optional<bool> as_bool() const;
    std::optional<std::int64_t> as_int64() const;               // only when the value is exactly that
    std::optional<double> as_double() const;                    // unless it is out of range
    std::optional<std::string_view> as_string() const;          // may hold NUL
    std::size_t size() const;                                   // of an array or object, else 0
    std::vector<std::string> names() const;                     // of the members of an object, else none
    std::optional<Value> find(std::string_view pointer) const;  // RFC 6901, from here
    std::string to_text() const;                                // numbers printed as they were received

   private:
    friend class JsonDocument;
    explicit Value(const void* node) : node_(node) {}
    const void* node_;
  };

  // json_parse, phase `deliver`.
  static Result<JsonDocument> parse(std::string_view text, std::size_t max_bytes = kDefaultMaxBytes);

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  Value root() const;
  std::optional<Value> find(std::string_view pointer) const;  // RFC 6901; "" is the root

 private:
  struct Tree;
  explicit JsonDocument(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace ppn
