#include "io/wake_event.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

#include "io/descriptors.hpp"

namespace ppn {

WakeEvent::WakeEvent() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  note_opened(event_);
}

WakeEvent::~WakeEvent() {
  if (!made_.here()) return;  // closed already, and the number may be another's by now
  note_closing(event_);
  ::close(event_);
}

void WakeEvent::set() noexcept {
  const std::uint64_t one = 1;
  // Fails only when it is set already, a great many times.
  static_cast<void>(::write(event_, &one, sizeof one));
}

void WakeEvent::clear() noexcept {
  std::uint64_t count = 0;
  static_cast<void>(::read(event_, &count, sizeof count));
}

WakeEvent::Ended WakeEvent::wait(int descriptor, short events, Nanos deadline) const noexcept {
  std::array<pollfd, 2> entries{{{event_, POLLIN, 0}, {descriptor, events, 0}}};
  for (;;) {
    const Nanos now = monotonic_now();
    const int ready = ::poll(entries.data(), entries.size(), poll_timeout_ms(now, deadline));
    if (ready > 0) return {entries[0].revents != 0, entries[1].revents};
    // A poll that can not be done is no reason to spin until the deadline: the caller sees it as late.
    if (ready < 0 && errno != EINTR) return {};
    if (ready == 0 && monotonic_now() >= deadline) return {};
  }
}

int poll_timeout_ms(Nanos now, Nanos deadline) noexcept {
  if (deadline == kNever) return -1;
  const Nanos left = std::max<Nanos>(0, deadline - now);
  return static_cast<int>(std::min<Nanos>((left + kMillisecond - 1) / kMillisecond, std::numeric_limits<int>::max()));
}

}  // namespace ppn
