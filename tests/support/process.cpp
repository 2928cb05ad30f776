#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "support/socket.hpp"

namespace ppn::test {
namespace {

constexpr std::size_t output_limit = std::size_t{64} << 20;

void require(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;

  Pipe() {
    std::array<int, 2> ends{};
    require(::pipe2(ends.data(), O_CLOEXEC) == 0, "pipe2");
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
};

// A file without a name: unlike a pipe it holds any amount before the child reads.
UniqueFd file_with(std::string_view content) {
  UniqueFd fd(::memfd_create("stdin", MFD_CLOEXEC));
  require(static_cast<bool>(fd), "memfd_create");
  while (!content.empty()) {
    const ssize_t written = ::write(fd.get(), content.data(), content.size());
    require(written > 0, "write");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  require(::lseek(fd.get(), 0, SEEK_SET) == 0, "lseek");
  return fd;
}

// The inherited environment with `additions` in place of what they name.
std::vector<std::string> environment_with(const std::vector<std::string>& additions) {
  std::vector<std::string> result = additions;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view prefix = text.substr(0, text.find('=') + 1);
    const bool replaced = std::any_of(additions.begin(), additions.end(),
                                      [&](const std::string& addition) { return addition.starts_with(prefix); });
    if (!replaced) result.emplace_back(text);
  }
  return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

class SpawnSetup {
 public:
  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    // The child starts with no signal blocked and SIGPIPE at its default, whatever the test has set.
    sigset_t none;
    sigset_t pipe_only;
    sigemptyset(&none);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &pipe_only);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  // Copies `fd` first to a number above every target, so that no target overwrites a source.
  void give(int fd, int as) {
    copies_.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 200));
    require(static_cast<bool>(copies_.back()), "F_DUPFD_CLOEXEC");
    ::posix_spawn_file_actions_adddup2(&actions_, copies_.back().get(), as);
  }

  pid_t spawn(const ProcessOptions& options) {
    std::vector<std::string> arguments = options.arguments;
    arguments.insert(arguments.begin(), options.program);
    std::vector<std::string> environment = environment_with(options.environment);
    pid_t pid = -1;
    errno = ::posix_spawnp(&pid, options.program.c_str(), &actions_, &attributes_, pointers_to(arguments).data(),
                           pointers_to(environment).data());
    require(errno == 0, options.program.c_str());
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  std::vector<UniqueFd> copies_;
};

}  // namespace

// The reader thread drains both pipes until they end or the object goes away.
class Process::Impl {
 public:
  explicit Impl(const ProcessOptions& options) : stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    require(static_cast<bool>(stop_), "eventfd");
    const UniqueFd input = file_with(options.input);
    Pipe out;
    Pipe err;
    SpawnSetup setup;
    setup.give(input.get(), STDIN_FILENO);
    setup.give(out.writer.get(), STDOUT_FILENO);
    setup.give(err.writer.get(), STDERR_FILENO);
    for (std::size_t i = 0; i < options.inherited_fds.size(); ++i) {
      setup.give(options.inherited_fds[i], static_cast<int>(i) + 3);
    }
    pid_ = setup.spawn(options);
    // The child cannot be reaped by anybody else before this, so the number still means our child.
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      throw std::runtime_error("pidfd_open");
    }
    reader_ = std::thread([this, out_fd = std::move(out.reader), err_fd = std::move(err.reader)] {
      read_output(out_fd.get(), err_fd.get());
    });
  }

  ~Impl() {
    if (!status_) {
      signal(SIGKILL);
      reap();
    }
    ::eventfd_write(stop_.get(), 1);
    reader_.join();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  pid_t pid() const noexcept { return pid_; }

  std::optional<ExitStatus> wait(Deadline deadline) {
    if (!status_) {
      if (!wait_until_ready(pidfd_.get(), POLLIN, deadline)) return std::nullopt;
      reap();
      // What the child wrote last is still in the pipes. A grandchild may hold them open: the deadline ends the wait.
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, deadline, [&] { return ended_; });
    }
    return status_;
  }

  void signal(int number) {
    if (!status_) ::kill(pid_, number);
  }

  std::string text(std::string Impl::*member) const {
    const std::lock_guard lock(mutex_);
    return this->*member;
  }

  bool wait_for_output(std::string_view wanted, Deadline deadline) const {
    std::unique_lock lock(mutex_);
    const auto found = [&] { return output.find(wanted) != std::string::npos; };
    changed_.wait_until(lock, deadline, [&] { return ended_ || found(); });
    return found();
  }

  // Under mutex_.
  std::string output;
  std::string errors;

 private:
  void reap() {
    int raw = 0;
    while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
    }
    status_ = ExitStatus{WIFEXITED(raw) ? WEXITSTATUS(raw) : -1, WIFSIGNALED(raw) ? WTERMSIG(raw) : 0};
  }

  // False when this pipe has ended.
  bool take(int fd, std::string& into) {
    std::array<char, 16384> buffer;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0) return false;
    const std::lock_guard lock(mutex_);
    const std::size_t room = output_limit - std::min(output_limit, into.size());
    into.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
    return true;
  }

  void read_output(int out_fd, int err_fd) {
    std::array<pollfd, 3> entries{{{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    while (entries[0].fd >= 0 || entries[1].fd >= 0) {
      if (::poll(entries.data(), entries.size(), -1) < 0) continue;
      if (entries[2].revents != 0) break;
      // poll skips negative descriptors.
      if (entries[0].revents != 0 && !take(out_fd, output)) entries[0].fd = -1;
      if (entries[1].revents != 0 && !take(err_fd, errors)) entries[1].fd = -1;
      changed_.notify_all();
    }
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
  }

  const UniqueFd stop_;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::optional<ExitStatus> status_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool ended_ = false;  // under mutex_
  std::thread reader_;
};

Process::Process(ProcessOptions options) : impl_(std::make_unique<Impl>(options)) {}
Process::~Process() = default;

pid_t Process::pid() const noexcept {
  return impl_->pid();
}

std::optional<ExitStatus> Process::wait(Deadline deadline) {
  return impl_->wait(deadline);
}

void Process::signal(int signal_number) {
  impl_->signal(signal_number);
}

ExitStatus Process::terminate(Deadline deadline) {
  impl_->signal(SIGTERM);
  if (const auto status = impl_->wait(deadline)) return *status;
  impl_->signal(SIGKILL);
  return impl_->wait(default_deadline()).value_or(ExitStatus{-1, SIGKILL});
}

std::string Process::output() const {
  return impl_->text(&Impl::output);
}

std::string Process::errors() const {
  return impl_->text(&Impl::errors);
}

bool Process::wait_for_output(std::string_view text, Deadline deadline) const {
  return impl_->wait_for_output(text, deadline);
}

ProcessResult run_process(ProcessOptions options, Deadline deadline) {
  Process process(std::move(options));
  const auto status = process.wait(deadline);
  return {status, process.output(), process.errors()};
}

}  // namespace ppn::test
