// JSON: the check and the document agree, and what a document prints is read as the same document.
#include <string>

#include "base/error_code.hpp"
#include "codec/json.hpp"
#include "fuzz/check.hpp"

using namespace ppn;
using namespace ppn::fuzz;

namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

// Every kind of access to every value.
void walk(JsonDocument::Value value, int depth) {
  value.as_bool();
  value.as_int64();
  value.as_double();
  value.as_string();
  const bool container = value.type() == JsonDocument::Type::array || value.type() == JsonDocument::Type::object;
  check(container || value.size() == 0, "only containers have a size");
  if (!container || depth == 0) return;
  for (const std::string& name : value.names()) {
    check(value.type() == JsonDocument::Type::object, "only objects have names");
    std::string pointer = "/";
    for (const char c : name)
      pointer += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
    const auto member = value.find(pointer);
    check(member.has_value(), "a member is found by its name");
    walk(*member, depth - 1);
  }
  if (value.type() != JsonDocument::Type::array) return;
  for (std::size_t i = 0; i < value.size() && i < 8; ++i) {
    const auto element = value.find("/" + std::to_string(i));
    check(element.has_value(), "an element is found by its number");
    walk(*element, depth - 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool valid = validate_json(text).ok();
  const Result<JsonDocument> document = JsonDocument::parse(text);
  if (!document) {
    check(document.error().code == ErrorCode::json_parse, "a refusal is named");
    // A document may be less deep than a text that is only checked.
    check(!valid || document.error().message.find("deep") != std::string::npos, "a valid text is a document");
    return 0;
  }
  check(valid || text.starts_with(kBom), "a document is a valid text");
  walk(document->root(), 6);
  const std::string printed = document->root().to_text();
  check(validate_json(printed).ok(), "a printed document is valid");
  const Result<JsonDocument> again = JsonDocument::parse(printed);
  check(again.ok() && again->root().to_text() == printed, "a printed document reads the same again");
  return 0;
}
