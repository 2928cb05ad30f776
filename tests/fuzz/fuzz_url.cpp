// URLs: what is accepted is canonical, reads the same again, and holds no byte that could end a line of a request.
#include <algorithm>
#include <string>

#include "base/error_code.hpp"
#include "codec/url.hpp"
#include "fuzz/check.hpp"

using namespace ppn;
using namespace ppn::fuzz;

namespace {

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Url> url = parse_url(text);
  if (!url) {
    const ErrorCode code = url.error().code;
    check(code == ErrorCode::invalid_url || code == ErrorCode::unsupported_scheme, "a refusal is named");
    check(!url.error().message.empty(), "a refusal says why");
    return 0;
  }
  check(!url->host.empty() && printable(url->host), "a host is printable");
  check(url->target.starts_with('/') && printable(url->target), "a target is printable");
  check(text.find(url->target.substr(1)) != std::string_view::npos, "a target is kept byte for byte");
  check(url->port != 0, "a port is there");
  check(printable(url->redacted()), "a redacted URL is printable");

  const std::string again_text = std::string(scheme_name(url->scheme)) + "://" + url->authority() + url->target;
  const Result<Url> again = parse_url(again_text);
  check(again.ok(), "an accepted URL is accepted again");
  check(again->scheme == url->scheme && again->host == url->host && again->port == url->port &&
            again->target == url->target && again->host_is_ip == url->host_is_ip,
        "an accepted URL reads the same again");
  check(again->origin() == url->origin() && again->authority() == url->authority(), "a URL is canonical");
  return 0;
}
