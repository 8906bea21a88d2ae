// Features for normalised cuts without weights: colour, and motion unlike the camera's.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/segment/detail/require_clip.hpp>
#include <s2d/segment/detail/work_grid.hpp>
#include <s2d/segment/normalized_cut_masks.hpp>
#include <s2d/segment/motion_saliency.hpp>

namespace s2d::inline S2D_ABI {

struct motion_feature_options {
  std::ptrdiff_t longer_side = 214;  ///< of the pictures that superpixels are made on, >= 16
  slic_options cells = {};
  saliency_options motion = {};
  std::size_t reach = 4;  ///< motion is averaged along the flow over so many frames either way
  float color_unit = 25;  ///< colours so far apart (Lab) are unlike, > 0
  float residual_unit =
      0.2f;                ///< likewise roots of residual motion, as a share of the largest, > 0
  float vote_unit = 0.3f;  ///< likewise votes for motion, > 0
  float still_color_unit = 40;      ///< without flow: likewise colours, > 0
  float still_barrier_unit = 0.2f;  ///< and barrier distances of the colour, > 0
  float least_energy = 0.7f;  ///< a video whose upper quartile of motion is below has no features
  std::size_t threads = 1;    ///< 0: one per processor; the result does not depend on it
};

namespace detail {

class motion_feature_maker {
 public:
  motion_feature_maker(std::span<const image> frames, const video_flow& flow,
                       const motion_feature_options& options, const progress_callback& progress)
      : frames_{frames}, flow_{flow}, options_{options}, progress_{progress} {
    options_.motion.threads = options_.threads;
  }

  [[nodiscard]] stored_features run() {
    stored_features result;
    result.grids.resize(frames_.size());
    if (frames_.empty()) return result;
    grid_ = work_grid(frames_[0], options_.longer_side);
    measure_cells_of_all();
    bool without_flow = true;
    for (const motion_cells& cells : cells_)
      if (cells.has_flow(0) || cells.has_flow(1)) without_flow = false;
    if (!without_flow) {
      motion_ = find_motion(cells_, options_.motion);
      if (!moves()) return result;
    }
    parallel_for(frames_.size(), options_.threads, [&](std::size_t t) {
      result.grids[t] = without_flow ? still_grid(t) : moving_grid(t);
    });
    for (std::size_t t = 0; t < frames_.size(); ++t)
      result.grids[t].superpixel_cells = std::move(cells_[t].grid);
    return result;
  }

 private:
  [[nodiscard]] flow_field small_flow(const std::vector<flow_field>& fields, std::size_t t) const {
    return fields.empty() ? flow_field{} : grid_.flow(fields[t]);
  }

  void measure_cells_of_all() {
    const std::size_t count = frames_.size(), block = 8 * thread_count(options_.threads);
    cells_.resize(count);
    for (std::size_t begin = 0; begin < count; begin += block) {
      report(progress_, "features", begin, count);
      parallel_for(smaller_of(block, count - begin), options_.threads, [&](std::size_t i) {
        const std::size_t t = begin + i;
        cells_[t] =
            describe_cells(to_lab(grid_.picture(frames_[t]).view()), small_flow(flow_.forward, t),
                           small_flow(flow_.backward, t), options_.cells, 1);
      });
    }
    report(progress_, "features", count, count);
  }

  [[nodiscard]] bool moves() const {
    std::vector<float> energy;
    for (const float e : motion_.energy)
      if (!std::isnan(e)) energy.push_back(e);
    return percentile(energy, 75) >= static_cast<double>(options_.least_energy);
  }

  [[nodiscard]] feature_grid colors(std::size_t t, std::ptrdiff_t channels, float unit) const {
    const superpixels& cells = cells_[t].grid;
    feature_grid grid(cells.rows, cells.columns, channels);
    for (std::size_t k = 0; k < grid.cells(); ++k) {
      const std::span<float> cell = grid.cell(k);
      cell[0] = 0.8f * cells.l[k] / unit;
      cell[1] = cells.a[k] / unit;
      cell[2] = cells.b[k] / unit;
    }
    return grid;
  }

  // Divides by a high percentile, at least `least`; writes value / unit to a channel.
  void set_channel(feature_grid& grid, std::size_t channel, const std::vector<float>& values,
                   float least, float unit) const {
    std::vector<float> scratch = values;
    const float top =
        larger_of(percentile(scratch, static_cast<double>(options_.motion.percentile)), least);
    for (std::size_t k = 0; k < values.size(); ++k)
      grid.cell(k)[channel] = values[k] / (top * unit);
  }

  // Adds residuals and votes of the cells that those of frame t lead to, step by step.
  void follow(std::size_t t, std::size_t direction, std::vector<float>& residual,
              std::vector<float>& votes, std::vector<float>& seen) const {
    const std::size_t n = cells_[t].size();
    std::vector<std::ptrdiff_t> at(n);
    for (std::size_t k = 0; k < n; ++k) at[k] = static_cast<std::ptrdiff_t>(k);
    std::size_t from = t;
    for (std::size_t step = 0; step < options_.reach; ++step) {
      const bool ended = direction == 0 ? from + 1 >= frames_.size() : from == 0;
      if (ended || !cells_[from].has_flow(direction)) return;
      const std::size_t to = direction == 0 ? from + 1 : from - 1;
      const matrix<std::int32_t>& labels = cells_[to].grid.labels;
      for (std::size_t k = 0; k < n; ++k) {
        if (at[k] < 0) continue;
        const auto here = static_cast<std::size_t>(at[k]);
        const point centre = cells_[from].grid.centre[here];
        const float x = std::round(centre.x + cells_[from].u[direction][here] / 2);
        const float y = std::round(centre.y + cells_[from].v[direction][here] / 2);
        at[k] = -1;
        if (!(x >= 0 && y >= 0 && x < static_cast<float>(grid_.width) &&
              y < static_cast<float>(grid_.height)))
          continue;
        at[k] = labels(static_cast<std::ptrdiff_t>(y), static_cast<std::ptrdiff_t>(x));
        const std::size_t there = to * n + static_cast<std::size_t>(at[k]);
        residual[k] += motion_.residual[there];
        votes[k] += motion_.votes[there];
        seen[k] += 1;
      }
      from = to;
    }
  }

  [[nodiscard]] feature_grid moving_grid(std::size_t t) const {
    const std::size_t n = cells_[t].size();
    const auto begin = static_cast<std::ptrdiff_t>(t * n),
               end = begin + static_cast<std::ptrdiff_t>(n);
    std::vector<float> residual(motion_.residual.begin() + begin, motion_.residual.begin() + end);
    std::vector<float> votes(motion_.votes.begin() + begin, motion_.votes.begin() + end);
    std::vector<float> seen(n, 1);
    follow(t, 0, residual, votes, seen);
    follow(t, 1, residual, votes, seen);
    feature_grid grid = colors(t, 5, options_.color_unit);
    grid.salience.resize(n);
    for (std::size_t k = 0; k < n; ++k) {
      grid.salience[k] = residual[k] / seen[k];
      residual[k] = std::sqrt(grid.salience[k]);
      votes[k] /= seen[k];
    }
    set_channel(grid, 3, residual, 0.3f, options_.residual_unit);
    set_channel(grid, 4, votes, 0.01f, options_.vote_unit);
    return grid;
  }

  [[nodiscard]] feature_grid still_grid(std::size_t t) const {
    const superpixels& cells = cells_[t].grid;
    feature_grid grid = colors(t, 4, options_.still_color_unit);
    const plane_view<const float> planes[3] = {{cells.l.data(), cells.rows, cells.columns},
                                               {cells.a.data(), cells.rows, cells.columns},
                                               {cells.b.data(), cells.rows, cells.columns}};
    grid.salience = barrier_distance(planes, {options_.motion.barrier_passes}).values;
    set_channel(grid, 3, grid.salience, 1e-3f, options_.still_barrier_unit);
    return grid;
  }

  std::span<const image> frames_;
  const video_flow& flow_;
  motion_feature_options options_;
  const progress_callback& progress_;
  work_grid grid_;
  std::vector<motion_cells> cells_;
  motion_saliency motion_;
};

}  // namespace detail

/// Features of superpixels for normalized_cut_masks: colour, the root of the motion that the
/// camera's does not explain, and the votes of segment/motion_saliency.hpp, both averaged along the
/// flow over `reach` frames either way; salience is the residual motion. Each is scaled so that
/// `unit` counts as unlike.
///
/// Without any flow the features are colour and its barrier distance to the border of the frame,
/// which is the salience: it finds what is coloured unlike the border, far less well than motion
/// does (docs/normalized_cut.md has both figures).
///
/// @param frames    [T] all of one size
/// @param flow      [T] in both directions on any grid, about twice longer_side is best; or of no
///                  frames at all: no flow
/// @param progress  stage "features", units are frames
/// @return grids of superpixels; without cells if nothing moves unlike the camera
/// @throws invalid_input if sizes differ, flow has another number of frames or a value that is not
///         finite, or an option is out of range; cancelled if `progress` returns false
/// Complexity: linear in pixels and frames. Memory: the superpixels of all frames.
[[nodiscard]] inline stored_features motion_features(std::span<const image> frames,
                                                     const video_flow& flow,
                                                     const motion_feature_options& options = {},
                                                     const progress_callback& progress = {}) {
  video_flow none;
  if (flow.forward.empty() && flow.backward.empty()) {
    none.forward.resize(frames.size());
    none.backward.resize(frames.size());
  }
  const bool absent = none.forward.size() == frames.size();
  detail::require_clip("motion_features", frames, absent ? std::as_const(none) : flow,
                       options.threads);
  require(options.longer_side >= 16 && options.longer_side <= 4096,
          "motion_features: longer_side is ", options.longer_side, ", expected 16..4096");
  for (const float unit : {options.color_unit, options.residual_unit, options.vote_unit,
                           options.still_color_unit, options.still_barrier_unit})
    require(unit > 0, "motion_features: a unit is ", unit, ", expected > 0");
  return detail::motion_feature_maker(frames, flow, options, progress).run();
}

/// Frame masks by normalised cuts of motion and colour: normalized_cut_masks of motion_features.
[[nodiscard]] inline video_masks normalized_cut_masks(
    std::span<const image> frames, const video_flow& flow,
    const normalized_cut_masks_options& options = {}, const motion_feature_options& features = {},
    const progress_callback& progress = {}) {
  motion_feature_options same = features;
  same.threads = options.threads;
  return normalized_cut_masks(frames, motion_features(frames, flow, same, progress), options,
                              progress);
}

}  // namespace s2d::inline S2D_ABI
