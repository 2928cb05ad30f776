// One request and its answer, as the routes see them.
#pragma once

#include <Poco/JSON/Object.h>
#include <Poco/Net/HTTPResponse.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace Poco::Net {
class HTTPServerRequest;
class HTTPServerResponse;
class StreamSocket;
}  // namespace Poco::Net

namespace ai_server {

using Status = Poco::Net::HTTPResponse::HTTPStatus;

// An object that keeps the order in which its members were set.
Poco::JSON::Object::Ptr make_object();

// The error body that OpenAI's API made common: {"error":{"message","type","code"}}.
struct ErrorBody {
  std::string message;
  std::string type = "invalid_request_error";
  std::string code;
};

class Exchange {
 public:
  Exchange(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response);

  Poco::Net::HTTPServerRequest& request() noexcept { return request_; }
  Poco::Net::HTTPServerResponse& response() noexcept { return response_; }

  const std::string& path() const noexcept { return path_; }
  const std::string& query() const noexcept { return query_; }
  const std::string& body() const noexcept { return body_; }

  // Reads the whole body, so that the connection can go on whatever the route answers. When that fails, false, and the
  // answer has been sent.
  bool read_body();

  // The decoded value of a query parameter; nothing when it is not there.
  std::optional<std::string> parameter(std::string_view name) const;
  // The same as a number from `least` to `most`, or `fallback` when it is not there. Nothing: it was no such number, and
  // 400 has been sent.
  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t fallback, std::uint64_t most,
                                      std::uint64_t least = 0);
  // Which state of a route that remembers this request belongs to: the parameter `key`, else path and query.
  std::string state_key() const;

  void send_json(Status status, const Poco::JSON::Object& body);
  void send_error(Status status, const ErrorBody& error);
  // Begins a chunked answer; each flush of the stream is one chunk.
  std::ostream& begin_stream(const std::string& content_type);
  // For a route that speaks another protocol from here on.
  Poco::Net::StreamSocket& socket();
  // Writes past Poco's streams, which would complete what is meant to stay incomplete. The connection closes
  // afterwards.
  void send_raw(std::string_view bytes);

  // Waits. False when the peer has gone, or ended its direction, or the server stops; the connection is closed then.
  bool pause(std::uint64_t milliseconds);

 private:
  Poco::Net::HTTPServerRequest& request_;
  Poco::Net::HTTPServerResponse& response_;
  std::string path_;
  std::string query_;
  std::string body_;
};

}  // namespace ai_server
