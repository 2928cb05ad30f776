// What a decider makes of the response that it is asked about holds no secret either.
#include <string>

#include "capi/secrets.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(retry_decider_secrets, Planted)

BOOST_AUTO_TEST_CASE(status_error_of_the_response_in_a_question_holds_no_secret) {
  Shown shown;
  {
    const ScriptedServer server({Script{}.expect_request().send(echo("503 Busy", "busy")).close(),
                                 Script{}.expect_request().send(echo("401 Unauthorized")).close()});
    const Client client = client_of(secret_config());
    const auto decide = [](void* user, const ppn_retry_question* question, int64_t*) -> int32_t {
      ErrorHandle error;
      ppn_response_check_status(ppn_retry_question_response(question), error.out());
      static_cast<Shown*>(user)->add(error.get());
      return PPN_DECIDE_DEFAULT;
    };
    BOOST_REQUIRE_EQUAL(ppn_client_set_retry_decider(client.get(), decide, &shown, nullptr, nullptr), PPN_OK);
    play(shown, client, with_query(server));
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(shown.has("status 503"));
  shown.check();
}

BOOST_AUTO_TEST_SUITE_END()
