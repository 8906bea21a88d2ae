// Backward warps of batches along flow fields, and the forward-backward test, on a device.
#pragma once

#include <cstdint>
#include <limits>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/flow_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/cuda/detail/warp.hpp>
#include <s2d/flow/consistency.hpp>
#include <s2d/flow/warp_types.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// T: std::uint8_t, float, float16. `backward` and `consistent` null: no test.
template <class T>
void launch_warp(const batch_view<const T>& in, const flow_batch& forward,
                 const flow_batch* backward, const batch_view<T>& out, std::uint64_t* consistent,
                 const warp_settings& set, stream_view stream);
void launch_warp_bits(const const_bits_view& in, const flow_batch& flow, const bits_view& out,
                      const warp_settings& set, stream_view stream);
void launch_consistent(const flow_batch& forward, const flow_batch& backward, const bits_view& out,
                       const warp_settings& set, stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

namespace checks {

template <class View>
void require_flow(const char* what, const View& x, const flow_batch& flow) {
  require_view(what, flow.u);
  require_view(what, flow.v);
  require_same_extents(what, flow.u, flow.v);
  require(flow.u.height == x.height && flow.u.width == x.width, what, ": flow is ", flow.u.height,
          " x ", flow.u.width, ", expected ", x.height, " x ", x.width,
          " as the picture (height x width)");
  require(x.width < (1 << 30) && x.height < (1 << 30), what, ": picture is ", x.height, " x ",
          x.width, ", expected sides below 2^30");
  require(flow.u.count == 0 ? x.count == 0 : x.count % flow.u.count == 0, what, ": ", x.count,
          " planes for ", flow.u.count, " flow fields, expected a multiple");
}

inline detail::warp_settings settings_of(const char* what, const warp_options& options,
                                         const consistency_options& test, float least,
                                         float greatest) {
  require(options.fill >= least && options.fill <= greatest, what, ": fill is ", options.fill,
          ", expected ", least, " to ", greatest);
  require(test.base >= 0 && test.slope >= 0, what, ": base is ", test.base, " and slope ",
          test.slope, ", expected >= 0");
  return {options.filter == warp_filter::nearest, options.border == warp_border::replicate,
          options.fill, test.base, test.slope};
}

template <class T>
detail::warp_settings settings_for(const char* what, const warp_options& options,
                                   const consistency_options& test = {}) {
  if constexpr (sizeof(T) == 1) return settings_of(what, options, test, 0, 255);
  if constexpr (sizeof(T) == 2) return settings_of(what, options, test, -65504, 65504);
  return settings_of(what, options, test, -(std::numeric_limits<float>::max)(),
                     (std::numeric_limits<float>::max)());
}

template <class T>
void require_warp(const char* what, const batch_view<const T>& x, const flow_batch& flow,
                  const batch_view<T>& out) {
  require_view(what, x);
  require_view("warp_back: out", out);
  require_flow(what, x, flow);
  require_same_extents(what, x, out);
}

}  // namespace checks

/// Backward warp: out(p) = x(p + flow(p)), as s2d::warp_back of every plane. Nearest gives the
/// core's bits; bilinear sums in float in the core's order, where the compiler may contract a
/// product and a sum: within 2^-22 of the largest of the four values (a byte: within 1 at a half;
/// float16: within a unit in the last place).
/// @param x     [n * channels, h, w] planes, those of a flow field one after the other
/// @param flow  [n, h, w]; any strides, fast where, as in x and out, neighbours in a row are
/// neighbours in memory
/// @param out   as x; may overlap neither x nor the flow
/// T: std::uint8_t, float, float16. One launch. Nothing waits.
/// @throws invalid_input as s2d::warp_back
template <class T>
void warp_back(const batch_view<const T>& x, const flow_batch& flow, const batch_view<T>& out,
               const warp_options& options = {}, stream_view stream = {}) {
  checks::require_warp("warp_back", x, flow, out);
  detail::launch_warp(x, flow, nullptr, out, nullptr, checks::settings_for<T>("warp_back", options),
                      stream);
}

/// Of packed masks: the nearest pixel, whatever options.filter says. Bit for bit the core's.
/// @param x, flow, out  [n, h, w]. One launch. Nothing waits.
/// @throws invalid_input as s2d::warp_back
inline void warp_back(const const_bits_view& x, const flow_batch& flow, const bits_view& out,
                      const warp_options& options = {}, stream_view stream = {}) {
  checks::require_view("warp_back", x);
  checks::require_view("warp_back: out", out);
  checks::require_flow("warp_back", x, flow);
  checks::require_same_extents("warp_back", x, out);
  detail::launch_warp_bits(x, flow, out, checks::settings_for<float>("warp_back", options), stream);
}

/// The pixels whose flow leads back to them, as s2d::consistent_pixels; a pixel whose two sides of
/// the test agree to some units in the last place may come out otherwise.
/// @param forward, backward, out  [n, h, w]. One launch. Nothing waits.
/// @throws invalid_input if extents differ, an option is negative or an address cannot be device
/// memory
inline void consistent_pixels(const flow_batch& forward, const flow_batch& backward,
                              const bits_view& out, const consistency_options& options = {},
                              stream_view stream = {}) {
  checks::require_view("consistent_pixels: out", out);
  checks::require_flow("consistent_pixels", out, forward);
  checks::require_flow("consistent_pixels", out, backward);
  checks::require_same_extents("consistent_pixels", forward.u, out);
  checks::require_same_extents("consistent_pixels", backward.u, out);
  detail::launch_consistent(forward, backward, out,
                            checks::settings_for<float>("consistent_pixels", {}, options), stream);
}

/// warp_back along `forward` and consistent_pixels in one launch, which reads `forward` once.
/// @param consistent  [n, h, w]
template <class T>
void warp_back_tested(const batch_view<const T>& x, const flow_batch& forward,
                      const flow_batch& backward, const batch_view<T>& out,
                      const bits_view& consistent, const warp_options& options = {},
                      const consistency_options& test = {}, stream_view stream = {}) {
  checks::require_warp("warp_back_tested", x, forward, out);
  checks::require_view("warp_back_tested: consistent", consistent);
  checks::require_flow("warp_back_tested", x, backward);
  checks::require_same_extents("warp_back_tested", forward.u, backward.u);
  checks::require_same_extents("warp_back_tested", forward.u, consistent);
  if (x.count == 0 && forward.u.count > 0)
    return consistent_pixels(forward, backward, consistent, test, stream);
  detail::launch_warp(x, forward, &backward, out, consistent.data,
                      checks::settings_for<T>("warp_back_tested", options, test), stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
