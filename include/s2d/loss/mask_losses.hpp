// Binary cross entropy and Dice of a mask's logits at points: values and gradients.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/sigmoid.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Sums over points with logit x, s = sigmoid(x) and target y.
struct mask_sums {
  double cross_entropy = 0;  ///< softplus(x) - x y
  double overlap = 0;        ///< s y
  double soft = 0;           ///< s
  double target = 0;         ///< y

  [[nodiscard]] double dice_loss() const noexcept {
    return 1 - (2 * overlap + 1) / (soft + target + 1);
  }
};

template <class T>
struct mask_sum_lanes {
  lane_values<T> cross_entropy{}, overlap{}, soft{}, target{};

  /// Takes one vector of points; gives their sigmoids.
  lane_values<T> add(const lane_values<T>& x, const lane_values<T>& y) noexcept {
    const logistic_parts<T> parts = logistic<T>(x);
    const auto positive = x > 0 ? x : x * 0;
    // Without cancellation: both terms are non-negative for y in [0, 1].
    cross_entropy += parts.rest + (positive - x * y);
    overlap += parts.sigmoid * y;
    soft += parts.sigmoid;
    target += y;
    return parts.sigmoid;
  }
};

/// Sums in single vectors over stretches that are short enough, then in double.
/// Stores sigmoids unless `sigmoids` is null.
template <class T>
[[nodiscard]] mask_sums sum_mask(const T* logits, const T* targets, std::ptrdiff_t n, T* sigmoids) {
  constexpr std::ptrdiff_t width = lanes_of<T>, stretch = 32 * width;
  mask_sums sums;
  for (std::ptrdiff_t first = 0; first < n; first += stretch) {
    mask_sum_lanes<T> lanes;
    const std::ptrdiff_t end = n - first < stretch ? n : first + stretch;
    std::ptrdiff_t i = first;
    for (; i + width <= end; i += width) {
      const auto s = lanes.add(load<lane_values<T>>(logits + i), load<lane_values<T>>(targets + i));
      if (sigmoids != nullptr) store(sigmoids + i, s);
    }
    if (i < end) {
      // Points of logit -10^4 and target 0 add nothing.
      T x[width], y[width] = {};
      for (T& value : x) value = T(-1e4);
      std::memcpy(x, logits + i, static_cast<std::size_t>(end - i) * sizeof(T));
      std::memcpy(y, targets + i, static_cast<std::size_t>(end - i) * sizeof(T));
      const auto s = lanes.add(load<lane_values<T>>(x), load<lane_values<T>>(y));
      for (std::ptrdiff_t k = i; k < end && sigmoids != nullptr; ++k) sigmoids[k] = s[k - i];
    }
    sums.cross_entropy += static_cast<double>(sum_of<lanes_of<T>>(lanes.cross_entropy));
    sums.overlap += static_cast<double>(sum_of<lanes_of<T>>(lanes.overlap));
    sums.soft += static_cast<double>(sum_of<lanes_of<T>>(lanes.soft));
    sums.target += static_cast<double>(sum_of<lanes_of<T>>(lanes.target));
  }
  return sums;
}

/// The derivative of  bce_weight * mean cross entropy + dice_weight * Dice loss  by a logit is
/// entropy * (s - y) + (slope * y + offset) * s * (1 - s).
template <class T>
struct mask_gradient {
  T entropy = 0, slope = 0, offset = 0;

  mask_gradient(const mask_sums& sums, std::ptrdiff_t n, double bce_weight, double dice_weight) {
    const double below = sums.soft + sums.target + 1;
    entropy = static_cast<T>(n > 0 ? bce_weight / static_cast<double>(n) : 0);
    slope = static_cast<T>(-2 * dice_weight / below);
    offset = static_cast<T>(dice_weight * (2 * sums.overlap + 1) / (below * below));
  }
  [[nodiscard]] T operator()(T s, T y) const noexcept {
    return entropy * (s - y) + (slope * y + offset) * (s * (1 - s));
  }
};

template <class T>
void require_mask_points(const char* what, std::span<const T> logits, std::span<const T> targets,
                         std::span<T> gradient) {
  require(logits.size() == targets.size(), what, ": ", logits.size(), " logits, but ",
          targets.size(), " targets");
  require(gradient.empty() || gradient.size() == logits.size(), what, ": a gradient of ",
          gradient.size(), ", expected ", logits.size(), " or none");
}

template <class T>
void add_mask_gradient(std::span<const T> logits, std::span<const T> targets, std::span<T> gradient,
                       const mask_gradient<T>& rule) {
  constexpr std::ptrdiff_t width = lanes_of<T>;
  const auto n = static_cast<std::ptrdiff_t>(logits.size());
  for (std::ptrdiff_t i = 0; i < n; i += width) {
    const std::ptrdiff_t filled = n - i < width ? n - i : width;
    T x[width] = {};
    std::memcpy(x, logits.data() + i, static_cast<std::size_t>(filled) * sizeof(T));
    const auto s = logistic<T>(load<lane_values<T>>(x)).sigmoid;
    for (std::ptrdiff_t k = 0; k < filled; ++k)
      gradient[static_cast<std::size_t>(i + k)] +=
          rule(s[k], targets[static_cast<std::size_t>(i + k)]);
  }
}

}  // namespace detail

/// Mean binary cross entropy between sigmoid(logits) and targets, the loss_mask of one mask.
///
/// Stable for logits of any finite size; one that is not a number makes the value not a number.
///
/// @param logits    [p]
/// @param targets   [p] in [0, 1]
/// @param gradient  [p] or empty; `weight` times the derivative by each logit is added
/// @return the mean, unweighted; 0 without points
/// @throws invalid_input if sizes differ
/// Complexity: O(p) time, no memory.
template <std::floating_point T>
double mask_bce_loss(std::span<const T> logits, std::type_identity_t<std::span<const T>> targets,
                     std::type_identity_t<std::span<T>> gradient = {}, double weight = 1) {
  detail::require_mask_points<T>("mask_bce_loss", logits, targets, gradient);
  const auto n = static_cast<std::ptrdiff_t>(logits.size());
  if (n == 0) return 0;
  const detail::mask_sums sums = detail::sum_mask<T>(logits.data(), targets.data(), n, nullptr);
  if (!gradient.empty())
    detail::add_mask_gradient<T>(logits, targets, gradient,
                                 detail::mask_gradient<T>{sums, n, weight, 0});
  return sums.cross_entropy / static_cast<double>(n);
}

/// Dice loss 1 - (2 <s, y> + 1) / (sum s + sum y + 1) with s = sigmoid(logits), the loss_dice of
/// one mask: 0 where nothing is wanted and nothing is found.
///
/// Parameters, result and exceptions as for mask_bce_loss.
template <std::floating_point T>
double dice_loss(std::span<const T> logits, std::type_identity_t<std::span<const T>> targets,
                 std::type_identity_t<std::span<T>> gradient = {}, double weight = 1) {
  detail::require_mask_points<T>("dice_loss", logits, targets, gradient);
  const auto n = static_cast<std::ptrdiff_t>(logits.size());
  const detail::mask_sums sums = detail::sum_mask<T>(logits.data(), targets.data(), n, nullptr);
  if (!gradient.empty())
    detail::add_mask_gradient<T>(logits, targets, gradient,
                                 detail::mask_gradient<T>{sums, n, 0, weight});
  return sums.dice_loss();
}

}  // namespace s2d::inline S2D_ABI
