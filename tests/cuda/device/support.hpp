// What device tests share: whether there is a device, and memory that shows when it is overrun.
#pragma once

#include <iostream>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/view.hpp>

#include "support/catch.hpp"

namespace support {

/// False, with a line that ctest counts as skipped, where there is no device.
inline bool has_device() {
  if (s2d::cuda::device_count() > 0) return true;
  std::cout << "SKIPPED: no CUDA device\n";
  return false;
}

/// `count` elements of rubbish on the device.
template <class T>
s2d::cuda::device_buffer<T> rubbish(std::int64_t count) {
  s2d::cuda::device_buffer<T> buffer{count};
  if (count > 0) s2d::cuda::detail::fill_bytes(buffer.data(), 0xA5, buffer.bytes(), {});
  return buffer;
}

}  // namespace support
