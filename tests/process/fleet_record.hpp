// What the processes of a fleet write down for the test that started them: a file that all of them map.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace ppn::test {

struct FleetRecord {
  static constexpr std::uint32_t capacity = 100'000;

  std::atomic<std::uint32_t> target{0};  // grants after which all stop; 0 = not yet begun
  std::atomic<std::uint32_t> notice{0};  // grants after which each says so; written before `target`
  std::atomic<std::uint32_t> grants{0};
  std::array<std::atomic<std::int64_t>, capacity> decided_at_us{};  // by the clock of Redis; 0 = not yet written
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

class MappedRecord {
 public:
  // The file is made when it is not there. Zeroes are a record without grants.
  explicit MappedRecord(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void* const memory = fd >= 0 && ::ftruncate(fd, sizeof(FleetRecord)) == 0
                             ? ::mmap(nullptr, sizeof(FleetRecord), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                             : MAP_FAILED;
    const int reason = errno;
    if (fd >= 0) ::close(fd);
    if (memory == MAP_FAILED) throw std::system_error(reason, std::generic_category(), path);
    record_ = static_cast<FleetRecord*>(memory);
  }
  ~MappedRecord() { ::munmap(record_, sizeof(FleetRecord)); }
  MappedRecord(const MappedRecord&) = delete;
  MappedRecord& operator=(const MappedRecord&) = delete;

  FleetRecord* operator->() const noexcept { return record_; }

 private:
  FleetRecord* record_ = nullptr;
};

}  // namespace ppn::test
