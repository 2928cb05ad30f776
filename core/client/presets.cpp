#include "client/presets.hpp"

#include <string>

#include "client/base_url.hpp"

namespace ppn {
namespace {

Result<Options> with_base(Options options, std::string_view base_url) {
  if (base_url.empty()) return Failure(ErrorCode::config_error, Phase::config, "base_url: it is empty");
  if (Status set = set_option(options, "base_url", base_url); !set) return std::move(set).failure();
  return options;
}

Status set_unless_default(Options& options, std::string_view name, std::int64_t value) {
  return value == -1 ? Status() : set_option(options, name, std::to_string(value));
}

}  // namespace

Result<Options> request_manager_options(std::string_view base_url, std::int64_t timeout_ms, std::int64_t max_retries,
                                        GetVariable get) {
  Options preset;
  preset.request.timeout_ms = 30'000;
  preset.request.retry.max_retries = 3;
  if (Status read = apply_environment(preset, get); !read) return std::move(read).failure();
  Result<Options> options = with_base(std::move(preset), base_url);
  if (!options) return options;
  if (Status set = set_unless_default(*options, "timeout_ms", timeout_ms); !set) return std::move(set).failure();
  if (Status set = set_unless_default(*options, "max_retries", max_retries); !set) return std::move(set).failure();
  return options;
}

Result<Options> api_client_options(std::string_view base_url, std::string_view api_key, GetVariable get) {
  Options preset;
  preset.request.timeout_ms = 600'000;
  preset.request.retry.max_retries = 2;
  preset.request.redirect = {.max_redirects = 5, .safe_methods_only = true};
  preset.request.idempotency_header = "Idempotency-Key";
  preset.rate_limit.max_in_flight = 64;
  if (Status read = apply_environment(preset, get); !read) return std::move(read).failure();
  Result<Options> options = with_base(std::move(preset), base_url);
  if (!options) return options;
  if (api_key.empty()) return Failure(ErrorCode::config_error, Phase::config, "api_key: it is empty");
  if (Status set = set_option(*options, "api_key", api_key); !set) return std::move(set).failure();
  // Now rather than when a client is made of it, where it is checked again.
  if (auto base = base_of(*options); !base) return std::move(base).failure();
  return options;
}

}  // namespace ppn
