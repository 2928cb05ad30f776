// JsonDocument: Poco's parser drives a tree of our own. Before that the text is validated and rewritten, so that the
// parser only meets what it reads right:
// - numbers go as "0" and their text is kept aside, because integers beyond 64 bits wrap and decimals lose digits;
// - NUL in a name is written as the pair \u0001 '0' (and \u0001 as \u0001 '1'), because Poco ends names at NUL;
// - surrogates without a partner go as U+FFFD; the whole text goes as the one element of an array.
#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "codec/json.hpp"
#include "codec/json_scan.hpp"

namespace ppn {
namespace {

using Type = JsonDocument::Type;

struct Node {
  Type type = Type::null;
  bool boolean = false;
  std::string_view name;  // of a member
  std::string_view text;  // of a string, or of a number as it was received
  std::vector<Node> children;
};

const Node& node_of(const void* node) {
  return *static_cast<const Node*>(node);
}

constexpr std::string_view kReplacementEscape = "\\uFFFD";
constexpr char kNameMark = '\x01';

int escape_value(std::string_view token, std::size_t at) noexcept {
  if (at + 6 > token.size() || token[at] != '\\' || token[at + 1] != 'u') return -1;
  int value = -1;
  std::from_chars(token.data() + at + 2, token.data() + at + 6, value, 16);
  return value;
}

class Rewriter {
 public:
  explicit Rewriter(std::size_t size) { text_.reserve(size + 2); }

  void name(std::string_view token) { copy_string(token, true); }
  void string(std::string_view token) { copy_string(token, false); }
  void number(std::string_view token) {
    numbers_.push_back(token);
    text_ += '0';
  }
  void other(std::string_view token) { text_.append(token); }

  const std::string& text() const noexcept { return text_; }
  const std::vector<std::string_view>& numbers() const noexcept { return numbers_; }

 private:
  void copy_string(std::string_view token, bool is_name) {
    while (true) {
      const std::size_t slash = token.find('\\');
      text_.append(token.substr(0, slash));
      if (slash == std::string_view::npos) return;
      token.remove_prefix(slash);
      token.remove_prefix(copy_escape(token, is_name));
    }
  }

  // Copies the escape that `rest` begins with; returns its size.
  std::size_t copy_escape(std::string_view rest, bool is_name) {
    const int value = escape_value(rest, 0);
    if (value < 0) {
      text_.append(rest.substr(0, 2));
      return 2;
    }
    if (value >= 0xD800 && value <= 0xDFFF) {
      const int next = escape_value(rest, 6);
      if (value < 0xDC00 && next >= 0xDC00 && next <= 0xDFFF) {
        text_.append(rest.substr(0, 12));
        return 12;
      }
      text_.append(kReplacementEscape);
      return 6;
    }
    if (is_name && value <= 1) {
      text_.append("\\u0001");
      text_ += static_cast<char>('0' + value);
      return 6;
    }
    text_.append(rest.substr(0, 6));
    return 6;
  }

  std::string text_;
  std::vector<std::string_view> numbers_;
};

// Receives what Poco's parser reads. `pool` holds all text of the tree: it has room for the whole source from the
// start, so it never moves and nodes can point into it.
class Builder : public Poco::JSON::Handler {
 public:
  Builder(Node& top, std::string& pool, const std::vector<std::string_view>& numbers)
      : top_(top), pool_(pool), numbers_(numbers) {}

  void reset() override {}
  void startObject() override { open(Type::object); }
  void startArray() override { open(Type::array); }
  void endObject() override {
    drop_duplicates(open_.back()->children);
    open_.pop_back();
  }
  void endArray() override { open_.pop_back(); }
  void key(const std::string& name) override { name_ = keep_name(name); }
  void null() override { add(Type::null); }
  void value(bool b) override { add(Type::boolean).boolean = b; }
  void value(const std::string& text) override { add(Type::string).text = keep(text); }
  void value(int) override { add_number(); }
  void value(unsigned) override { add_number(); }
  void value(Poco::Int64) override { add_number(); }
  void value(Poco::UInt64) override { add_number(); }
  void value(double) override { add_number(); }

 private:
  std::string_view keep(std::string_view text) {
    const std::size_t begin = pool_.size();
    pool_.append(text);
    return std::string_view(pool_).substr(begin);
  }

  std::string_view keep_name(const std::string& name) {
    const std::size_t begin = pool_.size();
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (name[i] == kNameMark && i + 1 < name.size()) {
        pool_ += static_cast<char>(name[++i] - '0');
      } else {
        pool_ += name[i];
      }
    }
    return std::string_view(pool_).substr(begin);
  }

  Node& add(Type type) {
    Node& node = open_.back()->children.emplace_back();
    node.type = type;
    node.name = std::exchange(name_, {});
    return node;
  }

  void add_number() {
    const std::string_view raw = numbers_[next_number_++];
    add(raw.find_first_of(".eE") == std::string_view::npos ? Type::integer : Type::number).text = keep(raw);
  }

  void open(Type type) {
    // Vectors of open containers do not grow while something inside them is open: the pointers stay good.
    if (open_.empty()) {
      open_.push_back(&top_);
    } else {
      open_.push_back(&add(type));
    }
  }

  // Keeps the last member of each name, in linear-logarithmic time whatever the names are.
  static void drop_duplicates(std::vector<Node>& members) {
    if (members.size() < 2) return;
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return members[a].name < members[b].name; });
    std::vector<bool> dropped(members.size());
    bool any = false;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      if (members[order[i]].name != members[order[i + 1]].name) continue;
      dropped[order[i]] = true;
      any = true;
    }
    if (!any) return;
    std::vector<Node> kept;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!dropped[i]) kept.push_back(std::move(members[i]));
    }
    members = std::move(kept);
  }

  Node& top_;
  std::string& pool_;
  const std::vector<std::string_view>& numbers_;
  std::size_t next_number_ = 0;
  std::string_view name_;
  std::vector<Node*> open_;
};

// Reference token of a pointer (RFC 6901 4): ~1 is '/', ~0 is '~', nothing else follows '~'.
std::optional<std::string> unescape_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    out += token[i] == '0' ? '~' : '/';
  }
  return out;
}

const Node* child_of(const Node& node, std::string_view token) {
  if (node.type == Type::object) {
    const auto name = unescape_token(token);
    if (!name) return nullptr;
    const auto found = std::find_if(node.children.begin(), node.children.end(),
                                    [&](const Node& member) { return member.name == *name; });
    return found == node.children.end() ? nullptr : &*found;
  }
  if (node.type != Type::array || token.empty() || (token.size() > 1 && token[0] == '0')) return nullptr;
  std::size_t index = 0;
  const auto result = std::from_chars(token.data(), token.data() + token.size(), index);
  if (result.ec != std::errc() || result.ptr != token.data() + token.size()) return nullptr;
  return index < node.children.size() ? &node.children[index] : nullptr;
}

void append_text(std::string& out, const Node& node) {
  switch (node.type) {
    case Type::null: out += "null"; return;
    case Type::boolean: out += node.boolean ? "true" : "false"; return;
    case Type::integer:
    case Type::number: out.append(node.text); return;
    case Type::string: append_json_string(out, node.text); return;
    case Type::array:
    case Type::object: break;
  }
  const bool object = node.type == Type::object;
  out += object ? '{' : '[';
  for (const Node& child : node.children) {
    if (&child != &node.children.front()) out += ',';
    if (object) {
      append_json_string(out, child.name);
      out += ':';
    }
    append_text(out, child);
  }
  out += object ? '}' : ']';
}

Failure unreadable(std::string text) {
  return Failure(ErrorCode::json_parse, Phase::deliver, std::move(text));
}

}  // namespace

struct JsonDocument::Tree {
  std::string pool;
  Node top;  // the array around the text
};

JsonDocument::JsonDocument(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) return unreadable("JSON text is longer than " + std::to_string(max_bytes) + " bytes");
  const bool bom = text.substr(0, 3) == "\xEF\xBB\xBF";
  if (bom) text.remove_prefix(3);
  Rewriter rewriter(text.size());
  rewriter.other("[");
  const json::ScanError error = json::Scanner(text, kMaxDepth, kMaxValues, rewriter).run();
  if (error.what != nullptr) {
    const std::size_t position = error.position + (bom ? 3 : 0);
    return unreadable("not valid JSON at byte " + std::to_string(position) + ": " + error.what);
  }
  rewriter.other("]");

  auto tree = std::make_unique<Tree>();
  tree->pool.reserve(text.size());
  try {
    const Poco::SharedPtr<Builder> builder(new Builder(tree->top, tree->pool, rewriter.numbers()));
    Poco::JSON::Parser parser(builder);
    parser.setDepth(kMaxDepth + 2);
    parser.parse(rewriter.text());
  } catch (const Poco::Exception&) {
    return unreadable("the JSON parser refused the text");
  }
  if (tree->top.children.empty()) return unreadable("the JSON parser read no value");
  return JsonDocument(std::move(tree));
}

JsonDocument::Value JsonDocument::root() const {
  return Value(&tree_->top.children.front());
}

std::optional<JsonDocument::Value> JsonDocument::find(std::string_view pointer) const {
  return root().find(pointer);
}

Type JsonDocument::Value::type() const {
  return node_of(node_).type;
}

std::optional<bool> JsonDocument::Value::as_bool() const {
  const Node& node = node_of(node_);
  if (node.type != Type::boolean) return std::nullopt;
  return node.boolean;
}

std::optional<std::int64_t> JsonDocument::Value::as_int64() const {
  const Node& node = node_of(node_);
  if (node.type != Type::integer && node.type != Type::number) return std::nullopt;
  std::string_view digits = node.text;
  // "1.0" is how some languages write the integer 1; anything with an exponent or a real fraction is not taken.
  const std::size_t dot = digits.find('.');
  if (dot != std::string_view::npos) {
    if (digits.find_first_not_of('0', dot + 1) != std::string_view::npos) return std::nullopt;
    digits = digits.substr(0, dot);
  }
  std::int64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec != std::errc() || result.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> JsonDocument::Value::as_double() const {
  const Node& node = node_of(node_);
  if (node.type != Type::integer && node.type != Type::number) return std::nullopt;
  double value = 0;
  const auto result = std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
  if (result.ec != std::errc()) return std::nullopt;
  return value;
}

std::optional<std::string_view> JsonDocument::Value::as_string() const {
  const Node& node = node_of(node_);
  if (node.type != Type::string) return std::nullopt;
  return node.text;
}

std::size_t JsonDocument::Value::size() const {
  return node_of(node_).children.size();
}

std::vector<std::string> JsonDocument::Value::names() const {
  std::vector<std::string> names;
  const Node& node = node_of(node_);
  if (node.type != Type::object) return names;
  for (const Node& member : node.children) names.emplace_back(member.name);
  return names;
}

std::optional<JsonDocument::Value> JsonDocument::Value::find(std::string_view pointer) const {
  const Node* node = &node_of(node_);
  while (!pointer.empty()) {
    if (pointer.front() != '/') return std::nullopt;
    pointer.remove_prefix(1);
    const std::size_t end = pointer.find('/');
    node = child_of(*node, pointer.substr(0, end));
    if (node == nullptr) return std::nullopt;
    pointer = end == std::string_view::npos ? std::string_view() : pointer.substr(end);
  }
  return Value(node);
}

std::string JsonDocument::Value::to_text() const {
  std::string out;
  append_text(out, node_of(node_));
  return out;
}

}  // namespace ppn
