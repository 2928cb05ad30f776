#include "base/secret_registry.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <shared_mutex>

#include "base/credential_patterns.hpp"
#include "base/secret_forms.hpp"
#include "base/secret_index.hpp"

namespace ppn {
namespace {

struct Entry {
  explicit Entry(std::string_view secret) : text(secret), forms(secret) {}

  Secret text;
  SecretForms forms;
  std::size_t references = 0;
  std::list<Entry>::iterator place;
};

struct Registry {
  std::shared_mutex mutex;
  std::list<Entry> entries;
  SecretIndex index;
  std::atomic<std::size_t> count{0};

  // The lock is held for writing. Null for a secret that is not there.
  Entry* find(std::string_view secret) noexcept {
    const auto found = std::ranges::find_if(entries, [&](const Entry& entry) { return entry.text.view() == secret; });
    return found != entries.end() ? &*found : nullptr;
  }

  Entry& add(std::string_view secret) {
    Entry* known = find(secret);
    if (known == nullptr) {
      std::list<Entry> fresh;
      known = &fresh.emplace_back(secret);
      index.add(known->forms);
      entries.splice(entries.begin(), fresh);
      known->place = entries.begin();
      count.store(entries.size(), std::memory_order_relaxed);
    }
    ++known->references;
    return *known;
  }

  void drop(Entry& entry) noexcept {
    if (--entry.references > 0) return;
    index.remove(entry.forms);
    entries.erase(entry.place);
    count.store(entries.size(), std::memory_order_relaxed);
  }
};

// Never destroyed: lines are written while the process exits. A child of fork must not inherit a lock that a thread of
// its parent holds.
Registry& registry() {
  static Registry& state = *[] {
    auto* const made = new Registry;
    ::pthread_atfork([] { registry().mutex.lock(); }, [] { registry().mutex.unlock(); },
                     [] { registry().mutex.unlock(); });
    return made;
  }();
  return state;
}

}  // namespace

SecretRegistration::SecretRegistration(std::string_view secret) {
  if (secret.size() < kMinSecretBytes) return;
  Registry& state = registry();
  const std::unique_lock lock(state.mutex);
  entry_ = &state.add(secret);
}

SecretRegistration::~SecretRegistration() {
  if (entry_ == nullptr) return;
  Registry& state = registry();
  const std::unique_lock lock(state.mutex);
  state.drop(*static_cast<Entry*>(entry_));
}

bool register_secret(std::string_view secret) {
  if (secret.size() < kMinSecretBytes) return false;
  Registry& state = registry();
  const std::unique_lock lock(state.mutex);
  state.add(secret);
  return true;
}

bool forget_secret(std::string_view secret) noexcept {
  Registry& state = registry();
  const std::unique_lock lock(state.mutex);
  Entry* const known = state.find(secret);
  if (known == nullptr) return false;
  state.drop(*known);
  return true;
}

std::size_t registered_secrets() noexcept {
  return registry().count.load(std::memory_order_relaxed);
}

std::string_view scrub(std::string_view text, std::string& storage, std::span<const std::string_view> own) {
  if (text.empty()) return text;
  std::list<SecretForms> forms_of_own;
  std::optional<SecretIndex> index_of_own;
  for (const std::string_view secret : own) {
    if (secret.size() < kMinSecretBytes) continue;
    if (!index_of_own) index_of_own.emplace();
    index_of_own->add(forms_of_own.emplace_back(secret));
  }
  const SecretIndex* const index = index_of_own ? &*index_of_own : nullptr;
  if (Registry& state = registry(); state.count.load(std::memory_order_relaxed) != 0) {
    const std::shared_lock lock(state.mutex);
    if (hide_secrets(text, &state.index, index, storage)) text = storage;
  } else if (index != nullptr) {
    if (hide_secrets(text, nullptr, index, storage)) text = storage;
  }
  if (hide_credential_patterns(text, storage)) text = storage;
  return text;
}

std::string scrub(std::string_view text, std::span<const std::string_view> own) {
  std::string storage;
  const std::string_view clean = scrub(text, storage, own);
  if (clean.data() == storage.data()) return storage;
  return std::string(clean);
}

void scrub_in_place(std::string& text, std::span<const std::string_view> own) {
  std::string storage;
  const std::string_view clean = scrub(text, storage, own);
  if (clean.data() == storage.data()) text = std::move(storage);
}

}  // namespace ppn
