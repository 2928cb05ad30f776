#include "uploads.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include "notify.hpp"

using namespace ppn_bindings;

namespace {

constexpr std::size_t kRoom = 65'536;

// Between the binding, which writes, and the I/O thread, which reads: both hold it, and the lock is never held while either
// is called.
struct Pipe {
  std::mutex mutex;
  std::string bytes;
  std::size_t begin = 0;  // of what was not read
  std::int64_t token = 0;
  std::int64_t generation = 0;
  ppn_request* request = nullptr;  // borrowed; null once the body is over
  bool rewindable = false;
  bool finished = false;
  bool failed = false;
  bool wanted = false;    // the binding was asked for more, and has not written since
  bool starving = false;  // the I/O thread waits for ppn_request_resume

  std::size_t waiting() const noexcept { return bytes.size() - begin; }
};

struct Shared {
  std::shared_ptr<Pipe> pipe;
};

void ask_for_more(const std::shared_ptr<Pipe>& pipe) noexcept {
  std::int64_t generation = 0;
  {
    const std::lock_guard lock(pipe->mutex);
    if (pipe->wanted || pipe->finished || pipe->failed) return;
    pipe->wanted = true;
    generation = pipe->generation;
  }
  notify(stream_handler, [&](StreamHandler& handler) { handler.on_writable(pipe->token, generation); });
}

std::int32_t PPN_CALL on_read(void* user_data, ppn_request* request, std::uint8_t* buffer, std::size_t capacity,
                              std::size_t* out_length) {
  const std::shared_ptr<Pipe>& pipe = static_cast<Shared*>(user_data)->pipe;
  std::int32_t answer = PPN_CB_CONTINUE;
  {
    const std::lock_guard lock(pipe->mutex);
    pipe->request = request;
    const std::size_t length = std::min(capacity, pipe->waiting());
    if (length != 0) std::memcpy(buffer, pipe->bytes.data() + pipe->begin, length);
    pipe->begin += length;
    if (pipe->waiting() == 0) {
      pipe->bytes.clear();
      pipe->begin = 0;
    }
    *out_length = length;
    if (pipe->failed) {
      answer = PPN_CB_ABORT;
    } else if (length == 0 && !pipe->finished) {
      pipe->starving = true;
      answer = PPN_CB_PAUSE;
    }
  }
  ask_for_more(pipe);
  return answer;
}

std::int32_t PPN_CALL on_rewind(void* user_data, ppn_request* /*request*/) {
  Pipe& pipe = *static_cast<Shared*>(user_data)->pipe;
  const std::lock_guard lock(pipe.mutex);
  pipe.bytes.clear();
  pipe.begin = 0;
  ++pipe.generation;
  pipe.finished = false;
  pipe.wanted = false;
  return pipe.rewindable && !pipe.failed ? 0 : 1;
}

void PPN_CALL on_destroy(void* user_data) {
  const std::unique_ptr<Shared> shared(static_cast<Shared*>(user_data));
  const std::lock_guard lock(shared->pipe->mutex);
  shared->pipe->request = nullptr;
  shared->pipe->failed = true;
}

// The I/O thread reads on if it waited for something to read. The request can not end meanwhile: on_destroy comes before its
// end and needs the lock, and resuming takes no lock of ours.
void wake(Pipe& pipe) noexcept {
  if (!pipe.starving || pipe.request == nullptr) return;
  pipe.starving = false;
  ppn_request_resume(pipe.request);
}

}  // namespace

struct ppnb_upload {
  std::shared_ptr<Pipe> pipe;
};

std::int32_t ppnb_upload_open(ppn_request* request, std::int64_t length, std::int32_t rewindable, std::int64_t token,
                              ppnb_upload** out, ppn_error** error) {
  try {
    auto upload = std::make_unique<ppnb_upload>();
    upload->pipe = std::make_shared<Pipe>();
    upload->pipe->token = token;
    upload->pipe->rewindable = rewindable != 0;
    upload->pipe->bytes.reserve(kRoom);
    auto shared = std::make_unique<Shared>(Shared{upload->pipe});
    const std::int32_t status = ppn_request_set_body_callback(
        request, length, on_read, rewindable != 0 ? on_rewind : nullptr, shared.get(), on_destroy, error);
    if (status != PPN_OK) return status;
    static_cast<void>(shared.release());
    *out = upload.release();
    return PPN_OK;
  } catch (const std::bad_alloc&) {
    return PPN_E_OUT_OF_MEMORY;
  }
}

void ppnb_upload_release(ppnb_upload* upload) {
  delete upload;
}

std::int64_t ppnb_upload_write(ppnb_upload* upload, std::int64_t generation, const std::uint8_t* data,
                               std::size_t length) {
  Pipe& pipe = *upload->pipe;
  const std::lock_guard lock(pipe.mutex);
  if (pipe.failed || pipe.finished || generation != pipe.generation) return -1;
  const std::size_t taken = std::min(length, kRoom - std::min(kRoom, pipe.waiting()));
  if (taken == 0) {
    pipe.wanted = false;  // ask when something was read
    return 0;
  }
  if (pipe.begin + pipe.waiting() + taken > kRoom) {
    pipe.bytes.erase(0, pipe.begin);
    pipe.begin = 0;
  }
  pipe.bytes.append(reinterpret_cast<const char*>(data), taken);
  pipe.wanted = false;
  wake(pipe);
  return static_cast<std::int64_t>(taken);
}

void ppnb_upload_finish(ppnb_upload* upload, std::int64_t generation) {
  Pipe& pipe = *upload->pipe;
  const std::lock_guard lock(pipe.mutex);
  if (generation != pipe.generation) return;
  pipe.finished = true;
  wake(pipe);
}

void ppnb_upload_fail(ppnb_upload* upload) {
  Pipe& pipe = *upload->pipe;
  const std::lock_guard lock(pipe.mutex);
  pipe.failed = true;
  wake(pipe);
}
