#include "codec/websocket_handshake.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ppn;

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 1.3
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

// The right answer, to be spoiled.
ResponseHead right_answer() {
  ResponseHead head;
  head.status = 101;
  head.headers.add("Upgrade", "websocket");
  head.headers.add("Connection", "Upgrade");
  head.headers.add("Sec-WebSocket-Accept", kAccept);
  return head;
}

const std::vector<std::string> kChat = {"chat", "superchat"};

Result<WebSocketAgreement> check(const ResponseHead& head, std::span<const std::string> subprotocols = {},
                                 const DeflateOptions* deflate = nullptr) {
  return check_websocket_response(head, {kKey, subprotocols, deflate});
}

void check_refused(const ResponseHead& head, std::string_view word, std::span<const std::string> subprotocols = {},
                   const DeflateOptions* deflate = nullptr) {
  const auto result = check(head, subprotocols, deflate);
  BOOST_REQUIRE(!result.ok());
  BOOST_CHECK(result.error().code == ErrorCode::ws_handshake);
  BOOST_CHECK(result.error().phase == Phase::first_byte);
  BOOST_CHECK(!result.error().retryable);
  BOOST_CHECK_EQUAL(result.error().http_status, head.status);
  BOOST_TEST_INFO(result.error().message);
  BOOST_CHECK(result.error().message.find(word) != std::string::npos);
}

void check_subprotocols(const std::vector<std::string>& list, std::string_view text) {
  const Status status = validate_subprotocols(list);
  BOOST_CHECK_EQUAL(status.ok(), text.empty());
  if (status.ok() || text.empty()) return;
  BOOST_CHECK(status.error().code == ErrorCode::invalid_argument);
  BOOST_CHECK_EQUAL(status.error().message, text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_handshake)

BOOST_AUTO_TEST_CASE(example_of_the_rfc_has_its_key_and_answer) {
  std::array<std::uint8_t, 16> nonce{};
  const std::string_view text = "the sample nonce";
  std::copy(text.begin(), text.end(), nonce.begin());
  BOOST_CHECK_EQUAL(make_websocket_key(nonce), kKey);
  BOOST_CHECK_EQUAL(websocket_accept(kKey), kAccept);
  // RFC 6455 4.1: the bytes 01 to 10.
  for (std::size_t i = 0; i < nonce.size(); ++i) nonce[i] = static_cast<std::uint8_t>(i + 1);
  BOOST_CHECK_EQUAL(make_websocket_key(nonce), "AQIDBAUGBwgJCgsMDQ4PEA==");
}

BOOST_AUTO_TEST_CASE(right_answer_is_accepted) {
  const auto result = check(right_answer(), kChat);
  BOOST_REQUIRE(result.ok());
  BOOST_CHECK_EQUAL(result->subprotocol, "");  // none chosen although offered
  BOOST_CHECK(!result->deflate);
}

BOOST_AUTO_TEST_CASE(other_status_is_refused) {
  ResponseHead head = right_answer();
  head.status = 200;
  check_refused(head, "did not switch");
  BOOST_CHECK(check(head).error().code == ErrorCode::ws_handshake);
}

// RFC 6455 4.1, check 2.
BOOST_AUTO_TEST_CASE(upgrade_is_websocket_alone_in_any_case) {
  ResponseHead head = right_answer();
  head.headers.set("Upgrade", "WebSocket");
  BOOST_CHECK(check(head).ok());
  for (const char* value : {"h2c", "websocket, h2c", "websocket/13", "", "websocke"}) {
    head.headers.set("Upgrade", value);
    check_refused(head, "Upgrade");
  }
  head.headers.set("Upgrade", "websocket");
  head.headers.add("upgrade", "websocket");
  check_refused(head, "Upgrade");
  head.headers.remove("Upgrade");
  check_refused(head, "no Upgrade");
}

// RFC 6455 4.1, check 3.
BOOST_AUTO_TEST_CASE(connection_holds_upgrade_among_others) {
  ResponseHead head = right_answer();
  head.headers.set("Connection", "keep-alive, UPGRADE");
  BOOST_CHECK(check(head).ok());
  head.headers.set("Connection", "keep-alive");
  check_refused(head, "Connection");
  head.headers.add("connection", "x ,\tupgrade");
  BOOST_CHECK(check(head).ok());
  head.headers.set("Connection", "upgraded");
  check_refused(head, "Connection");
  head.headers.remove("Connection");
  check_refused(head, "Connection");
}

// RFC 6455 4.1, check 4.
BOOST_AUTO_TEST_CASE(accept_answers_the_key_once) {
  ResponseHead head = right_answer();
  for (const std::string_view value : {"", "dGhlIHNhbXBsZSBub25jZQ==", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo="}) {
    head.headers.set("Sec-WebSocket-Accept", value);
    check_refused(head, "Accept");
  }
  head.headers.set("Sec-WebSocket-Accept", kAccept);
  head.headers.add("sec-websocket-accept", kAccept);
  check_refused(head, "repeats");
  head.headers.remove("Sec-WebSocket-Accept");
  check_refused(head, "no Sec-WebSocket-Accept");
}

// RFC 6455 4.1, check 6.
BOOST_AUTO_TEST_CASE(subprotocol_is_one_of_those_offered) {
  ResponseHead head = right_answer();
  head.headers.add("Sec-WebSocket-Protocol", "superchat");
  const auto result = check(head, kChat);
  BOOST_REQUIRE(result.ok());
  BOOST_CHECK_EQUAL(result->subprotocol, "superchat");
  check_refused(head, "none was offered");
  for (const char* value : {"Chat", "chat, superchat", "", "other"}) {
    head.headers.set("Sec-WebSocket-Protocol", value);
    check_refused(head, "subprotocol", kChat);
  }
  head.headers.set("Sec-WebSocket-Protocol", "chat");
  head.headers.add("Sec-WebSocket-Protocol", "chat");
  check_refused(head, "more than one", kChat);
}

// RFC 6455 4.1, check 5.
BOOST_AUTO_TEST_CASE(extension_is_within_the_offer) {
  const DeflateOptions options;
  ResponseHead head = right_answer();
  BOOST_CHECK(!check(head, {}, &options)->deflate);  // offered and not chosen
  head.headers.add("Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover");
  check_refused(head, "none was offered");
  const auto result = check(head, {}, &options);
  BOOST_REQUIRE(result.ok() && result->deflate);
  BOOST_CHECK(result->deflate->server_no_context_takeover);
  head.headers.set("Sec-WebSocket-Extensions", "x-webkit-deflate-frame");
  check_refused(head, "extension", {}, &options);
}

BOOST_AUTO_TEST_CASE(subprotocols_are_tokens_and_unique) {
  check_subprotocols({}, "");
  check_subprotocols({"chat", "Chat", "v1.api-x!#$%&'*+.^_`|~"}, "");
  check_subprotocols({""}, "subprotocol 1 is not a token");
  check_subprotocols({"chat", "a b"}, "subprotocol 2 is not a token");
  check_subprotocols({"a,b"}, "subprotocol 1 is not a token");
  check_subprotocols({"chat\r\nX: y"}, "subprotocol 1 is not a token");
  check_subprotocols({"gr\xC3\xBC\xC3\x9F"}, "subprotocol 1 is not a token");
  check_subprotocols({"a", "b", "a"}, "subprotocol 3 stands in the list twice");
}

BOOST_AUTO_TEST_SUITE_END()
