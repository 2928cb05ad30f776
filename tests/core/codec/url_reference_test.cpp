// References against a base: the examples of RFC 3986 5.4, and what servers write into Location.
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "codec/url.hpp"

namespace ppn {
namespace {

std::string resolved(std::string_view base, std::string_view reference) {
  const Result<Url> url = resolve_url(*parse_url(base), reference);
  return url ? url->text() : std::string(describe(url.error().code).name);
}

using Rows = std::vector<std::pair<const char*, const char*>>;

void check(const char* base, const Rows& rows) {
  for (const auto& [reference, expected] : rows) BOOST_TEST(resolved(base, reference) == expected, reference);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(url_reference)

BOOST_AUTO_TEST_CASE(examples_of_the_rfc_resolve_as_it_says) {
  // 5.4.1, without the fragments, which no request has.
  check("http://a/b/c/d;p?q", {{"g:h", "UNSUPPORTED_SCHEME"}, {"g", "http://a/b/c/g"},
                               {"./g", "http://a/b/c/g"},     {"g/", "http://a/b/c/g/"},
                               {"/g", "http://a/g"},          {"//g", "http://g/"},
                               {"?y", "http://a/b/c/d;p?y"},  {"g?y", "http://a/b/c/g?y"},
                               {"#s", "http://a/b/c/d;p?q"},  {"g#s", "http://a/b/c/g"},
                               {"g?y#s", "http://a/b/c/g?y"}, {";x", "http://a/b/c/;x"},
                               {"g;x", "http://a/b/c/g;x"},   {"g;x?y#s", "http://a/b/c/g;x?y"},
                               {"", "http://a/b/c/d;p?q"},    {".", "http://a/b/c/"},
                               {"./", "http://a/b/c/"},       {"..", "http://a/b/"},
                               {"../", "http://a/b/"},        {"../g", "http://a/b/g"},
                               {"../..", "http://a/"},        {"../../", "http://a/"},
                               {"../../g", "http://a/g"}});
  // 5.4.2
  check("http://a/b/c/d;p?q", {{"../../../g", "http://a/g"},
                               {"../../../../g", "http://a/g"},
                               {"/./g", "http://a/g"},
                               {"/../g", "http://a/g"},
                               {"g.", "http://a/b/c/g."},
                               {".g", "http://a/b/c/.g"},
                               {"g..", "http://a/b/c/g.."},
                               {"..g", "http://a/b/c/..g"},
                               {"./../g", "http://a/b/g"},
                               {"./g/.", "http://a/b/c/g/"},
                               {"g/./h", "http://a/b/c/g/h"},
                               {"g/../h", "http://a/b/c/h"},
                               {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
                               {"g;x=1/../y", "http://a/b/c/y"},
                               {"g?y/./x", "http://a/b/c/g?y/./x"},
                               {"g?y/../x", "http://a/b/c/g?y/../x"},
                               {"g#s/./x", "http://a/b/c/g"},
                               {"g#s/../x", "http://a/b/c/g"},
                               {"http:g", "INVALID_URL"}});  // strict: no path without an authority
}

BOOST_AUTO_TEST_CASE(scheme_host_and_port_come_from_the_reference_when_it_has_them) {
  check("https://a.example:8443/x?y", {{"/z", "https://a.example:8443/z"},
                                       {"//b.example/z", "https://b.example/z"},
                                       {"//b.example:99", "https://b.example:99/"},
                                       {"http://b.example", "http://b.example/"},
                                       {"HTTP://B.Example/Q", "http://b.example/Q"},
                                       {"https://a.example:443/", "https://a.example/"},
                                       {"http://b.example?q", "http://b.example/?q"},
                                       {"http://b.example/a/../c", "http://b.example/c"},
                                       {"http://b.example//a", "http://b.example//a"},
                                       {"http://b.example/?u=http://c/../d", "http://b.example/?u=http://c/../d"},
                                       {"z?u=//c", "https://a.example:8443/z?u=//c"},
                                       {"wss://b.example/", "wss://b.example/"}});
  check("http://[::1]:81/", {{"x", "http://[::1]:81/x"}});
}

BOOST_AUTO_TEST_CASE(spaces_and_utf_8_are_encoded_in_path_and_query_only) {
  check("http://a/b", {{"caf\xC3\xA9 x?q=\xE2\x82\xAC y", "http://a/caf%C3%A9%20x?q=%E2%82%AC%20y"},
                       {"http://b/\xFF", "http://b/%FF"},
                       {"%zz%20", "http://a/%zz%20"},
                       {"http://b\xC3\xA9/", "INVALID_URL"},
                       {"http://b c/", "INVALID_URL"}});
}

BOOST_AUTO_TEST_CASE(what_two_readers_could_read_differently_is_refused) {
  check("https://a/b", {{"\\\\evil.example/", "INVALID_URL"},
                        {"/\\evil.example/", "INVALID_URL"},
                        {"https:/evil.example/", "INVALID_URL"},
                        {"https:evil.example", "INVALID_URL"},
                        {"https://", "INVALID_URL"},
                        {"https:///x", "INVALID_URL"},
                        {"//", "INVALID_URL"},
                        {"https://user@evil.example/", "INVALID_URL"},
                        {"https://a@evil.example:1/", "INVALID_URL"},
                        {"https://evil.example:0/", "INVALID_URL"},
                        {"http://127.1/", "INVALID_URL"},
                        {"x\ty", "INVALID_URL"},
                        {"x\ry", "INVALID_URL"},
                        {"javascript:alert(1)", "UNSUPPORTED_SCHEME"},
                        {"file:///etc/passwd", "UNSUPPORTED_SCHEME"},
                        {"ftp://b/", "UNSUPPORTED_SCHEME"}});
}

BOOST_AUTO_TEST_CASE(long_references_take_linear_time_and_have_a_limit) {
  std::string dots;
  for (int i = 0; i < 10'000; ++i) dots += "a/../";
  BOOST_TEST(resolved("http://a/b", dots) == "http://a/");
  std::string up;
  for (int i = 0; i < 16'000; ++i) up += "../";
  BOOST_TEST(resolved("http://a/b/c", up + "d") == "http://a/d");
  BOOST_TEST(resolved("http://a/b", std::string(70'000, 'x')) == "INVALID_URL");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
