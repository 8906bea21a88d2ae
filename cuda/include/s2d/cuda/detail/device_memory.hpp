// Memory of a device as the compositions of twins ask for it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/config.hpp>
#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/stream.hpp>

namespace s2d::cuda::inline S2D_ABI {
namespace steps {

/// Base of the sides on which a composition runs: device_memory and the twins it calls, or the
/// model of both that the tests run on the processor.
struct device_memory {
  stream_view stream;

  template <class T>
  [[nodiscard]] device_buffer<T> allocate(std::int64_t n) const {
    return device_buffer<T>{n, stream};
  }
  template <class T>
  void upload(T* to, std::span<const T> from) const {
    if (!from.empty())
      detail::copy_bytes(to, from.data(), from.size_bytes(), detail::copy_kind::to_device, stream);
  }
  /// All of it on the host. Waits for the stream.
  template <class T>
  [[nodiscard]] std::vector<T> fetch(const device_buffer<T>& from) const {
    return to_host(from, stream);
  }
};

/// The values in memory of `side`.
template <class Side, class T>
[[nodiscard]] auto uploaded(const Side& side, const std::vector<T>& values) {
  auto memory = side.template allocate<T>(static_cast<std::int64_t>(values.size()));
  side.upload(memory.data(), std::span<const T>{values});
  return memory;
}

/// Equal in size, one after the other, in memory of `side`. There is at least one.
template <class Side, class Picture>
[[nodiscard]] auto uploaded_pictures(const Side& side, std::span<const Picture> pictures) {
  const std::size_t bytes = pictures.front().values.size();
  auto memory =
      side.template allocate<std::uint8_t>(static_cast<std::int64_t>(bytes * pictures.size()));
  for (std::size_t i = 0; i < pictures.size(); ++i)
    side.upload(memory.data() + i * bytes, std::span<const std::uint8_t>{pictures[i].values});
  return memory;
}

}  // namespace steps
}  // namespace s2d::cuda::inline S2D_ABI
