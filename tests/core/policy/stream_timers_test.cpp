// The limits of time of a body, and the pace of its pieces, on a clock of the test (SEMANTICS 3.3).
#include <boost/test/unit_test.hpp>

#include "policy/stream_gaps.hpp"
#include "policy/stream_timers.hpp"

namespace ppn::test {
namespace {

constexpr Nanos ms(std::int64_t count) {
  return count * kMillisecond;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stream_timers)

BOOST_AUTO_TEST_CASE(no_limit_never_fires) {
  StreamTimers timers({}, ms(5), ms(5));
  BOOST_TEST(timers.deadline(ms(1'000'000)) == kNever);
  BOOST_TEST((timers.next(ms(1'000'000)) == StreamTimer::none));
}

BOOST_AUTO_TEST_CASE(byte_begins_the_silence_anew) {
  StreamTimers timers({.idle_ms = 100}, 0, 0);
  BOOST_TEST(timers.deadline(0) == ms(100));
  timers.bytes(ms(60), 1);
  BOOST_TEST(timers.deadline(ms(60)) == ms(160));
  BOOST_TEST((timers.next(ms(160)) == StreamTimer::idle));
  BOOST_TEST(timers.elapsed(StreamTimer::idle, ms(160)) == ms(100));
}

BOOST_AUTO_TEST_CASE(comments_feed_the_silence_and_not_the_time_between_events) {
  StreamTimers timers({.idle_ms = 100, .first_event_ms = 250, .event_idle_ms = 150}, 0, 0);
  timers.bytes(ms(90), 8);
  timers.bytes(ms(180), 8);
  BOOST_TEST(timers.deadline(ms(180)) == ms(250));
  BOOST_TEST((timers.next(ms(180)) == StreamTimer::first_event));
  timers.bytes(ms(200), 8);
  timers.event(ms(200));
  timers.bytes(ms(280), 8);  // a comment
  BOOST_TEST(timers.deadline(ms(280)) == ms(350));
  BOOST_TEST((timers.next(ms(280)) == StreamTimer::event_idle));
}

BOOST_AUTO_TEST_CASE(first_event_ends_its_timer_and_begins_the_other) {
  StreamTimers timers({.first_event_ms = 50}, 0, 0);
  timers.event(ms(40));
  BOOST_TEST(timers.deadline(ms(40)) == kNever);
  StreamTimers idle({.event_idle_ms = 50}, 0, 0);
  BOOST_TEST(idle.deadline(0) == kNever);
  idle.event(ms(10));
  BOOST_TEST(idle.deadline(ms(10)) == ms(60));
}

BOOST_AUTO_TEST_CASE(pause_moves_every_timer) {
  StreamTimers timers({.idle_ms = 10, .first_event_ms = 20, .ceiling_ms = 30, .rate_bytes = 1, .rate_window_ms = 40}, 0,
                      0);
  timers.skip(ms(1'000));
  BOOST_TEST(timers.deadline(ms(1'000)) == ms(1'010));
  timers.bytes(ms(1'015), 1);
  BOOST_TEST((timers.next(ms(1'015)) == StreamTimer::first_event));
  BOOST_TEST(timers.deadline(ms(1'015)) == ms(1'020));
  timers.event(ms(1'019));
  timers.bytes(ms(1'025), 1);
  BOOST_TEST((timers.next(ms(1'025)) == StreamTimer::ceiling));
  BOOST_TEST(timers.deadline(ms(1'025)) == ms(1'030));
  BOOST_TEST(timers.elapsed(StreamTimer::ceiling, ms(1'030)) == ms(30));
}

BOOST_AUTO_TEST_CASE(ceiling_is_not_moved_by_bytes) {
  StreamTimers timers({.idle_ms = 100, .ceiling_ms = 300}, 0, 0);
  for (Nanos now = 0; now <= ms(290); now += ms(10)) timers.bytes(now, 1'000);
  BOOST_TEST(timers.deadline(ms(290)) == ms(300));
  BOOST_TEST((timers.next(ms(290)) == StreamTimer::ceiling));
}

BOOST_AUTO_TEST_CASE(ceiling_runs_from_the_first_head_and_the_others_from_their_own) {
  StreamTimers timers({.first_event_ms = 250, .ceiling_ms = 300}, ms(200), 0);
  BOOST_TEST(timers.deadline(ms(200)) == ms(300));
  BOOST_TEST((timers.next(ms(200)) == StreamTimer::ceiling));
  timers.skip(ms(160));
  BOOST_TEST(timers.elapsed(StreamTimer::ceiling, ms(460)) == ms(300));
  BOOST_TEST(timers.elapsed(StreamTimer::first_event, ms(460)) == ms(100));
}

BOOST_AUTO_TEST_CASE(rate_is_judged_at_the_end_of_each_window) {
  StreamTimers timers({.rate_bytes = 100, .rate_window_ms = 1'000}, 0, 0);
  timers.bytes(ms(10), 99);
  BOOST_TEST(timers.deadline(ms(10)) == ms(1'000));
  timers.bytes(ms(900), 1);
  // This window can not fail any more; the next one can.
  BOOST_TEST(timers.deadline(ms(900)) == ms(2'000));
  timers.bytes(ms(1'500), 1);
  BOOST_TEST(timers.deadline(ms(1'500)) == ms(2'000));
  BOOST_TEST(timers.window_bytes() == 1U);
  BOOST_TEST((timers.next(ms(2'000)) == StreamTimer::rate));
  BOOST_TEST(timers.elapsed(StreamTimer::rate, ms(2'000)) == ms(1'000));
}

// Full, then silent: the window behind a full one fails at its own end, and it is named when it does.
BOOST_AUTO_TEST_CASE(silence_behind_a_full_window_is_too_slow) {
  StreamTimers timers({.rate_bytes = 100, .rate_window_ms = 1'000}, 0, 0);
  timers.bytes(ms(10), 100);
  BOOST_TEST(timers.deadline(ms(10)) == ms(2'000));
  BOOST_TEST((timers.next(ms(2'000)) == StreamTimer::rate));
  BOOST_TEST(timers.deadline(ms(2'003)) <= ms(2'003));
  BOOST_TEST(timers.window_bytes() == 0U);
  BOOST_TEST(timers.elapsed(StreamTimer::rate, ms(2'003)) == ms(1'003));
}

// A byte now and then does not begin the window anew.
BOOST_AUTO_TEST_CASE(bytes_count_for_the_window_in_which_they_come) {
  StreamTimers timers({.rate_bytes = 100, .rate_window_ms = 1'000}, 0, 0);
  timers.bytes(ms(10), 1'000);
  timers.bytes(ms(1'800), 60);
  BOOST_TEST(timers.deadline(ms(1'800)) == ms(2'000));
  BOOST_TEST(timers.window_bytes() == 60U);
  timers.bytes(ms(1'900), 40);
  BOOST_TEST(timers.deadline(ms(1'900)) == ms(3'000));
}

BOOST_AUTO_TEST_CASE(each_timer_names_its_option) {
  BOOST_TEST(option_of(StreamTimer::idle) == "stream_idle_timeout_ms");
  BOOST_TEST(option_of(StreamTimer::first_event) == "stream_first_event_timeout_ms");
  BOOST_TEST(option_of(StreamTimer::event_idle) == "stream_event_idle_timeout_ms");
  BOOST_TEST(option_of(StreamTimer::ceiling) == "stream_ceiling_ms");
  BOOST_TEST(option_of(StreamTimer::rate) == "min_rate_bytes");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(stream_gaps)

BOOST_AUTO_TEST_CASE(one_piece_has_no_gap) {
  StreamGaps gaps;
  BOOST_TEST(gaps.first() == -1);
  gaps.pieces(ms(7), 1);
  BOOST_TEST(gaps.count() == 1U);
  BOOST_TEST(gaps.first() == ms(7));
  BOOST_TEST(gaps.shortest() == -1);
  BOOST_TEST(gaps.mean() == -1);
  BOOST_TEST(gaps.longest() == -1);
}

BOOST_AUTO_TEST_CASE(pieces_of_one_read_have_nothing_between_them) {
  StreamGaps gaps;
  gaps.pieces(ms(10), 3);
  gaps.pieces(ms(40), 1);
  BOOST_TEST(gaps.count() == 4U);
  BOOST_TEST(gaps.shortest() == 0);
  BOOST_TEST(gaps.longest() == ms(30));
  BOOST_TEST(gaps.mean() == ms(10));
}

BOOST_AUTO_TEST_CASE(time_of_a_pause_does_not_count) {
  StreamGaps gaps;
  gaps.pieces(ms(10), 1);
  gaps.skip(ms(500));
  gaps.pieces(ms(530), 1);
  BOOST_TEST(gaps.longest() == ms(20));
  BOOST_TEST(gaps.first() == ms(10));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
