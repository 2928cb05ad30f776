#include "codec/url.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ppn;

Url good(std::string_view text) {
  auto url = parse_url(text);
  BOOST_REQUIRE_MESSAGE(url.ok(), text << ": " << (url.ok() ? "" : url.error().message));
  return *url;
}

ErrorCode refused(std::string_view text) {
  const auto url = parse_url(text);
  if (url.ok()) return ErrorCode::ok;
  BOOST_CHECK(url.error().phase == Phase::validate);
  BOOST_CHECK(!url.error().retryable);
  BOOST_CHECK(url.error().message.find("SECRET") == std::string::npos);
  return url.error().code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(url)

BOOST_AUTO_TEST_CASE(parts_are_split) {
  const Url url = good("https://API.Example.com:8443/v1/chat?x=1&y=%2F#part");
  BOOST_CHECK(url.scheme == Scheme::https);
  BOOST_CHECK_EQUAL(url.host, "api.example.com");
  BOOST_CHECK(!url.host_is_ip);
  BOOST_CHECK_EQUAL(url.port, 8443);
  BOOST_CHECK_EQUAL(url.target, "/v1/chat?x=1&y=%2F");
  BOOST_CHECK_EQUAL(url.authority(), "api.example.com:8443");
  BOOST_CHECK_EQUAL(url.origin(), "https://api.example.com:8443");
  BOOST_CHECK(url.secure());
}

BOOST_AUTO_TEST_CASE(default_ports_are_known_and_left_out_of_the_authority) {
  for (const auto& [text, port] : {std::pair<std::string_view, int>{"http://h/", 80},
                                   {"HTTPS://h/", 443},
                                   {"ws://h/", 80},
                                   {"wss://h/", 443},
                                   {"http://h:80/", 80},
                                   {"http://h:/", 80}}) {
    const Url url = good(text);
    BOOST_CHECK_EQUAL(url.port, port);
    BOOST_CHECK(url.default_port());
    BOOST_CHECK_EQUAL(url.authority(), "h");
  }
  BOOST_CHECK_EQUAL(good("http://h").origin(), "http://h:80");
  BOOST_CHECK_EQUAL(good("http://h:443").authority(), "h:443");
  BOOST_CHECK(!good("ws://h").secure());
}

BOOST_AUTO_TEST_CASE(target_is_kept_byte_for_byte) {
  for (const std::string_view target : {"/a%2Fb", "/f(1)*!'$,", "/[x]", "/a/../b/./c", "/?", "/a?b=c?d", "//x", "/%zz",
                                        "/a;b=c?X-Amz-Signature=%2b+", "/{id}|^`\"<>"}) {
    BOOST_CHECK_EQUAL(good("HTTP://H" + std::string(target)).target, target);
  }
  BOOST_CHECK_EQUAL(good("http://h?x").target, "/?x");
  BOOST_CHECK_EQUAL(good("http://h").target, "/");
  BOOST_CHECK_EQUAL(good("http://h#f").target, "/");
  BOOST_CHECK_EQUAL(good("http://h/a#f?g").target, "/a");
}

BOOST_AUTO_TEST_CASE(addresses_are_canonical) {
  BOOST_CHECK_EQUAL(good("http://127.0.0.1/").host, "127.0.0.1");
  BOOST_CHECK(good("http://127.0.0.1/").host_is_ip);
  for (const auto& [text, host] : {std::pair<std::string_view, std::string_view>{"[::1]", "::1"},
                                   {"[::]", "::"},
                                   {"[0:0:0:0:0:0:0:1]", "::1"},
                                   {"[2001:DB8:0:0:1:0:0:1]", "2001:db8::1:0:0:1"},
                                   {"[2001:db8:0:1:1:1:1:1]", "2001:db8:0:1:1:1:1:1"},
                                   {"[1::]", "1::"},
                                   {"[1:2:3:4:5:6:7::]", "1:2:3:4:5:6:7:0"},
                                   {"[::ffff:192.168.1.2]", "::ffff:c0a8:102"},
                                   {"[fe80:0000::0001]", "fe80::1"}}) {
    const Url url = good("https://" + std::string(text) + "/");
    BOOST_CHECK_EQUAL(url.host, host);
    BOOST_CHECK(url.host_is_ip);
    BOOST_CHECK_EQUAL(url.authority(), "[" + std::string(host) + "]");
    BOOST_CHECK_EQUAL(url.origin(), "https://[" + std::string(host) + "]:443");
  }
  BOOST_CHECK_EQUAL(good("http://[::1]:8080").authority(), "[::1]:8080");
}

BOOST_AUTO_TEST_CASE(addresses_that_programs_read_differently_are_refused) {
  for (const std::string_view host : {"127.1",
                                      "0x7f.1",
                                      "2130706433",
                                      "0177.0.0.1",
                                      "127.0.0.01",
                                      "256.1.1.1",
                                      "1.2.3.4.5",
                                      "1.2.3",
                                      "0x7f000001",
                                      "a.0x",
                                      "a.1",
                                      "127.0.0.1.",
                                      "[::1",
                                      "::1",
                                      "[::1]x",
                                      "[]",
                                      "[zz]",
                                      "[::1%25eth0]",
                                      "[fe80::1%eth0]",
                                      "[1:2]",
                                      "[1:2:3:4:5:6:7:8:9]",
                                      "[1:2:3:4::5:6:7:8]",
                                      "[1::2::3]",
                                      "[:1:2:3:4:5:6:7]",
                                      "[1:2:3:4:5:6:7:]",
                                      "[12345::]",
                                      "[::1.2.3]",
                                      "[::1.2.3.04]",
                                      "[1.2.3.4::]",
                                      "[v1.x]",
                                      "[1:2:3:4:5:6:7:1.2.3.4]",
                                      "[:::]"}) {
    BOOST_TEST_CONTEXT(host) {
      BOOST_CHECK(refused("http://" + std::string(host) + "/") == ErrorCode::invalid_url);
    }
  }
}

BOOST_AUTO_TEST_CASE(names_with_holes_or_other_characters_are_refused) {
  for (const std::string_view host : {"", ".", "a..b", ".a", "a.", "a b", "a%41",
                                      "b\xC3\xBC"
                                      "cher.example",
                                      "a!b", "a,b", "a;b", "a=b", "a'b", "*.a", "a$b", "<a>", "a\\b", "]", "a[b]"}) {
    BOOST_TEST_CONTEXT(host) {
      BOOST_CHECK(refused("http://" + std::string(host) + "/") == ErrorCode::invalid_url);
    }
  }
  BOOST_CHECK_EQUAL(good("http://my_service-1.local").host, "my_service-1.local");
  BOOST_CHECK_EQUAL(good("http://xn--bcher-kva.example").host, "xn--bcher-kva.example");
}

BOOST_AUTO_TEST_CASE(labels_are_limited_to_63_bytes) {
  const std::string longest(63, 'a');
  BOOST_CHECK_EQUAL(good("http://" + longest + "." + longest + "/").host, longest + "." + longest);
  BOOST_CHECK(refused("http://" + longest + "a/") == ErrorCode::invalid_url);
  BOOST_CHECK(refused("http://x." + longest + "a.y/") == ErrorCode::invalid_url);
}

BOOST_AUTO_TEST_CASE(host_is_limited_to_2048_bytes) {
  std::string host;
  while (host.size() < 2048) host += std::string(62, 'a') + ".";
  host.resize(2048);
  host.back() = 'a';
  BOOST_CHECK(refused("http://" + host + "/") == ErrorCode::ok);
  BOOST_CHECK(refused("http://" + host + "a/") == ErrorCode::invalid_url);
  BOOST_CHECK(refused("http://" + std::string(3000, 'a') + "/") == ErrorCode::invalid_url);
}

BOOST_AUTO_TEST_CASE(refusals_say_what_is_wrong) {
  const std::string label(64, 'a');
  struct Row {
    std::string url;
    std::string_view complaint;
  };
  for (const Row& row : {Row{"", "does not begin with a scheme"},
                         {"//h/SECRET", "does not begin with a scheme"},
                         {"h/SECRET", "does not begin with a scheme"},
                         {"http:/h", "is not followed by //"},
                         {"http:h", "is not followed by //"},
                         {"http://", "has no host"},
                         {"http:///SECRET", "has no host"},
                         {"http://:80/", "has no host"},
                         {"http://?SECRET", "has no host"},
                         {"ftp://h/SECRET", "none of http, https, ws and wss"},
                         {"http://h/SECRET\r\nX: y", "control character"},
                         {std::string("http://h/\0SECRET", 16), "control character"},
                         {"http://h/a SECRET", "space; write it as %20"},
                         {" http://h/", "space"},
                         {"http://h\\@SECRET/", "backslash"},
                         {"http://b\xC3\xBC"
                          "cher.example/",
                          "outside ASCII"},
                         {"http://h/\xE2\x82\xAC", "outside ASCII"},
                         {"http://user:SECRET@h/", "user name or password"},
                         {"http://SECRET%40@h/", "user name or password"},
                         {"http://2130706433/", "four decimals"},
                         {"http://0x7f.1/", "four decimals"},
                         {"http://127.1/", "four decimals"},
                         {"http://0177.0.0.1/", "four decimals"},
                         {"http://1.2.3.256/", "four decimals"},
                         {"http://h../", "empty label"},
                         {"http://.h/", "empty label"},
                         {"http://h./", "ends with a dot"},
                         {"http://" + label + "/", "label longer than 63 bytes"},
                         {"http://" + std::string(3000, 'a') + "/", "longer than 2048 bytes"},
                         {"http://a%41/", "character that names do not have"},
                         {"http://h\"/", "character that names do not have"},
                         {"http://[::1/", "brackets"},
                         {"http://[::1]]/", "brackets"},
                         {"http://[::1]80/", "brackets"},
                         {"http://[fe80::1%25eth0]/", "brackets"},
                         {"http://[127.0.0.1]/", "brackets"},
                         {"http://::1/", "IPv6 addresses in brackets"},
                         {"http://2001:db8::1/", "IPv6 addresses in brackets"},
                         {"http://h:80:80/", "IPv6 addresses in brackets"},
                         {"http://h:0/", "from 1 to 65535"},
                         {"http://h:65536/", "from 1 to 65535"},
                         {"http://h:+80/", "from 1 to 65535"},
                         {"http://h:080/", "from 1 to 65535"},
                         {"http://h:80SECRET/", "from 1 to 65535"},
                         {"http://h/" + std::string(65'536, 'a'), "longer than 64 KiB"},
                         {"http://h?" + std::string(65'536, 'a'), "longer than 64 KiB"}}) {
    BOOST_TEST_CONTEXT(row.url.substr(0, 80)) {
      const auto url = parse_url(row.url);
      BOOST_REQUIRE(!url.ok());
      const std::string& message = url.error().message;
      BOOST_TEST(message.find(row.complaint) != std::string::npos, message);
      BOOST_TEST(message.find("SECRET") == std::string::npos, message);
    }
  }
}

BOOST_AUTO_TEST_CASE(target_is_limited_to_64_kib) {
  BOOST_CHECK(refused("http://h/" + std::string(65535, 'a')) == ErrorCode::ok);
  BOOST_CHECK(refused("http://h/" + std::string(65536, 'a')) == ErrorCode::invalid_url);
}

BOOST_AUTO_TEST_CASE(ports_are_plain_numbers) {
  for (const std::string_view port :
       {"0", "65536", "+80", "-1", "080", "8080x", "80:80", "99999999999999999999", "0x50"}) {
    BOOST_TEST_CONTEXT(port) {
      BOOST_CHECK(refused("http://h:" + std::string(port) + "/") == ErrorCode::invalid_url);
    }
  }
  BOOST_CHECK_EQUAL(good("http://h:65535").port, 65535);
  BOOST_CHECK_EQUAL(good("http://h:1").port, 1);
}

BOOST_AUTO_TEST_CASE(userinfo_is_refused_without_being_repeated) {
  for (const std::string_view text :
       {"http://user:SECRET@h/", "http://SECRET@h", "http://@h/", "http://a@SECRET@h/", "https://h:443@SECRET/"}) {
    BOOST_CHECK(refused(text) == ErrorCode::invalid_url);
  }
  BOOST_CHECK_EQUAL(good("http://h/@a?b@c").target, "/@a?b@c");
}

BOOST_AUTO_TEST_CASE(bytes_that_split_requests_are_refused_everywhere) {
  for (const char c : {'\0', '\r', '\n', '\t', ' ', '\x01', '\x7F', '\\', '\x80', '\xFF'}) {
    const std::string byte(1, c);
    for (const std::string& text : {byte + "http://h/", "ht" + byte + "tp://h/", "http://h" + byte + "/",
                                    "http://h/a" + byte + "b", "http://h/?SECRET" + byte, "http://h/#" + byte}) {
      BOOST_CHECK(refused(text) == ErrorCode::invalid_url);
    }
  }
}

BOOST_AUTO_TEST_CASE(other_schemes_are_unsupported) {
  for (const std::string_view text : {"ftp://h/", "file:///etc/passwd", "gopher://h", "mailto:SECRET", "httpss://h"}) {
    BOOST_CHECK(refused(text) == ErrorCode::unsupported_scheme);
  }
}

BOOST_AUTO_TEST_CASE(texts_that_are_no_absolute_url_are_refused) {
  for (const std::string_view text : {"", "/", "//h/", "h", "h/path", "http", "http:", "http:/", "http:/h", "http://",
                                      "http:///x", "http://?x", "://h", "1http://h", "http://:80/"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK(refused(text) == ErrorCode::invalid_url);
    }
  }
}

BOOST_AUTO_TEST_CASE(redacted_text_hides_secret_query_values) {
  BOOST_CHECK_EQUAL(good("https://H/v1?key=SECRET&a=b").redacted(), "https://h/v1?key=REDACTED&a=b");
  BOOST_CHECK_EQUAL(good("http://h:8080/x?API_KEY=S;token=T#f").redacted(),
                    "http://h:8080/x?API_KEY=REDACTED;token=REDACTED");
  BOOST_CHECK_EQUAL(good("http://h/?X-Amz-Signature=S&x-amz-signature=kept").redacted(),
                    "http://h/?X-Amz-Signature=REDACTED&x-amz-signature=kept");
  BOOST_CHECK_EQUAL(good("http://h/?api%5Fkey=S").redacted(), "http://h/?api%5Fkey=REDACTED");
  BOOST_CHECK_EQUAL(good("http://h/?key&monkey=1&key=").redacted(), "http://h/?key&monkey=1&key=REDACTED");
  BOOST_CHECK_EQUAL(good("http://h/key=1").redacted(), "http://h/key=1");
}

BOOST_AUTO_TEST_SUITE_END()
