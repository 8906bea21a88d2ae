// A small classifier trained on the data it is to correct: ridge regression on random cosines.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/fast_math.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/random.hpp>
#include <s2d/core/view.hpp>
#include <s2d/segment/options.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// In-place Cholesky factor of a symmetric matrix whose eigenvalues are at least `least` (lower
/// triangle), then solves a x = b. No pivot of such a matrix is below `least`; one that rounding
/// has taken there is put back.
inline void solve_positive(std::vector<double>& a, std::size_t n, double least,
                           std::vector<double>& b) {
  for (std::size_t j = 0; j < n; ++j) {
    double* row_j = a.data() + j * n;
    for (std::size_t i = j; i < n; ++i) {
      double* row_i = a.data() + i * n;
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      std::size_t k = 0;
      for (; k + 4 <= j; k += 4) {
        s0 += row_i[k] * row_j[k];
        s1 += row_i[k + 1] * row_j[k + 1];
        s2 += row_i[k + 2] * row_j[k + 2];
        s3 += row_i[k + 3] * row_j[k + 3];
      }
      for (; k < j; ++k) s0 += row_i[k] * row_j[k];
      const double s = row_i[j] - ((s0 + s1) + (s2 + s3));
      row_i[j] = i == j ? std::sqrt((std::max)(s, least)) : s / row_j[j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
}

/// The random features of blocks of samples. Row of a sample: cosines, then 1, then zeros up to a
/// multiple of `tile`.
class cosine_features {
 public:
  static constexpr std::size_t block = 64;  // samples at a time
  static constexpr std::size_t tile = 16;

  cosine_features(std::size_t inputs, const appearance_options& options)
      : inputs_{inputs},
        cosines_{static_cast<std::size_t>(options.cosines)},
        amplitude_{std::sqrt(2.0F / static_cast<float>(options.cosines))},
        frequency_(inputs * cosines_),
        phase_(cosines_) {
    random_stream random(options.seed);
    for (float& f : frequency_)
      f = static_cast<float>(random.normal() * options.deviation / (2 * std::numbers::pi));
    for (float& p : phase_) p = static_cast<float>(random.uniform());
  }

  [[nodiscard]] std::size_t width() const noexcept { return cosines_ + tile; }

  /// One sample: out[width()].
  void operator()(const float* x, float* out) const noexcept {
    for (std::size_t j = 0; j < cosines_; ++j) out[j] = phase_[j];
    for (std::size_t d = 0; d < inputs_; ++d) {
      const float value = x[d];
      const float* frequency = frequency_.data() + d * cosines_;
      S2D_INDEPENDENT
      for (std::size_t j = 0; j < cosines_; ++j) out[j] += value * frequency[j];
    }
    change_all(out, static_cast<std::ptrdiff_t>(cosines_),
               [this](const float_lanes& turns) { return amplitude_ * fast_cos_turns(turns); });
    out[cosines_] = 1;
    for (std::size_t j = cosines_ + 1; j < width(); ++j) out[j] = 0;
  }

 private:
  std::size_t inputs_;
  std::size_t cosines_;
  float amplitude_;
  std::vector<float> frequency_;  // [inputs, cosines] in turns
  std::vector<float> phase_;      // [cosines] in turns
};

/// sum[i, j] += left[s, i] * right[s, j] over s, for j at and behind the tile of i. [w, w], w a
/// multiple of 16.
inline void add_products(std::size_t samples, std::size_t w, const float* left, const float* right,
                         float* sum) noexcept {
  constexpr std::size_t lanes = lane_count;
  // Four rows by two registers: eight sums, as many additions as can be on their way.
  constexpr std::size_t tall = 4;
  for (std::size_t i = 0; i < w; i += tall)
    for (std::size_t j = i / cosine_features::tile * cosine_features::tile; j < w; j += 2 * lanes) {
      const bool wide = j + lanes < w;
      float_lanes part[tall][2] = {};
      for (std::size_t s = 0; s < samples; ++s) {
        const auto r0 = load<float_lanes>(right + s * w + j);
        float_lanes r1{};
        if (wide) r1 = load<float_lanes>(right + s * w + j + lanes);
        for (std::size_t a = 0; a < tall; ++a) {
          part[a][0] += r0 * left[s * w + i + a];
          part[a][1] += r1 * left[s * w + i + a];
        }
      }
      for (std::size_t a = 0; a < tall; ++a)
        for (std::size_t b = 0; b < (wide ? 2U : 1U); ++b) {
          float* out = sum + (i + a) * w + j + b * lanes;
          store(out, load<float_lanes>(out) + part[a][b]);
        }
    }
}

inline std::vector<float> fit_appearance(plane_view<const float> inputs,
                                         std::span<const float> targets,
                                         std::span<const float> weights,
                                         const appearance_options& options) {
  const auto n = static_cast<std::size_t>(inputs.height);
  const auto d = static_cast<std::size_t>(inputs.width);
  const cosine_features features(d, options);
  const std::size_t w = features.width();
  const std::size_t trained = (n + options.stride - 1) / options.stride;
  const auto sample = [&](std::size_t i, std::vector<float>& x) {
    for (std::size_t c = 0; c < d; ++c)
      x[c] = inputs(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(c));
    return x.data();
  };

  // A fixed number of partial sums, whatever the number of threads.
  constexpr std::size_t parts = 8;
  const std::size_t per_part = (trained + parts - 1) / parts;
  std::vector<std::vector<double>> moments(parts);
  std::vector<std::vector<double>> products(parts);
  parallel_for(parts, options.threads, [&](std::size_t part) {
    std::vector<double>& moment = moments[part];
    std::vector<double>& product = products[part];
    moment.assign(w * w, 0);
    product.assign(w, 0);
    std::vector<float> x(d);
    std::vector<float> plain(cosine_features::block * w);
    std::vector<float> weighted(cosine_features::block * w);
    std::vector<float> sum(w * w);
    const std::size_t end = (part + 1) * per_part < trained ? (part + 1) * per_part : trained;
    std::size_t in_sum = 0;
    const auto flush = [&] {
      for (std::size_t i = 0; i < w * w; ++i) moment[i] += static_cast<double>(sum[i]);
      sum.assign(w * w, 0);
      in_sum = 0;
    };
    for (std::size_t first = part * per_part; first < end; first += cosine_features::block) {
      const std::size_t count =
          end - first < cosine_features::block ? end - first : cosine_features::block;
      for (std::size_t s = 0; s < count; ++s) {
        const std::size_t i = (first + s) * options.stride;
        float* row = plain.data() + s * w;
        features(sample(i, x), row);
        for (std::size_t j = 0; j < w; ++j) weighted[s * w + j] = weights[i] * row[j];
        for (std::size_t j = 0; j < w; ++j)
          product[j] += static_cast<double>(weighted[s * w + j]) * static_cast<double>(targets[i]);
      }
      add_products(count, w, weighted.data(), plain.data(), sum.data());
      if (++in_sum == 16) flush();
    }
    flush();
  });
  const std::size_t m = static_cast<std::size_t>(options.cosines) + 1;
  std::vector<double> matrix(m * m);
  std::vector<double> solution(m);
  for (std::size_t part = 0; part < parts; ++part)
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = i; j < m; ++j) matrix[j * m + i] += moments[part][i * w + j];
      solution[i] += products[part][i];
    }
  // Moments are added up as floats: below this share of them a ridge is lost in their rounding.
  constexpr double least_share = 1e-6;
  double ridge =
      options.ridge * static_cast<double>(trained) / static_cast<double>(options.cosines);
  for (std::size_t i = 0; i < m; ++i) ridge = (std::max)(ridge, least_share * matrix[i * m + i]);
  for (std::size_t i = 0; i < m; ++i) matrix[i * m + i] += ridge;
  solve_positive(matrix, m, ridge, solution);

  std::vector<float> coefficient(w);
  for (std::size_t i = 0; i < m; ++i) coefficient[i] = static_cast<float>(solution[i]);
  std::vector<float> result(n);
  constexpr std::size_t batch = 512;
  parallel_for((n + batch - 1) / batch, options.threads, [&](std::size_t part) {
    std::vector<float> x(d);
    std::vector<float> row(w);
    for (std::size_t i = part * batch; i < n && i < (part + 1) * batch; ++i) {
      features(sample(i, x), row.data());
      float lanes[cosine_features::tile] = {};
      for (std::size_t j = 0; j < w; j += cosine_features::tile)
        for (std::size_t c = 0; c < cosine_features::tile; ++c)
          lanes[c] += row[j + c] * coefficient[j + c];
      float value = 0;
      for (const float lane : lanes) value += lane;
      result[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
  });
  return result;
}

inline void check_appearance(const char* what, const appearance_options& options) {
  require(options.cosines >= 16 && options.cosines <= 4096 && options.cosines % 16 == 0, what,
          ": cosines is ", options.cosines, ", expected a multiple of 16 in 16..4096");
  require(std::isfinite(options.deviation) && options.ridge > 0 && options.stride > 0, what,
          ": deviation is ", options.deviation, ", ridge ", options.ridge, ", stride ",
          options.stride, "; expected finite, > 0, > 0");
}

}  // namespace detail

/// Fits targets in [0, 1] by weighted ridge regression on random cosine features and gives the fit
/// back for every sample, clipped to [0, 1]: samples whose target disagrees with the targets of
/// samples like them are corrected. Features: sqrt(2 / D) cos(w_j . x + b_j), j < D = cosines, w_j
/// normal, b_j uniform over the circle, and a constant; they approximate a Gaussian kernel
/// (Rahimi and Recht 2007). Minimises sum weight (fit - target)^2 + ridge n' / D |c|^2 over the n'
/// samples trained on; a ridge below 1e-6 of the largest diagonal moment is taken as that.
///
/// @param inputs   [n, d] finite; scale them so that a difference of 1 / deviation is a large one
/// @param targets  [n]
/// @param weights  [n] finite, >= 0
/// @return [n] in [0, 1]
/// @throws invalid_input if sizes differ, a value is not finite or an option is out of range
/// Complexity: O(n D^2 / stride + D^3). The same result for any number of threads.
[[nodiscard]] inline std::vector<float> correct_by_appearance(
    plane_view<const float> inputs, std::span<const float> targets, std::span<const float> weights,
    const appearance_options& options = {}) {
  const auto n = static_cast<std::size_t>(inputs.height);
  require(targets.size() == n && weights.size() == n, "correct_by_appearance: ", n, " samples, ",
          targets.size(), " targets, ", weights.size(), " weights; expected equal numbers");
  detail::check_appearance("correct_by_appearance", options);
  for (std::size_t i = 0; i < n; ++i) {
    require(std::isfinite(targets[i]) && std::isfinite(weights[i]) && weights[i] >= 0,
            "correct_by_appearance: target or weight ", i, " is not finite or negative");
    for (std::ptrdiff_t c = 0; c < inputs.width; ++c)
      require(std::isfinite(inputs(static_cast<std::ptrdiff_t>(i), c)),
              "correct_by_appearance: input ", c, " of sample ", i, " is not finite");
  }
  if (n == 0) return {};
  return detail::fit_appearance(inputs, targets, weights, options);
}

}  // namespace s2d::inline S2D_ABI
