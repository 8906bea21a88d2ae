// What moves unlike the camera: a vote for every superpixel of a video.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/flow/affine_motion.hpp>
#include <s2d/segment/barrier_distance.hpp>
#include <s2d/segment/motion_cells.hpp>
#include <s2d/segment/options.hpp>

namespace s2d::inline S2D_ABI {

/// Votes of T frames of N superpixels, and how much moves in each frame.
struct motion_saliency {
  std::vector<float> votes;     ///< [T, N] >= 0
  std::vector<float> residual;  ///< [T, N] length of the motion unlike the camera's, the smaller of
                                ///< both directions; 0 where both are absent
  std::vector<float> energy;    ///< [T] the largest such motion of the frame that stands out from
                                ///< its border; NaN where both directions are absent
  std::vector<float> camera;    ///< [T] mean length of the camera's motion; NaN likewise
  bool rests = false;           ///< the camera does: the median of these is below rest_speed
};

namespace detail {

/// Percentile with linear interpolation between ranks. Reorders `values`, which is not empty.
inline float percentile(std::vector<float>& values, double q) {
  const double rank = q / 100 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  select_nth(values.data(), values.size(), below);
  const float low = values[below];
  if (below + 1 >= values.size()) return low;
  float high = values[below + 1];
  for (std::size_t i = below + 2; i < values.size(); ++i) high = smaller_of(high, values[i]);
  return low + static_cast<float>(rank - static_cast<double>(below)) * (high - low);
}

/// What counts as the largest value of a frame: the percentile, or a share of the third largest
/// where that is more. Of a thing smaller than the share above the percentile, the percentile
/// knows nothing; three superpixels are more than noise.
inline float top_of(std::vector<float> values, float q, float share) {
  const float usual = percentile(values, static_cast<double>(q));
  const std::size_t n = values.size();
  if (n < 3) return usual;
  select_nth(values.data(), n, n - 3);
  return larger_of(usual, share * values[n - 3]);
}

/// Divides by the largest of the values (at least 1e-6) and clips to [0, 1].
inline void scale_to_top(std::vector<float>& values, const saliency_options& options) {
  const float top = larger_of(top_of(values, options.percentile, options.small_share), 1e-6F);
  for (float& x : values) x = smaller_of(x / top, 1.0F);
}

/// Motion of one frame in one direction after the camera's is taken away.
struct residual_motion {
  std::vector<float> u, v, length, barrier, strength;  // all empty if the direction is absent
  float camera = 0;                                    // mean length of the camera's motion

  [[nodiscard]] bool present() const noexcept { return !u.empty(); }
};

inline residual_motion residual_of(const motion_cells& cells, std::size_t direction,
                                   const saliency_options& options) {
  residual_motion r;
  if (!cells.has_flow(direction)) return r;
  const std::size_t n = cells.size();
  const std::ptrdiff_t rows = cells.grid.rows;
  const std::ptrdiff_t columns = cells.grid.columns;
  std::vector<float> weight(n);
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    for (std::ptrdiff_t j = 0; j < columns; ++j) {
      const auto k = static_cast<std::size_t>(i * columns + j);
      const bool ring = i == 0 || j == 0 || i == rows - 1 || j == columns - 1;
      if (cells.grid.count[k] > 0) weight[k] = ring ? 1.0F : options.inner_weight;
    }
  const affine_motion camera = detail::fit_affine_motion(
      cells.grid.centre, cells.u[direction], cells.v[direction], weight, options.camera);
  matrix<float> u(rows, columns);
  matrix<float> v(rows, columns);
  r.length.resize(n);
  r.strength.resize(n);
  for (std::size_t k = 0; k < n; ++k) {
    const point move = camera(cells.grid.centre[k]);
    r.camera += std::sqrt(move.x * move.x + move.y * move.y) / static_cast<float>(n);
    u.values[k] = cells.u[direction][k] - move.x;
    v.values[k] = cells.v[direction][k] - move.y;
    r.length[k] = std::sqrt(u.values[k] * u.values[k] + v.values[k] * v.values[k]);
  }
  const plane_view<const float> channels[2] = {u.view(), v.view()};
  r.barrier = barrier_distance(channels, {.passes = options.barrier_passes}).values;
  for (std::size_t k = 0; k < n; ++k) r.strength[k] = std::sqrt(r.length[k] * r.barrier[k]);
  r.u = std::move(u.values);
  r.v = std::move(v.values);
  return r;
}

/// The smaller of two values, each of which may be absent; 0 if both are.
inline std::vector<float> smaller(const std::vector<float>& a, const std::vector<float>& b,
                                  std::size_t n) {
  if (a.empty() && b.empty()) return std::vector<float>(n);
  if (a.empty()) return b;
  if (b.empty()) return a;
  std::vector<float> result(n);
  for (std::size_t k = 0; k < n; ++k) result[k] = smaller_of(a[k], b[k]);
  return result;
}

inline motion_saliency saliency(std::span<const motion_cells> frames,
                                const saliency_options& options) {
  const std::size_t t_count = frames.size();
  const std::size_t n = t_count == 0 ? 0 : frames[0].size();
  motion_saliency result;
  result.votes.resize(t_count * n);
  result.residual.resize(t_count * n);
  result.energy.resize(t_count);
  result.camera.resize(t_count);
  parallel_for(t_count, options.threads, [&](std::size_t t) {
    const residual_motion next = residual_of(frames[t], 0, options);
    const residual_motion last = residual_of(frames[t], 1, options);
    if (!next.present() && !last.present()) {
      result.energy[t] = result.camera[t] = std::numeric_limits<float>::quiet_NaN();
      return;
    }
    result.camera[t] = next.present() ? next.camera : last.camera;
    std::vector<float> strength = smaller(next.strength, last.strength, n);
    result.energy[t] = top_of(strength, options.percentile, options.energy_share);

    std::vector<float> a = next.strength;
    std::vector<float> b = last.strength;
    if (!a.empty()) scale_to_top(a, options);
    if (!b.empty()) scale_to_top(b, options);
    std::vector<float> motion = smaller(a, b, n);
    scale_to_top(motion, options);

    std::vector<float> steady = smaller(next.barrier, last.barrier, n);
    for (std::size_t k = 0; k < n; ++k) {
      float c = next.present() ? next.length[k] : last.length[k];
      if (next.present() && last.present()) {
        const float with = std::hypot(next.u[k] - last.u[k], next.v[k] - last.v[k]) / 2;
        const float against = std::hypot(next.u[k] + last.u[k], next.v[k] + last.v[k]) / 2;
        c = larger_of(0.0F, with - against);
      }
      steady[k] = std::sqrt(c * steady[k]);
    }
    scale_to_top(steady, options);
    const std::vector<float> residual = smaller(next.length, last.length, n);
    for (std::size_t k = 0; k < n; ++k) {
      result.votes[t * n + k] = std::sqrt(motion[k] * steady[k]);
      result.residual[t * n + k] = residual[k];
    }
  });

  std::vector<double> speeds;
  for (const float speed : result.camera)
    if (!std::isnan(speed)) speeds.push_back(static_cast<double>(speed));
  result.rests = !speeds.empty() && median(speeds) < static_cast<double>(options.rest_speed);
  const float power = result.rests ? options.rest_power : options.power;
  parallel_for(t_count, options.threads, [&](std::size_t t) {
    for (std::size_t k = t * n; k < (t + 1) * n; ++k)
      result.votes[k] = std::pow(result.votes[k], power);
  });

  // Frames in which little moves, or in which everything seems to move, count less.
  std::vector<float> mean(t_count);
  std::vector<double> moving;
  for (std::size_t t = 0; t < t_count; ++t) {
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += static_cast<double>(result.votes[t * n + k]);
    mean[t] = n == 0 ? 0 : static_cast<float>(sum / static_cast<double>(n));
    if (!std::isnan(result.energy[t])) moving.push_back(static_cast<double>(mean[t]));
  }
  const float usual = moving.empty() ? 0 : static_cast<float>(median(moving));
  for (std::size_t t = 0; t < t_count; ++t) {
    if (std::isnan(result.energy[t])) continue;
    const float e = result.energy[t] * result.energy[t];
    const float still = options.still_energy * options.still_energy;
    const float weight =
        e / (e + still) * limited(std::sqrt(usual / larger_of(mean[t], 1e-3F)), 0.3F, 2.0F);
    for (std::size_t k = 0; k < n; ++k) result.votes[t * n + k] *= weight;
  }
  return result;
}

inline void check_saliency(const char* what, const saliency_options& options) {
  require(options.percentile >= 0 && options.percentile <= 100 && options.barrier_passes > 0, what,
          ": percentile is ", options.percentile, ", barrier_passes ", options.barrier_passes,
          "; expected 0..100 and > 0");
  const auto share = [](float value) { return value >= 0 && value <= 1; };
  require(share(options.small_share) && share(options.energy_share), what, ": small_share is ",
          options.small_share, ", energy_share ", options.energy_share, "; expected 0..1");
}

}  // namespace detail

/// Votes for the superpixels of a video that move unlike the camera, coherently in time, and stand
/// out from the border of the frame.
///
/// In either direction the camera's affine motion is taken away (fitted mostly to the border of the
/// frame, inner_weight; flow/affine_motion.hpp); strength = sqrt(residual length * barrier distance
/// of the residual). Each strength is scaled by what counts as its largest within the frame (a
/// percentile, or a share of the third largest if that is more, as where only small things move)
/// and the smaller of the two directions counts, so that occlusion bands, which show in one
/// direction only, vanish. Steady motion has opposite residuals in the two directions; what
/// flickers, like water, does not, and loses its votes. A direction without flow is ignored. Votes
/// are raised to a power that holds back what moves less than the strongest; by a camera at rest,
/// where nothing but objects moves, to a smaller one.
///
/// @param frames  [T] superpixels with flow, equal numbers in every frame
/// @throws invalid_input if frames differ in their grids or options are out of range
/// Complexity: O(T N (rounds + passes)). The same result for any number of threads.
[[nodiscard]] inline motion_saliency find_motion(std::span<const motion_cells> frames,
                                                 const saliency_options& options = {}) {
  for (const motion_cells& cells : frames)
    require(cells.grid.rows == frames[0].grid.rows && cells.grid.columns == frames[0].grid.columns,
            "find_motion: grids differ, ", cells.grid.rows, " x ", cells.grid.columns, " and ",
            frames[0].grid.rows, " x ", frames[0].grid.columns, " superpixels");
  detail::check_saliency("find_motion", options);
  return detail::saliency(frames, options);
}

}  // namespace s2d::inline S2D_ABI
