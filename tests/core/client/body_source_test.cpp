// Files and callbacks as sources of a body, without a call around them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "client/callback_body.hpp"
#include "client/file_body.hpp"
#include "core/client/chunked.hpp"
#include "core/client/test_reader.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

using Kind = BodySource::Piece::Kind;

// All pieces up to the last; the name of the error ends the text.
std::string drain(BodySource& source) {
  std::string all;
  for (;;) {
    const Result<BodySource::Piece> piece = source.next();
    if (!piece) {
      BOOST_TEST((piece.error().phase == Phase::send));
      BOOST_TEST(!piece.error().retryable);
      return all + "|" + std::string(describe(piece.error().code).name);
    }
    if (piece->kind == Kind::paused) return all + "|paused";
    BOOST_TEST(piece->bytes.size() <= kBodyPieceBytes + 32);
    BOOST_TEST((piece->last || !piece->bytes.empty()));
    all += piece->bytes;
    if (piece->last) return all;
  }
}

void check_refused(const std::string& path, int os_errno) {
  const Result<std::unique_ptr<FileBody>> file = FileBody::open(path);
  BOOST_REQUIRE(!file.ok());
  BOOST_TEST((file.error().code == ErrorCode::invalid_argument));
  BOOST_TEST((file.error().phase == Phase::validate));
  BOOST_TEST(file.error().os_errno == os_errno);
  BOOST_TEST(file.error().message.find('\n') == std::string::npos);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(body_sources)

BOOST_AUTO_TEST_CASE(file_is_given_whole_in_pieces_and_again_after_a_rewind) {
  const TempDir dir;
  for (const std::size_t size : {0U, 1U, 65'535U, 65'536U, 65'537U, 300'000U}) {
    const std::string text = text_of_size(size);
    const auto file = FileBody::open(dir.write("body", text));
    BOOST_REQUIRE(file.ok());
    BOOST_TEST((*file)->length().value() == size);
    BOOST_TEST(((*file)->rewindable() && !(*file)->paused()));
    for (int i = 0; i < 2; ++i) {
      BOOST_TEST((drain(**file) == text));
      BOOST_TEST((*file)->rewind().ok());
    }
  }
}

BOOST_AUTO_TEST_CASE(file_that_grows_gives_its_announced_length) {
  const TempDir dir;
  const std::string path = dir.write("body", "four");
  const auto file = FileBody::open(path);
  dir.write("body", "four and more");
  BOOST_TEST(drain(**file) == "four");
}

BOOST_AUTO_TEST_CASE(file_that_shrinks_is_an_error_and_no_short_body) {
  const TempDir dir;
  const std::string path = dir.write("body", std::string(100'000, 'a'));
  const auto file = FileBody::open(path);
  BOOST_TEST((*file)->next()->bytes.size() == kBodyPieceBytes);
  std::filesystem::resize_file(path, 70'000);
  BOOST_TEST((drain(**file) == std::string(70'000 - kBodyPieceBytes, 'a') + "|WRITE_FAILED"));
}

BOOST_AUTO_TEST_CASE(what_is_no_readable_regular_file_is_refused_at_once) {
  const TempDir dir;
  check_refused(dir.file("missing"), ENOENT);
  check_refused("", ENOENT);
  check_refused(dir.path().string(), 0);
  check_refused("/dev/null", 0);
  check_refused(dir.write("body", "x") + std::string("\0.txt", 5), 0);
  BOOST_REQUIRE(::mkfifo(dir.file("pipe").c_str(), 0600) == 0);
  check_refused(dir.file("pipe"), 0);
  if (::geteuid() == 0) return;  // root reads everything
  std::filesystem::permissions(dir.write("secret", "x"), std::filesystem::perms::none);
  check_refused(dir.file("secret"), EACCES);
}

BOOST_AUTO_TEST_CASE(open_file_is_closed_on_exec_and_at_the_end) {
  const TempDir dir;
  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(next);
  {
    const auto file = FileBody::open(dir.write("body", "x"));
    BOOST_TEST(::fcntl(next, F_GETFD) == FD_CLOEXEC);
  }
  BOOST_TEST(::fcntl(next, F_GETFD) == -1);
}

BOOST_AUTO_TEST_CASE(callback_of_known_length_is_not_asked_beyond_it) {
  for (const std::size_t size : {1U, 1'000U, 65'535U, 65'536U, 65'537U, 131'072U}) {
    for (const std::size_t piece : {1'000U, 65'536U}) {
      TextSource text(text_of_size(size), piece);
      CallbackBody body(size, text.reader());
      BOOST_TEST((drain(body) == text_of_size(size)));
      BOOST_TEST(text.reads <= static_cast<int>(size / std::min(piece, kBodyPieceBytes - 1)) + 1);
    }
  }
  TextSource nothing("", 1);
  CallbackBody body(0, nothing.reader());
  BOOST_TEST(drain(body).empty());
  BOOST_TEST(nothing.reads == 0);
}

BOOST_AUTO_TEST_CASE(callback_of_unknown_length_is_framed_in_chunks) {
  TextSource text("hello world", 5);
  CallbackBody body(std::nullopt, text.reader());
  BOOST_TEST(!body.length().has_value());
  BOOST_TEST(drain(body) == chunk("hello") + chunk(" worl") + chunk("d") + last_chunk);
  TextSource nothing("", 5);
  CallbackBody empty(std::nullopt, nothing.reader());
  BOOST_TEST(drain(empty) == last_chunk);
}

BOOST_AUTO_TEST_CASE(callback_that_ends_before_its_announced_length_is_an_error) {
  TextSource text("hello", 5);
  CallbackBody body(6, text.reader());
  BOOST_TEST(drain(body) == "hello|INVALID_ARGUMENT");
}

BOOST_AUTO_TEST_CASE(callback_that_goes_beyond_its_announced_length_is_an_error_before_the_extra_byte) {
  for (const std::size_t announced : {11U, 65'535U, 65'536U, 65'537U, 131'072U}) {
    // A callback that fills the buffer.
    TextSource text(text_of_size(announced + 1), announced == 11 ? 5 : kBodyPieceBytes);
    CallbackBody body(announced, text.reader());
    const std::string given = drain(body);
    BOOST_TEST((given.ends_with("|INVALID_ARGUMENT")));
    BOOST_TEST(given.size() - std::string("|INVALID_ARGUMENT").size() < announced);
  }
}

BOOST_AUTO_TEST_CASE(callback_that_claims_more_than_the_buffer_takes_is_an_error) {
  for (const bool known : {false, true}) {
    CallbackBody body(known ? std::optional<std::uint64_t>(1 << 30) : std::nullopt,
                      std::make_unique<TestReader>([](std::span<char> out, std::size_t& length) {
                        length = out.size() + 1;
                        return Flow::proceed;
                      }));
    BOOST_TEST(drain(body) == "|INVALID_ARGUMENT");
  }
}

BOOST_AUTO_TEST_CASE(callback_that_claims_bytes_it_has_not_written_sends_zeros) {
  CallbackBody body(std::nullopt, std::make_unique<TestReader>([](std::span<char>, std::size_t& length) {
                      length = 4;
                      return Flow::proceed;
                    }));
  BOOST_TEST((body.next()->bytes == chunk(std::string(4, '\0'))));
}

BOOST_AUTO_TEST_CASE(paused_callback_is_asked_again_only_after_the_resume) {
  int reads = 0;
  CallbackBody body(std::nullopt, std::make_unique<TestReader>([&](std::span<char>, std::size_t& length) {
                      length = 77;  // counts for nothing
                      return ++reads == 1 ? Flow::pause : Flow::abort;
                    }));
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST((body.next()->kind == Kind::paused));
    BOOST_TEST(body.paused());
    BOOST_TEST(reads == 1);
  }
  body.resume();
  BOOST_TEST(!body.paused());
  BOOST_TEST(drain(body) == "|CANCELLED");
}

BOOST_AUTO_TEST_CASE(resume_belongs_to_the_read_it_comes_in) {
  CallbackBody* self = nullptr;
  int reads = 0;
  CallbackBody body(std::nullopt, std::make_unique<TestReader>([&](std::span<char>, std::size_t& length) {
                      length = 1;
                      switch (++reads) {
                        case 1: self->resume(); return Flow::pause;
                        case 2: self->resume(); return Flow::proceed;
                        default: return Flow::pause;
                      }
                    }));
  self = &body;
  BOOST_TEST((body.next()->kind == Kind::paused));
  BOOST_TEST(!body.paused());  // undone before it began
  BOOST_TEST((body.next()->kind == Kind::bytes));
  BOOST_TEST((body.next()->kind == Kind::paused));
  BOOST_TEST(body.paused());
}

BOOST_AUTO_TEST_CASE(callback_is_rewound_only_when_it_has_given_something) {
  TextSource text("hello", 3);
  CallbackBody body(5, text.reader());
  BOOST_TEST(body.rewind().ok());
  BOOST_TEST(text.rewinds == 0);
  BOOST_TEST(body.next()->bytes == "hel");
  BOOST_TEST(body.rewind().ok());
  BOOST_TEST(text.rewinds == 1);
  BOOST_TEST(drain(body) == "hello");

  TextSource once("hello", 3);
  CallbackBody unwilling(5, once.reader(false));
  BOOST_TEST(unwilling.rewindable());
  BOOST_TEST(unwilling.next().ok());
  BOOST_TEST(!unwilling.rewindable());

  CallbackBody failing(5, std::make_unique<TestReader>(
                              [&](std::span<char>, std::size_t& length) {
                                length = 1;
                                return Flow::proceed;
                              },
                              [] { return false; }));
  BOOST_TEST(failing.next().ok());
  const Status rewound = failing.rewind();
  BOOST_REQUIRE(!rewound.ok());
  BOOST_TEST((rewound.error().code == ErrorCode::body_not_replayable));
}

BOOST_AUTO_TEST_CASE(rewind_ends_a_pause) {
  int reads = 0;
  CallbackBody body(std::nullopt, std::make_unique<TestReader>([&](std::span<char>, std::size_t&) {
                      ++reads;
                      return Flow::pause;
                    }));
  BOOST_TEST((body.next()->kind == Kind::paused));
  BOOST_TEST(body.rewind().ok());
  BOOST_TEST(!body.paused());
  BOOST_TEST((body.next()->kind == Kind::paused));
  BOOST_TEST(reads == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
