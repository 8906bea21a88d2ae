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

inline void count_pairs_on_device(const device_executor& run, const char* what, const word_rows& a,
                                  const word_rows& b, std::int64_t words,
                                  unsigned long long* common, pair_counting way) {
  const bool tensor = way == pair_counting::tensor_cores ||
                      (way == pair_counting::automatic && pays_on_tensor_cores(a.count, b.count));
  if (!tensor) return count_pairs_on<16>(run, what, a, b, words, common);
  using body = count_pairs_mma;
  run.fill_zero(common, a.count * b.count);
  const pair_grid grid =
      make_pair_grid(a.count, b.count, words, body::tile_a, body::tile_b, body::chunk);
  if (a.count > 0 && b.count > 0) run.for_each_block(what, grid.blocks(), body{a, b, grid, common});
}

S2D_CUDA_INLINE void launch_intersections(const const_bits_view& a, const const_bits_view& b,
                                          std::int64_t* out, pair_counting way,
                                          stream_view stream) {
  static_assert(sizeof(unsigned long long) == sizeof(std::int64_t));
  count_pairs_on_device(device_executor{stream}, "intersection_areas", {a.data, a.count},
                        {b.data, b.count}, a.words_per_mask(),
                        reinterpret_cast<unsigned long long*>(out), way);
}

S2D_CUDA_INLINE void launch_iou(const const_bits_view& a, const const_bits_view& b, int rule,
                                double when_empty, float* out, pair_counting way,
                                stream_view stream) {
  const device_executor run{stream};
  auto common = run.allocate<unsigned long long>(a.count * b.count);
  auto areas_a = run.allocate<std::int64_t>(a.count);
  auto areas_b = run.allocate<std::int64_t>(b.count);
  count_pairs_on_device(run, "iou", {a.data, a.count}, {b.data, b.count}, a.words_per_mask(),
                        common.data(), way);
  measure_on(run, "iou", a, areas_a.data(), nullptr);
  measure_on(run, "iou", b, areas_b.data(), nullptr);
  run.for_each(
      "iou", a.count * b.count,
      share_pairs{common.data(), areas_a.data(), areas_b.data(), b.count, rule, when_empty, out});
}

S2D_CUDA_INLINE void launch_tube_iou(const const_bits_view& a, const std::uint8_t* present_a,
                                     const const_bits_view& b, const std::uint8_t* present_b,
                                     std::int64_t frames, bool absent_is_empty, float* out,
                                     pair_counting way, stream_view stream) {
  const device_executor run{stream};
  const std::int64_t n = a.count / frames, m = b.count / frames;
  auto common = run.allocate<unsigned long long>(n * m);
  auto areas_a = run.allocate<std::int64_t>(a.count);
  auto areas_b = run.allocate<std::int64_t>(b.count);
  count_pairs_on_device(run, "tube_iou", {a.data, n}, {b.data, m}, frames * a.words_per_mask(),
                        common.data(), way);
  measure_on(run, "tube_iou", a, areas_a.data(), nullptr);
  measure_on(run, "tube_iou", b, areas_b.data(), nullptr);
  run.for_each("tube_iou", n * m,
               share_tubes{common.data(), areas_a.data(), areas_b.data(), present_a, present_b, m,
                           frames, absent_is_empty, out});
}

S2D_CUDA_INLINE void launch_nms(const const_bits_view& masks, const float* scores, double threshold,
                                int rule, std::int64_t* kept, std::int64_t* count,
                                stream_view stream) {
  const device_executor run{stream};
  const std::int64_t n = masks.count;
  auto common = run.allocate<unsigned long long>(n * n);
  auto areas = run.allocate<std::int64_t>(n);
  count_pairs_on_device(run, "nms", {masks.data, n}, {masks.data, n}, masks.words_per_mask(),
                        common.data(), pair_counting::automatic);
  measure_on(run, "nms", masks, areas.data(), nullptr);
  nms_on(run, mask_overlap{common.data(), areas.data(), n, rule}, scores, n, threshold, kept,
         count);
}

S2D_CUDA_INLINE void launch_nms(const float* overlaps, std::int64_t n, const float* scores,
                                double threshold, std::int64_t* kept, std::int64_t* count,
                                stream_view stream) {
  nms_on(device_executor{stream}, table_overlap{overlaps, n}, scores, n, threshold, kept, count);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
