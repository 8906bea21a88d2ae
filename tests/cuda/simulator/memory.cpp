// The simulated device's memory.
#include "memory.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace simulator {
namespace {

constexpr std::uint64_t granule = 512;

void* reserve(std::uint64_t bytes, int protection) {
  void* const at =
      mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc{};
  return at;
}

std::uint64_t number(const void* address) { return reinterpret_cast<std::uint64_t>(address); }

}  // namespace

device_memory::device_memory(std::uint64_t window)
    : window_{window},
      reserved_{number(reserve(window, PROT_NONE))},
      mirror_{static_cast<std::byte*>(reserve(window, PROT_READ | PROT_WRITE))} {}

device_memory::~device_memory() {
  munmap(reinterpret_cast<void*>(reserved_), window_);
  munmap(mirror_, window_);
}

void* device_memory::allocate(std::uint64_t bytes) {
  if (bytes > capacity || in_use_ + bytes > capacity) return nullptr;
  // A gap after each, so that what runs over an end is in no other allocation. Addresses are used
  // again only when the window has been gone through.
  const std::uint64_t step = (bytes + 2 * granule - 1) / granule * granule;
  if (next_ + step > window_) next_ = 0;
  for (auto after = all_.lower_bound(reserved_ + next_); after != all_.end(); ++after) {
    if (reserved_ + next_ + step <= after->first) break;
    next_ = (after->second.end - reserved_ + 2 * granule - 1) / granule * granule;
    if (next_ + step > window_) return nullptr;
  }
  const std::uint64_t address = reserved_ + next_;
  try {
    all_.try_emplace(address, address, bytes);
  } catch (const std::bad_alloc&) {  // the records of who touched it
    return nullptr;
  }
  next_ += step;
  in_use_ += bytes;
  std::memset(host(address), 0xA5, bytes);
  return reinterpret_cast<void*>(address);
}

bool device_memory::release(const void* address) {
  const auto found = all_.find(number(address));
  if (found == all_.end()) return false;
  const auto [begin, end] = static_cast<const extent&>(found->second);
  constexpr std::uint64_t page = 4096;
  const std::uint64_t first = (begin + page - 1) / page * page;
  const std::uint64_t last = end / page * page;
  if (last > first) madvise(host(first), last - first, MADV_DONTNEED);
  in_use_ -= end - begin;
  all_.erase(found);
  return true;
}

allocation* device_memory::find(std::uint64_t address, std::uint64_t bytes) {
  auto after = all_.upper_bound(address);
  if (after == all_.begin()) return nullptr;
  --after;
  return after->second.has(address, bytes) ? &after->second : nullptr;
}

bool device_memory::is_mine(std::uint64_t address) const {
  return address >= reserved_ && address < reserved_ + window_;
}

}  // namespace simulator
