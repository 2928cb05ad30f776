#include "client/status_error.hpp"

#include <utility>

#include "client/provider_error.hpp"
#include "client/server_delay.hpp"

namespace ppn {
namespace {

constexpr std::size_t kRequestIdBytes = 256;

}  // namespace

Error status_error(const Response& response, std::string_view body) {
  ProviderError said = provider_error_of(response.headers, body);
  Error error(error_code_of_status(response.status), Phase::body,
              said.as_reason_of("the server answered with status " + std::to_string(response.status)));
  error.http_status = response.status;
  error.received_bytes = response.body_bytes;
  if (error.code == ErrorCode::ok) error.code = ErrorCode::http_other_status;
  if (const auto asked = server_delay_of(response.headers)) error.retry_after_ms = whole_milliseconds(asked->delay);
  error.provider_code = said.name();
  error.provider_type = std::move(said.type);
  error.provider_message = std::move(said.message);
  error.request_id = request_id_of(response.headers);
  return error;
}

std::string request_id_of(const HeaderList& headers) {
  for (const char* const name : {"x-request-id", "request-id", "x-amzn-requestid", "cf-ray"}) {
    const auto value = headers.find(name);
    if (!value || value->empty()) continue;
    std::string id;
    for (const char c : value->substr(0, kRequestIdBytes)) {
      if (c > ' ' && c < 0x7F) id += c;
    }
    if (!id.empty()) return id;
  }
  return {};
}

}  // namespace ppn
