// Dense optical flow between two frames.
#pragma once

#include <cstddef>
#include <cstdint>

#include <s2d/core/color.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/detail/dense_flow.hpp>
#include <s2d/flow/estimate_types.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

inline dense::flow_pyramid make_pyramid(plane_view<const std::uint8_t> gray,
                                        const flow_options& o) {
  int coarsest = dense::coarsest_scale(gray.height, gray.width, o.patch_size);
  if (coarsest < o.finest_scale) coarsest = o.finest_scale;
  return dense::build_pyramid(gray, o.finest_scale, coarsest, o.patch_size, o.patch_stride);
}

inline flow_field flow_between(const dense::flow_pyramid& from, const dense::flow_pyramid& to,
                               const flow_options& o, dense::flow_scratch& scratch) {
  const dense::dense_flow_settings settings{
      o.finest_scale,
      o.search_iterations,
      o.refine_rounds,
      {o.smoothness, o.brightness, o.gradient, o.relaxation, o.refine_sweeps}};
  if (o.patch_size == 4) return dense::dense_flow<4>(from, to, settings, scratch);
  if (o.patch_size == 16) return dense::dense_flow<16>(from, to, settings, scratch);
  return dense::dense_flow<8>(from, to, settings, scratch);
}

}  // namespace detail

/// Flow from one gray frame to another: what stands at p in `from` stands at p + flow(p) in `to`.
/// Dense inverse search (Kroeger, Timofte, Dai, Van Gool, ECCV 2016): patches are aligned from
/// coarse to fine, blended, and refined by a variational method at every scale; the result of the
/// finest scale is interpolated to the frame. Frames smaller than a patch are extended by
/// repeating their border. Equal frames give zero flow.
/// @param from, to [h, w] the same size, at least one pixel; any strides
/// @throws invalid_input if sizes differ, a frame is empty or an option is out of range
/// O(pixels) time; the result does not depend on anything but the arguments.
[[nodiscard]] inline flow_field estimate_flow(plane_view<const std::uint8_t> from,
                                              plane_view<const std::uint8_t> to,
                                              const flow_options& options = {}) {
  detail::check_flow_options(options);
  detail::require_same_size("estimate_flow", from, to);
  require(!from.empty(), "estimate_flow: frames are ", from.height, " x ", from.width,
          ", expected at least one pixel");
  detail::dense::flow_scratch scratch;
  return detail::flow_between(detail::make_pyramid(from, options),
                              detail::make_pyramid(to, options), options, scratch);
}

/// The same for colour frames: flow of their luma (to_gray).
[[nodiscard]] inline flow_field estimate_flow(image_view from, image_view to,
                                              const flow_options& options = {}) {
  return estimate_flow(to_gray(from), to_gray(to), options);
}

}  // namespace s2d::inline S2D_ABI
