// What a server of a test answers, and clients whose policies are quick enough to be waited for.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/client/engine.hpp"
#include "support/script.hpp"

namespace ppn::test {

// The last response of its connection; `fields` are whole header lines.
inline std::string last_response(int status, std::string_view fields = "", std::string_view body = "") {
  return "HTTP/1.1 " + std::to_string(status) +
         " Status\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

// One request, one response, and the connection is over.
inline Script answering_with(int status, std::string_view fields = "", std::string_view body = "") {
  return Script{}.expect_request().send(last_response(status, fields, body)).close();
}
inline Script answering_ok(std::string_view body = "ok") {
  return answering_with(200, "", body);
}

// A request that is never answered: the script ends when the client lets go of it.
inline Script never_answering(std::string mark) {
  return Script{}.expect_request().mark(std::move(mark)).wait_for_peer_close();
}

inline std::string stop_of(const Outcome& outcome) {
  return std::string(name_of(outcome.error ? outcome.error->stop_reason : outcome.response->stop_reason));
}

// The path that each request asked for, in the order of their arrival.
inline std::vector<std::string> paths_of(const std::vector<std::string>& requests) {
  std::vector<std::string> paths;
  for (const std::string& request : requests) {
    const std::size_t begin = request.find(' ') + 1;
    paths.push_back(request.substr(begin, request.find(' ', begin) - begin));
  }
  return paths;
}

}  // namespace ppn::test
