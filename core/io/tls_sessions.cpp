#include "io/tls_sessions.hpp"

#include <algorithm>
#include <utility>

namespace ppn {

void TlsSessions::keep(const std::string& peer, TlsSession session) {
  const std::lock_guard lock(mutex_);
  entries_.push_front({peer, std::move(session)});
  std::size_t of_peer = 0;
  std::erase_if(entries_, [&](const Entry& entry) { return entry.peer == peer && ++of_peer > kMaxPerPeer; });
  if (entries_.size() > kMaxSessions) entries_.pop_back();
}

TlsSession TlsSessions::take(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.peer == peer; });
  if (entry == entries_.end()) return nullptr;
  if (::SSL_SESSION_get_protocol_version(entry->session.get()) < TLS1_3_VERSION) {
    ::SSL_SESSION_up_ref(entry->session.get());
    return TlsSession(entry->session.get());
  }
  TlsSession session = std::move(entry->session);
  entries_.erase(entry);
  return session;
}

std::size_t TlsSessions::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace ppn
