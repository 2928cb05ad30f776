#include "codec/http1_framing.hpp"

#include <limits>
#include <string_view>

#include "base/ascii.hpp"

namespace ppn {
namespace {

// What the length headers of one message say together.
struct Lengths {
  bool invalid = false;
  bool conflict = false;
  std::optional<std::uint64_t> value;
};

// 1*DIGIT (RFC 9110 8.6), and no more than other software can hold in a signed number.
std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

// Equal lengths may be taken as one, in one field or in several (RFC 9112 6.3 rule 5).
void add_lengths(std::string_view list, Lengths& lengths) noexcept {
  while (true) {
    const std::size_t comma = list.find(',');
    const auto length = parse_length(trim_ows(list.substr(0, comma)));
    if (!length) {
      lengths.invalid = true;
    } else if (lengths.value && *lengths.value != *length) {
      lengths.conflict = true;
    } else {
      lengths.value = length;
    }
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// The few headers that matter here, read in one pass.
struct Facts {
  Lengths lengths;
  bool has_length = false;
  int transfer_encodings = 0;
  bool chunked = false;  // the last transfer encoding seen is exactly "chunked"
  bool close = false;
  bool keep_alive = false;
};

void add_connection_options(std::string_view list, Facts& facts) noexcept {
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view option = trim_ows(list.substr(0, comma));
    facts.close = facts.close || equals_ignore_case(option, "close");
    facts.keep_alive = facts.keep_alive || equals_ignore_case(option, "keep-alive");
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

Facts read_facts(const HeaderList& headers) noexcept {
  Facts facts;
  for (const HeaderField field : headers) {
    // The length of a name tells nearly all headers apart without looking at its letters.
    switch (field.name.size()) {
      case 10:
        if (equals_ignore_case(field.name, "Connection")) add_connection_options(field.value, facts);
        break;
      case 14:
        if (!equals_ignore_case(field.name, "Content-Length")) break;
        facts.has_length = true;
        add_lengths(field.value, facts.lengths);
        break;
      case 17:
        if (!equals_ignore_case(field.name, "Transfer-Encoding")) break;
        ++facts.transfer_encodings;
        facts.chunked = equals_ignore_case(field.value, "chunked");
        break;
      default: break;
    }
  }
  return facts;
}

bool never_has_body(int status) noexcept {
  return (status >= 100 && status < 200) || status == 204 || status == 304;
}

Http1Framing refuse(const char* text) {
  Http1Framing framing;
  framing.problem = {ErrorCode::http_protocol, text};
  return framing;
}

}  // namespace

Http1Framing frame_response(const ResponseHead& head, bool head_request) {
  const Facts facts = read_facts(head.headers);
  const bool encoded = facts.transfer_encodings != 0;
  if (facts.lengths.invalid) return refuse("Content-Length is not a number");

  Http1Framing framing;
  framing.content_length = facts.lengths.value;
  framing.persistent = !facts.close && (head.minor_version >= 1 || facts.keep_alive);
  // RFC 9112 6.1: framing is faulty, and the connection must not be used again.
  if (encoded && head.minor_version == 0) framing.persistent = false;

  if (head_request || never_has_body(head.status)) {
    // Nothing to frame, but a sender that contradicts itself is not trusted with another request.
    if (facts.lengths.conflict || (encoded && facts.has_length)) {
      framing.persistent = false;
      framing.content_length.reset();
    }
    return framing;
  }
  // RFC 9112 6.3 rule 3: this ought to be handled as an error, for it is how responses are smuggled.
  if (encoded && facts.has_length) return refuse("both Transfer-Encoding and Content-Length are present");
  if (encoded) {
    // We never ask for another transfer coding (RFC 9110 10.1.4), so none but chunked, once, can be understood.
    if (facts.transfer_encodings != 1 || !facts.chunked) return refuse("Transfer-Encoding is not just chunked");
    framing.body = Http1Framing::Body::chunked;
    return framing;
  }
  if (facts.lengths.conflict) return refuse("Content-Length has more than one value");
  if (facts.has_length) {
    framing.body = Http1Framing::Body::length;
    return framing;
  }
  framing.body = Http1Framing::Body::until_close;
  framing.persistent = false;
  return framing;
}

}  // namespace ppn
