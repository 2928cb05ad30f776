#include "codec/permessage_deflate.hpp"

#include <boost/test/unit_test.hpp>

#include "codec/websocket_extensions.hpp"

namespace {

using namespace ppn;

HeaderList fields(const std::vector<std::string>& values) {
  HeaderList headers;
  for (const std::string& value : values) headers.add("Sec-WebSocket-Extensions", value);
  return headers;
}

DeflateParameters accepted(const std::string& answer, const DeflateOptions& options = {}) {
  const auto result = read_extension_answer(fields({answer}), &options);
  BOOST_TEST_INFO(answer);
  BOOST_REQUIRE(result.ok() && *result);
  return **result;
}

void check_refused(const std::string& answer, std::string_view word, const DeflateOptions& options = {}) {
  const auto result = read_extension_answer(fields({answer}), &options);
  BOOST_TEST_INFO(answer);
  BOOST_REQUIRE(!result.ok());
  BOOST_CHECK(result.error().code == ErrorCode::ws_handshake);
  BOOST_TEST_INFO(result.error().message);
  BOOST_CHECK(result.error().message.find(word) != std::string::npos);
}

// The elements as one text: name;parameter=value,... with [] around what was unquoted or not.
std::string parsed(const std::vector<std::string>& values) {
  const auto extensions = parse_extensions(fields(values));
  if (!extensions) return "wrong";
  std::string out;
  for (const WebSocketExtension& extension : *extensions) {
    out += "<" + extension.name;
    for (const ExtensionParameter& parameter : extension.parameters) {
      out += ";" + parameter.name + (parameter.value ? "=[" + *parameter.value + "]" : "");
    }
    out += ">";
  }
  return out;
}

const std::string kGranted = "permessage-deflate; server_no_context_takeover";

}  // namespace

BOOST_AUTO_TEST_SUITE(permessage_deflate)

// RFC 6455 9.1.
BOOST_AUTO_TEST_CASE(list_of_extensions_is_read_over_fields) {
  BOOST_CHECK_EQUAL(parsed({}), "");
  BOOST_CHECK_EQUAL(parsed({"foo"}), "<foo>");
  BOOST_CHECK_EQUAL(parsed({"foo; bar; baz=2, x ;y = \"z\"", "last"}), "<foo;bar;baz=[2]><x;y=[z]><last>");
  BOOST_CHECK_EQUAL(parsed({"foo;a=\"\\b\\c\""}), "<foo;a=[bc]>");
  BOOST_CHECK_EQUAL(parsed({"", " ,, foo ,\t, bar,"}), "<foo><bar>");
}

BOOST_AUTO_TEST_CASE(list_with_a_wrong_syntax_is_refused) {
  for (const char* text :
       {"foo bar", "foo;", "foo;;a", "foo; a=", "foo; =1", ";a", "foo=1", "foo;a=\"", "foo;a=\"b", "foo;a=\"b\"c",
        "foo;a=\"\"", "foo;a=\"b c\"", "foo;a=\"b\\\"", "foo;a=b=c", "foo/1", "\"foo\"", "foo,;a", "f\xC3\xB6"}) {
    BOOST_TEST_INFO(text);
    BOOST_CHECK_EQUAL(parsed({text}), "wrong");
    BOOST_CHECK_EQUAL(parsed({"good", text}), "wrong");
  }
  check_refused("permessage-deflate;", "syntax");
}

BOOST_AUTO_TEST_CASE(offer_names_what_is_wanted) {
  DeflateOptions options;
  BOOST_CHECK_EQUAL(
      deflate_offer(options),
      "permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_max_window_bits");
  options.client_no_context_takeover = false;
  options.server_no_context_takeover = false;
  options.client_max_window_bits = 8;
  options.server_max_window_bits = 9;
  BOOST_CHECK_EQUAL(deflate_offer(options), "permessage-deflate; client_max_window_bits=8; server_max_window_bits=9");
  options.client_max_window_bits = 0;
  options.server_max_window_bits = 15;
  BOOST_CHECK_EQUAL(deflate_offer(options), "permessage-deflate");
}

BOOST_AUTO_TEST_CASE(options_have_their_ranges) {
  for (int value = -1; value <= 17; ++value) {
    const bool window = value >= 8 && value <= 15;
    DeflateOptions options;
    options.client_max_window_bits = value;
    BOOST_CHECK_EQUAL(validate_deflate(options).ok(), window || value == 0);
    options = {};
    options.server_max_window_bits = value;
    BOOST_CHECK_EQUAL(validate_deflate(options).ok(), window);
    options = {};
    options.level = value;
    const Status status = validate_deflate(options);
    BOOST_CHECK_EQUAL(status.ok(), value >= 1 && value <= 6);
    if (!status) BOOST_CHECK(status.error().code == ErrorCode::invalid_argument);
  }
}

BOOST_AUTO_TEST_CASE(no_answer_is_no_extension) {
  const DeflateOptions options;
  const auto none = read_extension_answer(HeaderList(), &options);
  BOOST_CHECK(none.ok() && !*none);
  BOOST_CHECK(read_extension_answer(HeaderList(), nullptr).ok());
  BOOST_CHECK(!read_extension_answer(fields({kGranted}), nullptr).ok());
}

BOOST_AUTO_TEST_CASE(answer_within_the_offer_is_agreed) {
  DeflateOptions open;
  open.client_no_context_takeover = false;
  open.server_no_context_takeover = false;
  BOOST_CHECK((accepted("permessage-deflate", open) == DeflateParameters{false, false, 15, 15}));
  BOOST_CHECK((accepted(kGranted) == DeflateParameters{true, true, 15, 15}));
  BOOST_CHECK(
      (accepted(kGranted + "; client_max_window_bits=10; client_no_context_takeover; server_max_window_bits=\"8\"") ==
       DeflateParameters{true, true, 10, 8}));
  // RFC 7692 7.1.1.1, 7.1.1.2, 7.1.2.1: a server may add these unasked.
  BOOST_CHECK((accepted(kGranted, open) == DeflateParameters{false, true, 15, 15}));
  BOOST_CHECK(
      (accepted("permessage-deflate;client_no_context_takeover", open) == DeflateParameters{true, false, 15, 15}));
  BOOST_CHECK(
      (accepted("permessage-deflate;server_max_window_bits=9", open) == DeflateParameters{false, false, 15, 9}));
}

BOOST_AUTO_TEST_CASE(smaller_window_than_asked_is_agreed_and_a_larger_one_refused) {
  DeflateOptions ten;
  ten.client_max_window_bits = 10;
  ten.server_max_window_bits = 10;
  for (int bits = 8; bits <= 15; ++bits) {
    const std::string value = std::to_string(bits);
    const std::string client = kGranted + "; server_max_window_bits=10; client_max_window_bits=" + value;
    const std::string server = kGranted + "; server_max_window_bits=" + value;
    if (bits <= 10) {
      BOOST_CHECK_EQUAL(accepted(client, ten).client_max_window_bits, bits);
      BOOST_CHECK_EQUAL(accepted(server, ten).server_max_window_bits, bits);
      BOOST_CHECK_EQUAL(accepted(server, ten).client_max_window_bits, 10);
    } else {
      check_refused(client, "client window larger", ten);
      check_refused(server, "window larger", ten);
    }
  }
  check_refused(kGranted, "window larger", ten);  // the server did not agree to a limit
}

BOOST_AUTO_TEST_CASE(what_was_not_offered_is_refused) {
  DeflateOptions no_client_window;
  no_client_window.client_max_window_bits = 0;
  BOOST_CHECK_EQUAL(accepted(kGranted, no_client_window).client_max_window_bits, 15);
  check_refused(kGranted + "; client_max_window_bits=15", "not offered", no_client_window);
  check_refused("permessage-deflate", "did not grant");
  check_refused("permessage-bzip2", "not offered");
  check_refused("Permessage-Deflate; server_no_context_takeover", "not offered");
  check_refused(kGranted + ", " + kGranted, "more extensions");
  const DeflateOptions options;
  BOOST_CHECK(!read_extension_answer(fields({kGranted, "other"}), &options).ok());
}

// RFC 7692 7.1: unknown names, wrong values and repeated parameters.
BOOST_AUTO_TEST_CASE(wrong_parameter_is_refused) {
  check_refused(kGranted + "; mystery", "unknown");
  check_refused(kGranted + "; Server_max_window_bits=10", "unknown");
  check_refused(kGranted + "; server_no_context_takeover", "repeats");
  check_refused(kGranted + "; client_no_context_takeover; client_no_context_takeover", "repeats");
  check_refused(kGranted + "; server_max_window_bits=10; server_max_window_bits=10", "repeats");
  check_refused(kGranted + "; client_max_window_bits=10; client_max_window_bits=9", "repeats");
  check_refused("permessage-deflate; server_no_context_takeover=1", "has none");
  check_refused(kGranted + "; client_no_context_takeover=\"true\"", "has none");
  for (const char* window :
       {"", "=7", "=16", "=0", "=08", "=010", "=1", "=100", "=-9", "=+9", "=1a", "=\"1 0\"", "=x"}) {
    const std::string& value = window;
    for (const char* name : {"server_max_window_bits", "client_max_window_bits"}) {
      check_refused(kGranted + "; " + name + value, value == "=\"1 0\"" ? "syntax" : "between 8 and 15");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
