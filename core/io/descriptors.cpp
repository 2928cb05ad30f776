#include "io/descriptors.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

namespace ppn {
namespace {

// A bit for each descriptor number, in pages that are made when they are needed and never freed.
constexpr std::size_t kWordBits = 64;
constexpr std::size_t kPageBits = 4'096;
constexpr std::size_t kPages = 1'024;  // 4,194,304 descriptors; the kernel's limit is far below

using Word = std::atomic<std::uint64_t>;
using Page = std::array<Word, kPageBits / kWordBits>;

constinit std::array<std::atomic<Page*>, kPages> pages{};

// Null when there is no memory or the number is beyond all pages: then the child keeps that descriptor.
Page* page_of(std::size_t number) noexcept {
  if (number / kPageBits >= kPages) return nullptr;
  std::atomic<Page*>& place = pages[number / kPageBits];
  Page* page = place.load(std::memory_order_acquire);
  if (page != nullptr) return page;
  Page* const fresh = new (std::nothrow) Page{};
  if (place.compare_exchange_strong(page, fresh, std::memory_order_acq_rel)) return fresh;
  delete fresh;
  return page;
}

std::uint64_t bit_of(std::size_t number) noexcept {
  return std::uint64_t{1} << (number % kWordBits);
}

Word* word_of(int descriptor) noexcept {
  const auto number = static_cast<std::size_t>(descriptor);
  Page* const page = descriptor < 0 ? nullptr : page_of(number);
  return page == nullptr ? nullptr : &(*page)[number % kPageBits / kWordBits];
}

}  // namespace

void note_opened(int descriptor) noexcept {
  if (Word* const word = word_of(descriptor)) word->fetch_or(bit_of(static_cast<std::size_t>(descriptor)));
}

void note_closing(int descriptor) noexcept {
  if (Word* const word = word_of(descriptor)) word->fetch_and(~bit_of(static_cast<std::size_t>(descriptor)));
}

void close_inherited_descriptors() noexcept {
  for (std::size_t p = 0; p < kPages; ++p) {
    Page* const page = pages[p].load(std::memory_order_relaxed);
    if (page == nullptr) continue;
    for (std::size_t w = 0; w < page->size(); ++w) {
      std::uint64_t bits = (*page)[w].exchange(0, std::memory_order_relaxed);
      for (; bits != 0; bits &= bits - 1) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
        ::close(static_cast<int>(p * kPageBits + w * kWordBits + bit));
      }
    }
  }
}

}  // namespace ppn
