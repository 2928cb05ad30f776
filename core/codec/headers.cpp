#include "codec/headers.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <stdexcept>

#include "base/ascii.hpp"
#include "codec/scan.hpp"

namespace ppn {
namespace {

constexpr std::size_t kMaxText = std::numeric_limits<std::uint32_t>::max();
// A block of headers is seldom longer, and one step of growth saves five.
constexpr std::size_t kFirstFields = 24;

// Names whose meaning belongs to this connection and this message (RFC 9110 7.6.1), not to the caller:
// - Host comes from the URL; Content-Length, Transfer-Encoding and Trailer from the body that is sent.
// - Connection, Keep-Alive, Proxy-Connection, TE and Upgrade speak about the connection, which the pool owns;
//   Upgrade would also hand the connection to a protocol nobody here reads.
// - Expect promises to wait for an answer before the body, which only the engine can do.
constexpr std::array<std::string_view, 10> kEngineOwned = {
    "Host",    "Content-Length", "Transfer-Encoding", "Trailer", "Connection", "Keep-Alive", "Proxy-Connection", "TE",
    "Upgrade", "Expect",
};

// Far above what servers take, and low enough that no list of headers comes near the limit of HeaderList.
constexpr std::size_t kMaxNameBytes = 1024;
constexpr std::size_t kMaxValueBytes = std::size_t{1} << 20;

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

}  // namespace

bool HeaderList::holds(std::string_view text) const noexcept {
  const std::less_equal<const char*> not_after;
  return !text.empty() && not_after(text_.data(), text.data()) && not_after(text.data(), text_.data() + text_.size());
}

std::uint32_t HeaderList::append(std::string_view text) {
  if (text.size() > kMaxText - text_.size()) throw std::length_error("HeaderList");
  const auto offset = static_cast<std::uint32_t>(text_.size());
  text_.append(text);
  return offset;
}

void HeaderList::add(std::string_view name, std::string_view value) {
  // Growing text_ would pull a piece of this very list from under the second append.
  if (holds(name) || holds(value)) {
    const std::string own_name(name);
    const std::string own_value(value);
    add(own_name, own_value);
    return;
  }
  Entry entry{};
  entry.name_size = static_cast<std::uint32_t>(name.size());
  entry.value_size = static_cast<std::uint32_t>(value.size());
  entry.name_offset = append(name);
  entry.value_offset = append(value);
  entries_.push_back(entry);
}

void HeaderList::set(std::string_view name, std::string_view value) {
  const auto same_name = [&](const Entry& entry) {
    return equals_ignore_case(text_at(entry.name_offset, entry.name_size), name);
  };
  const auto first = std::find_if(entries_.begin(), entries_.end(), same_name);
  if (first == entries_.end()) {
    add(name, value);
    return;
  }
  // The new field takes the place of the first one, so that the order stays what the caller built.
  const auto place = first - entries_.begin();
  const std::string own_name(name);
  add(own_name, value);
  const Entry replacement = entries_.back();
  entries_.pop_back();
  remove(own_name);
  entries_.insert(entries_.begin() + place, replacement);
  compact();
}

std::size_t HeaderList::remove(std::string_view name) {
  const std::size_t before = entries_.size();
  std::erase_if(entries_, [&](const Entry& entry) {
    if (!equals_ignore_case(text_at(entry.name_offset, entry.name_size), name)) return false;
    garbage_ += std::size_t{entry.name_size} + entry.value_size;
    return true;
  });
  return before - entries_.size();
}

void HeaderList::merge(const HeaderList& other) {
  HeaderList merged;
  merged.reserve(size() + other.size(), text_.size() + other.text_.size());
  for (const HeaderField field : *this) {
    if (!other.contains(field.name)) merged.add(field.name, field.value);
  }
  for (const HeaderField field : other) merged.add(field.name, field.value);
  *this = std::move(merged);
}

void HeaderList::compact() {
  if (garbage_ < 1024 || garbage_ < text_.size() / 2) return;
  std::string kept;
  for (Entry& entry : entries_) {
    const auto name_offset = static_cast<std::uint32_t>(kept.size());
    kept.append(text_at(entry.name_offset, entry.name_size));
    const auto value_offset = static_cast<std::uint32_t>(kept.size());
    kept.append(text_at(entry.value_offset, entry.value_size));
    entry.name_offset = name_offset;
    entry.value_offset = value_offset;
  }
  text_ = std::move(kept);
  garbage_ = 0;
}

std::optional<std::string_view> HeaderList::find(std::string_view name) const noexcept {
  for (const HeaderField field : *this) {
    if (equals_ignore_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

void HeaderList::clear() noexcept {
  text_.clear();
  entries_.clear();
  garbage_ = 0;
}

void HeaderList::shrink_to_fit() {
  text_.shrink_to_fit();
  entries_.shrink_to_fit();
}

void HeaderList::reserve(std::size_t fields, std::size_t bytes) {
  entries_.reserve(fields);
  text_.reserve(bytes);
}

void HeaderList::note_field(std::size_t name_offset, std::size_t name_size, std::size_t value_offset,
                            std::size_t value_size) {
  if (entries_.capacity() == 0) entries_.reserve(kFirstFields);
  entries_.push_back({static_cast<std::uint32_t>(name_offset), static_cast<std::uint32_t>(name_size),
                      static_cast<std::uint32_t>(value_offset), static_cast<std::uint32_t>(value_size)});
}

void HeaderList::extend_last_value(std::size_t end_offset) {
  Entry& entry = entries_.back();
  entry.value_size = static_cast<std::uint32_t>(end_offset - entry.value_offset);
}

HeaderField HeaderList::last_noted(std::string_view block) const noexcept {
  const Entry& entry = entries_.back();
  return {block.substr(entry.name_offset, entry.name_size), block.substr(entry.value_offset, entry.value_size)};
}

void HeaderList::adopt_block(std::string_view block) {
  if (block.size() > kMaxText) throw std::length_error("HeaderList");
  text_.assign(block);
}

void HeaderList::unfold_values() {
  for (Entry& entry : entries_) {
    char* const value = text_.data() + entry.value_offset;
    const std::string_view raw(value, entry.value_size);
    if (raw.find('\n') == std::string_view::npos) continue;
    // The result is never longer than the source, so it is written over it.
    std::size_t size = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\r' && raw[i] != '\n') {
        value[size++] = raw[i];
        continue;
      }
      while (size != 0 && is_blank(value[size - 1])) --size;
      while (i + 1 < raw.size() && (is_blank(raw[i + 1]) || raw[i + 1] == '\r' || raw[i + 1] == '\n')) ++i;
      if (size != 0) value[size++] = ' ';
    }
    entry.value_size = static_cast<std::uint32_t>(size);
  }
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), scan::is_token_char);
}

bool is_header_value(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (is_blank(text.front()) || is_blank(text.back())) return false;
  return !scan::has_control(text.data(), text.data() + text.size());
}

Status validate_field(std::string_view name, std::string_view value) {
  if (!is_token(name) || name.size() > kMaxNameBytes) {
    return Failure(ErrorCode::invalid_header, Phase::validate,
                   "the name of a header must be a token of at most 1024 letters, digits or !#$%&'*+-.^_`|~");
  }
  const std::string quoted = "header '" + std::string(name) + "'";
  if (value.size() > kMaxValueBytes) {
    return Failure(ErrorCode::invalid_header, Phase::validate, quoted + " has a value longer than 1 MiB");
  }
  if (!is_header_value(value)) {
    return Failure(ErrorCode::invalid_header, Phase::validate,
                   quoted + " has a value with a control character or with white space at an end");
  }
  return {};
}

Status validate_header(std::string_view name, std::string_view value) {
  const auto owned = [&](std::string_view own) { return equals_ignore_case(own, name); };
  if (std::any_of(kEngineOwned.begin(), kEngineOwned.end(), owned)) {
    return Failure(ErrorCode::invalid_header, Phase::validate,
                   "header '" + std::string(name) + "' is set by the library and cannot be given");
  }
  return validate_field(name, value);
}

bool header_has_token(const HeaderList& headers, std::string_view name, std::string_view token) noexcept {
  for (const HeaderField field : headers) {
    if (!equals_ignore_case(field.name, name)) continue;
    std::string_view rest = field.value;
    while (true) {
      const std::size_t comma = rest.find(',');
      if (equals_ignore_case(trim_ows(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

}  // namespace ppn
