// Streams, where work on them takes its temporary memory from, and what device there is.
#pragma once

#include <cstddef>

#include <s2d/cuda/error.hpp>
#include <s2d/cuda/detail/macros.hpp>

struct CUstream_st;  // cudaStream_t points to it

namespace s2d::cuda::inline S2D_CUDA_ABI {

class memory_resource;

/// A stream and the memory that work on it takes its temporary buffers from; the last, defaulted
/// parameter of every function. Trivially copyable, owns nothing: converts from a cudaStream_t.
struct stream_view {
  CUstream_st* handle = nullptr;      ///< the default stream
  memory_resource* memory = nullptr;  ///< null: default_memory()

  constexpr stream_view() = default;
  constexpr stream_view(CUstream_st* stream, memory_resource* resource = nullptr) noexcept
      : handle{stream}, memory{resource} {}
};

/// Where device memory comes from. A model hands out memory that may be used by work put on the
/// stream afterwards, and takes it back while work put there before may still use it.
class memory_resource {
 public:
  virtual ~memory_resource() = default;
  /// At least `bytes` > 0 bytes, aligned to 256. @throws cuda_error if there is not enough
  virtual void* allocate(std::size_t bytes, CUstream_st* stream) = 0;
  virtual void deallocate(void* memory, std::size_t bytes, CUstream_st* stream) noexcept = 0;

 protected:
  memory_resource() = default;
  memory_resource(const memory_resource&) = default;
  memory_resource& operator=(const memory_resource&) = default;
};

/// A stream-ordered pool for every device (cudaMallocFromPoolAsync, cudaFreeAsync), which keeps
/// what is given back until the process ends.
[[nodiscard]] memory_resource& default_memory() noexcept;

/// How many devices can be used; 0 where there is no driver, or one too old. Never throws.
[[nodiscard]] int device_count() noexcept;

/// Waits until all work put on the stream is done.
/// @throws cuda_error if some of it failed, also for reasons older than this call
void synchronize(stream_view stream = {});

namespace detail {

[[nodiscard]] void* allocate(std::size_t bytes, stream_view stream);
void deallocate(void* memory, std::size_t bytes, stream_view stream) noexcept;

enum class copy_kind { to_device, to_host, on_device };
/// Puts a copy on the stream; copies from and to pageable host memory are done when it returns.
void copy_bytes(void* to, const void* from, std::size_t bytes, copy_kind kind, stream_view stream);
void fill_bytes(void* to, int value, std::size_t bytes, stream_view stream);

[[nodiscard]] int current_device();
/// For the calling thread. @throws cuda_error if there is no such device
void use_device(int device);

/// Whether a kernel can use this address: device or managed memory, or pinned host memory.
/// False also where no device answers.
[[nodiscard]] bool is_device_memory(const void* address) noexcept;

}  // namespace detail

/// Makes a device the current one of the calling thread, until it ends.
class device_scope {
 public:
  /// @throws cuda_error if there is no such device
  explicit device_scope(int device) : before_{detail::current_device()} {
    if (device != before_) detail::use_device(device);
    changed_ = device != before_;
  }
  device_scope(const device_scope&) = delete;
  device_scope& operator=(const device_scope&) = delete;
  ~device_scope() {
    try {
      if (changed_) detail::use_device(before_);
    } catch (...) {  // the next call of this thread will say what is wrong
    }
  }

 private:
  int before_;
  bool changed_ = false;
};

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
