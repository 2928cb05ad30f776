// Bodies from files and callbacks, in the three forms of a call.
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/request_reader.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

using namespace ppn::test;

namespace {

// A body callback of a test. Functions run on the I/O thread.
struct Body {
  std::function<int32_t(ppn_request*, uint8_t*, size_t, size_t*)> read;
  std::function<int32_t(ppn_request*)> rewind = {};
  std::atomic<int> reads{0};
  std::atomic<int> rewinds{0};
  std::atomic<int> destroyed{0};

  explicit Body(decltype(read) function) : read(std::move(function)) {}

  int32_t install(ppn_request* request, int64_t length = -1, bool rewindable = false) {
    return ppn_request_set_body_callback(request, length, on_read, rewindable ? on_rewind : nullptr, this, on_destroy,
                                         nullptr);
  }

  static int32_t on_read(void* user, ppn_request* request, uint8_t* buffer, size_t capacity, size_t* out_length) {
    Body& self = *static_cast<Body*>(user);
    ++self.reads;
    return self.read(request, buffer, capacity, out_length);
  }
  static int32_t on_rewind(void* user, ppn_request* request) {
    Body& self = *static_cast<Body*>(user);
    ++self.rewinds;
    return self.rewind ? self.rewind(request) : 0;
  }
  static void on_destroy(void* user) { ++static_cast<Body*>(user)->destroyed; }
};

// Gives `text` a byte at a time, and from its beginning after a rewind.
struct TextBody : Body {
  explicit TextBody(std::string text)
      : Body([this, text](ppn_request*, uint8_t* buffer, size_t capacity, size_t* out_length) -> int32_t {
          if (*out_length != 0 || capacity == 0 || capacity > 65'536) odd_arguments = true;
          if (at == text.size()) return PPN_CB_CONTINUE;
          buffer[0] = static_cast<uint8_t>(text[at++]);
          *out_length = 1;
          return PPN_CB_CONTINUE;
        }) {
    rewind = [this](ppn_request*) {
      at = 0;
      return 0;
    };
  }
  size_t at = 0;
  std::atomic<bool> odd_arguments{false};
};

int32_t send(const Request& request, Response& response, ErrorHandle& error) {
  return ppn_request_send(request.get(), response.out(), error.out());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(request_body, NoLeak)

BOOST_AUTO_TEST_CASE(file_is_sent_with_its_length) {
  const TempDir dir;
  const std::string text(200'000, 'f');
  const std::string path = dir.write("body", text);
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
  const Client client = make_client();
  const Request request = make_request(client, "PUT", server.url());
  BOOST_REQUIRE_EQUAL(ppn_request_set_body_file(request.get(), path.c_str(), PPN_AUTO_LENGTH, nullptr), PPN_OK);
  Response response;
  ErrorHandle error;
  BOOST_TEST(send(request, response, error) == PPN_OK);
  const std::string sent = server.requests().at(0);
  BOOST_TEST(header_value(sent, "Content-Length").value() == "200000");
  BOOST_TEST((sent.substr(*head_size(sent)) == text));
}

BOOST_AUTO_TEST_CASE(callback_is_sent_in_every_form_of_a_call) {
  for (const int64_t length : {-1, 5}) {
    Script three_times;
    for (int i = 0; i < 3; ++i) three_times.expect_request().send(http_ok("ok"));
    const ScriptedServer server({three_times});
    const std::string wanted = length < 0 ? "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n" : "hello";
    const Client client = make_client();
    for (const std::string form : {"send", "start", "stream"}) {
      TextBody body("hello");
      Recorder recorder;
      Request request = make_request(client, "POST", server.url());
      BOOST_REQUIRE_EQUAL(body.install(request.get(), length), PPN_OK);
      if (form == "send") {
        Response response;
        BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
        BOOST_TEST(body.destroyed == 1);  // nothing of it is touched after the return
      } else if (form == "start") {
        std::atomic<int> destroyed_before{0};
        recorder.in_complete = [&](auto...) { destroyed_before = body.destroyed.load(); };
        BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
        BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
        request.reset();
        BOOST_TEST(recorder.wait_for_end().code == PPN_OK);
        BOOST_TEST(destroyed_before == 1);
      } else {
        // The handle that the callback gets is alive although nobody else holds one.
        std::atomic<int32_t> code{-1};
        body.read = [&, inner = body.read](ppn_request* handle, uint8_t* buffer, size_t capacity, size_t* out_length) {
          code = ppn_request_resume(handle);
          return inner(handle, buffer, capacity, out_length);
        };
        Stream stream;
        Response response;
        BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_CHUNKS, stream.out(), nullptr), PPN_OK);
        request.reset();
        BOOST_TEST(ppn_stream_response(stream.get(), -1, response.out(), nullptr) == PPN_OK);
        const ppn_event* piece = nullptr;
        while (ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_OK) continue;
        BOOST_TEST(code == PPN_OK);
        BOOST_TEST(body.destroyed == 1);
      }
      BOOST_TEST(body.reads == (length < 0 ? 6 : 5));
      BOOST_TEST(!body.odd_arguments);
      const std::string sent = server.requests().back();
      BOOST_TEST(sent.substr(*head_size(sent)) == wanted);
    }
  }
}

BOOST_AUTO_TEST_CASE(callback_is_not_called_inside_the_start) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
  const Client client = make_client();
  const Request request = make_request(client, "POST", server.url());
  Recorder recorder;
  std::atomic<std::thread::id> thread;
  Body body([&](auto...) {
    thread = std::this_thread::get_id();
    return PPN_CB_CONTINUE;
  });
  BOOST_REQUIRE_EQUAL(body.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  recorder.wait_for_end();
  BOOST_TEST((thread.load() != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(nonsense_of_a_callback_ends_the_request_by_name) {
  struct Row {
    int64_t length;
    int32_t answer;
    size_t size;
    int32_t code;
  };
  for (const Row& row :
       {Row{-1, PPN_CB_ABORT, 0, PPN_E_CANCELLED}, Row{-1, 3, 1, PPN_E_CANCELLED}, Row{-1, -1, 1, PPN_E_CANCELLED},
        Row{-1, INT32_MAX, 1, PPN_E_CANCELLED}, Row{-1, PPN_CB_CONTINUE, 65'537, PPN_E_INVALID_ARGUMENT},
        Row{-1, PPN_CB_CONTINUE, SIZE_MAX, PPN_E_INVALID_ARGUMENT}, Row{5, PPN_CB_CONTINUE, 6, PPN_E_INVALID_ARGUMENT},
        Row{5, PPN_CB_CONTINUE, 0, PPN_E_INVALID_ARGUMENT}}) {
    const ScriptedServer server({Script{}.expect_bytes(1)});
    const Client client = make_client();
    const Request request = make_request(client, "POST", server.url());
    Body body([&](ppn_request*, uint8_t*, size_t, size_t* out_length) {
      *out_length = row.size;
      return row.answer;
    });
    BOOST_REQUIRE_EQUAL(body.install(request.get(), row.length), PPN_OK);
    Response response;
    ErrorHandle error;
    BOOST_TEST(send(request, response, error) == row.code);
    BOOST_TEST((response.get() == nullptr));
    BOOST_TEST(ppn_error_sent(error.get()) == PPN_SENT_NONE);
    BOOST_TEST(!ppn_error_is_retryable(error.get()));
    BOOST_TEST(body.reads == 1);
    BOOST_TEST(body.destroyed == 1);
  }
}

BOOST_AUTO_TEST_CASE(paused_body_goes_on_after_a_resume_of_another_thread) {
  const ScriptedServer server({Script{}.expect_head().mark("head").expect_bytes(11).send(http_ok("ok"))});
  const Client client = make_client();
  const Request request = make_request(client, "POST", server.url());
  Recorder recorder;
  std::atomic<bool> ready{false};
  Body body([&](ppn_request*, uint8_t* buffer, size_t, size_t* out_length) -> int32_t {
    if (!ready.exchange(false)) return PPN_CB_PAUSE;
    std::memcpy(buffer, "hello world", 11);
    *out_length = 11;
    return PPN_CB_CONTINUE;
  });
  BOOST_REQUIRE_EQUAL(body.install(request.get(), 11), PPN_OK);
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  BOOST_REQUIRE(server.wait_for_mark("head"));
  ready = true;
  BOOST_TEST(ppn_request_resume(request.get()) == PPN_OK);
  BOOST_TEST(recorder.wait_for_end().code == PPN_OK);
  BOOST_TEST(body.reads == 2);
}

BOOST_AUTO_TEST_CASE(cancel_inside_the_callback_ends_the_request_before_its_piece_is_sent) {
  const ScriptedServer server({Script{}.expect_bytes(1)});
  const Client client = make_client();
  const Request request = make_request(client, "POST", server.url());
  Body body([&](ppn_request* handle, uint8_t*, size_t, size_t* out_length) -> int32_t {
    *out_length = 1;
    ppn_request_cancel(handle);
    return PPN_CB_CONTINUE;
  });
  BOOST_REQUIRE_EQUAL(body.install(request.get()), PPN_OK);
  Response response;
  ErrorHandle error;
  BOOST_TEST(send(request, response, error) == PPN_E_CANCELLED);
  BOOST_TEST(ppn_error_sent(error.get()) == PPN_SENT_NONE);
}

BOOST_AUTO_TEST_CASE(request_on_a_closing_connection_is_sent_again_only_when_the_body_can_be_rewound) {
  struct Row {
    bool rewindable;
    int32_t answer;
    int32_t code;
  };
  for (const Row& row : {Row{true, 0, PPN_OK}, Row{true, 1, PPN_E_BODY_NOT_REPLAYABLE},
                         Row{true, -1, PPN_E_BODY_NOT_REPLAYABLE}, Row{false, 0, PPN_E_CONNECTION_CLOSED}}) {
    const ScriptedServer server({Script{}.expect_request().send(http_ok("first")).expect_request().close(),
                                 Script{}.expect_request().send(http_ok("again"))});
    const Client client = make_client();
    Response response;
    ErrorHandle error;
    const Request first = make_request(client, "GET", server.url());
    BOOST_REQUIRE_EQUAL(send(first, response, error), PPN_OK);
    TextBody body("hello");
    if (row.answer != 0) body.rewind = [&](ppn_request*) { return row.answer; };
    const Request second = make_request(client, "PUT", server.url());
    BOOST_REQUIRE_EQUAL(body.install(second.get(), -1, row.rewindable), PPN_OK);
    BOOST_TEST(send(second, response, error) == row.code);
    BOOST_TEST(body.rewinds == (row.rewindable ? 1 : 0));
    BOOST_TEST(body.destroyed == 1);
    if (row.code == PPN_OK) {
      BOOST_TEST(body_of(response.get()) == "again");
    } else {
      BOOST_TEST(ppn_error_sent(error.get()) == PPN_SENT_FULL);
      BOOST_TEST(server.connections() == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(user_data_of_a_body_ends_once_on_every_way) {
  const Client client = make_client(R"({"max_retries": 0})");
  {
    Body never([](auto...) { return PPN_CB_ABORT; });
    Request request = make_request(client, "POST", "http://127.0.0.1:9/");
    BOOST_REQUIRE_EQUAL(never.install(request.get()), PPN_OK);
    BOOST_TEST(never.destroyed == 0);
    request.reset();
    BOOST_TEST(never.destroyed == 1);
  }
  {
    Body replaced([](auto...) { return PPN_CB_ABORT; });
    Body kept([](auto...) { return PPN_CB_ABORT; });
    Request request = make_request(client, "POST", "http://127.0.0.1:9/");
    BOOST_REQUIRE_EQUAL(replaced.install(request.get()), PPN_OK);
    BOOST_TEST(ppn_request_set_body_file(request.get(), "/nowhere", PPN_AUTO_LENGTH, nullptr) ==
               PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(replaced.destroyed == 0);
    BOOST_REQUIRE_EQUAL(kept.install(request.get()), PPN_OK);
    BOOST_TEST(replaced.destroyed == 1);
    BOOST_REQUIRE_EQUAL(ppn_request_set_json(request.get(), "{}", 2, nullptr), PPN_OK);
    BOOST_TEST(kept.destroyed == 1);
  }
  {
    Body refused([](auto...) { return PPN_CB_ABORT; });
    const Request request = make_request(client, "POST", "http://127.0.0.1:9/");
    BOOST_REQUIRE_EQUAL(refused.install(request.get()), PPN_OK);
    BOOST_TEST(ppn_request_cancel(request.get()) == PPN_OK);
    BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_E_INVALID_STATE);
    BOOST_TEST(refused.destroyed == 1);
    BOOST_TEST(refused.install(request.get()) == PPN_E_INVALID_STATE);
    BOOST_TEST(refused.destroyed == 1);
  }
  {
    // Nobody listens: the body is never asked for.
    std::string url;
    { url = ScriptedServer({}).url(); }
    Body unread([](auto...) { return PPN_CB_ABORT; });
    const Request request = make_request(client, "POST", url);
    BOOST_REQUIRE_EQUAL(unread.install(request.get()), PPN_OK);
    Response response;
    ErrorHandle error;
    BOOST_TEST(send(request, response, error) == PPN_E_CONNECT_FAILED);
    BOOST_TEST(unread.reads == 0);
    BOOST_TEST(unread.destroyed == 1);
  }
}

BOOST_AUTO_TEST_CASE(callbacks_of_a_request_never_overlap_its_body_callback) {
  // The server answers while the upload is under way.
  const ScriptedServer server({Script{}.expect_head().send(http_ok("early")).hold()});
  const Client client = make_client();
  const Request request = make_request(client, "POST", server.url());
  Recorder recorder;
  std::atomic<bool> answered{false};
  std::atomic<bool> read_after_the_answer{false};
  Body body([&](ppn_request*, uint8_t*, size_t capacity, size_t* out_length) -> int32_t {
    if (answered) read_after_the_answer = true;
    *out_length = capacity;
    return PPN_CB_CONTINUE;
  });
  recorder.in_headers = [&](auto...) {
    answered = true;
    return PPN_CB_CONTINUE;
  };
  BOOST_REQUIRE_EQUAL(body.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_TEST(seen.body == "early");
  BOOST_TEST(!read_after_the_answer);
}

BOOST_AUTO_TEST_SUITE_END()
