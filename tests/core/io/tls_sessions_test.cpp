// The store of TLS sessions.
#include "io/tls_sessions.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ppn::test {
namespace {

TlsSession session_of_version(int version) {
  TlsSession session(::SSL_SESSION_new());
  ::SSL_SESSION_set_protocol_version(session.get(), version);
  return session;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_sessions)

BOOST_AUTO_TEST_CASE(session_of_tls_1_3_is_taken_once) {
  TlsSessions sessions;
  sessions.keep("a:443", session_of_version(TLS1_3_VERSION));
  BOOST_TEST((sessions.take("b:443") == nullptr));
  BOOST_TEST((sessions.take("a:443") != nullptr));
  BOOST_TEST((sessions.take("a:443") == nullptr));
}

BOOST_AUTO_TEST_CASE(session_of_tls_1_2_may_be_taken_again) {
  TlsSessions sessions;
  sessions.keep("a:443", session_of_version(TLS1_2_VERSION));
  const TlsSession first = sessions.take("a:443");
  const TlsSession second = sessions.take("a:443");
  BOOST_TEST((first != nullptr));
  BOOST_TEST((first.get() == second.get()));
}

BOOST_AUTO_TEST_CASE(newest_session_is_taken_first) {
  TlsSessions sessions;
  sessions.keep("a:443", session_of_version(TLS1_3_VERSION));
  TlsSession newest = session_of_version(TLS1_3_VERSION);
  const SSL_SESSION* const wanted = newest.get();
  sessions.keep("a:443", std::move(newest));
  BOOST_TEST((sessions.take("a:443").get() == wanted));
}

BOOST_AUTO_TEST_CASE(store_keeps_32_of_a_peer_and_256_in_all) {
  TlsSessions sessions;
  for (int i = 0; i < 40; ++i) sessions.keep("a:443", session_of_version(TLS1_3_VERSION));
  BOOST_TEST(sessions.size() == 32U);
  for (int i = 0; i < 300; ++i) sessions.keep("host" + std::to_string(i), session_of_version(TLS1_3_VERSION));
  BOOST_TEST(sessions.size() == 256U);
  BOOST_TEST((sessions.take("a:443") == nullptr));
  BOOST_TEST((sessions.take("host299") != nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
