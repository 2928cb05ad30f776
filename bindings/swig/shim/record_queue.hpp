// A bounded queue of records that is emptied many at a time. What does not fit is dropped and counted.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <new>
#include <string>

#include "streams.hpp"

namespace ppn_bindings {

class RecordQueue {
 public:
  RecordQueue(std::size_t max_records, std::size_t max_bytes) : max_records_(max_records), max_bytes_(max_bytes) {}

  // A record without its length. True: somebody who found the queue empty is to be told. Thread: any.
  bool push(std::string record) noexcept {
    const std::lock_guard lock(mutex_);
    if (records_.size() >= max_records_ || bytes_ + record.size() > max_bytes_) {
      ++dropped_;
      return false;
    }
    try {
      bytes_ += record.size();
      records_.push_back(std::move(record));
    } catch (const std::bad_alloc&) {
      ++dropped_;
      return false;
    }
    const bool tell = armed_;
    armed_ = false;
    return tell;
  }

  // As ppnb_reader_take. Thread: any.
  std::int64_t take(std::uint8_t* buffer, std::size_t capacity) {
    const std::lock_guard lock(mutex_);
    std::size_t used = 0;
    while (!records_.empty()) {
      const std::string& record = records_.front();
      const std::size_t size = record.size() + 4;
      if (size > capacity - used) return used == 0 ? std::int64_t{PPNB_TOO_SMALL} : static_cast<std::int64_t>(used);
      const auto length = static_cast<std::int32_t>(size);
      std::memcpy(buffer + used, &length, sizeof length);
      std::memcpy(buffer + used + sizeof length, record.data(), record.size());
      used += size;
      bytes_ -= record.size();
      records_.pop_front();
    }
    armed_ = true;
    return static_cast<std::int64_t>(used);
  }
  std::int64_t needed() const {
    const std::lock_guard lock(mutex_);
    return records_.empty() ? 0 : static_cast<std::int64_t>(records_.front().size() + 4);
  }
  std::int64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  const std::size_t max_records_;
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::deque<std::string> records_;
  std::size_t bytes_ = 0;
  std::int64_t dropped_ = 0;
  bool armed_ = true;
};

}  // namespace ppn_bindings
