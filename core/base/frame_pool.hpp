// Memory of coroutine frames. A call makes and drops the same few frames again and again on one thread, and they are
// too large for the fast path of malloc: each thread keeps the last ones it dropped.
#pragma once

#include <array>
#include <cstddef>
#include <new>

// Under AddressSanitizer nothing is kept, so that a frame that is used after its end is found.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PPN_KEEP_FRAMES 0
#endif
#endif
#ifndef PPN_KEEP_FRAMES
#define PPN_KEEP_FRAMES 1
#endif

namespace ppn {

class FramePool {
 public:
  static void* allocate(std::size_t size) {
    if (const std::size_t index = class_of(size); index < kClasses) {
      Class& frames = local().classes_[index];
      if (frames.first != nullptr) {
        --frames.count;
        Node* const node = frames.first;
        frames.first = node->next;
        return node;
      }
      return ::operator new((index + 1) * kGranularity);
    }
    return ::operator new(size);
  }

  static void release(void* frame, std::size_t size) noexcept {
    if (const std::size_t index = class_of(size); index < kClasses) {
      Class& frames = local().classes_[index];
      if (frames.count < kKept) {
        ++frames.count;
        frames.first = new (frame) Node{frames.first};
        return;
      }
    }
    ::operator delete(frame);
  }

 private:
  struct Node {
    Node* next;
  };
  struct Class {
    Node* first = nullptr;
    std::size_t count = 0;
  };

  static constexpr std::size_t kGranularity = 32;
  static constexpr std::size_t kClasses = 64;                      // frames up to 2 KiB
  static constexpr std::size_t kKept = PPN_KEEP_FRAMES ? 128 : 0;  // of each class: at most 2.2 MB per thread

  static std::size_t class_of(std::size_t size) noexcept { return (size - 1) / kGranularity; }
  static FramePool& local() {
    thread_local FramePool pool;
    return pool;
  }

  FramePool() = default;
  ~FramePool() {
    for (Class& frames : classes_) {
      while (frames.first != nullptr) {
        Node* const node = frames.first;
        frames.first = node->next;
        ::operator delete(node);
      }
      frames.count = kKept;  // a frame that is dropped later, while the thread ends, goes back at once
    }
  }

  std::array<Class, kClasses> classes_{};
};

}  // namespace ppn
