// What the tests of retries share: answers that ask for one, and clients whose delays are a few milliseconds.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "capi/capi.hpp"
#include "support/script.hpp"

namespace ppn::test {

// On a connection of its own.
inline Script answer(int status, std::string_view fields = "", std::string_view body = "") {
  return Script{}
      .expect_request()
      .send("HTTP/1.1 " + std::to_string(status) + " Status\r\nConnection: close\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(body))
      .close();
}

// `more` are members of the JSON of ppn_config_set_json.
inline Client make_retrying_client(std::string_view more = R"("max_retries": 3)") {
  return make_client(R"({"backoff_factor": 0.001, "timeout_ms": 10000, )" + std::string(more) + "}");
}

struct Answered {
  int32_t code = -1;
  Response response;
  ErrorHandle error;

  int32_t status() const { return ppn_response_status(response.get()); }
  // Of the error, or of the response.
  int32_t stop_reason() const {
    return error.get() != nullptr ? ppn_error_stop_reason(error.get()) : ppn_response_stop_reason(response.get());
  }
  int32_t attempts() const {
    return error.get() != nullptr ? ppn_error_attempts(error.get()) : ppn_response_attempts(response.get());
  }
};

inline Answered send(const Request& request) {
  Answered answered;
  answered.code = ppn_request_send(request.get(), answered.response.out(), answered.error.out());
  return answered;
}

inline Answered fetch(const Client& client, std::string_view url, std::string_view method = "GET") {
  return send(make_request(client, method, url));
}

}  // namespace ppn::test
