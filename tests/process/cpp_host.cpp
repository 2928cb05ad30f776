// A C++ program with ways of its own: callbacks that throw, and Poco's own TLS set to accept everything.
//
//   cpp_host throw WHERE URL     WHERE: headers, data, event, complete, destroy, log
//   cpp_host accept_all URL      a call over Poco with an accept-all handler, then one over the library
#include <Poco/Net/AcceptCertificateHandler.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>
#include <pepperpy/network.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "cpp_host: %s\n", what);
  std::_Exit(3);
}

// A request that keeps what it needs alive by itself.
ppn_request* make_request(const std::string& url) {
  ppn_config* config = nullptr;
  ppn_client* client = nullptr;
  ppn_request* request = nullptr;
  require(ppn_config_new(&config, nullptr) == PPN_OK, "config");
  require(ppn_client_new(config, &client, nullptr) == PPN_OK, "client");
  require(ppn_request_new(client, "GET", 3, url.data(), url.size(), &request, nullptr) == PPN_OK, "request");
  ppn_client_release(client);
  ppn_config_release(config);
  return request;
}

// The place that throws.
std::string where;

void perhaps_throw(const char* place) {
  if (where == place) throw std::runtime_error("thrown by a callback");
}

int32_t on_headers(void*, ppn_request*, ppn_response*) {
  perhaps_throw("headers");
  return PPN_CB_CONTINUE;
}
int32_t on_data(void*, ppn_request*, const uint8_t*, size_t) {
  perhaps_throw("data");
  return PPN_CB_CONTINUE;
}
int32_t on_event(void*, ppn_request*, const ppn_event*) {
  perhaps_throw("event");
  return PPN_CB_CONTINUE;
}
void on_complete(void*, ppn_request*, ppn_response*, const ppn_error*) {
  perhaps_throw("complete");
}
void on_destroy(void*) {
  perhaps_throw("destroy");
}
void on_log(void*, int32_t, const char*, size_t) {
  perhaps_throw("log");
}

int throw_somewhere(const std::string& url) {
  if (where == "log") {
    require(ppn_log_set_sink(PPN_LOG_DEBUG, on_log, nullptr, nullptr, nullptr) == PPN_OK, "log");
  }
  ppn_request* const request = make_request(url);
  require(ppn_request_set_callbacks(request, on_headers, where == "event" ? nullptr : on_data, on_complete, nullptr,
                                    on_destroy, nullptr) == PPN_OK,
          "callbacks");
  if (where == "event") require(ppn_request_set_event_callback(request, on_event, nullptr) == PPN_OK, "event");
  ppn_response* response = nullptr;
  try {
    ppn_request_send(request, &response, nullptr);
  } catch (...) {
    std::puts("the exception came through");
  }
  ppn_response_release(response);
  ppn_request_release(request);
  return 0;
}

int accept_all(const std::string& url) {
  using namespace Poco::Net;
  SSLManager::instance().initializeClient(
      nullptr, new AcceptCertificateHandler(false),
      new Context(Context::CLIENT_USE, "", "", "", Context::VERIFY_RELAXED, 9, true));
  const Poco::URI uri(url);
  HTTPSClientSession session(uri.getHost(), uri.getPort());
  HTTPRequest poco_request("GET", "/", HTTPMessage::HTTP_1_1);
  session.sendRequest(poco_request);
  HTTPResponse poco_response;
  std::string body;
  Poco::StreamCopier::copyToString(session.receiveResponse(poco_response), body);
  std::printf("Poco %s\n", body.c_str());

  ppn_response* response = nullptr;
  ppn_request* const request = make_request(url);
  const int32_t code = ppn_request_send(request, &response, nullptr);
  std::printf("library %s\n", ppn_code_name(code));
  ppn_request_release(request);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "throw") == 0) {
    where = argv[2];
    return throw_somewhere(argv[3]);
  }
  require(argc == 3 && std::strcmp(argv[1], "accept_all") == 0, "what?");
  return accept_all(argv[2]);
}
