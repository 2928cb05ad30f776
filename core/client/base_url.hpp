// Where requests of a client with a base URL go, and who gets its API key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "client/options.hpp"
#include "codec/headers.hpp"
#include "codec/url.hpp"

namespace ppn {

// An absolute http or https URL without query, fragment and user information. Errors: config_error; their texts do not
// repeat the URL.
Result<Url> parse_base_url(std::string_view text);

// `path` below `base`, with one slash between. It is appended and never resolved, so that it can not leave the host of
// the base; "?a=1" is the base with a query. A text that begins with a scheme and "://" (RFC 3986 3.1) stands for itself,
// as every text does without a base.
std::string join_url(std::string_view base, std::string_view path);

// Whether what belongs to one of them may be given to the other.
bool same_origin(const Url& one, const Url& other) noexcept;

// Whether the key of the client goes with a request to `url`: to its own origin only, and unless the request has its own.
bool takes_api_key(const Options& options, const std::optional<Url>& base, const Url& url,
                   const HeaderList& headers) noexcept;

// base_url of the options, nothing when they have none, once they fit together: an API key needs a base URL, and one on
// which nobody can read along. Error: config_error.
Result<std::optional<Url>> base_of(const Options& options);

}  // namespace ppn
