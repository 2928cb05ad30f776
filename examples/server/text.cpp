#include "text.hpp"

#include <Poco/Base64Encoder.h>
#include <Poco/UTF8Encoding.h>

#include <sstream>

namespace ai_server {

bool is_utf8(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  while (left > 0) {
    const int size = *at < 0x80 ? 1 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
    if (static_cast<std::size_t>(size) > left || !Poco::UTF8Encoding::isLegal(at, size)) return false;
    at += size;
    left -= static_cast<std::size_t>(size);
  }
  return true;
}

std::string base64(const std::string& bytes) {
  std::ostringstream text;
  Poco::Base64Encoder encoder(text);
  encoder.rdbuf()->setLineLength(0);
  encoder << bytes;
  encoder.close();
  return text.str();
}

}  // namespace ai_server
