#include "io/redis_place.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ppn::test {
namespace {

RedisPlace parsed(std::string_view url) {
  auto place = RedisPlace::parse(url);
  BOOST_REQUIRE_MESSAGE(place.ok(), url);
  return *place;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_place)

BOOST_AUTO_TEST_CASE(every_part_of_a_url_is_read) {
  const RedisPlace all = parsed("redis://us%65r:p%40ss%2Fw@redis.example.com:7000/12");
  BOOST_TEST(all.host == "redis.example.com");
  BOOST_TEST(all.port == 7000);
  BOOST_TEST(all.user == "user");
  BOOST_TEST(all.password.view() == "p@ss/w");
  BOOST_TEST(all.database == 12);
  BOOST_TEST(all.to_text() == "redis.example.com:7000");
}

BOOST_AUTO_TEST_CASE(parts_may_be_left_out) {
  const RedisPlace bare = parsed("redis://localhost");
  BOOST_TEST(bare.port == 6379);
  BOOST_TEST(bare.database == 0);
  BOOST_TEST(bare.password.empty());
  BOOST_TEST(parsed("redis://localhost/").database == 0);
  const RedisPlace secret = parsed("redis://:a:b@c@127.0.0.1:1");
  BOOST_TEST(secret.user.empty());
  BOOST_TEST(secret.password.view() == "a:b@c");
  const RedisPlace v6 = parsed("redis://[::1]:6380/1");
  BOOST_TEST(v6.host == "::1");
  BOOST_TEST(v6.to_text() == "[::1]:6380");
}

BOOST_AUTO_TEST_CASE(unix_socket_has_an_absolute_path) {
  const RedisPlace place = parsed("unix:///run/redis%20one.sock");
  BOOST_TEST(place.host.empty());
  BOOST_TEST(place.path == "/run/redis one.sock");
  BOOST_TEST(place.to_text() == "/run/redis one.sock");
  BOOST_TEST(RedisPlace::parse("unix:///" + std::string(106, 'a')).ok());
  BOOST_TEST(!RedisPlace::parse("unix:///" + std::string(107, 'a')).ok());
}

BOOST_AUTO_TEST_CASE(anything_else_is_a_config_error_that_repeats_nothing) {
  for (const std::string url : {"",
                                "redis",
                                "redis:",
                                "redis:/",
                                "redis://",
                                "REDIS://h",
                                "http://topsecret@h",
                                "rediss://:topsecret@h",
                                "redis://topsecret@h",
                                "redis://:@h",
                                "redis://u:@h",
                                "redis://:topsecret@",
                                "redis://:topsecret@:1",
                                "redis://:topsecret@h:",
                                "redis://:topsecret@h:0",
                                "redis://:topsecret@h:65536",
                                "redis://:topsecret@h:-1",
                                "redis://:topsecret@h:+1",
                                "redis://:topsecret@h:1x",
                                "redis://:topsecret@h:1/x",
                                "redis://:topsecret@h/-1",
                                "redis://:topsecret@h/65536",
                                "redis://:topsecret@h/1/2",
                                "redis://:topsecret@h/99999999999999999999",
                                "redis://:topsecret@h?db=1",
                                "redis://:topsecret@h#f",
                                "redis://:topsecret%@h",
                                "redis://:topsecret%4@h",
                                "redis://:topsecret%zz@h",
                                "redis://:topsecret%00@h",
                                "redis://:topsecret@h h",
                                "redis://:topsecret@h\r\n",
                                "redis://:topsecret@h\xC3\xA4",
                                "redis://:topsecret/@h",
                                "redis://:topsecret@[::1",
                                "redis://:topsecret@[]",
                                "redis://:topsecret@[1.2.3.4]",
                                "redis://:topsecret@[::1]x",
                                "redis://:topsecret@[::1]:",
                                "redis://:topsecret@a,b",
                                "unix://",
                                "unix:///",
                                "unix://topsecret",
                                "unix://topsecret/x",
                                "unix:///x?db=1",
                                "unix:///%00",
                                "unix:///%"}) {
    const auto place = RedisPlace::parse(url);
    BOOST_TEST_CONTEXT(url) {
      BOOST_REQUIRE(!place.ok());
      BOOST_TEST((place.error().code == ErrorCode::config_error));
      BOOST_TEST(place.error().message.find("topsecret") == std::string::npos);
      BOOST_TEST(!place.error().message.empty());
    }
  }
  BOOST_TEST(!RedisPlace::parse("redis://" + std::string(254, 'a')).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
