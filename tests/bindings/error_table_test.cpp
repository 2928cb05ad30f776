// errors.i, the one table from which all languages map codes to classes of exceptions: a row for each code, and the class
// that C++ throws for it.
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <map>
#include <pepperpy/network.hpp>
#include <set>
#include <typeindex>
#include <typeinfo>
#include <vector>

#include "../../bindings/swig/shim/error_kinds.hpp"

namespace {

struct Row {
  std::int32_t code;
  std::int32_t kind;
};

const std::vector<Row> rows = {
#define PPNB_ERROR(code, kind) {code, PPNB_KIND_##kind},
#include "../../bindings/swig/errors.i"
};

// The class of C++ that a kind stands for.
const std::map<std::int32_t, std::type_index> classes = {
    {PPNB_KIND_NETWORK, typeid(ppn::NetworkError)},
    {PPNB_KIND_USAGE, typeid(ppn::UsageError)},
    {PPNB_KIND_CONFIG, typeid(ppn::ConfigError)},
    {PPNB_KIND_CONNECTION, typeid(ppn::ConnectionError)},
    {PPNB_KIND_TLS, typeid(ppn::TlsError)},
    {PPNB_KIND_TIMEOUT, typeid(ppn::TimeoutError)},
    {PPNB_KIND_PROTOCOL, typeid(ppn::ProtocolError)},
    {PPNB_KIND_STATUS, typeid(ppn::StatusError)},
    {PPNB_KIND_BAD_REQUEST, typeid(ppn::BadRequestError)},
    {PPNB_KIND_AUTHENTICATION, typeid(ppn::AuthenticationError)},
    {PPNB_KIND_PERMISSION_DENIED, typeid(ppn::PermissionDeniedError)},
    {PPNB_KIND_NOT_FOUND, typeid(ppn::NotFoundError)},
    {PPNB_KIND_CONFLICT, typeid(ppn::ConflictError)},
    {PPNB_KIND_UNPROCESSABLE, typeid(ppn::UnprocessableError)},
    {PPNB_KIND_TOO_MANY_REQUESTS, typeid(ppn::TooManyRequestsError)},
    {PPNB_KIND_SERVER, typeid(ppn::ServerError)},
    {PPNB_KIND_STREAM, typeid(ppn::StreamError)},
    {PPNB_KIND_WEBSOCKET, typeid(ppn::WebSocketError)},
    {PPNB_KIND_CANCELLED, typeid(ppn::CancelledError)},
    {PPNB_KIND_RATE_LIMIT, typeid(ppn::RateLimitError)},
    {PPNB_KIND_CIRCUIT_OPEN, typeid(ppn::CircuitOpenError)},
};

std::type_index class_thrown_for(std::int32_t code) {
  try {
    ppn::throw_error(code);
  } catch (const ppn::NetworkError& error) {
    return typeid(error);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(error_table)

BOOST_AUTO_TEST_CASE(every_code_of_the_library_has_one_row) {
  std::multiset<std::int32_t> listed;
  for (const Row& row : rows) listed.insert(row.code);
  std::size_t codes = 0;
  std::int32_t code = 0;
  for (std::size_t i = 0; (code = ppn_code_at(i)) >= 0; ++i) {
    if (code < 100) continue;  // OK is no error, and END and PENDING are outcomes
    ++codes;
    BOOST_TEST(listed.count(code) == 1U, ppn_code_name(code) << " has " << listed.count(code) << " rows");
  }
  BOOST_TEST(rows.size() == codes);
  BOOST_TEST(codes > 70U);
}

BOOST_AUTO_TEST_CASE(a_row_names_the_class_that_cpp_throws) {
  for (const Row& row : rows) {
    const auto of_kind = classes.find(row.kind);
    BOOST_REQUIRE_MESSAGE(of_kind != classes.end(), "kind " << row.kind << " has no class");
    const std::type_index thrown = class_thrown_for(row.code);
    BOOST_TEST((thrown == of_kind->second), ppn_code_name(row.code)
                                                << ": " << thrown.name() << " is not " << of_kind->second.name());
  }
}

BOOST_AUTO_TEST_CASE(every_kind_but_the_base_is_the_class_of_some_code) {
  std::set<std::int32_t> used{PPNB_KIND_NETWORK};
  for (const Row& row : rows) used.insert(row.kind);
  for (const auto& [kind, type] : classes) BOOST_TEST(used.count(kind) == 1U, type.name());
}

BOOST_AUTO_TEST_SUITE_END()
