// Dense optical flow of many pairs of frames, on a device.
#pragma once

#include <cstdint>

#include <s2d/cuda/flow_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/cuda/detail/flow.hpp>
#include <s2d/flow/detail/flow_scales.hpp>
#include <s2d/flow/estimate_types.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

void launch_flow(const char* what, const flow_frames& frames, const flow_outputs& out,
                 const flow_settings& set, stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

namespace checks {

inline detail::flow_settings flow_settings_of(const flow_options& o, std::int64_t height,
                                              std::int64_t width) {
  s2d::detail::check_flow_options(o);
  const int coarsest = s2d::detail::dense::coarsest_scale(height, width, o.patch_size);
  return {o.finest_scale,      coarsest > o.finest_scale ? coarsest : o.finest_scale,
          o.patch_size,        o.patch_stride,
          o.search_iterations, o.refine_rounds,
          o.refine_sweeps,     {o.smoothness, o.brightness, o.gradient, o.relaxation}};
}

inline void require_flow_frames(const char* what, const batch_view<const std::uint8_t>& frames) {
  require(frames.count <= 0 || (frames.height > 0 && frames.width > 0), what, ": frames are ",
          frames.height, " x ", frames.width, ", expected at least one pixel");
  require(frames.height < (1 << 24) && frames.width < (1 << 24), what, ": frames are ",
          frames.height, " x ", frames.width, ", expected sides below 2^24");
  require_view(what, frames);
}

/// The scratch, which is less than this, can be counted.
inline void require_flow_room(const char* what, const batch_view<const std::uint8_t>& frames,
                              const flow_options& options) {
  const std::int64_t least = std::int64_t{options.patch_size} << options.finest_scale;
  checked_product(what, std::int64_t{64}, frames.count,
                  frames.height > least ? frames.height : least,
                  frames.width > least ? frames.width : least);
}

inline void require_flow_output(const char* what, const batch_view<const std::uint8_t>& frames,
                                std::int64_t fields, const mutable_flow_batch& out) {
  require_view(what, out.u);
  require_view(what, out.v);
  for (const batch_view<float>* plane : {&out.u, &out.v})
    require_same_extents(
        what, batch_view<const std::uint8_t>{frames.data, fields, frames.height, frames.width},
        *plane);
}

}  // namespace checks

/// Flow from each frame of one batch to its fellow in another, as s2d::estimate_flow of every pair:
/// what stands at p in from(i) stands at p + out(i, p) in to(i). Sums have the order of the core
/// compiled for AVX-512 and every operation is rounded alone: the bits of that core compiled
/// without contraction of products and sums, the same on every device. Against a core compiled
/// otherwise: docs/cuda_flow.md.
/// @param from, to  [n, h, w], any strides; h and w from 1 to 2^24 - 1
/// @param out       [n, h, w] u and v; may not overlap the frames
/// The search takes a block a pair and scale: speed takes many pairs. Temporary memory, in floats
/// for each pixel of a pair: 5.4 (medium), 1.8 (fast); in general 18 at the finest scale and the
/// pyramids. Nothing waits.
/// @throws invalid_input as s2d::estimate_flow
inline void estimate_flow(const batch_view<const std::uint8_t>& from,
                          const batch_view<const std::uint8_t>& to, const mutable_flow_batch& out,
                          const flow_options& options = {}, stream_view stream = {}) {
  constexpr const char* what = "estimate_flow";
  checks::require_flow_frames(what, from);
  checks::require_flow_frames(what, to);
  checks::require_same_extents(what, from, to);
  checks::require_flow_output(what, from, from.count, out);
  const auto set = checks::flow_settings_of(options, from.height, from.width);
  checks::require_flow_room(what, from, options);
  detail::launch_flow(what, {from, to, false}, {out, {}}, set, stream);
}

/// Flow between all neighbouring frames of a clip, both ways; every frame's pyramid is made once.
/// @param frames    [t, h, w], as above
/// @param forward   [t - 1, h, w]; plane i is the flow from frame i to frame i + 1; t = 0: no plane
/// @param backward  the same; plane i is the flow from frame i + 1 to frame i
inline void estimate_clip_flow(const batch_view<const std::uint8_t>& frames,
                               const mutable_flow_batch& forward,
                               const mutable_flow_batch& backward, const flow_options& options = {},
                               stream_view stream = {}) {
  constexpr const char* what = "estimate_clip_flow";
  checks::require_flow_frames(what, frames);
  const std::int64_t fields = frames.count > 0 ? frames.count - 1 : 0;
  checks::require_flow_output(what, frames, fields, forward);
  checks::require_flow_output(what, frames, fields, backward);
  const auto set = checks::flow_settings_of(options, frames.height, frames.width);
  checks::require_flow_room(what, frames, options);
  detail::launch_flow(what, {frames, {}, true}, {forward, backward}, set, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
