#include "client/redirect_hop.hpp"

#include <array>
#include <vector>

#include "base/ascii.hpp"
#include "base/secret_registry.hpp"
#include "codec/redaction.hpp"

namespace ppn {
namespace {

constexpr auto kContentHeaders =
    std::to_array<std::string_view>({"Content-Encoding", "Content-Language", "Content-Location", "Content-Type",
                                     "Content-Length", "Content-Digest", "Repr-Digest", "Digest", "Last-Modified"});

}  // namespace

void strip_credentials(HeaderList& headers, std::string_view key_header) {
  std::vector<std::string> doomed;
  std::string storage;
  for (const HeaderField field : headers) {
    if (is_sensitive_header(field.name) || equals_ignore_case(field.name, key_header) ||
        scrub(field.value, storage) != field.value) {
      doomed.emplace_back(field.name);
    }
  }
  for (const std::string& name : doomed) headers.remove(name);
}

void strip_content_headers(HeaderList& headers) {
  for (const std::string_view name : kContentHeaders) headers.remove(name);
}

}  // namespace ppn
