// From values of superpixels to masks of pixels, in batches on a device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/slic_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/cuda/detail/pixels.hpp>
#include <s2d/segment/pixels.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

void launch_threshold_pixels(const rgb_batch& pictures, const light_table& table,
                             const superpixel_item* items, const float* values,
                             const pixel_settings& set, const float* thresholds, std::int64_t count,
                             const bits_view& out, stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

namespace checks {

template <template <class> class Buffer>
detail::pixel_settings settings_for(const char* what, const rgb_batch& pictures,
                                    const basic_superpixel_batch<Buffer>& grid, const float* values,
                                    std::int64_t thresholds, const bits_view& out,
                                    const pixel_options& options) {
  s2d::detail::check_pixel_options(what, options);
  require_pictures(what, pictures);
  const batch_view<const std::uint8_t>& x = pictures.r;
  require(x.height < (1 << 30) && x.width < (1 << 30), what, ": picture is ", x.height, " x ",
          x.width, ", expected sides below 2^30");
  require(grid.count == x.count && grid.items.size() == grid.count * grid.size(), what, ": ",
          grid.items.size(), " superpixels of ", grid.count, " pictures, expected ", grid.rows,
          " x ", grid.columns, " for each of ", x.count);
  require(x.empty() || grid.size() > 0, what, ": pictures of ", x.height, " x ", x.width,
          " and no superpixels");
  require_device("threshold_pixels: values", values, grid.items.size());
  require_view("threshold_pixels: out", out);
  require(out.count == checked_product(what, x.count, thresholds) && out.height == x.height &&
              out.width == x.width,
          what, ": out is ", out.count, " x ", out.height, " x ", out.width, ", expected ", x.count,
          " times ", thresholds, " masks of ", x.height, " x ", x.width);
  if (x.empty()) return {};
  const float scale_y = static_cast<float>(x.height) / static_cast<float>(grid.height);
  const float scale_x = static_cast<float>(x.width) / static_cast<float>(grid.width);
  const float spread = options.position_sigma * scale_x;
  return {grid.rows,
          grid.columns,
          scale_y,
          scale_x,
          -0.5f / (options.color_sigma * options.color_sigma),
          -0.5f / (spread * spread)};
}

}  // namespace checks

/// The masks {pixel : s2d::interpolate_pixels(...) > threshold} of each picture, as
/// s2d::threshold_pixels. Every operation is rounded alone and sums have the core's order: the bits
/// of a core compiled without contraction of products and sums. Where it contracts, pixels may
/// differ whose mean is within some units in the last place of a threshold.
///
/// Pixels of cells whose nine values lie on one side of every threshold are not looked at. Three
/// launches, one more for every eight thresholds beyond eight. Nothing waits. Temporary memory: 1
/// KB and 32 bytes a superpixel.
/// @param pictures    [n, h, w] sRGB, of any size
/// @param grid        superpixels of the same n scenes, at any size (slic.hpp)
/// @param values      [n, superpixels] in device memory, finite
/// @param thresholds  [m] on the host
/// @param out         [n * m, h, w] packed masks, the m of a picture one after the other
/// @throws invalid_input if sizes do not fit, a side is 2^30 or more or a sigma is not positive
inline void threshold_pixels(const rgb_batch& pictures, const superpixel_batch& grid,
                             const float* values, std::span<const float> thresholds,
                             const bits_view& out, const pixel_options& options = {},
                             stream_view stream = {}) {
  const auto m = static_cast<std::int64_t>(thresholds.size());
  const detail::pixel_settings set =
      checks::settings_for("threshold_pixels", pictures, grid, values, m, out, options);
  detail::launch_threshold_pixels(pictures, checks::srgb_light(), grid.items.data(), values, set,
                                  thresholds.data(), m, out, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
