// How much all masks or tubes of one list overlap with all of another, and suppression, on a
// device.
#pragma once

#include <cstdint>

#include <s2d/core/view.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/mask/mask_form.hpp>
#include <s2d/mask/nms.hpp>
#include <s2d/mask/tube.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// How common pixels are counted. Results are the same.
enum class pair_counting : std::uint8_t {
  automatic,     ///< by the number of pairs
  popcount,      ///< AND and population count
  tensor_cores,  ///< products of one-bit matrices
};

namespace detail {

void launch_intersections(const const_bits_view& a, const const_bits_view& b, std::int64_t* out,
                          pair_counting way, stream_view stream);
void launch_iou(const const_bits_view& a, const const_bits_view& b, int rule, double when_empty,
                float* out, pair_counting way, stream_view stream);
void launch_tube_iou(const const_bits_view& a, const std::uint8_t* present_a,
                     const const_bits_view& b, const std::uint8_t* present_b, std::int64_t frames,
                     bool absent_is_empty, float* out, pair_counting way, stream_view stream);
void launch_nms(const const_bits_view& masks, const float* scores, double threshold, int rule,
                std::int64_t* kept, std::int64_t* count, stream_view stream);
void launch_nms(const float* overlaps, std::int64_t n, const float* scores, double threshold,
                std::int64_t* kept, std::int64_t* count, stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {
namespace checks {

inline void require_pairs(const char* what, const const_bits_view& a, const const_bits_view& b) {
  require_view(what, a);
  require_view(what, b);
  s2d::detail::require_same_size(what, a, b);
  require(checked_product(what, a.height, a.width) < std::int64_t{1} << 31, what, ": ", a.height,
          " x ", a.width, " (height x width), expected less than 2^31 pixels");
}

}  // namespace checks

/// Pixels common to every mask of `a` and every mask of `b`.
/// @param out  [a.count, b.count] in device memory
/// Nothing waits. Fewest bytes: each mask once for every 64 (128) masks of the other list.
/// @throws invalid_input if sizes differ or a mask has 2^31 pixels or more
inline void intersection_areas(const const_bits_view& a, const const_bits_view& b,
                               std::int64_t* out, stream_view stream = {},
                               pair_counting way = pair_counting::automatic) {
  checks::require_pairs("intersection_areas", a, b);
  checks::require_device("intersection_areas: out", out,
                         checks::checked_product("intersection_areas", a.count, b.count));
  detail::launch_intersections(a, b, out, way, stream);
}

/// The overlap of every mask of `a` with every mask of `b`, as s2d::iou of the packed masks gives
/// it (the double there, rounded to float).
/// @param out  [a.count, b.count] in device memory
/// @throws invalid_input as intersection_areas. Nothing waits.
inline void iou(const const_bits_view& a, const const_bits_view& b, float* out,
                const iou_options& options = {}, stream_view stream = {},
                pair_counting way = pair_counting::automatic) {
  checks::require_pairs("iou", a, b);
  checks::require_device("iou: out", out, checks::checked_product("iou", a.count, b.count));
  detail::launch_iou(a, b, static_cast<int>(options.over), options.when_empty, out, way, stream);
}

/// The overlap of every tube of `a` with every tube of `b`, as s2d::tube_iou.
/// @param a  [n * frames] masks, tube by tube; a frame without mask has no foreground
/// @param present_a  [n, frames] whether the tube has a mask in the frame; null: always
/// @param out  [n, m] in device memory
/// @throws invalid_input if a.count or b.count is no multiple of frames, or as intersection_areas
inline void tube_iou(const const_bits_view& a, const std::uint8_t* present_a,
                     const const_bits_view& b, const std::uint8_t* present_b, std::int64_t frames,
                     float* out, absent_frame absent = absent_frame::ignored,
                     stream_view stream = {}, pair_counting way = pair_counting::automatic) {
  checks::require_pairs("tube_iou", a, b);
  require(frames > 0 && a.count % frames == 0 && b.count % frames == 0, "tube_iou: ", a.count,
          " and ", b.count, " masks of tubes of ", frames, " frames, expected multiples");
  checks::checked_product("tube_iou", frames, a.height, a.width);
  checks::require_optional("tube_iou: present_a", present_a, a.count);
  checks::require_optional("tube_iou: present_b", present_b, b.count);
  checks::require_device("tube_iou: out", out,
                         checks::checked_product("tube_iou", a.count / frames, b.count / frames));
  detail::launch_tube_iou(a, present_a, b, present_b, frames, absent == absent_frame::empty, out,
                          way, stream);
}

/// Greedy suppression, as s2d::nms of the packed masks. Nothing waits.
/// @param scores  [n] in device memory, none of them NaN (not checked)
/// @param kept    [n] in device memory: the items that stay, best first, then undefined
/// @param count   [1] in device memory: how many stay
/// Temporary memory: 8 n^2 bytes. @throws invalid_input as s2d::nms, but for NaN
inline void nms(const const_bits_view& masks, const float* scores, std::int64_t* kept,
                std::int64_t* count, const nms_options& options = {}, stream_view stream = {}) {
  checks::require_pairs("nms", masks, masks);
  require(options.threshold >= 0 && options.threshold <= 1, "nms: threshold is ", options.threshold,
          ", expected 0 to 1");
  checks::require_device("nms: scores", scores, masks.count);
  checks::require_device("nms: kept", kept, masks.count);
  checks::require_device("nms: count", count, 1);
  detail::launch_nms(masks, scores, options.threshold, static_cast<int>(options.over), kept, count,
                     stream);
}

/// The same from a table of overlaps, for instance of tubes.
/// @param overlaps  [n, n] row: the better item
inline void nms(const float* overlaps, std::int64_t n, const float* scores, std::int64_t* kept,
                std::int64_t* count, const nms_options& options = {}, stream_view stream = {}) {
  require(options.threshold >= 0 && options.threshold <= 1, "nms: threshold is ", options.threshold,
          ", expected 0 to 1");
  checks::require_device("nms: overlaps", overlaps, checks::checked_product("nms", n, n));
  checks::require_device("nms: scores", scores, n);
  checks::require_device("nms: kept", kept, n);
  checks::require_device("nms: count", count, 1);
  detail::launch_nms(overlaps, n, scores, options.threshold, kept, count, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
