#include "io/redis_reader.hpp"

#include <hiredis/hiredis.h>

#include <cstring>
#include <new>
#include <vector>

namespace ppn {
namespace {

redisReplyObjectFunctions& default_functions() noexcept {
  static redisReplyObjectFunctions functions{};
  return functions;
}

// Replies of the script are flat and short. hiredis itself would reserve memory for as many elements as the peer
// announces. The type of the count differs between versions of hiredis.
template <class Count>
void* make_flat_array(const redisReadTask* task, Count elements) {
  if (task->parent != nullptr || static_cast<std::size_t>(elements) > RedisReader::kMaxElements) return nullptr;
  return default_functions().createArray(task, elements);
}

// `defaults` are those of a reader that hiredis made, the only way to learn them.
redisReplyObjectFunctions* limited_functions(const redisReplyObjectFunctions& defaults) {
  static redisReplyObjectFunctions functions = [&] {
    default_functions() = defaults;
    redisReplyObjectFunctions limited = defaults;
    limited.createArray = make_flat_array;
    return limited;
  }();
  return &functions;
}

RedisReply converted(const redisReply& raw) {
  RedisReply reply;
  switch (raw.type) {
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING: reply.kind = RedisReply::Kind::text; break;
    case REDIS_REPLY_ERROR: reply.kind = RedisReply::Kind::error; break;
    case REDIS_REPLY_ARRAY: reply.kind = RedisReply::Kind::numbers; break;
    default: return reply;
  }
  if (reply.kind != RedisReply::Kind::numbers) {
    reply.text.assign(raw.str, static_cast<std::size_t>(raw.len));
    return reply;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(raw.elements); ++i) {
    if (raw.element[i] == nullptr || raw.element[i]->type != REDIS_REPLY_INTEGER) return {};
    reply.numbers.push_back(raw.element[i]->integer);
  }
  return reply;
}

}  // namespace

void RedisReader::Free::operator()(redisReader* reader) const noexcept {
  ::redisReaderFree(reader);
}

RedisReader::RedisReader() : reader_(::redisReaderCreate()) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->fn = limited_functions(*reader_->fn);
}

RedisReader::~RedisReader() = default;

void RedisReader::feed(std::string_view bytes) {
  if (failed_) return;
  if (::redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) failed_ = true;
}

bool RedisReader::next(RedisReply& reply) {
  if (failed_) return false;
  void* raw = nullptr;
  if (::redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) {
    failed_ = true;
    return false;
  }
  if (raw == nullptr) {
    failed_ = unread() > kMaxReply;
    return false;
  }
  const std::unique_ptr<void, decltype(&::freeReplyObject)> owner(raw, ::freeReplyObject);
  reply = converted(*static_cast<const redisReply*>(raw));
  return true;
}

std::size_t RedisReader::unread() const noexcept {
  return reader_->len - reader_->pos;
}

void append_redis_command(std::span<const std::string_view> parts, const std::function<void(std::string_view)>& sink) {
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const std::string_view part : parts) {
    texts.push_back(part.data());
    lengths.push_back(part.size());
  }
  char* raw = nullptr;
  const auto length = ::redisFormatCommandArgv(&raw, static_cast<int>(texts.size()), texts.data(), lengths.data());
  if (length < 0) throw std::bad_alloc();
  const std::unique_ptr<char, decltype(&::redisFreeCommand)> owner(raw, ::redisFreeCommand);
  sink({raw, static_cast<std::size_t>(length)});
  ::explicit_bzero(raw, static_cast<std::size_t>(length));
}

}  // namespace ppn
