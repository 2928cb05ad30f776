#include "support/vectors.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>
#include <Poco/StreamCopier.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ppn::test {
namespace {

std::string from_base64(const std::string& text) {
  std::istringstream in(text);
  Poco::Base64Decoder decoder(in);
  std::string out;
  Poco::StreamCopier::copyToString(decoder, out);
  return out;
}

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("inflateInit2");
  std::vector<unsigned char> source(packed.begin(), packed.end());
  stream.next_in = source.data();
  stream.avail_in = static_cast<uInt>(source.size());
  std::string out;
  std::array<char, 16384> buffer{};
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("inflate");
  return out;
}

Pieces in_pieces_of(std::string_view input, std::size_t size) {
  Pieces pieces;
  for (std::size_t at = 0; at < input.size(); at += size) pieces.push_back(input.substr(at, size));
  return pieces;
}

}  // namespace

std::vector<Poco::JSON::Object::Ptr> load_cases(const std::string& file) {
  std::ifstream in(std::string(PPN_TEST_VECTORS) + "/" + file);
  if (!in) throw std::runtime_error("cannot open " + file);
  Poco::JSON::Parser parser;
  const auto top = parser.parse(in).extract<Poco::JSON::Object::Ptr>();
  const auto cases = top->getArray("cases");
  std::vector<Poco::JSON::Object::Ptr> out;
  for (std::size_t i = 0; i < cases->size(); ++i) out.push_back(cases->getObject(static_cast<unsigned>(i)));
  return out;
}

std::string bytes_of(const Poco::JSON::Object& object, const std::string& name) {
  if (object.has(name + "_base64")) return from_base64(object.getValue<std::string>(name + "_base64"));
  return gunzip(from_base64(object.getValue<std::string>(name + "_gz_base64")));
}

std::string latin1_bytes(const std::string& utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80) {
      out += utf8[i];
    } else {
      out += static_cast<char>((byte & 0x03) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3F));
    }
  }
  return out;
}

void for_each_cut(std::string_view input, const std::function<void(const Pieces&)>& use) {
  if (input.empty()) return use({input});
  for (const std::size_t size : {1U, 2U, 3U, 7U, 64U, 1448U}) use(in_pieces_of(input, size));
  const std::size_t step = input.size() <= 2048 ? 1 : std::max<std::size_t>(1, input.size() / 200);
  for (std::size_t at = 1; at < input.size(); at += step) use({input.substr(0, at), input.substr(at)});
}

}  // namespace ppn::test
