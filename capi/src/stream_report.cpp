// What a stream leaves behind: its pace with the response, and how it broke with the error.
#include <cstdint>

#include "boundary.hpp"
#include "objects.hpp"
#include "pepperpy/network/stream.h"

using namespace ppn;
using namespace ppn::capi;

namespace {

// It is written when nothing more can arrive.
const StreamReport& report_of(const ResponseObject& object) noexcept {
  static const StreamReport none;
  const Response& response = *object.response;
  return response.complete.load(std::memory_order_acquire) ? *response.stream : none;
}

}  // namespace

uint64_t ppn_response_pieces(const ppn_response* response) {
  return read(response, uint64_t{0}, [](const ResponseObject& object) { return report_of(object).pace.count(); });
}

double ppn_response_pace_ms(const ppn_response* response, int32_t which) {
  return read(response, -1.0, [&](const ResponseObject& object) {
    const StreamReport& of = report_of(object);
    const Nanos time = which == PPN_PACE_FIRST      ? of.first_piece
                       : which == PPN_PACE_SHORTEST ? of.pace.shortest()
                       : which == PPN_PACE_MEAN     ? of.pace.mean()
                       : which == PPN_PACE_LONGEST  ? of.pace.longest()
                                                    : -1;
    return time < 0 ? -1.0 : static_cast<double>(time) / static_cast<double>(kMillisecond);
  });
}

int32_t ppn_error_stream_framing(const ppn_error* error) {
  return read(error, int32_t{-1}, [](const ErrorObject& object) -> int32_t {
    switch (object.error->cut) {
      case Cut::framing: return 1;
      case Cut::marker: return 0;
      case Cut::none: break;
    }
    return -1;
  });
}

const char* ppn_error_stream_partial(const ppn_error* error, size_t* out_length) {
  Arguments::optional_out(out_length);
  return read(error, "", [&](const ErrorObject& object) {
    if (out_length != nullptr) *out_length = object.error->partial.size();
    return object.error->partial.c_str();
  });
}

int32_t ppn_error_stream_status(const ppn_error* error) {
  return read(error, int32_t{0}, [](const ErrorObject& object) { return object.error->stream_status; });
}

const char* ppn_error_provider_type(const ppn_error* error) {
  return read(error, "", [](const ErrorObject& object) { return object.error->provider_type.c_str(); });
}
