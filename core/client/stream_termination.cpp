#include "client/stream_termination.hpp"

#include <string>
#include <utility>

#include "client/provider_error.hpp"
#include "codec/json.hpp"

namespace ppn {

bool is_error_object(std::string_view data) {
  // Inside a string the quotes would be escaped, so nearly all data without the member ends here.
  if (data.size() > kMaxErrorBodyBytes || data.find("\"error\"") == data.npos) return false;
  const auto document = JsonDocument::parse(data, kMaxErrorBodyBytes);
  const auto error = document ? document->find("/error") : std::nullopt;
  if (!error) return false;
  // Some providers send "error": null with each event.
  const auto text = error->as_string();
  return error->size() > 0 || (text && !text->empty());
}

Error stream_error(std::string_view data) {
  ProviderError said = parse_provider_error(data);
  Error error(ErrorCode::stream_error_event, Phase::body, said.as_reason_of("the stream reports an error"));
  error.stream_status = status_of_stream_error(said.type, said.code);
  if (error.stream_status != 0) error.retryable = describe(error_code_of_status(error.stream_status)).retryable;
  error.provider_code = said.name();
  error.provider_type = std::move(said.type);
  error.provider_message = std::move(said.message);
  return error;
}

StreamTermination::Verdict StreamTermination::look_at(const SseEvent& event) {
  EventRole role = profile_.role_of(event.type, event.data);
  if (role == EventRole::ordinary && profile_.error_member && is_error_object(event.data)) role = EventRole::error;
  switch (role) {
    case EventRole::ordinary: return Verdict::go_on;
    case EventRole::terminal: return Verdict::last;
    case EventRole::sentinel: return Verdict::end;
    case EventRole::error: break;
  }
  error_ = std::make_unique<Error>(stream_error(event.data));
  return Verdict::error;
}

}  // namespace ppn
