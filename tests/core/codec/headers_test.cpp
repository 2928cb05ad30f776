#include "codec/headers.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ppn;

std::string dump(const HeaderList& list) {
  std::string out;
  for (const HeaderField field : list) out.append(field.name).append("=").append(field.value).append(";");
  return out;
}

ErrorCode verdict(std::string_view name, std::string_view value) {
  const Status status = validate_header(name, value);
  if (status) return ErrorCode::ok;
  BOOST_CHECK(status.error().phase == Phase::validate);
  BOOST_CHECK(status.error().message.find("SECRET") == std::string::npos);
  return status.error().code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(headers)

BOOST_AUTO_TEST_CASE(fields_keep_order_spelling_and_duplicates) {
  HeaderList list;
  list.add("Set-Cookie", "a=1");
  list.add("X-A", "");
  list.add("set-cookie", "b=2");
  BOOST_CHECK_EQUAL(dump(list), "Set-Cookie=a=1;X-A=;set-cookie=b=2;");
  BOOST_CHECK_EQUAL(list.size(), 3U);
  BOOST_CHECK_EQUAL(list.find("SET-COOKIE").value(), "a=1");
  BOOST_CHECK(list.contains("x-a"));
  BOOST_CHECK(!list.find("x-b").has_value());
}

BOOST_AUTO_TEST_CASE(set_replaces_all_in_the_place_of_the_first) {
  HeaderList list;
  list.add("A", "1");
  list.add("B", "2");
  list.add("a", "3");
  list.add("C", "4");
  list.set("A", "new");
  BOOST_CHECK_EQUAL(dump(list), "A=new;B=2;C=4;");
  list.set("D", "5");
  BOOST_CHECK_EQUAL(dump(list), "A=new;B=2;C=4;D=5;");
}

BOOST_AUTO_TEST_CASE(remove_tells_how_many_there_were) {
  HeaderList list;
  list.add("A", "1");
  list.add("B", "2");
  list.add("a", "3");
  BOOST_CHECK_EQUAL(list.remove("A"), 2U);
  BOOST_CHECK_EQUAL(list.remove("A"), 0U);
  BOOST_CHECK_EQUAL(dump(list), "B=2;");
  list.clear();
  BOOST_CHECK(list.empty());
}

BOOST_AUTO_TEST_CASE(pieces_of_the_list_itself_can_be_added) {
  HeaderList list;
  list.add("Name", std::string(100, 'v'));
  for (int i = 0; i < 20; ++i) list.add(list[0].name, list[0].value);
  list.set(list[3].name, list[5].value);
  BOOST_CHECK_EQUAL(dump(list), "Name=" + std::string(100, 'v') + ";");
}

BOOST_AUTO_TEST_CASE(setting_again_and_again_stays_correct_while_memory_is_reclaimed) {
  HeaderList list;
  list.add("Keep", "kept");
  for (int i = 0; i < 1000; ++i) list.set("X", std::string(100, static_cast<char>('a' + i % 26)));
  BOOST_CHECK_EQUAL(dump(list), "Keep=kept;X=" + std::string(100, 'l') + ";");
}

BOOST_AUTO_TEST_CASE(tokens_are_what_the_grammar_says) {
  BOOST_CHECK(is_token("X!#$%&'*+-.^_`|~9aZ"));
  for (const std::string_view text :
       {"", "a b", "a:", "a\t", "(", "a/b", "a@", "\"", "a\x7F", "\xE9", "{", ",", ";", "="}) {
    BOOST_CHECK(!is_token(text));
  }
  BOOST_CHECK(!is_token(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(values_may_hold_anything_but_controls) {
  for (const std::string_view value :
       {"", "a", "a b", "a\tb", "caf\xE9", "\xFF\x80", "\"x\"", "a long value of more words"}) {
    BOOST_CHECK(is_header_value(value));
  }
  for (const std::string_view value :
       {" a", "a ", "\ta", "a\t", " ", "a\rb", "a\nb", "a\r\nb",
        "a\x7F"
        "b",
        "a\x01"
        "b",
        "a value with a late \x0B byte", "0123456\n", "01234567\n", "a\tb\tc\td\te\tf\n"}) {
    BOOST_CHECK(!is_header_value(value));
  }
  BOOST_CHECK(!is_header_value(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(every_byte_at_every_place_of_a_value_is_judged_alike) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    for (std::size_t place = 1; place < 18; ++place) {
      std::string value(19, 'x');
      value[place] = static_cast<char>(byte);
      BOOST_REQUIRE_EQUAL(is_header_value(value), allowed);
    }
  }
}

BOOST_AUTO_TEST_CASE(injection_is_refused_and_not_repeated) {
  for (const std::string_view value : {"SECRET\r\nX: y", "SECRET\n", " SECRET", "SECRET\x7F"}) {
    BOOST_CHECK(verdict("X-A", value) == ErrorCode::invalid_header);
  }
  for (const std::string_view name : {"", "SECRET\r\nX", "SECRET X", "SECRET:", "SECRET\x7F"}) {
    BOOST_CHECK(verdict(name, "v") == ErrorCode::invalid_header);
  }
  BOOST_CHECK(verdict("X-A", std::string_view("SECRET\0", 7)) == ErrorCode::invalid_header);
  BOOST_CHECK(verdict(std::string_view("SECRET\0", 7), "v") == ErrorCode::invalid_header);
  BOOST_CHECK(validate_header("X-Bad", "\n").error().message.find("X-Bad") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(headers_of_the_engine_cannot_be_given) {
  for (const std::string_view name : {"host", "Content-Length", "TRANSFER-ENCODING", "Connection", "Keep-Alive",
                                      "Proxy-Connection", "Upgrade", "TE", "Trailer", "Expect"}) {
    BOOST_CHECK(verdict(name, "1") == ErrorCode::invalid_header);
  }
  for (const std::string_view name :
       {"Authorization", "Content-Type", "Accept", "Cookie", "Content_Length", "User-Agent"}) {
    BOOST_CHECK(verdict(name, "1") == ErrorCode::ok);
  }
}

BOOST_AUTO_TEST_CASE(names_and_values_have_limits) {
  BOOST_CHECK(verdict(std::string(1024, 'n'), "") == ErrorCode::ok);
  BOOST_CHECK(verdict(std::string(1025, 'n'), "") == ErrorCode::invalid_header);
  BOOST_CHECK(verdict("X", std::string(1U << 20, 'v')) == ErrorCode::ok);
  BOOST_CHECK(verdict("X", std::string((1U << 20) + 1, 'v')) == ErrorCode::invalid_header);
}

BOOST_AUTO_TEST_CASE(list_elements_are_found_in_all_fields) {
  HeaderList list;
  list.add("Connection", "foo ,\tClose");
  list.add("connection", "bar");
  list.add("Other", "upgrade");
  BOOST_CHECK(header_has_token(list, "Connection", "close"));
  BOOST_CHECK(header_has_token(list, "Connection", "BAR"));
  BOOST_CHECK(!header_has_token(list, "Connection", "clos"));
  BOOST_CHECK(!header_has_token(list, "Connection", "upgrade"));
}

BOOST_AUTO_TEST_CASE(merged_fields_replace_those_of_their_names) {
  HeaderList list;
  list.add("A", "1");
  list.add("b", "2");
  list.add("a", "3");
  list.add("C", "4");
  HeaderList other;
  other.add("B", "5");
  other.add("a", "6");
  other.add("A", "7");
  list.merge(other);
  BOOST_CHECK_EQUAL(dump(list), "C=4;B=5;a=6;A=7;");
  list.merge(HeaderList());
  BOOST_CHECK_EQUAL(dump(list), "C=4;B=5;a=6;A=7;");
  list.merge(list);
  BOOST_CHECK_EQUAL(dump(list), "C=4;B=5;a=6;A=7;");
}

BOOST_AUTO_TEST_CASE(field_of_the_engine_is_a_valid_field) {
  BOOST_CHECK(validate_field("Content-Length", "1").ok());
  BOOST_CHECK(!validate_field("Content-Length", "1\r\n").ok());
  BOOST_CHECK(!validate_field("Content Length", "1").ok());
}

BOOST_AUTO_TEST_SUITE_END()
