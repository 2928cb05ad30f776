// A middleware of callbacks that write down that they ran, and do on the way what a test asks for.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "capi/capi.hpp"

namespace ppn::test {

using Middleware = Owned<ppn_middleware, ppn_middleware_release>;

inline std::string name_of(int32_t code) {
  return ppn_code_name(code);
}

template <class Get>
std::string text_of(Get get, ppn_middleware_context* context) {
  const char* text = nullptr;
  size_t length = 0;
  return get(context, &text, &length, nullptr) == PPN_OK ? std::string(text, length) : "refused";
}

template <class Get>
std::string named_text(Get get, ppn_middleware_context* context, std::string_view name) {
  const char* text = nullptr;
  size_t length = 0;
  if (get(context, name.data(), name.size(), &text, &length, nullptr) != PPN_OK) return "refused";
  return text != nullptr ? std::string(text, length) : "none";
}

inline std::string header_of(ppn_middleware_context* context, std::string_view name) {
  return named_text(ppn_middleware_context_header, context, name);
}

inline std::string attribute_of(ppn_middleware_context* context, std::string_view name) {
  return named_text(ppn_middleware_context_attribute, context, name);
}

// Outlives the requests that it records. What a step does is set before the first of them.
class StepRecorder {
 public:
  using Action = std::function<int32_t(ppn_middleware_context*)>;
  Action before;
  Action after;
  Action on_error;

  void add_to(const Client& client, const char* name, int32_t kind = PPN_MIDDLEWARE_APPLICATION) {
    Middleware middleware;
    auto* const self = new Self{*this, name};
    BOOST_REQUIRE_EQUAL(
        ppn_middleware_new(name, PPN_AUTO_LENGTH, kind, step<&StepRecorder::before>, step<&StepRecorder::after>,
                           step<&StepRecorder::on_error>, self, destroy, middleware.out(), nullptr),
        PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_client_add_middleware(client.get(), middleware.get(), nullptr), PPN_OK);
  }

  void note(std::string word) {
    const std::lock_guard lock(mutex_);
    words_.push_back(std::move(word));
  }
  void note_late(std::string word) {
    const std::lock_guard lock(mutex_);
    late_.push_back(std::move(word));
  }
  std::vector<std::string> words() {
    const std::lock_guard lock(mutex_);
    return words_;
  }
  std::vector<std::string> late() {
    const std::lock_guard lock(mutex_);
    return late_;
  }

 private:
  struct Self {
    StepRecorder& recorder;
    std::string name;
  };

  template <Action StepRecorder::*Which>
  static int32_t step(void* user_data, ppn_middleware_context* context) {
    Self& self = *static_cast<Self*>(user_data);
    const char* const what = Which == &StepRecorder::before  ? "before "
                             : Which == &StepRecorder::after ? "after "
                                                             : "error ";
    self.recorder.note(what + self.name);
    const Action& action = self.recorder.*Which;
    return action ? action(context) : PPN_MW_DONE;
  }

  static void destroy(void* user_data) { delete static_cast<Self*>(user_data); }

  std::mutex mutex_;
  std::vector<std::string> words_;
  std::vector<std::string> late_;
};

}  // namespace ppn::test
