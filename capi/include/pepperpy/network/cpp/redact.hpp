/** @file redact.hpp
 *  What a program may show. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_REDACT_HPP
#define PEPPERPY_NETWORK_CPP_REDACT_HPP

#include <pepperpy/network.h>

#include <string>
#include <string_view>

#include "buffer.hpp"
#include "error.hpp"
#include "handle.hpp"

namespace ppn {
inline namespace api_v0 {

/** A URL as it may be shown, without user information, fragment and the values of secret query parameters; the text
 *  need not be a valid URL. Thread: any. Blocks: never. Since 0.1. */
inline std::string redact_url(std::string_view url) {
  detail::BufferHandle buffer;
  detail::call(ppn_redact_url, detail::data_of(url), url.size(), buffer.out());
  return std::string(Buffer(std::move(buffer)).view());
}

/** Whether the value of a header of this name is a secret: see ppn_header_is_sensitive. Thread: any. Blocks: never.
 *  Since 0.1. */
inline bool header_is_sensitive(std::string_view name) noexcept {
  return ppn_header_is_sensitive(detail::data_of(name), name.size()) != 0;
}

/** A text as it may be shown: registered secrets, the credentials of living clients, and what looks like a credential are
 *  replaced by "***". Thread: any. Blocks: never. Since 0.1. */
inline std::string redact_text(std::string_view text) {
  detail::BufferHandle buffer;
  detail::call(ppn_redact_text, detail::data_of(text), text.size(), buffer.out());
  return std::string(Buffer(std::move(buffer)).view());
}

/** Make a text of at least 8 bytes a secret of the process, hidden wherever the library shows something. Calls are
 *  counted. Throws UsageError (PPN_E_INVALID_ARGUMENT: too short). Thread: any. Blocks: never. Since 0.1. */
inline void register_secret(std::string_view text) {
  detail::call(ppn_secret_register, detail::data_of(text), text.size());
}

/** Undo one register_secret. Throws UsageError (PPN_E_INVALID_ARGUMENT: not registered). Thread: any. Blocks: never.
 *  Since 0.1. */
inline void forget_secret(std::string_view text) {
  detail::call(ppn_secret_forget, detail::data_of(text), text.size());
}

}  // namespace api_v0
}  // namespace ppn

#endif
