// Definitions of iou.hpp.
#pragma once

#include <s2d/cuda/iou.hpp>
#include <s2d/cuda/detail/bit_mma.cuh>
#include <s2d/cuda/detail/iou.hpp>
#include <s2d/cuda/detail/launch.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Tensor cores take whole tiles: they pay where most of a tile is pairs.
inline bool pays_on_tensor_cores(std::int64_t n, std::int64_t m) { return n >= 32 && m >= 64; }

/// Counts common pixels either way.
struct device_counting {
  device_executor run;
  pair_counting way;
  void operator()(const char* what, const word_rows& a, const word_rows& b, std::int64_t words,
                  unsigned long long* common) const {
    const bool tensor = way == pair_counting::tensor_cores ||
                        (way == pair_counting::automatic && pays_on_tensor_cores(a.count, b.count));
    if (!tensor) return count_pairs_on<16>(run, what, a, b, words, common);
    using body = count_pairs_mma;
    run.fill_zero(common, a.count * b.count);
    const pair_grid grid =
        make_pair_grid(a.count, b.count, words, body::tile_a, body::tile_b, body::chunk);
    if (a.count > 0 && b.count > 0)
      run.for_each_block(what, grid.blocks(), body{a, b, grid, common});
  }
};

S2D_CUDA_INLINE void launch_intersections(const const_bits_view& a, const const_bits_view& b,
                                          std::int64_t* out, pair_counting way,
                                          stream_view stream) {
  static_assert(sizeof(unsigned long long) == sizeof(std::int64_t));
  device_counting{device_executor{stream}, way}("intersection_areas", {a.data, a.count},
                                                {b.data, b.count}, a.words_per_mask(),
                                                reinterpret_cast<unsigned long long*>(out));
}

S2D_CUDA_INLINE void launch_iou(const const_bits_view& a, const const_bits_view& b, int rule,
                                double when_empty, float* out, pair_counting way,
                                stream_view stream) {
  const device_executor run{stream};
  iou_on(run, device_counting{run, way}, a, b, rule, when_empty, out);
}

S2D_CUDA_INLINE void launch_tube_iou(const const_bits_view& a, const std::uint8_t* present_a,
                                     const const_bits_view& b, const std::uint8_t* present_b,
                                     std::int64_t frames, bool absent_is_empty, float* out,
                                     pair_counting way, stream_view stream) {
  const device_executor run{stream};
  tube_iou_on(run, device_counting{run, way}, a, present_a, b, present_b, frames, absent_is_empty,
              out);
}

S2D_CUDA_INLINE void launch_nms(const const_bits_view& masks, const float* scores, double threshold,
                                int rule, std::int64_t* kept, std::int64_t* count,
                                stream_view stream) {
  const device_executor run{stream};
  mask_nms_on(run, device_counting{run, pair_counting::automatic}, masks, scores, threshold, rule,
              kept, count);
}

S2D_CUDA_INLINE void launch_nms(const float* overlaps, std::int64_t n, const float* scores,
                                double threshold, std::int64_t* kept, std::int64_t* count,
                                stream_view stream) {
  nms_on(device_executor{stream}, table_overlap{overlaps, n}, scores, n, threshold, kept, count);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
