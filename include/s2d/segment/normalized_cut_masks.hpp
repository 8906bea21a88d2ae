// Frame masks by normalised cuts of feature grids.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/detail/threads.hpp>
#include <s2d/core/fast_math.hpp>
#include <s2d/core/lab.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/mask/components.hpp>
#include <s2d/segment/feature_grid.hpp>
#include <s2d/segment/frame_mask.hpp>
#include <s2d/segment/normalized_cut.hpp>
#include <s2d/segment/pixels.hpp>
#include <s2d/segment/slic.hpp>

namespace s2d::inline S2D_ABI {

/// How alike two cells are.
enum class cell_affinity : std::uint8_t {
  gaussian,  ///< exp(-|f - g|^2 / 2), plus `floor`: features scaled to their unit of unlikeness
  cosine,    ///< 1 where the cosine of f and g exceeds `threshold`, else `floor`: learned features
};

/// Which side of a cut is the object.
enum class foreground_side : std::uint8_t {
  automatic,  ///< `salient` where the grid has a salience, else `inner`
  salient,    ///< the side whose mean salience is larger
  inner,      ///< the side with the smaller share of its cells on the border of the grid
  compact,    ///< the side with fewer cells
};

struct normalized_cut_masks_options {
  cell_affinity affinity = cell_affinity::gaussian;
  float threshold = 0.2f;  ///< see cell_affinity::cosine
  float floor = 1e-4f;     ///< affinity of any two cells, > 0
  foreground_side side = foreground_side::automatic;
  int cuts = 1;                     ///< objects by repeated cuts of what the earlier ones left, > 0
  double max_cost = 1;              ///< a normalised cut that costs more finds nothing, in (0, 2]
  float color_sigma = 7;            ///< of the pixel step, in Lab, > 0
  float cell_sigma = 0.5f;          ///< of the pixel step, in cells, > 0
  double min_area = 5e-4;           ///< smallest object as a share of the frame
  double min_relative_area = 0.03;  ///< and of the largest object of the frame
  std::size_t max_objects = 10;     ///< in a frame, > 0
  normalized_cut_options cut = {};
  std::size_t threads = 0;  ///< 0: one per processor; the result does not depend on it
};

namespace detail {

inline matrix<float> cell_affinities(const feature_grid& grid, std::span<const std::size_t> nodes,
                                     const normalized_cut_masks_options& options) {
  const std::size_t n = nodes.size();
  const auto channels = static_cast<std::size_t>(grid.channels);
  // Channel by channel, so that a row of affinities is a few passes over contiguous floats.
  std::vector<float> planes(channels * n), norm(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::span<const float> cell = grid.cell(nodes[i]);
    norm[i] = std::sqrt(dot(cell.data(), cell.data(), channels));
    const float scale =
        options.affinity == cell_affinity::cosine ? (norm[i] > 0 ? 1 / norm[i] : 0) : 1;
    for (std::size_t c = 0; c < channels; ++c) planes[c * n + i] = cell[c] * scale;
  }
  matrix<float> affinity(static_cast<std::ptrdiff_t>(n), static_cast<std::ptrdiff_t>(n));
  for (std::size_t i = 0; i < n; ++i) {
    float* row = affinity.row(static_cast<std::ptrdiff_t>(i));
    for (std::size_t c = 0; c < channels; ++c) {
      const float* plane = planes.data() + c * n;
      const float own = plane[i];
      if (options.affinity == cell_affinity::cosine)
        for (std::size_t j = 0; j < n; ++j) row[j] += own * plane[j];
      else
        for (std::size_t j = 0; j < n; ++j) row[j] += (own - plane[j]) * (own - plane[j]);
    }
    if (options.affinity == cell_affinity::cosine)
      for (std::size_t j = 0; j < n; ++j) row[j] = row[j] > options.threshold ? 1 : options.floor;
    else
      change_all(row, static_cast<std::ptrdiff_t>(n), [&](const float_lanes& squared) {
        return fast_exp(-0.5f * squared) + options.floor;
      });
    row[i] = 1;
  }
  return affinity;
}

// Whether side 1 of the cut is the background.
inline bool inverted(const feature_grid& grid, std::span<const std::size_t> nodes,
                     std::span<const std::uint8_t> side, foreground_side rule) {
  double sum[2] = {0, 0}, count[2] = {0, 0};
  if (rule == foreground_side::automatic)
    rule = grid.salience.empty() ? foreground_side::inner : foreground_side::salient;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto y = static_cast<std::ptrdiff_t>(nodes[i]) / grid.width;
    const auto x = static_cast<std::ptrdiff_t>(nodes[i]) % grid.width;
    const bool border = y == 0 || x == 0 || y == grid.height - 1 || x == grid.width - 1;
    count[side[i]] += 1;
    if (rule == foreground_side::salient)
      sum[side[i]] += static_cast<double>(grid.salience[nodes[i]]);
    if (rule == foreground_side::inner) sum[side[i]] += border ? -1 : 0;
  }
  if (rule == foreground_side::compact) return count[1] > count[0];
  return sum[1] / count[1] < sum[0] / count[0];
}

// How much of a node is object: 1/2 where the cut is, 1 and 0 from the means of the sides on.
inline std::vector<float> memberships(const normalized_cut_result& cut, bool flip) {
  double sum[2] = {0, 0}, count[2] = {0, 0};
  for (std::size_t i = 0; i < cut.side.size(); ++i) {
    sum[cut.side[i]] += static_cast<double>(cut.vector[i]);
    count[cut.side[i]] += 1;
  }
  const auto upper = static_cast<float>(sum[1] / count[1]);
  const auto lower = static_cast<float>(sum[0] / count[0]);
  std::vector<float> inside(cut.side.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const float from = cut.vector[i] - cut.threshold;
    const float reach = cut.side[i] != 0 ? upper - cut.threshold : cut.threshold - lower;
    const float share = std::abs(from) < reach ? std::abs(from) / reach : 1;
    inside[i] = (cut.side[i] != 0) != flip ? 0.5f + share / 2 : 0.5f - share / 2;
  }
  return inside;
}

// Plain rectangular cells as superpixels of a small picture of the frame, for the pixel step.
inline superpixels rectangle_cells(const image& frame, std::ptrdiff_t rows,
                                   std::ptrdiff_t columns) {
  constexpr std::ptrdiff_t side = 6;  // pixels of the small picture along a cell
  superpixels cells;
  cells.rows = rows;
  cells.columns = columns;
  cells.labels = matrix<std::int32_t>(rows * side, columns * side);
  const image reduced = resize_area(frame.view(), rows * side, columns * side);
  const lab_image picture = to_lab(reduced.view());
  cells.l = resize_area(picture.l.view(), rows, columns).values;
  cells.a = resize_area(picture.a.view(), rows, columns).values;
  cells.b = resize_area(picture.b.view(), rows, columns).values;
  const auto step = static_cast<float>(side);
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    for (std::ptrdiff_t j = 0; j < columns; ++j)
      cells.centre.push_back({(static_cast<float>(j) + 0.5f) * step - 0.5f,
                              (static_cast<float>(i) + 0.5f) * step - 0.5f});
  return cells;
}

// The parts of a mask that are large enough and not taken, the largest first; as one, if `whole`.
inline void add_objects(bit_mask mask, float confidence, bool whole,
                        const normalized_cut_masks_options& options,
                        std::vector<frame_mask>& found) {
  for (const frame_mask& earlier : found)
    for (std::size_t i = 0; i < mask.words().size(); ++i)
      mask.words()[i] &= ~earlier.mask.words()[i];
  const component_list parts = components(mask);
  if (parts.empty()) return;
  const auto largest = static_cast<double>(parts.items[0].area);
  const double least =
      larger_of(larger_of(options.min_area * static_cast<double>(mask.height * mask.width),
                          options.min_relative_area * largest),
                12.0);
  bit_mask all(mask.height, mask.width);
  bool any = false;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (static_cast<double>(parts.items[k].area) < least) break;
    if (!whole) {
      if (found.size() >= options.max_objects) return;
      found.push_back({extract(parts, k), confidence});
      continue;
    }
    const bit_mask part = extract(parts, k);
    for (std::size_t i = 0; i < all.words().size(); ++i) all.words()[i] |= part.words()[i];
    any = true;
  }
  if (any && found.size() < options.max_objects) found.push_back({std::move(all), confidence});
}

inline void check_cut_options(const normalized_cut_masks_options& options) {
  require(
      options.floor > 0 && options.color_sigma > 0 && options.cell_sigma > 0 &&
          options.max_cost > 0 && options.cuts > 0 && options.max_objects > 0,
      "normalized_cut_masks: floor, color_sigma, cell_sigma, max_cost, cuts and max_objects are ",
      options.floor, ", ", options.color_sigma, ", ", options.cell_sigma, ", ", options.max_cost,
      ", ", options.cuts, ", ", options.max_objects, "; expected values above 0");
  require(options.cut.min_share >= 0 && options.cut.min_share <= 0.5 && options.cut.steps > 0 &&
              options.cut.rounds > 0,
          "normalized_cut_masks: cut.min_share is ", options.cut.min_share, ", cut.steps ",
          options.cut.steps, ", cut.rounds ", options.cut.rounds, "; expected 0 to 0.5, > 0, > 0");
}

inline void check_feature_grid(const feature_grid& grid, std::size_t frame) {
  const std::size_t cells = grid.height < 0 || grid.width < 0 ? 0 : grid.cells();
  const auto fits = [&](std::size_t size) { return size == 0 || size == cells; };
  require(grid.channels >= 0 &&
              grid.values.size() == cells * static_cast<std::size_t>(grid.channels) &&
              fits(grid.salience.size()) && fits(grid.superpixel_cells.centre.size()),
          "normalized_cut_masks: the feature grid of frame ", frame, " is ", grid.height, " x ",
          grid.width, " x ", grid.channels, ", but has ", grid.values.size(), " values, ",
          grid.salience.size(), " of salience and ", grid.superpixel_cells.centre.size(),
          " superpixels");
  for (std::size_t i = 0; i < grid.values.size(); ++i)
    require(std::isfinite(grid.values[i]), "normalized_cut_masks: value ", i,
            " of the feature grid of frame ", frame, " is not finite");
}

inline std::vector<frame_mask> cut_frame(const image& frame, const feature_grid& grid,
                                         const normalized_cut_masks_options& options) {
  std::vector<frame_mask> found;
  if (grid.cells() < 2 || frame.empty()) return found;
  const superpixels plain = grid.superpixel_cells.centre.empty()
                                ? rectangle_cells(frame, grid.height, grid.width)
                                : superpixels{};
  const superpixels& looks = plain.centre.empty() ? grid.superpixel_cells : plain;
  const pixel_options pixels{options.color_sigma, options.cell_sigma *
                                                      static_cast<float>(looks.labels.width) /
                                                      static_cast<float>(looks.columns)};
  std::vector<std::size_t> nodes = counted<std::size_t>(grid.cells());
  std::vector<float> value(grid.cells());
  for (int round = 0; round < options.cuts && nodes.size() >= 2; ++round) {
    const matrix<float> affinity = cell_affinities(grid, nodes, options);
    std::vector<double> degree(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i)
      for (std::size_t j = 0; j < nodes.size(); ++j)
        degree[i] += static_cast<double>(
            affinity(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j)));
    normalized_cut_result cut = normalized_cut(affinity.view(), degree, options.cut);
    if (!(cut.cost <= options.max_cost)) break;
    const bool flip = inverted(grid, nodes, cut.side, options.side);
    std::vector<std::size_t> rest;
    value.assign(grid.cells(), 0);
    const std::vector<float> inside = memberships(cut, flip);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      value[nodes[i]] = inside[i];
      if ((cut.side[i] != 0) == flip) rest.push_back(nodes[i]);
    }
    nodes = std::move(rest);
    const float half[] = {0.5f};
    add_objects(std::move(threshold_pixels(frame.view(), looks, value, half, pixels)[0]),
                static_cast<float>(1 - cut.cost / 2), options.cuts > 1, options, found);
  }
  return found;
}

}  // namespace detail

/// Objects of every frame by normalised cuts of its features: the cells of a frame are the nodes of
/// a graph, all linked to all by their likeness; the cut separates the object, and every pixel
/// takes the mean of the 3x3 cells around it, weighted by likeness in colour and place.
///
/// With one cut the 8-connected components of the object side are the objects; with several, each
/// cut gives one, and the next splits what is left (as MaskCut does). Confidence is
/// 1 - cost / 2 of the cut. A grid without cells gives no mask.
///
/// @param frames    [T]
/// @param features  gives the grid of every frame, with any size and number of channels
/// @param progress  stage "masks", units are frames
/// @return [T] masks of the size of the frame, the largest first within a cut
/// @throws invalid_input if a grid's arrays do not have its extents, a value is not finite, or an
///         option is out of range; cancelled if `progress` returns false
/// Complexity: cells^2 * (channels + some tens of steps) + 9 pixels a frame and cut.
/// Sources: Shi, Malik 2000; Wang et al., "Cut and Learn", CVPR 2023 (repeated cuts).
template <feature_source Source>
[[nodiscard]] video_masks normalized_cut_masks(std::span<const image> frames,
                                               const Source& features,
                                               const normalized_cut_masks_options& options = {},
                                               const progress_callback& progress = {}) {
  detail::check_cut_options(options);
  video_masks result(frames.size());
  detail::mutex reporting;
  std::size_t done = 0;
  parallel_for(frames.size(), options.threads, [&](std::size_t t) {
    const feature_grid& grid = features(t);
    detail::check_feature_grid(grid, t);
    result[t] = detail::cut_frame(frames[t], grid, options);
    const detail::scoped_lock lock{reporting};
    detail::report(progress, "masks", ++done, frames.size());
  });
  return result;
}

}  // namespace s2d::inline S2D_ABI
