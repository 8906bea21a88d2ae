// Robust motion of the whole picture: affine and homography, from points or from a flow field.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/flow/affine_motion.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {

/// A projective map of positions: (x, y) goes to (m0 x + m1 y + m2, m3 x + m4 y + m5) divided by
/// m6 x + m7 y + m8. The identity unless given.
struct homography {
  std::array<double, 9> m{1, 0, 0, 0, 1, 0, 0, 0, 1};

  /// Where the point at p goes.
  [[nodiscard]] point operator()(point p) const noexcept {
    const double w = m[6] * p.x + m[7] * p.y + m[8];
    return {static_cast<float>((m[0] * p.x + m[1] * p.y + m[2]) / w),
            static_cast<float>((m[3] * p.x + m[4] * p.y + m[5]) / w)};
  }
  friend bool operator==(const homography&, const homography&) = default;
};

struct homography_options {
  int rounds = 15;          ///< reweighted least squares, > 0
  double scale = 2;         ///< residuals of `scale` robust deviations get a quarter of the weight
  double min_scale = 0.15;  ///< smallest such residual, in pixels, > 0
};

namespace detail {

/// Solves the symmetric positive definite system a x = b by elimination; a and b are overwritten.
inline std::array<double, 8> solve_eight(std::array<std::array<double, 8>, 8>& a,
                                         std::array<double, 8>& b) {
  for (std::size_t k = 0; k < 8; ++k) {
    for (std::size_t i = k + 1; i < 8; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < 8; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = 8; k-- > 0;) {
    for (std::size_t j = k + 1; j < 8; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

/// Positions shifted and scaled to about -1..1.
struct normalised {
  double x = 0, y = 0, unit = 1;
};

/// Points of no weight do not count. Precondition: there are others.
inline normalised normalise(std::span<const point> at, std::span<const float> weights) {
  const auto counts = [&](std::size_t i) { return weights.empty() || weights[i] > 0; };
  normalised out;
  double n = 0;
  for (std::size_t i = 0; i < at.size(); ++i) n += counts(i);
  double extent = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (!counts(i)) continue;
    out.x += at[i].x / n;
    out.y += at[i].y / n;
  }
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (!counts(i)) continue;
    extent = larger_of(extent, larger_of(std::fabs(at[i].x - out.x), std::fabs(at[i].y - out.y)));
  }
  if (extent > 0) out.unit = extent;
  return out;
}

inline homography fit_homography(std::span<const point> from, std::span<const point> to,
                                 std::span<const float> weights,
                                 const homography_options& options) {
  const std::size_t n = from.size();
  const normalised f = normalise(from, weights), t = normalise(to, weights);
  std::array<double, 8> h{1, 0, 0, 0, 1, 0, 0, 0};  // in normalised positions, the last entry is 1
  std::vector<double> residual(n), sorted(n);
  const auto weight = [&](std::size_t i) {
    return weights.empty() ? 1.0 : static_cast<double>(weights[i]);
  };
  double heaviest = 0;
  for (std::size_t i = 0; i < n; ++i) heaviest = larger_of(heaviest, weight(i));
  for (int round = 0; round < options.rounds; ++round) {
    // In the first round every point counts the same.
    double c = 0;
    if (round > 0) {
      sorted.clear();
      for (std::size_t i = 0; i < n; ++i)
        if (weight(i) >= heaviest / 2) sorted.push_back(residual[i]);
      c = larger_of(options.scale * 1.4826 * median(sorted), options.min_scale);
    }
    std::array<std::array<double, 8>, 8> a{};
    std::array<double, 8> b{};
    for (std::size_t i = 0; i < n; ++i) {
      const double x = (from[i].x - f.x) / f.unit, y = (from[i].y - f.y) / f.unit;
      const double u = (to[i].x - t.x) / t.unit, v = (to[i].y - t.y) / t.unit;
      // Divided by the denominator, the linear equations measure distances in the target.
      const double d = h[6] * x + h[7] * y + 1;
      const double q = round == 0 ? 1 : c * c / (c * c + residual[i] * residual[i]);
      const double w = weight(i) * q * q / larger_of(d * d, 1e-6);
      const std::array<double, 8> rows[] = {{x, y, 1, 0, 0, 0, -u * x, -u * y},
                                            {0, 0, 0, x, y, 1, -v * x, -v * y}};
      const double sides[] = {u, v};
      for (std::size_t r = 0; r < 2; ++r) {
        for (std::size_t j = 0; j < 8; ++j) {
          b[j] += w * rows[r][j] * sides[r];
          for (std::size_t k = 0; k < 8; ++k) a[j][k] += w * rows[r][j] * rows[r][k];
        }
      }
    }
    // The ridge pulls towards the last estimate, in the first round the identity.
    const double ridge = 1e-9 * static_cast<double>(n) * heaviest + 1e-12;
    for (std::size_t j = 0; j < 8; ++j) {
      a[j][j] += ridge;
      b[j] += ridge * h[j];
    }
    h = solve_eight(a, b);
    for (std::size_t i = 0; i < n; ++i) {
      const double x = (from[i].x - f.x) / f.unit, y = (from[i].y - f.y) / f.unit;
      const double d = h[6] * x + h[7] * y + 1;
      const double px = (h[0] * x + h[1] * y + h[2]) / d * t.unit + t.x;
      const double py = (h[3] * x + h[4] * y + h[5]) / d * t.unit + t.y;
      residual[i] = d > 1e-6 ? std::hypot(px - to[i].x, py - to[i].y) : 1e6;
    }
  }
  // Back to pixels: T^-1 H F.
  const auto row = [&](double a, double b, double c, double out[3]) {
    out[0] = a / f.unit;
    out[1] = b / f.unit;
    out[2] = c - (a * f.x + b * f.y) / f.unit;
  };
  double top[3], middle[3], bottom[3];
  row(h[0], h[1], h[2], top);
  row(h[3], h[4], h[5], middle);
  row(h[6], h[7], 1, bottom);
  homography out;
  for (std::size_t j = 0; j < 3; ++j) {
    out.m[j] = t.unit * top[j] + t.x * bottom[j];
    out.m[3 + j] = t.unit * middle[j] + t.y * bottom[j];
    out.m[6 + j] = bottom[j];
  }
  if (out.m[8] != 0) {
    const double scale = 1 / out.m[8];
    for (double& value : out.m) value *= scale;
  }
  return out;
}

/// Every `step`-th vector of a field, from the middle of its cell; those that are not finite or,
/// above 1e9, unknown (io/flo.hpp) are left out.
struct flow_samples {
  std::vector<point> at;
  std::vector<float> u, v;
};

inline flow_samples sample_flow(const flow_field& flow, std::ptrdiff_t step) {
  flow_samples out;
  for (std::ptrdiff_t y = smaller_of(step, flow.height()) / 2; y < flow.height(); y += step) {
    for (std::ptrdiff_t x = smaller_of(step, flow.width()) / 2; x < flow.width(); x += step) {
      if (!(std::fabs(flow.u(y, x)) <= 1e9F && std::fabs(flow.v(y, x)) <= 1e9F)) continue;
      out.at.push_back({static_cast<float>(x), static_cast<float>(y)});
      out.u.push_back(flow.u(y, x));
      out.v.push_back(flow.v(y, x));
    }
  }
  return out;
}

}  // namespace detail

/// The projective map that most of the point pairs follow: linear least squares, reweighted
/// `rounds` times with (c^2 / (c^2 + r^2))^2, r the distance in the target,
/// c = max(scale * 1.4826 * median r, min_scale). Points of small weight do not take part in the
/// median. About a third of the pairs may be wrong.
/// @param from, to [n] positions before and after   @param weights [n] >= 0; empty: all 1
/// @return the map, m8 = 1 unless it sends the origin to infinity. What the pairs leave open (fewer
///   than four, or on a line) stays near the identity around their centre.
/// @throws invalid_input if lengths differ, a value is not finite, a weight is negative, or an
///   option is out of range
/// O(rounds n).
[[nodiscard]] inline homography fit_homography(std::span<const point> from,
                                               std::span<const point> to,
                                               std::span<const float> weights = {},
                                               const homography_options& options = {}) {
  const std::size_t n = from.size();
  require(to.size() == n && (weights.empty() || weights.size() == n), "fit_homography: ", n,
          " and ", to.size(), " positions, ", weights.size(), " weights; expected equal numbers");
  require(options.rounds > 0 && options.scale > 0 && options.min_scale > 0,
          "fit_homography: rounds is ", options.rounds, ", scale ", options.scale, ", min_scale ",
          options.min_scale, "; expected values above 0");
  bool any = false;
  for (std::size_t i = 0; i < n; ++i) {
    require(std::isfinite(from[i].x) && std::isfinite(from[i].y) && std::isfinite(to[i].x) &&
                std::isfinite(to[i].y),
            "fit_homography: pair ", i, " is not finite");
    require(weights.empty() || (std::isfinite(weights[i]) && weights[i] >= 0),
            "fit_homography: weight ", i, " is negative or not finite");
    any = any || weights.empty() || weights[i] > 0;
  }
  return any ? detail::fit_homography(from, to, weights, options) : homography{};
}

/// The homography that most of a flow field follows: the motion of the camera, where the
/// background is flat or far. Vectors that are not finite or exceed 1e9 (unknown in .flo files)
/// are left out; an absent field gives the identity.
/// @param flow [h, w]   @param step every step-th vector of every step-th row is used, >= 1
/// @throws invalid_input if step or an option is out of range
[[nodiscard]] inline homography global_homography(const flow_field& flow, std::ptrdiff_t step = 8,
                                                  const homography_options& options = {}) {
  require(step >= 1, "global_homography: step is ", step, ", expected >= 1");
  detail::require_same_size("global_homography", flow.u, flow.v);
  const detail::flow_samples samples = detail::sample_flow(flow, step);
  std::vector<point> to(samples.at);
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i].x += samples.u[i];
    to[i].y += samples.v[i];
  }
  return fit_homography(samples.at, to, {}, options);
}

/// The affine motion that most of a flow field follows (fit_affine_motion); rules as
/// global_homography, an absent field gives zero motion.
/// @param flow [h, w]   @param step every step-th vector of every step-th row is used, >= 1
/// @throws invalid_input if step or an option is out of range
[[nodiscard]] inline affine_motion global_affine(const flow_field& flow, std::ptrdiff_t step = 8,
                                                 const affine_motion_options& options = {}) {
  require(step >= 1, "global_affine: step is ", step, ", expected >= 1");
  detail::require_same_size("global_affine", flow.u, flow.v);
  const detail::flow_samples samples = detail::sample_flow(flow, step);
  return fit_affine_motion(samples.at, samples.u, samples.v, {}, options);
}

}  // namespace s2d::inline S2D_ABI
