// Affine motion through displaced points, robust against points that move on their own.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/flow/affine_motion_types.hpp>

namespace s2d::inline S2D_ABI {

/// A displacement that is affine in the position: u = u0 + ux x + uy y, v likewise.
struct affine_motion {
  double u0 = 0;
  double ux = 0;
  double uy = 0;
  double v0 = 0;
  double vx = 0;
  double vy = 0;

  /// The displacement of the point at p, as a vector.
  [[nodiscard]] point operator()(point p) const noexcept {
    return {static_cast<float>(u0 + ux * p.x + uy * p.y),
            static_cast<float>(v0 + vx * p.x + vy * p.y)};
  }
  friend bool operator==(const affine_motion&, const affine_motion&) = default;
};

namespace detail {

/// The middle value; the mean of the two middle ones if their number is even. Reorders `values`.
inline double median(std::span<double> values) {
  const std::size_t middle = values.size() / 2;
  select_nth(values.data(), values.size(), middle);
  if (values.size() % 2 == 1) return values[middle];
  double below = values[0];
  for (const double value : values.first(middle)) below = larger_of(below, value);
  return (values[middle] + below) / 2;
}

/// Weighted sums of 1, x, y, their products and their products with the two displacements.
struct affine_sums {
  double m[6] = {};  // ww, wx, wy, wxx, wxy, wyy
  double u[3] = {};
  double v[3] = {};

  void add(double w, double x, double y, double du, double dv) noexcept {
    const double wx = w * x;
    const double wy = w * y;
    m[0] += w;
    m[1] += wx;
    m[2] += wy;
    m[3] += wx * x;
    m[4] += wx * y;
    m[5] += wy * y;
    u[0] += w * du;
    u[1] += wx * du;
    u[2] += wy * du;
    v[0] += w * dv;
    v[1] += wx * dv;
    v[2] += wy * dv;
  }

  /// Solves the normal equations with `ridge` added to the diagonal (Cramer's rule).
  [[nodiscard]] affine_motion solve(double ridge) const noexcept {
    const double a = m[0] + ridge;
    const double b = m[1];
    const double c = m[2];
    const double d = m[3] + ridge;
    const double e = m[4];
    const double f = m[5] + ridge;
    const double p00 = d * f - e * e;
    const double p01 = c * e - b * f;
    const double p02 = b * e - c * d;
    const double p11 = a * f - c * c;
    const double p12 = b * c - a * e;
    const double p22 = a * d - b * b;
    const double s = 1 / (a * p00 + b * p01 + c * p02);
    return {s * (p00 * u[0] + p01 * u[1] + p02 * u[2]), s * (p01 * u[0] + p11 * u[1] + p12 * u[2]),
            s * (p02 * u[0] + p12 * u[1] + p22 * u[2]), s * (p00 * v[0] + p01 * v[1] + p02 * v[2]),
            s * (p01 * v[0] + p11 * v[1] + p12 * v[2]), s * (p02 * v[0] + p12 * v[1] + p22 * v[2])};
  }
};

inline affine_motion fit_affine_motion(std::span<const point> at, std::span<const float> u,
                                       std::span<const float> v, std::span<const float> weights,
                                       const affine_motion_options& options) {
  const std::size_t n = at.size();
  const auto weight = [&](std::size_t i) {
    return weights.empty() ? 1.0 : static_cast<double>(weights[i]);
  };
  double heaviest = 0;
  for (std::size_t i = 0; i < n; ++i) heaviest = larger_of(heaviest, weight(i));
  if (heaviest == 0) return {};

  // Positions are centred and scaled to about -1..1: the ridge then means the same everywhere.
  point low = at[0];
  point high = at[0];
  std::vector<std::size_t> trusted;  // these alone decide what residual is large
  for (std::size_t i = 0; i < n; ++i) {
    if (weight(i) == 0) continue;
    if (weight(i) >= heaviest / 2) trusted.push_back(i);
    low = {smaller_of(low.x, at[i].x), smaller_of(low.y, at[i].y)};
    high = {larger_of(high.x, at[i].x), larger_of(high.y, at[i].y)};
  }
  const double cx = (static_cast<double>(low.x) + high.x) / 2;
  const double cy = (static_cast<double>(low.y) + high.y) / 2;
  const double extent =
      larger_of(static_cast<double>(high.x) - low.x, static_cast<double>(high.y) - low.y);
  const double unit = extent > 0 ? extent / 2 : 1;

  std::vector<double> residual(n);
  std::vector<double> scratch(trusted.size());
  const auto median_of = [&](const auto& values) {
    for (std::size_t k = 0; k < trusted.size(); ++k)
      scratch[k] = static_cast<double>(values[trusted[k]]);
    return median(scratch);
  };
  const double mu = median_of(u);
  const double mv = median_of(v);
  for (std::size_t i = 0; i < n; ++i) residual[i] = std::hypot(u[i] - mu, v[i] - mv);

  affine_motion scaled;
  for (int round = 0; round < options.rounds; ++round) {
    const double c = larger_of(options.scale * 1.4826 * median_of(residual), options.min_scale);
    const double cc = c * c;
    affine_sums sums;
    for (std::size_t i = 0; i < n; ++i) {
      const double w0 = weight(i);
      if (w0 == 0) continue;
      const double q = cc / (cc + residual[i] * residual[i]);
      sums.add(w0 * q * q, (at[i].x - cx) / unit, (at[i].y - cy) / unit, u[i], v[i]);
    }
    scaled = sums.solve(1e-6 * heaviest);
    for (std::size_t i = 0; i < n; ++i) {
      const double x = (at[i].x - cx) / unit;
      const double y = (at[i].y - cy) / unit;
      const double du = u[i] - (scaled.u0 + scaled.ux * x + scaled.uy * y);
      const double dv = v[i] - (scaled.v0 + scaled.vx * x + scaled.vy * y);
      residual[i] = std::sqrt(du * du + dv * dv);
    }
  }
  affine_motion result{0, scaled.ux / unit, scaled.uy / unit,
                       0, scaled.vx / unit, scaled.vy / unit};
  result.u0 = scaled.u0 - result.ux * cx - result.uy * cy;
  result.v0 = scaled.v0 - result.vx * cx - result.vy * cy;
  return result;
}

}  // namespace detail

/// The affine motion that most of the samples follow: least squares reweighted `rounds` times with
/// (c^2 / (c^2 + r^2))^2 (Geman and McClure 1985), r the length of a residual,
/// c = max(scale * 1.4826 * median r, min_scale). The first residuals are those to the median
/// displacement. Both medians run over the samples of at least half the largest weight, so samples
/// of small weight refine the fit but do not decide what counts as an outlier.
///
/// @param at       [n] positions
/// @param u, v     [n] displacements, finite, any unit
/// @param weights  [n] finite, >= 0; empty: all 1
/// @return the motion in the coordinates of `at`; zero if every weight is zero or n = 0. Samples in
///         fewer than three places leave slopes undetermined: these become about zero (ridge 1e-6
///         of the largest weight).
/// @throws invalid_input if lengths differ, a value is not finite, a weight is negative or an
///         option is out of range
/// Complexity: O(rounds n).
[[nodiscard]] inline affine_motion fit_affine_motion(std::span<const point> at,
                                                     std::span<const float> u,
                                                     std::span<const float> v,
                                                     std::span<const float> weights = {},
                                                     const affine_motion_options& options = {}) {
  const std::size_t n = at.size();
  require(u.size() == n && v.size() == n && (weights.empty() || weights.size() == n),
          "fit_affine_motion: ", n, " positions, ", u.size(), " and ", v.size(), " displacements, ",
          weights.size(), " weights; expected equal numbers");
  require(options.rounds > 0 && options.scale > 0 && options.min_scale > 0,
          "fit_affine_motion: rounds is ", options.rounds, ", scale ", options.scale,
          ", min_scale ", options.min_scale, "; expected values above 0");
  for (std::size_t i = 0; i < n; ++i) {
    require(std::isfinite(at[i].x) && std::isfinite(at[i].y) && std::isfinite(u[i]) &&
                std::isfinite(v[i]),
            "fit_affine_motion: sample ", i, " is not finite");
    require(weights.empty() || (std::isfinite(weights[i]) && weights[i] >= 0),
            "fit_affine_motion: weight ", i, " is negative or not finite");
  }
  return detail::fit_affine_motion(at, u, v, weights, options);
}

}  // namespace s2d::inline S2D_ABI
