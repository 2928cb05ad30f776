// The behaviours of behaviours.json as the server plays them: answers, each a list of steps.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ppn::conformance {

struct Step {
  enum class Action {
    send,           // bytes, cut into pieces of `count`
    respond,        // a whole response of status `number`, fields and bytes
    echo,           // a response that tells about the request: `names`
    accept,         // 101, with `fields` more
    echo_messages,  // answers messages and pings until the Close frame
    read_message,
    read_close,
    frame,  // one frame of opcode `number`
    stall,
    close,
    close_silently,  // no close_notify
    reset,
    half_close,
  };

  Action action;
  std::string bytes = {};
  std::size_t count = 0;
  int number = 0;
  int rsv = 0;
  bool fin = true;
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::vector<std::string> names = {};
};

using Answer = std::vector<Step>;

// The n-th request of a run gets the n-th answer.
using Behaviours = std::map<std::string, std::vector<Answer>, std::less<>>;

// Throws std::runtime_error, with the behaviour in which something is not as README.md says.
Behaviours read_behaviours(const std::string& file);

}  // namespace ppn::conformance
