// The error that stands for the status of a response.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "client/response.hpp"

namespace ppn {

// Code, text, the delay that the server asked for, and what `body` says about the error: that of the response once all of
// it is there.
Error status_error(const Response& response, std::string_view body = {});

// The name that the server gave the request: the first of x-request-id, request-id, x-amzn-requestid and cf-ray. Empty
// when there is none; one line of ASCII.
std::string request_id_of(const HeaderList& headers);

}  // namespace ppn
