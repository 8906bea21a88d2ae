// Options of estimate_flow.
#pragma once

#include <cstdint>

#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>

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

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
