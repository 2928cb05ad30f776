// How the rows of the option table reach their values. For option_rows.cpp alone.
#pragma once

#include "client/option_definition.hpp"

namespace ppn::option_rows {

template <auto First, auto... Rest>
constexpr auto& follow(auto& object) noexcept {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*First;
  } else {
    return follow<Rest...>(object.*First);
  }
}

// The way from RequestOptions or Options through members to a value.
template <auto... Path>
constexpr auto in_request = [](RequestOptions& options) noexcept -> auto& {
  return follow<Path...>(options);
};
template <auto... Path>
constexpr auto in_client = [](Options& options) noexcept -> auto& {
  return follow<Path...>(options);
};

using Request = RequestOptions;
template <auto... Path>
constexpr auto request = in_request<Path...>;
template <auto... Path>
constexpr auto retry = in_request<&Request::retry, Path...>;
template <auto... Path>
constexpr auto redirect = in_request<&Request::redirect, Path...>;
template <auto... Path>
constexpr auto hedge = in_request<&Request::hedge, Path...>;
template <auto... Path>
constexpr auto socket = in_request<&Request::websocket, Path...>;
template <auto... Path>
constexpr auto stream = in_request<&Request::stream, Path...>;
template <auto... Path>
constexpr auto min_rate = in_request<&Request::min_rate, Path...>;
template <auto... Path>
constexpr auto connection = in_client<&Options::connection, Path...>;
template <auto... Path>
constexpr auto tls = in_client<&Options::tls, Path...>;
template <auto... Path>
constexpr auto rate_limit = in_client<&Options::rate_limit, Path...>;
template <auto... Path>
constexpr auto budget = in_client<&Options::retry_budget, Path...>;
template <auto... Path>
constexpr auto breaker = in_client<&Options::breaker, Path...>;
template <auto... Path>
constexpr auto client = in_client<Path...>;

using Connection = ConnectionOptions;
using Tls = TlsOptions;
using Retry = RetryOptions;
using Redirect = RedirectOptions;
using Hedge = HedgeOptions;
using Stream = StreamOptions;
using MinRate = MinRateOptions;
using Limit = RateLimitOptions;
using Budget = RetryBudgetOptions;
using Breaker = BreakerOptions;
using Socket = WebSocketOptions;

}  // namespace ppn::option_rows
