// Superpixels of batches of pictures on a device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/slic_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/cuda/detail/slic.hpp>
#include <s2d/segment/slic.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

superpixel_batch launch_slic(const const_lab_batch& in, const slic_settings& set,
                             stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

namespace checks {

inline detail::slic_settings settings_for(const char* what, const const_lab_batch& in,
                                          const slic_options& options) {
  s2d::detail::check_slic(what, options);
  require_pictures(what, in);
  require(in.l.height < (1 << 30) && in.l.width < (1 << 30), what, ": picture is ", in.l.height,
          " x ", in.l.width, ", expected sides below 2^30");
  const std::int64_t rows = grid_cells(in.l.height, options.cell);
  const std::int64_t columns = grid_cells(in.l.width, options.cell);
  require(rows * columns <= INT32_MAX, what, ": ", rows, " x ", columns,
          " superpixels of a picture, expected less than 2^31");
  const float side = static_cast<float>(options.cell);
  return {rows, columns, options.compactness * options.compactness / (side * side),
          options.iterations};
}

}  // namespace checks

/// Superpixels of each picture, as s2d::slic. Every operation is rounded alone and every sum has
/// the core's order: labels, counts and means are, bit for bit, those of a core compiled without
/// contraction of products and sums. Where it contracts, a pixel whose distances to two superpixels
/// agree to some units in the last place may get the other one.
///
/// 2 * iterations + 1 launches. Nothing waits. No temporary memory: 4 bytes a pixel and 24 a
/// superpixel are the result. A superpixel is summed by one thread, made for cells of some pixels:
/// it looks at 9 * cell^2 labels.
/// @param pictures  [n, h, w] CIE Lab (lab.hpp), finite; any strides
/// @throws invalid_input if an option is out of range, extents differ, a side is 2^30 or more or a
/// picture has 2^31 superpixels or more
[[nodiscard]] inline superpixel_batch slic(const const_lab_batch& pictures,
                                           const slic_options& options = {},
                                           stream_view stream = {}) {
  return detail::launch_slic(pictures, checks::settings_for("slic", pictures, options), stream);
}

namespace checks {

template <template <class> class Buffer>
std::vector<superpixels> grids_of(const basic_superpixel_batch<Buffer>& shape,
                                  const std::vector<std::int32_t>& labels,
                                  const std::vector<superpixel_item>& items) {
  std::vector<superpixels> grids(static_cast<std::size_t>(shape.count));
  auto label = labels.begin();
  auto item = items.begin();
  for (superpixels& grid : grids) {
    grid.rows = shape.rows;
    grid.columns = shape.columns;
    grid.labels = matrix<std::int32_t>(shape.height, shape.width);
    for (std::int32_t& value : grid.labels.values) value = *label++;
    for (std::int64_t k = 0; k < shape.size(); ++k, ++item) {
      grid.count.push_back(item->count);
      grid.centre.push_back({item->x, item->y});
      grid.l.push_back(item->l);
      grid.a.push_back(item->a);
      grid.b.push_back(item->b);
    }
  }
  return grids;
}

inline std::vector<superpixel_item> items_of(const superpixels& grid) {
  std::vector<superpixel_item> items;
  for (std::size_t k = 0; k < grid.count.size(); ++k)
    items.push_back(
        {grid.l[k], grid.a[k], grid.b[k], grid.centre[k].y, grid.centre[k].x, grid.count[k]});
  return items;
}

}  // namespace checks

/// [count] grids of superpixels on the host. Waits for the stream.
[[nodiscard]] inline std::vector<superpixels> to_host(const superpixel_batch& batch,
                                                      stream_view stream = {}) {
  return checks::grids_of(batch, to_host(batch.labels, stream), to_host(batch.items, stream));
}

/// Superpixels of pictures of one size on the device.
/// @throws invalid_input if sizes differ
[[nodiscard]] inline superpixel_batch to_device(std::span<const superpixels> grids,
                                                stream_view stream = {}) {
  superpixel_batch batch;
  std::vector<std::int32_t> labels;
  std::vector<superpixel_item> items;
  for (const superpixels& grid : grids) {
    const auto n = static_cast<std::size_t>(grid.size());
    s2d::detail::require_same_size("to_device", grids[0].labels, grid.labels);
    require(grid.rows == grids[0].rows && grid.columns == grids[0].columns &&
                grid.count.size() == n && grid.centre.size() == n && grid.l.size() == n &&
                grid.a.size() == n && grid.b.size() == n,
            "to_device: ", grid.count.size(), " superpixels in ", grid.rows, " x ", grid.columns,
            ", expected ", grids[0].rows, " x ", grids[0].columns);
    labels.insert(labels.end(), grid.labels.values.begin(), grid.labels.values.end());
    const std::vector<superpixel_item> of_grid = checks::items_of(grid);
    items.insert(items.end(), of_grid.begin(), of_grid.end());
  }
  batch.count = static_cast<std::int64_t>(grids.size());
  if (!grids.empty()) {
    batch.height = grids[0].labels.height;
    batch.width = grids[0].labels.width;
    batch.rows = grids[0].rows;
    batch.columns = grids[0].columns;
  }
  batch.labels = to_device(labels, stream);
  batch.items = to_device(items, stream);
  return batch;
}

}  // namespace s2d::cuda::inline S2D_ABI
