// A child program of a test: started with argument list and environment, its output captured, ended by its process id.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/deadline.hpp"

namespace ppn::test {

struct ProcessOptions {
  std::string program;                        // path; looked up in PATH when it has no '/'
  std::vector<std::string> arguments = {};    // without the program's name
  std::vector<std::string> environment = {};  // "NAME=value", over the inherited ones
  std::string input = {};                     // what the child reads on stdin
  std::vector<int> inherited_fds = {};        // appear as 3, 4, ... in the child
};

struct ExitStatus {
  int code = -1;   // what the program returned; -1 when a signal ended it
  int signal = 0;  // the signal that ended it, or 0
};

class Process {
 public:
  // Throws std::system_error when the program cannot be started.
  explicit Process(ProcessOptions options);
  // Kills the child when it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const noexcept;
  // Nothing when the deadline passed first. May be called again.
  std::optional<ExitStatus> wait(Deadline deadline = default_deadline());
  // Sends `signal_number`, unless the child has ended.
  void signal(int signal_number);
  // SIGTERM, then SIGKILL when that did not help until the deadline.
  ExitStatus terminate(Deadline deadline = default_deadline());

  // All output so far; complete once wait() has returned a status.
  std::string output() const;
  std::string errors() const;
  // True once `text` stands in the output; false at the deadline or when the output has ended without it.
  bool wait_for_output(std::string_view text, Deadline deadline = default_deadline()) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct ProcessResult {
  std::optional<ExitStatus> status;  // nothing: it was killed at the deadline
  std::string output;
  std::string errors;
};

// Starts the program and waits for its end.
ProcessResult run_process(ProcessOptions options, Deadline deadline = default_deadline());

}  // namespace ppn::test
