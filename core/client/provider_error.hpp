// What a JSON error body says: a code for programs and a message for people. Providers agree on no shape; these are
// read:
//
//   {"error": {"code", "type", "message"}}                 OpenAI and its many likenesses, Azure; Anthropic with "type"
//   {"error": {"code": 429, "status", "message"}}          Google; also inside an array, as its streams send it
//   {"error": "invalid_grant", "error_description"}        OAuth 2.0 (RFC 6749 5.2)
//   {"error": "text"}, {"message", "code", "type"}         many others
//   {"detail": "text"}, {"detail": [{"msg", "type"}]}      FastAPI
//   {"type", "title", "detail"}                            problem details (RFC 9457 3)
#pragma once

#include <string>
#include <string_view>

#include "codec/headers.hpp"

namespace ppn {

// A larger body is not read: it is no error message (SEMANTICS 3.1.2).
inline constexpr std::size_t kMaxErrorBodyBytes = 64 * 1024;

// Whether a Content-Type names JSON: "application/json", "application/problem+json", "text/json".
bool is_json_type(std::string_view field) noexcept;

// What a peer says as a part of our own texts: white space of any kind as one space, nothing that can not be seen.
std::string one_line(std::string_view utf8);

// Texts are one line of UTF-8 without control characters and without what looks like a key. The message has at most
// 1 KiB, the others 128 bytes.
struct ProviderError {
  std::string code;  // "insufficient_quota"; may be a number
  std::string message;
  std::string type;  // or status: "invalid_request_error", "RESOURCE_EXHAUSTED"

  // The code, else the type; a code that is a mere number gives way to a type, which says more.
  const std::string& name() const noexcept;
  // "the server answered with status 429: Rate limit reached (rate_limit_exceeded)"
  std::string as_reason_of(std::string what) const;
};

// Of any bytes. All empty when they are no JSON of a shape above.
ProviderError parse_provider_error(std::string_view body);

// The same for a body whose header fields do not say that it is something else than JSON.
ProviderError provider_error_of(const HeaderList& headers, std::string_view body);

// The name() of the body, for a retry policy that asks whether another attempt makes sense. Looks at bodies that begin
// like JSON only, so that pages of proxies cost nothing.
std::string provider_code_of(std::string_view body);

}  // namespace ppn
