#include "policy/redirect_policy.hpp"

#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace ppn {
namespace {

using Action = RedirectDecision::Action;
using Target = RedirectTarget;
using Body = RedirectBody;

RedirectDecision decide(int status, std::string_view method, Body body = Body::none,
                        Target target = Target::same_origin, int followed = 0, const RedirectOptions& options = {}) {
  return decide_redirect(options,
                         {.status = status, .method = method, .target = target, .body = body, .followed = followed});
}

// "GET", "POST+body", "respond" or the error.
std::string next_request(const RedirectDecision& decision, std::string_view method) {
  if (decision.action == Action::respond) return "respond";
  if (decision.action == Action::fail) return std::string(describe(decision.code).name);
  return (decision.becomes_get ? "GET" : std::string(method)) + (decision.keeps_body ? "+body" : "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redirect_policy)

BOOST_AUTO_TEST_CASE(each_status_rewrites_each_method_as_the_rfc_says) {
  struct Row {
    int status;
    const char* method;
    const char* bare;        // without a body
    const char* replayable;  // with one
    const char* one_shot;    // with one that can be read once
  };
  const std::vector<Row> rows{
      {301, "GET", "GET", "GET+body", "BODY_NOT_REPLAYABLE"},
      {301, "HEAD", "HEAD", "HEAD+body", "BODY_NOT_REPLAYABLE"},
      {301, "POST", "GET", "GET", "GET"},
      {301, "PUT", "PUT", "PUT+body", "BODY_NOT_REPLAYABLE"},
      {301, "PATCH", "PATCH", "PATCH+body", "BODY_NOT_REPLAYABLE"},
      {301, "DELETE", "DELETE", "DELETE+body", "BODY_NOT_REPLAYABLE"},
      {302, "GET", "GET", "GET+body", "BODY_NOT_REPLAYABLE"},
      {302, "HEAD", "HEAD", "HEAD+body", "BODY_NOT_REPLAYABLE"},
      {302, "POST", "GET", "GET", "GET"},
      {302, "PUT", "PUT", "PUT+body", "BODY_NOT_REPLAYABLE"},
      {302, "PATCH", "PATCH", "PATCH+body", "BODY_NOT_REPLAYABLE"},
      {302, "DELETE", "DELETE", "DELETE+body", "BODY_NOT_REPLAYABLE"},
      {303, "GET", "GET", "GET+body", "BODY_NOT_REPLAYABLE"},
      {303, "HEAD", "HEAD", "HEAD+body", "BODY_NOT_REPLAYABLE"},
      {303, "POST", "GET", "GET", "GET"},
      {303, "PUT", "GET", "GET", "GET"},
      {303, "PATCH", "GET", "GET", "GET"},
      {303, "DELETE", "GET", "GET", "GET"},
      {307, "GET", "GET", "GET+body", "BODY_NOT_REPLAYABLE"},
      {307, "HEAD", "HEAD", "HEAD+body", "BODY_NOT_REPLAYABLE"},
      {307, "POST", "POST", "POST+body", "BODY_NOT_REPLAYABLE"},
      {307, "PUT", "PUT", "PUT+body", "BODY_NOT_REPLAYABLE"},
      {307, "PATCH", "PATCH", "PATCH+body", "BODY_NOT_REPLAYABLE"},
      {307, "DELETE", "DELETE", "DELETE+body", "BODY_NOT_REPLAYABLE"},
      {308, "GET", "GET", "GET+body", "BODY_NOT_REPLAYABLE"},
      {308, "HEAD", "HEAD", "HEAD+body", "BODY_NOT_REPLAYABLE"},
      {308, "POST", "POST", "POST+body", "BODY_NOT_REPLAYABLE"},
      {308, "PUT", "PUT", "PUT+body", "BODY_NOT_REPLAYABLE"},
      {308, "PATCH", "PATCH", "PATCH+body", "BODY_NOT_REPLAYABLE"},
      {308, "DELETE", "DELETE", "DELETE+body", "BODY_NOT_REPLAYABLE"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.status << " " << row.method) {
      BOOST_TEST(next_request(decide(row.status, row.method), row.method) == row.bare);
      BOOST_TEST(next_request(decide(row.status, row.method, Body::replayable), row.method) == row.replayable);
      BOOST_TEST(next_request(decide(row.status, row.method, Body::one_shot), row.method) == row.one_shot);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_other_status_is_the_response) {
  for (int status = 100; status < 600; ++status) {
    const bool redirects = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    BOOST_TEST(is_redirect_status(status) == redirects, status);
    BOOST_TEST((decide(status, "GET").action == (redirects ? Action::follow : Action::respond)), status);
  }
}

BOOST_AUTO_TEST_CASE(target_says_whether_to_go_and_what_stays_behind) {
  BOOST_TEST((decide(302, "GET", Body::none, Target::none).action == Action::respond));
  BOOST_TEST((decide(302, "GET", Body::none, Target::unusable).code == ErrorCode::http_protocol));
  BOOST_TEST((decide(302, "GET", Body::none, Target::other_scheme).code == ErrorCode::redirect_blocked));
  BOOST_TEST((decide(302, "GET", Body::none, Target::downgrade).code == ErrorCode::redirect_blocked));
  BOOST_TEST(!decide(302, "GET", Body::none, Target::same_origin).strips_credentials);
  BOOST_TEST(decide(302, "GET", Body::none, Target::other_origin).strips_credentials);

  const RedirectOptions allowing{.allow_downgrade = true};
  const RedirectDecision downgrade = decide(302, "GET", Body::none, Target::downgrade, 0, allowing);
  BOOST_TEST((downgrade.action == Action::follow));
  BOOST_TEST(downgrade.strips_credentials);
  BOOST_TEST((decide(302, "GET", Body::none, Target::other_scheme, 0, allowing).action == Action::fail));
}

BOOST_AUTO_TEST_CASE(so_many_are_followed_and_no_more) {
  for (const int most : {1, 2, 10}) {
    const RedirectOptions options{.max_redirects = most};
    BOOST_TEST((decide(302, "GET", Body::none, Target::same_origin, most - 1, options).action == Action::follow));
    const RedirectDecision beyond = decide(302, "GET", Body::none, Target::same_origin, most, options);
    BOOST_TEST((beyond.action == Action::fail));
    BOOST_TEST((beyond.code == ErrorCode::too_many_redirects));
  }
  BOOST_TEST((decide(302, "GET", Body::none, Target::downgrade, 0, {.max_redirects = 0}).action == Action::respond));
  BOOST_TEST((decide(302, "GET", Body::none, Target::none, 10).action == Action::respond));
}

BOOST_AUTO_TEST_CASE(unsafe_methods_may_be_left_out) {
  const RedirectOptions options{.safe_methods_only = true};
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE"}) {
    BOOST_TEST((decide(307, method, Body::none, Target::other_origin, 0, options).action == Action::follow), method);
  }
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "get"}) {
    for (const int status : {301, 302, 303, 307, 308}) {
      BOOST_TEST((decide(status, method, Body::none, Target::other_origin, 0, options).action == Action::respond));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
