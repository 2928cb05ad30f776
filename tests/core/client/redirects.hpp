// Redirects as servers send them, and what their clients send.
#pragma once

#include <string>
#include <string_view>

namespace ppn::test {

// A redirect whose connection goes on.
inline std::string moved(int status, std::string_view location, std::string_view body = "moved") {
  return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + std::string(location) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string first_line(const std::string& request) {
  return request.substr(0, request.find(" HTTP/1.1\r\n"));
}

inline bool has(const std::string& request, std::string_view text) {
  return request.find(text) != std::string::npos;
}

}  // namespace ppn::test
