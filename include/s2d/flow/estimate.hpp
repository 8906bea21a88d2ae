// Dense optical flow between two frames.
#pragma once

#include <cstddef>
#include <cstdint>

#include <s2d/core/color.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/detail/dense_flow.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {

/// Named settings of estimate_flow.
enum class flow_preset : std::uint8_t {
  fast,    ///< finest scale 2, a patch every 4 pixels
  medium,  ///< finest scale 1, a patch every 3 pixels
};

/// All parameters of estimate_flow. Defaults: the medium preset.
struct flow_options {
  int finest_scale = 1;        ///< halvings of the frame at which the search ends, 0..10
  int patch_size = 8;          ///< side of a patch in pixels of its scale: 4, 8 or 16
  int patch_stride = 3;        ///< distance of patches, 1..patch_size
  int search_iterations = 25;  ///< most Gauss-Newton steps of a patch, two passes together, >= 0
  int refine_rounds = 5;       ///< re-weightings of the variational refinement of each scale, >= 0
  int refine_sweeps = 5;       ///< relaxation sweeps of each of them, >= 1
  float smoothness = 20.0f;    ///< weight of smooth flow, > 0
  float brightness = 5.0f;     ///< weight of constant brightness, >= 0
  float gradient = 10.0f;      ///< weight of constant brightness gradient, >= 0
  float relaxation = 1.6f;     ///< over-relaxation, between 0 and 2

  flow_options() = default;
  flow_options(flow_preset preset) {
    if (preset == flow_preset::fast) {
      finest_scale = 2;
      patch_stride = 4;
      search_iterations = 16;
    }
  }
};

namespace detail {

inline void check_flow_options(const flow_options& o) {
  require(o.finest_scale >= 0 && o.finest_scale <= 10, "flow: finest_scale is ", o.finest_scale,
          ", expected 0..10");
  require(o.patch_size == 4 || o.patch_size == 8 || o.patch_size == 16, "flow: patch_size is ",
          o.patch_size, ", expected 4, 8 or 16");
  require(o.patch_stride >= 1 && o.patch_stride <= o.patch_size, "flow: patch_stride is ",
          o.patch_stride, ", expected 1..", o.patch_size);
  require(o.search_iterations >= 0, "flow: search_iterations is ", o.search_iterations,
          ", expected >= 0");
  require(o.refine_rounds >= 0, "flow: refine_rounds is ", o.refine_rounds, ", expected >= 0");
  require(o.refine_sweeps >= 1, "flow: refine_sweeps is ", o.refine_sweeps, ", expected >= 1");
  require(o.smoothness > 0 && o.smoothness < 1e6f, "flow: smoothness is ", o.smoothness,
          ", expected between 0 and 1e6");
  require(o.brightness >= 0 && o.brightness < 1e6f, "flow: brightness is ", o.brightness,
          ", expected 0..1e6");
  require(o.gradient >= 0 && o.gradient < 1e6f, "flow: gradient is ", o.gradient,
          ", expected 0..1e6");
  require(o.relaxation > 0 && o.relaxation < 2, "flow: relaxation is ", o.relaxation,
          ", expected between 0 and 2");
}

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
