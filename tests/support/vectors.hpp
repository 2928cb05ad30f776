// Cases as data (tests/vectors), and the ways to cut an input.
#pragma once

#include <Poco/JSON/Object.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ppn::test {

std::vector<Poco::JSON::Object::Ptr> load_cases(const std::string& file);

// The bytes of `<name>_base64` or `<name>_gz_base64`.
std::string bytes_of(const Poco::JSON::Object& object, const std::string& name);

// Expectations about header values are written in latin-1: one character is one byte.
std::string latin1_bytes(const std::string& utf8);

using Pieces = std::vector<std::string_view>;

// Byte by byte, in pieces of a few other sizes, and cut in two at every place (at some hundred places of a long input).
void for_each_cut(std::string_view input, const std::function<void(const Pieces&)>& use);

}  // namespace ppn::test
