// Owning device memory, ordered by a stream, and copies between host and device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/cuda/stream.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// `size` elements in device memory, not initialised. Memory is asked for and given back in the
/// order of the stream it was made with: use it on that stream, or synchronise in between. The
/// stream and its memory_resource must outlive the buffer. Movable, not copyable.
template <class T>
class device_buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  device_buffer() = default;
  /// @throws cuda_error if the memory is not there
  explicit device_buffer(std::int64_t size, stream_view stream = {})
      : size_{size}, stream_{stream} {
    if (size > 0) data_ = static_cast<T*>(detail::allocate(bytes(), stream));
  }
  device_buffer(device_buffer&& other) noexcept { swap(other); }
  device_buffer& operator=(device_buffer&& other) noexcept {
    device_buffer taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~device_buffer() {
    if (data_ != nullptr) detail::deallocate(data_, bytes(), stream_);
  }

  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] std::int64_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(size_) * sizeof(T);
  }

 private:
  void swap(device_buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(stream_, other.stream_);
  }

  T* data_ = nullptr;
  std::int64_t size_ = 0;
  stream_view stream_;
};

/// The values in device memory. @throws cuda_error if the memory is not there
template <class T>
requires std::is_trivially_copyable_v<T>
[[nodiscard]] device_buffer<T> to_device(std::span<const T> values, stream_view stream = {}) {
  device_buffer<T> buffer{static_cast<std::int64_t>(values.size()), stream};
  if (!values.empty())
    detail::copy_bytes(buffer.data(), values.data(), buffer.bytes(), detail::copy_kind::to_device,
                       stream);
  return buffer;
}
template <class T>
requires std::is_trivially_copyable_v<T>
[[nodiscard]] device_buffer<T> to_device(const std::vector<T>& values, stream_view stream = {}) {
  return to_device(std::span<const T>{values}, stream);
}

/// `count` values of device memory on the host. Waits for the stream.
template <class T>
[[nodiscard]] std::vector<std::remove_const_t<T>> to_host(T* values, std::int64_t count,
                                                          stream_view stream = {}) {
  std::vector<std::remove_const_t<T>> host(static_cast<std::size_t>(count));
  if (count > 0)
    detail::copy_bytes(host.data(), values, host.size() * sizeof(T), detail::copy_kind::to_host,
                       stream);
  synchronize(stream);
  return host;
}
template <class T>
[[nodiscard]] std::vector<T> to_host(const device_buffer<T>& buffer, stream_view stream = {}) {
  return to_host(buffer.data(), buffer.size(), stream);
}

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
