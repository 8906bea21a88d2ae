// Connected components of batches of packed masks on a device; holes.
#pragma once

#include <cstdint>
#include <vector>

#include <s2d/cuda/components_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/mask/component_types.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

component_batch launch_components(const const_bits_view& masks, bool corners_touch,
                                  std::int32_t* labels, stream_view stream);
void launch_fill_holes(const const_bits_view& masks, bool corners_touch, std::uint64_t* out,
                       stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

namespace checks {

inline void require_components(const char* what, const const_bits_view& masks) {
  require_view(what, masks);
  const std::int64_t most = checked_product(what, masks.count, masks.height, (masks.width + 1) / 2);
  require(most < std::int64_t{1} << 32 && masks.width < std::int64_t{1} << 31, what, ": ",
          masks.count, " x ", masks.height, " x ", masks.width,
          " (count x height x width) may have ", most, " runs, expected less than 2^32");
}

}  // namespace checks

/// The components of each mask in scan order, as s2d::components(mask, touching,
/// component_order::scan) numbers and measures them; the same in every run.
///
/// Eight launches, one more for labels, beside those of two running sums. Waits for the stream
/// once, to read the number of runs. Temporary memory: 12 bytes for 64 pixels, 52 bytes a run.
/// @param labels  [count, height, width] in device memory, C order, or null: the number of a
/// pixel's
///                component within its mask, from 1; 0 for background
/// @throws invalid_input if there may be 2^32 runs or more, or an address cannot be device memory
[[nodiscard]] inline component_batch components(const const_bits_view& masks,
                                                connectivity touching = connectivity::eight,
                                                std::int32_t* labels = nullptr,
                                                stream_view stream = {}) {
  checks::require_components("components", masks);
  checks::require_optional("components: labels", labels, masks.count * masks.height * masks.width);
  return detail::launch_components(masks, touching == connectivity::eight, labels, stream);
}

/// Adds the holes of each mask, as s2d::fill_holes. Waits once, as components.
/// @param out  as many masks of the same size; may not overlap the input
inline void fill_holes(const const_bits_view& masks, const bits_view& out,
                       connectivity touching = connectivity::eight, stream_view stream = {}) {
  checks::require_components("fill_holes", masks);
  checks::require_view("fill_holes: out", out);
  checks::require_same_extents("fill_holes", masks, out);
  detail::launch_fill_holes(masks, touching == connectivity::eight, out.data, stream);
}

/// [count] lists of components on the host. Waits for the stream.
[[nodiscard]] inline std::vector<std::vector<component>> to_host(const component_batch& batch,
                                                                 stream_view stream = {}) {
  const auto offsets = to_host(batch.offsets, stream);
  const auto total = offsets.empty() ? 0 : static_cast<std::int64_t>(offsets.back());
  const auto items = to_host(batch.items.data(), total, stream);
  std::vector<std::vector<component>> lists(static_cast<std::size_t>(batch.count));
  for (std::size_t i = 0; i < lists.size(); ++i)
    for (std::uint64_t k = offsets[i]; k < offsets[i + 1]; ++k) {
      const mask_box& at = items[k].bounds;
      lists[i].push_back({items[k].area, {at.x, at.y, at.width, at.height}});
    }
  return lists;
}

}  // namespace s2d::cuda::inline S2D_ABI
