#include "client/idempotency.hpp"

#include "base/random.hpp"

namespace ppn {

void mint_idempotency_key(HeaderList& headers, std::string_view method, std::string_view header_name) {
  if (header_name.empty() || (method != "POST" && method != "PATCH")) return;
  if (has_idempotency_key(headers, header_name)) return;
  headers.add(header_name, "ppn-" + random_uuid());
}

}  // namespace ppn
