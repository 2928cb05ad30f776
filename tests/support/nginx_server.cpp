#include "support/nginx_server.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <system_error>

#include "support/deadline.hpp"
#include "support/process.hpp"
#include "support/socket.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

constexpr const char* program = "/usr/sbin/nginx";

constexpr std::string_view json =
    R"({"object":"example","id":"example-000000001","name":"PepperPy","values":[1,2,3,4,5,6,7,8],"note":"one hundred and thirty bytes.."})";
static_assert(json.size() == 130);

std::string fixed_locations() {
  std::string text = "location = /json { default_type application/json; return 200 '" + std::string(json) + "'; }\n";
  text += "location = /close { keepalive_timeout 0; default_type application/json; return 200 '{}'; }\n";
  for (const int code : {400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504}) {
    const std::string number = std::to_string(code);
    // A text of our own in place of nginx's error page.
    text += "location = /status/" + number + " { return " + number + " ''; }\n";
  }
  text += "location = /status/204 { return 204; }\n";
  text += "location = /session { keepalive_timeout 0; return 200 '$ssl_protocol $ssl_session_reused'; }\n";
  for (const int code : {301, 302, 303, 307, 308}) {
    const std::string number = std::to_string(code);
    text += "location = /redirect/" + number + " { return " + number + " /json; }\n";
  }
  return text;
}

std::string configuration(const NginxOptions& options, const CertFiles& certificate, std::string_view dir,
                          std::uint16_t http_port, std::uint16_t https_port) {
  const std::string base(dir);
  // Paths are absolute, for nginx's own defaults belong to root. A single process would be simpler to end, but nginx
  // does not take inherited sockets then; the master ends its worker.
  std::string text = "daemon off;\nworker_processes 1;\npid " + base + "/nginx.pid;\n";
  // The worker must read a directory that is ours alone.
  if (::geteuid() == 0) text += "user root;\n";
  text += "error_log " + base + "/error.log notice;\nevents { worker_connections 4096; }\nhttp {\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    text += std::string(kind) + "_temp_path " + base + "/" + kind + ";\n";
  }
  text += "access_log off;\nsendfile on;\ntcp_nodelay on;\nabsolute_redirect off;\n";
  text += "keepalive_timeout " + std::to_string(options.keepalive_timeout_s) + ";\n";
  text += "keepalive_requests " + std::to_string(options.keepalive_requests) + ";\n";
  text += "types { application/json json; text/plain txt; }\ndefault_type application/octet-stream;\n";
  text += "ssl_certificate " + certificate.certificate_file + ";\n";
  text += "ssl_certificate_key " + certificate.private_key_file + ";\n";
  text += "ssl_protocols TLSv1.2 TLSv1.3;\nssl_session_cache shared:tls:1m;\nserver {\n";
  text += "listen 127.0.0.1:" + std::to_string(http_port) + ";\n";
  text += "listen 127.0.0.1:" + std::to_string(https_port) + " ssl;\n";
  text += "root " + base + "/www;\n" + fixed_locations();
  text +=
      "location /drip/ { alias " + base + "/www/files/; limit_rate 1k; types {} default_type text/event-stream; }\n";
  text +=
      "location /gzip/ { alias " + base + "/www/files/; gzip on; gzip_min_length 1; gzip_types *; etag off; }\n}\n}\n";
  return text;
}

}  // namespace

bool nginx_available() {
  return ::access(program, X_OK) == 0;
}

class NginxServer::Impl {
 public:
  explicit Impl(NginxOptions options) {
    CertFiles certificate = options.certificate;
    if (certificate.certificate_file.empty()) {
      const CertFiles ca = certificates_.make_ca({.common_name = "PepperPy Network test CA"});
      certificate = certificates_.make_leaf(ca, loopback_names());
      ca_file_ = ca.certificate_file;
    }
    dir_.write("www/files/empty.txt", "");
    dir_.write("nginx.conf", configuration(options, certificate, dir_.path().string(), http_port(), https_port()));
    // Open from the first moment and handed over the way nginx hands its sockets to a newer self (NGINX=fd;fd;):
    // nobody else can take the ports, and a client that is early waits in the backlog instead of being refused.
    process_ = std::make_unique<Process>(ProcessOptions{
        .program = program,
        .arguments = {"-p", dir_.path().string(), "-e", dir_.file("error.log"), "-c", dir_.file("nginx.conf")},
        .environment = {"NGINX=3;4;"},
        .inherited_fds = {http_.get(), https_.get()}});
    wait_until_it_answers();
  }

  std::uint16_t http_port() const noexcept { return http_port_; }
  std::uint16_t https_port() const noexcept { return https_port_; }
  const std::string& ca_file() const noexcept { return ca_file_; }
  const TempDir& dir() const noexcept { return dir_; }
  Process& process() noexcept { return *process_; }

  std::string error_log() const {
    std::error_code none;
    const bool written = std::filesystem::exists(dir_.file("error.log"), none);
    return (written ? read_file(dir_.file("error.log")) : "") + process_->errors();
  }

 private:
  void wait_until_it_answers() {
    const Deadline deadline = default_deadline();
    const UniqueFd client = connect_to_loopback(http_port(), deadline);
    send_all(client.get(), "GET /json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", deadline);
    // From here on nginx alone holds the listening sockets: when it ends without an answer, the kernel resets us.
    http_.reset();
    https_.reset();
    const Received answer = receive_until_end(client.get(), deadline);
    if (!answer.bytes.starts_with("HTTP/1.1 200 ")) throw std::runtime_error("nginx did not start: " + error_log());
  }

  CertificateFactory certificates_;
  TempDir dir_;
  UniqueFd http_ = listen_on_loopback();
  UniqueFd https_ = listen_on_loopback();
  const std::uint16_t http_port_ = port_of(http_.get());
  const std::uint16_t https_port_ = port_of(https_.get());
  std::string ca_file_;
  std::unique_ptr<Process> process_;
};

NginxServer::NginxServer(NginxOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

NginxServer::~NginxServer() {
  impl_->process().terminate();
}

std::uint16_t NginxServer::http_port() const noexcept {
  return impl_->http_port();
}

std::uint16_t NginxServer::https_port() const noexcept {
  return impl_->https_port();
}

std::string NginxServer::http_url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(http_port()) + std::string(path);
}

std::string NginxServer::https_url(std::string_view path) const {
  return "https://localhost:" + std::to_string(https_port()) + std::string(path);
}

std::string NginxServer::ca_file() const {
  return impl_->ca_file();
}

std::string_view NginxServer::json_body() {
  return json;
}

void NginxServer::add_file(std::string_view name, std::string_view content) {
  impl_->dir().write("www/files/" + std::string(name), content);
}

std::string NginxServer::error_log() const {
  return impl_->error_log();
}

}  // namespace ppn::test
