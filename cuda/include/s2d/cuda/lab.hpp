// Batches of pictures to CIE Lab, on a device.
#pragma once

#include <cstddef>
#include <cstdint>

#include <s2d/core/lab.hpp>
#include <s2d/cuda/color_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/cuda/detail/lab.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

void launch_to_lab(const rgb_batch& in, const light_table& table, const lab_batch& out,
                   stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

namespace checks {

inline detail::light_table srgb_light() {
  detail::light_table table;
  for (std::size_t i = 0; i < 256; ++i) table.values[i] = s2d::detail::srgb_to_linear()[i];
  return table;
}

inline void require_pictures(const char* what, const rgb_batch& in) {
  for (const auto* plane : {&in.r, &in.g, &in.b}) {
    require_view(what, *plane);
    require_same_extents(what, in.r, *plane);
  }
}
template <class T>
void require_pictures(const char* what, const basic_lab_batch<T>& in) {
  for (const auto* plane : {&in.l, &in.a, &in.b}) {
    require_view(what, *plane);
    require_same_extents(what, in.l, *plane);
  }
}

}  // namespace checks

/// The pictures in CIE Lab, as s2d::to_lab. Every operation is rounded alone: the bits of a core
/// compiled without contraction of products and sums, elsewhere within 1e-4 of the core's.
///
/// Two launches, the first of which writes the 1 KB of temporary memory. Nothing waits.
/// @param out  as many planes of the same size; may not overlap the input
/// @throws invalid_input if extents differ or an address cannot be device memory
inline void to_lab(const rgb_batch& pictures, const lab_batch& out, stream_view stream = {}) {
  checks::require_pictures("to_lab", pictures);
  checks::require_pictures("to_lab: out", out);
  checks::require_same_extents("to_lab", pictures.r, out.l);
  detail::launch_to_lab(pictures, checks::srgb_light(), out, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
