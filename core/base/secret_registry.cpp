#include "base/secret_registry.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "base/credential_patterns.hpp"
#include "base/secret_forms.hpp"

namespace ppn {
namespace {

constexpr std::string_view kHidden = "***";

struct Entry {
  explicit Entry(std::string_view secret) : text(secret), forms(secret) {}

  Secret text;
  SecretForms forms;
  std::size_t references = 0;
  std::list<Entry>::iterator place;
};

// Forms by their first byte, so that a place of a text is compared with few of them.
class FormIndex {
 public:
  // Nothing changes without memory.
  void add(const SecretForms& forms) {
    for (const SecretForm& form : forms.all()) {
      Forms& same_first = list_of(form);
      // Two of them may have the same first byte.
      if (same_first.capacity() - same_first.size() < forms.all().size()) {
        same_first.reserve(std::max<std::size_t>(8, 2 * same_first.size() + forms.all().size()));
      }
    }
    for (const SecretForm& form : forms.all()) list_of(form).push_back(&form);
  }

  void remove(const SecretForms& forms) noexcept {
    for (const SecretForm& form : forms.all()) std::erase(list_of(form), &form);
  }

  // Widens `widest` to all that has to be hidden because of forms that begin at `at`.
  void find(std::string_view text, std::size_t at, TextRange& widest) const noexcept {
    const FirstBytes first(text, at);
    look(plain_[first.plain], text, at, widest);
    if (first.decoded != first.plain) look(plain_[first.decoded], text, at, widest);
    look(base64_[first.base64], text, at, widest);
    if (first.base64_decoded != first.base64) look(base64_[first.base64_decoded], text, at, widest);
  }

 private:
  using Forms = std::vector<const SecretForm*>;

  Forms& list_of(const SecretForm& form) noexcept { return (form.is_base64() ? base64_ : plain_)[form.first()]; }

  static void look(const Forms& forms, std::string_view text, std::size_t at, TextRange& widest) noexcept {
    for (const SecretForm* const form : forms) {
      TextRange found;
      if (!form->stands_at(text, at, found)) continue;
      widest = {std::min(widest.begin, found.begin), std::max(widest.end, found.end)};
    }
  }

  std::array<Forms, 256> plain_;
  std::array<Forms, 256> base64_;
};

// Secrets that overlap or touch become one "***": what is left of the second would be a part of it.
bool hide(std::string_view text, const FormIndex* registered, const FormIndex* own, std::string& out) {
  const auto find = [&](std::size_t at) {
    TextRange widest{at, at};
    if (registered != nullptr) registered->find(text, at, widest);
    if (own != nullptr) own->find(text, at, widest);
    return widest;
  };
  std::string result;
  std::size_t copied = 0;
  TextRange hidden{0, 0};
  const auto flush = [&] {
    if (hidden.begin == hidden.end) return;
    result.append(text.substr(copied, hidden.begin - copied)).append(kHidden);
    copied = hidden.end;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const TextRange found = find(at);
    if (found.begin == found.end) continue;
    if (hidden.begin != hidden.end && found.begin <= hidden.end) {
      hidden = {std::min(hidden.begin, found.begin), std::max(hidden.end, found.end)};
    } else {
      flush();
      hidden = found;
    }
  }
  flush();
  if (copied == 0) return false;
  result.append(text.substr(copied));
  out = std::move(result);
  return true;
}

struct Registry {
  std::shared_mutex mutex;
  std::list<Entry> entries;
  FormIndex index;
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
  std::list<SecretForms> forms_of_own;
  std::optional<FormIndex> index_of_own;
  for (const std::string_view secret : own) {
    if (secret.size() < kMinSecretBytes) continue;
    if (!index_of_own) index_of_own.emplace();
    index_of_own->add(forms_of_own.emplace_back(secret));
  }
  const FormIndex* const index = index_of_own ? &*index_of_own : nullptr;
  if (Registry& state = registry(); state.count.load(std::memory_order_relaxed) != 0) {
    const std::shared_lock lock(state.mutex);
    if (hide(text, &state.index, index, storage)) text = storage;
  } else if (index != nullptr) {
    if (hide(text, nullptr, index, storage)) text = storage;
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
