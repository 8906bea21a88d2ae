// The simulated device's memory: addresses that a host program cannot read, exact sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>

#include "watch.hpp"

namespace simulator {

/// What a real device would meet, or should: its run ends, and the context with it.
struct fault : std::runtime_error {
  fault(int error_code, const std::string& what) : std::runtime_error{what}, code{error_code} {}
  int code;  ///< a cudaError_t
};

/// One allocation as [begin, end).
struct extent {
  std::uint64_t begin = 0, end = 0;
  [[nodiscard]] bool has(std::uint64_t address, std::uint64_t bytes) const {
    return address >= begin && address <= end && bytes <= end - address;
  }
};

struct allocation : extent {
  allocation(std::uint64_t first, std::uint64_t bytes)
      : extent{first, first + bytes}, watched{bytes} {}
  watched_bytes watched;
};

class device_memory {
 public:
  static constexpr std::uint64_t capacity = std::uint64_t{4} << 30;  ///< bytes in use at once

  /// `window`: how many addresses it has.
  explicit device_memory(std::uint64_t window = std::uint64_t{64} << 30);
  ~device_memory();
  device_memory(const device_memory&) = delete;
  device_memory& operator=(const device_memory&) = delete;

  /// Rubbish of exactly that size at a multiple of 512; null if there is no room.
  void* allocate(std::uint64_t bytes);
  /// @return false if no allocation begins there
  bool release(const void* address);

  /// The allocation that has all these bytes; null if none has.
  [[nodiscard]] allocation* find(std::uint64_t address, std::uint64_t bytes);
  /// Whether the address is of this device, be it allocated or not.
  [[nodiscard]] bool is_mine(std::uint64_t address) const;
  /// Where the simulator itself reads and writes what has that device address.
  [[nodiscard]] std::byte* host(std::uint64_t address) const {
    return mirror_ + (address - reserved_);
  }

  std::uint32_t clock = 1;  ///< of the accesses to it, see watch.hpp

 private:
  std::uint64_t window_;
  std::uint64_t reserved_;  ///< pages without access: a host program that looks is ended
  std::byte* mirror_;
  std::map<std::uint64_t, allocation> all_;  ///< by address
  std::uint64_t next_ = 0;                   ///< offset of the next allocation
  std::uint64_t in_use_ = 0;
};

}  // namespace simulator
