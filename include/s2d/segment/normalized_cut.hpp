// Normalised cut: splits a weighted graph where its second eigenvector says.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/matrix.hpp>

namespace s2d::inline S2D_ABI {

/// Where the values of the eigenvector are cut in two.
enum class cut_rule : std::uint8_t {
  best,  ///< between the two neighbouring values that give the least normalised cut
  mean,  ///< at the mean of all values
  zero,  ///< at zero
};

struct normalized_cut_options {
  cut_rule rule = cut_rule::best;
  double min_share =
      0.01;  ///< rule `best`: either side keeps so many of the nodes or half, in [0, 0.5]
  double tolerance = 1e-4;  ///< stop where |S z - mu z| is at most this for the unit vector z
  int steps = 100;          ///< Lanczos steps before it starts again from what it has, > 0
  int rounds = 5;           ///< such starts, > 0
};

/// A graph split in two, and the vector that told how.
struct normalized_cut_result {
  std::vector<float> vector;       ///< [n] x of (D - W) x = value D x, with x' D x = 1, 1' D x = 0
  double value = 0;                ///< the second smallest eigenvalue, in [0, 2]
  double residual = 0;             ///< what is left of the eigenvalue equation, see `tolerance`
  int steps = 0;                   ///< products with the matrix
  float threshold = 0;             ///< side = vector > threshold
  double cost = 0;                 ///< cut / volume of one side + cut / volume of the other
  std::vector<std::uint8_t> side;  ///< [n] 1 on the side where the vector is larger, else 0
};

namespace detail {

// A symmetric tridiagonal matrix: what Lanczos makes of a large one.
struct tridiagonal {
  std::vector<double> diagonal, beside;  // [m], [m - 1]

  // All eigenvalues lie below `shift` exactly if every pivot of T - shift is negative.
  [[nodiscard]] bool below(double shift) const noexcept {
    double pivot = diagonal[0] - shift;
    for (std::size_t k = 1; pivot < 0 && k < diagonal.size(); ++k)
      pivot = diagonal[k] - shift - beside[k - 1] * beside[k - 1] / pivot;
    return pivot < 0;
  }

  // The least number, up to rounding, that exceeds every eigenvalue (bisection in Gershgorin's
  // interval).
  [[nodiscard]] double upper_bound() const noexcept {
    double low = diagonal[0], high = diagonal[0];
    for (std::size_t k = 0; k < diagonal.size(); ++k) {
      const double reach = (k > 0 ? std::abs(beside[k - 1]) : 0) +
                           (k + 1 < diagonal.size() ? std::abs(beside[k]) : 0);
      high = larger_of(high, diagonal[k] + reach);
      low = larger_of(low, diagonal[k]);  // the largest eigenvalue is no smaller than an entry
    }
    high += 1e-12 * (1 + std::abs(high));
    for (int round = 0; round < 60 && high - low > 1e-14; ++round) {
      const double middle = low + (high - low) / 2;
      (below(middle) ? high : low) = middle;
    }
    return high;
  }

  // Unit eigenvector of the largest eigenvalue by inverse iteration. The shift lies above all
  // eigenvalues, so shift - T is positive definite and needs no pivoting.
  [[nodiscard]] std::vector<double> top_vector() const {
    const std::size_t m = diagonal.size();
    const double bound = upper_bound(), shift = bound + 1e-13 * (1 + std::abs(bound));
    std::vector<double> pivot(m), factor(m), y(m, 1);
    pivot[0] = shift - diagonal[0];
    for (std::size_t k = 1; k < m; ++k) {
      factor[k] = -beside[k - 1] / pivot[k - 1];
      pivot[k] = larger_of(shift - diagonal[k] + factor[k] * beside[k - 1], 1e-300);
    }
    for (int round = 0; round < 4; ++round) {
      for (std::size_t k = 1; k < m; ++k) y[k] -= factor[k] * y[k - 1];
      y[m - 1] /= pivot[m - 1];
      for (std::size_t k = m - 1; k-- > 0;) y[k] = y[k] / pivot[k] - factor[k + 1] * y[k + 1];
      double largest = 0, sum = 0;
      for (const double value : y) largest = larger_of(largest, std::abs(value));
      for (double& value : y) {
        value /= largest;
        sum += value * value;
      }
      for (double& value : y) value /= std::sqrt(sum);
    }
    return y;
  }
};

inline float dot(const float* a, const float* b, std::size_t n) noexcept {
  constexpr std::size_t lanes = 32;
  float sum[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::size_t k = 0; k < lanes; ++k) sum[k] += a[i + k] * b[i + k];
  for (std::size_t k = 0; i < n; ++i, ++k) sum[k] += a[i] * b[i];
  for (std::size_t half = lanes / 2; half > 0; half /= 2)
    for (std::size_t k = 0; k < half; ++k) sum[k] += sum[k + half];
  return sum[0];
}

inline double exact_dot(const float* a, const float* b, std::size_t n) noexcept {
  double sum[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t k = 0; k < 8; ++k)
      sum[k] += static_cast<double>(a[i + k]) * static_cast<double>(b[i + k]);
  for (std::size_t k = 0; i < n; ++i, ++k)
    sum[k] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

inline void add_scaled(float* a, double scale, const float* b, std::size_t n) noexcept {
  const auto s = static_cast<float>(scale);
  for (std::size_t i = 0; i < n; ++i) a[i] += s * b[i];
}

inline double norm(const std::vector<float>& a) noexcept {
  return std::sqrt(exact_dot(a.data(), a.data(), a.size()));
}

// Lanczos on S = D^-1/2 W D^-1/2, every vector kept orthogonal to all before it and to the known
// first eigenvector D^1/2 1.
class second_eigenvector {
 public:
  second_eigenvector(plane_view<const float> affinity, std::span<const double> degree)
      : n_{degree.size()}, scaled_(n_ * n_), first_(n_), root_(n_) {
    double volume = 0;
    for (const double d : degree) volume += d;
    for (std::size_t i = 0; i < n_; ++i) {
      root_[i] = static_cast<float>(1 / std::sqrt(degree[i]));
      first_[i] = static_cast<float>(std::sqrt(degree[i] / volume));
    }
    for (std::size_t i = 0; i < n_; ++i) {
      float* row = scaled_.data() + i * n_;
      for (std::size_t j = 0; j < n_; ++j)
        row[j] = static_cast<float>(  // the product of the roots may leave the range of float
            static_cast<double>(
                affinity(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j))) *
            (static_cast<double>(root_[i]) * static_cast<double>(root_[j])));
    }
  }

  void solve(const normalized_cut_options& options, normalized_cut_result& result) {
    std::vector<float> z(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      // Fractional parts of the golden ratio times squares: no pattern that a graph could share.
      const double turns = 0.6180339887498949 * static_cast<double>((i + 1) * (i + 1));
      z[i] = static_cast<float>(turns - std::floor(turns) - 0.5);
    }
    deflate(z);
    scale(z, 1 / norm(z));
    for (int round = 0; round < options.rounds; ++round) {
      iterate(options, z, result);
      if (result.residual <= options.tolerance) break;
    }
    result.vector.resize(n_);
    std::size_t largest = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      result.vector[i] = z[i] * root_[i];
      if (std::abs(result.vector[i]) > std::abs(result.vector[largest])) largest = i;
    }
    if (result.vector[largest] < 0)
      for (float& value : result.vector) value = -value;
  }

 private:
  void deflate(std::vector<float>& z) const noexcept {
    add_scaled(z.data(), -exact_dot(first_.data(), z.data(), n_), first_.data(), n_);
  }
  static void scale(std::vector<float>& z, double by) noexcept {
    for (float& value : z) value *= static_cast<float>(by);
  }
  void multiply(const std::vector<float>& z, std::vector<float>& out) const noexcept {
    for (std::size_t i = 0; i < n_; ++i) out[i] = dot(scaled_.data() + i * n_, z.data(), n_);
  }

  // One round of Lanczos from the unit vector z; z becomes the best vector found.
  void iterate(const normalized_cut_options& options, std::vector<float>& z,
               normalized_cut_result& result) {
    std::vector<std::vector<float>> basis{z};
    std::vector<float> next(n_);
    tridiagonal small_one;
    std::vector<double> top;
    while (true) {
      const std::vector<float>& last = basis.back();
      multiply(last, next);
      ++result.steps;
      small_one.diagonal.push_back(exact_dot(last.data(), next.data(), n_));
      for (int twice = 0; twice < 2; ++twice) {
        deflate(next);
        for (const auto& vector : basis)
          add_scaled(next.data(), -exact_dot(vector.data(), next.data(), n_), vector.data(), n_);
      }
      const double length = norm(next);
      const std::size_t m = basis.size();
      const bool exhausted = length < 1e-6 || m + 1 >= n_;
      const bool full = m >= static_cast<std::size_t>(options.steps);
      if (exhausted || full || m % 8 == 0) {
        top = small_one.top_vector();
        result.residual = length * std::abs(top.back());
        if (exhausted || full || result.residual <= options.tolerance) break;
      }
      small_one.beside.push_back(length);
      scale(next, 1 / length);
      basis.push_back(next);
    }
    z.assign(n_, 0);
    for (std::size_t k = 0; k < basis.size(); ++k)
      add_scaled(z.data(), top[k], basis[k].data(), n_);
    deflate(z);
    scale(z, 1 / norm(z));
    multiply(z, next);
    ++result.steps;
    const double mu = exact_dot(z.data(), next.data(), n_);
    add_scaled(next.data(), -mu, z.data(), n_);
    result.residual = norm(next);
    result.value = 1 - mu;
  }

  std::size_t n_;
  std::vector<float> scaled_;        // [n, n] S
  std::vector<float> first_, root_;  // [n] unit eigenvector of the eigenvalue 1; D^-1/2
};

// Sides, threshold and cost of the cut through the values of result.vector.
inline void split(plane_view<const float> affinity, std::span<const double> degree,
                  const normalized_cut_options& options, normalized_cut_result& result) {
  const std::size_t n = degree.size();
  const std::vector<float>& x = result.vector;
  std::vector<std::size_t> order = counted<std::size_t>(n);
  sort_stably(order, [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  double total = 0;
  for (const double d : degree) total += d;

  // Nodes move one by one from the upper to the lower side.
  double mean = 0;
  for (const float value : x) mean += static_cast<double>(value) / static_cast<double>(n);
  const double fixed = options.rule == cut_rule::mean ? mean : 0;
  const auto share =
      static_cast<std::size_t>(std::ceil(options.min_share * static_cast<double>(n)));
  const std::size_t keep = limited<std::size_t>(share, 1, n / 2);
  std::vector<float> lower(n);
  double cut = 0, volume = 0, least = INFINITY;
  std::size_t taken = 0;
  for (std::size_t k = 0; k + 1 < n; ++k) {
    const std::size_t node = order[k];
    const auto at = static_cast<std::ptrdiff_t>(node);
    double inside = 0;
    if (affinity.column_stride == 1)
      inside = static_cast<double>(dot(affinity.row(at), lower.data(), n));
    else
      for (std::size_t j = 0; j < n; ++j)
        inside += static_cast<double>(affinity(at, static_cast<std::ptrdiff_t>(j)) * lower[j]);
    cut += degree[node] - static_cast<double>(affinity(at, at)) - 2 * inside;
    volume += degree[node];
    lower[node] = 1;
    const double positive_cut = larger_of(cut, 0.0);
    const double cost = positive_cut / volume + positive_cut / (total - volume);
    const bool between = x[node] < x[order[k + 1]];
    const bool eligible = options.rule == cut_rule::best
                              ? between && k + 1 >= keep && n - k - 1 >= keep && cost < least
                              : static_cast<double>(x[node]) <= fixed;
    if (!eligible) continue;
    least = cost;
    taken = k + 1;
  }
  result.side.assign(n, 1);
  for (std::size_t k = 0; k < taken; ++k) result.side[order[k]] = 0;
  result.cost = least;
  result.threshold = taken == 0 ? x[order[0]] : x[order[taken - 1]];
}

inline normalized_cut_result normalized_cut(plane_view<const float> affinity,
                                            std::span<const double> degree,
                                            const normalized_cut_options& options) {
  normalized_cut_result result;
  second_eigenvector(affinity, degree).solve(options, result);
  split(affinity, degree, options, result);
  return result;
}

}  // namespace detail

/// Splits a graph in two parts that hold together within and hang together little: the least
/// normalised cut, relaxed to the eigenvector of the second smallest eigenvalue of
/// (D - W) x = lambda D x, W the affinities and D the diagonal of their row sums.
///
/// The sign of x makes its entry of largest absolute value positive (the first of equals). Where
/// several eigenvalues are as small, as in a graph of more than two parts without links, x is one
/// of their vectors. No value between two equal ones is a cut: equal nodes stay together.
///
/// @param affinity [n, n] symmetric, finite, >= 0, n >= 2; a diagonal counts towards D
/// @throws invalid_input if a condition is broken, a node has no affinity at all, or an option is
///         out of range
/// Complexity: n^2 a step, some tens of steps; 4 n^2 bytes and 4 n bytes a step. Deterministic.
/// A graph that is hard to split may end above `tolerance`: look at `residual`.
/// Source: Shi, Malik, "Normalized Cuts and Image Segmentation", PAMI 2000.
[[nodiscard]] inline normalized_cut_result normalized_cut(
    plane_view<const float> affinity, const normalized_cut_options& options = {}) {
  require(affinity.height == affinity.width && affinity.height >= 2,
          "normalized_cut: affinities are ", affinity.height, " x ", affinity.width,
          ", expected n x n with n >= 2");
  require(options.min_share >= 0 && options.min_share <= 0.5, "normalized_cut: min_share is ",
          options.min_share, ", expected 0 to 0.5");
  require(options.tolerance >= 0 && options.steps > 0 && options.rounds > 0,
          "normalized_cut: tolerance is ", options.tolerance, ", steps ", options.steps,
          ", rounds ", options.rounds, "; expected >= 0, > 0, > 0");
  const std::ptrdiff_t n = affinity.height;
  std::vector<double> degree(static_cast<std::size_t>(n));
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::ptrdiff_t j = 0; j < n; ++j) {
      const float w = affinity(i, j);
      require(w >= 0 && w < INFINITY && w == affinity(j, i), "normalized_cut: affinity (", i, ", ",
              j, ") is ", w, " and (", j, ", ", i, ") ", affinity(j, i),
              ", expected equal, finite and >= 0");
      sum += static_cast<double>(w);
    }
    require(sum > 0, "normalized_cut: node ", i, " has no affinity to any node");
    degree[static_cast<std::size_t>(i)] = sum;
  }
  return detail::normalized_cut(affinity, degree, options);
}

}  // namespace s2d::inline S2D_ABI
