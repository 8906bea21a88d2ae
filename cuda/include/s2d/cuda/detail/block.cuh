// A block of threads as cooperative kernels see it.
#pragma once

#include <cstdint>
#include <cstring>

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// The threads of one block. Every function but thread() and size() must be called by all threads
/// of the block together. tests/cuda/host_executor.hpp has the model made of CPU threads.
class device_block {
 public:
  static constexpr int scratch_bytes = 32 * 16;

  __device__ device_block(void* memory, void* scratch) : memory_{memory}, scratch_{scratch} {}
  device_block(const device_block&) = delete;
  device_block& operator=(const device_block&) = delete;

  [[nodiscard]] __device__ int thread() const { return static_cast<int>(threadIdx.x); }
  [[nodiscard]] __device__ int size() const { return static_cast<int>(blockDim.x); }
  __device__ void sync() const { __syncthreads(); }
  /// A barrier of each warp.
  __device__ void sync_warp() const { __syncwarp(); }
  template <class T>
  [[nodiscard]] __device__ T& shared() const {
    return *static_cast<T*>(memory_);
  }

  /// Whether one thread says so. A barrier.
  [[nodiscard]] __device__ bool any(bool mine) const { return __syncthreads_or(mine) != 0; }

  /// Bit t % 32: what thread t says, of the 32 neighbouring threads of a warp.
  [[nodiscard]] __device__ std::uint32_t ballot(bool mine) const {
    return __ballot_sync(0xffffffffu, mine);
  }

  /// `op` over the values of all threads, the same for each; `op` must not mind the order.
  /// At most 16 bytes. The order is fixed: the same bits in every run.
  template <class T, class Op>
  [[nodiscard]] __device__ T reduce(T mine, const Op& op) const {
    static_assert(sizeof(T) <= 16 && sizeof(T) % 4 == 0);
    // Whole warps only, as launched here; a warp's lanes halve pairwise.
    for (int step = 16; step > 0; step /= 2) mine = op(mine, from_lane_xor(mine, step));
    T* const parts = static_cast<T*>(scratch_);
    const int warps = size() / 32;
    __syncthreads();  // scratch may still be read from the reduction before
    if (thread() % 32 == 0) parts[thread() / 32] = mine;
    __syncthreads();
    T all = parts[0];
    for (int w = 1; w < warps; ++w) all = op(all, parts[w]);
    return all;
  }

  /// `op` over the values of `Lanes` neighbouring threads, the same for each of them; Lanes: a
  /// power of two up to 32.
  template <int Lanes, class T, class Op>
  [[nodiscard]] __device__ T reduce_lanes(T mine, const Op& op) const {
    static_assert(sizeof(T) <= 16 && sizeof(T) % 4 == 0);
    static_assert(Lanes <= 32 && (Lanes & (Lanes - 1)) == 0);
#pragma unroll
    for (int step = Lanes / 2; step > 0; step /= 2) mine = op(mine, from_lane_xor(mine, step));
    return mine;
  }

 private:
  template <class T>
  __device__ static T from_lane_xor(const T& value, int mask) {
    unsigned words[sizeof(T) / 4];
    memcpy(words, &value, sizeof(T));
    for (unsigned& word : words) word = __shfl_xor_sync(0xffffffffu, word, mask);
    T other;
    memcpy(&other, words, sizeof(T));
    return other;
  }

  void* memory_;
  void* scratch_;
};

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
