// How long one HTTP/1.1 request is: enough of the protocol to know where it ends, written without the engine under
// test.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ppn::test {

// Size of the head at the start of `bytes`, its empty line included; nothing while it is incomplete.
std::optional<std::size_t> head_size(std::string_view bytes);

// Size of the whole request at the start of `bytes`: head and body as framed by Content-Length or chunks.
// Nothing while it is incomplete.
std::optional<std::size_t> request_size(std::string_view bytes);

// Value of the first header field of that name in `head`, without the white space around it.
std::optional<std::string> header_value(std::string_view head, std::string_view name);

}  // namespace ppn::test
