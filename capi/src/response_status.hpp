// An HTTP status that is no success, as an error.
#pragma once

#include "base/result.hpp"
#include "client/response.hpp"

namespace ppn::capi {

// Fails with the HTTP_ code of a status of 400 or more.
Status check_status(const Response& response);

}  // namespace ppn::capi
