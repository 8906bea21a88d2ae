// Where a mask loss is evaluated: mostly where the logits are uncertain, and at random.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/view.hpp>
#include <s2d/loss/point_sample.hpp>

namespace s2d::inline S2D_ABI {

/// How the points of one mask are drawn (method of PointRend; counts of the S2D configurations).
struct point_options {
  std::ptrdiff_t count = 160000;  ///< points a mask; VideoCutLER: 12544
  double oversample = 3;          ///< candidates drawn per point, at least 1
  double importance = 0.75;       ///< share of the points taken from the candidates, in [0, 1]

  [[nodiscard]] std::ptrdiff_t candidates() const noexcept {
    return static_cast<std::ptrdiff_t>(static_cast<double>(count) * oversample);
  }
  [[nodiscard]] std::ptrdiff_t uncertain() const noexcept {
    return static_cast<std::ptrdiff_t>(static_cast<double>(count) * importance);
  }
};

namespace detail {

/// Point number i of a stream of points uniform in [0, 1)^2, coordinates multiples of 2^-24. Any
/// point costs the same, in any order: output i of splitmix64.
struct point_stream {
  std::uint64_t seed = 0;

  [[nodiscard]] static constexpr std::uint64_t mix(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// A stream of its own for (i, t).
  [[nodiscard]] constexpr point_stream of(std::ptrdiff_t i, std::ptrdiff_t t) const noexcept {
    const std::uint64_t which = mix(seed ^ 0x9e3779b97f4a7c15U) + static_cast<std::uint64_t>(i);
    return {mix(mix(which) + static_cast<std::uint64_t>(t))};
  }
  [[nodiscard]] constexpr std::uint64_t bits(std::ptrdiff_t i) const noexcept {
    return mix(seed + (static_cast<std::uint64_t>(i) + 1) * 0x9e3779b97f4a7c15U);
  }
  template <class T>
  [[nodiscard]] static constexpr T x(std::uint64_t bits) noexcept {
    return static_cast<T>(static_cast<std::int32_t>(bits >> 40)) * T(0x1p-24);
  }
  template <class T>
  [[nodiscard]] static constexpr T y(std::uint64_t bits) noexcept {
    return static_cast<T>(static_cast<std::int32_t>(bits & 0xffffff)) * T(0x1p-24);
  }
};

template <class T>
void fill_points(const point_stream& stream, std::ptrdiff_t first, const plane_view<T>& points) {
  T* const to = points.data;
  const std::ptrdiff_t step = points.row_stride, axis = points.column_stride;
  S2D_INDEPENDENT
  for (std::ptrdiff_t p = 0; p < points.height; ++p) {
    const std::uint64_t bits = stream.bits(first + p);
    to[p * step] = point_stream::x<T>(bits);
    to[p * step + axis] = point_stream::y<T>(bits);
  }
}

/// Which keys are the k least: all with (key >> shift) below `prefix`, and the first `ties` of
/// those that equal it.
template <class Key>
struct least_keys {
  int shift = 0;
  Key prefix = 0;
  std::ptrdiff_t ties = 0;
};

/// Selection by digits from the top, 11 bits at a time. 0 < k <= n.
template <class T, class Key>
[[nodiscard]] least_keys<Key> select_least(const T* values, std::ptrdiff_t n, std::ptrdiff_t k) {
  constexpr int digit = 11, bits = 8 * sizeof(Key) - 1;  // the sign is gone
  least_keys<Key> found{bits, 0, k};
  while (found.shift > 0) {
    const int step = found.shift < digit ? found.shift : digit;
    const int above = found.shift, shift = above - step;
    const Key mask = (Key{1} << step) - 1;
    std::ptrdiff_t counts[1 << digit] = {};
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      const Key key = std::bit_cast<Key>(values[i]);
      if ((key >> above) == found.prefix) ++counts[(key >> shift) & mask];
    }
    Key here = 0;
    while (found.ties > counts[here]) found.ties -= counts[here++];
    found.prefix = (found.prefix << step) | here;
    found.shift = shift;
    if (found.ties == counts[here]) break;
  }
  return found;
}

/// Calls take(i) for the k least of values[0..n), equal ones in their order, ascending i. Values
/// are not negative; what is not a number counts as greatest.
template <class T, class Take>
void for_least(const T* values, std::ptrdiff_t n, std::ptrdiff_t k, const Take& take) {
  using key_type = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  if (k == 0) return;
  const least_keys<key_type> chosen = select_least<T, key_type>(values, n, k);
  std::ptrdiff_t ties = chosen.ties;
  constexpr std::ptrdiff_t stretch = 256;
  std::ptrdiff_t found[stretch];  // written without a branch: which values are least is no pattern
  for (std::ptrdiff_t first = 0; first < n; first += stretch) {
    const std::ptrdiff_t end = n - first < stretch ? n : first + stretch;
    std::ptrdiff_t count = 0;
    for (std::ptrdiff_t i = first; i < end; ++i) {
      const key_type key = std::bit_cast<key_type>(values[i]) >> chosen.shift;
      const bool tied = (key == chosen.prefix) & (ties > 0);
      found[count] = i;
      count += (key < chosen.prefix) | tied;
      ties -= tied;
    }
    for (std::ptrdiff_t j = 0; j < count; ++j) take(found[j]);
  }
}

/// uncertainty[i] = |logit at point i| for i in [0, n), points given in blocks by locate(first, n).
template <class T, class Locate>
void measure_uncertainty(const plane_view<const T>& logits, std::ptrdiff_t n, T* uncertainty,
                         const Locate& locate) {
  point_taps<T> taps;
  for (std::ptrdiff_t first = 0; first < n; first += point_taps<T>::capacity) {
    const std::ptrdiff_t left = n - first;
    const std::ptrdiff_t count = left < point_taps<T>::capacity ? left : point_taps<T>::capacity;
    const plane_view<const T> block = locate(first, count);
    taps.place(logits, block.data, block.row_stride, block.column_stride, count);
    taps.gather(data_or_null(logits), uncertainty + first);
    for (std::ptrdiff_t p = first; p < first + count; ++p)
      uncertainty[p] = std::abs(uncertainty[p]);
  }
}

template <class T>
void draw_points(const plane_view<const T>& logits, const point_stream& stream,
                 const point_options& options, const plane_view<T>& points,
                 std::vector<T>& scratch) {
  const std::ptrdiff_t candidates = options.candidates(), chosen = options.uncertain();
  scratch.resize(static_cast<std::size_t>(candidates));
  T block[point_taps<T>::capacity][2];
  measure_uncertainty<T>(logits, candidates, scratch.data(),
                         [&](std::ptrdiff_t first, std::ptrdiff_t n) {
                           fill_points(stream, first, plane_view<T>{block[0], n, 2});
                           return plane_view<const T>{block[0], n, 2};
                         });
  std::ptrdiff_t filled = 0;
  for_least(scratch.data(), candidates, chosen, [&](std::ptrdiff_t i) {
    const std::uint64_t bits = stream.bits(i);
    points(filled, 0) = point_stream::x<T>(bits);
    points(filled, 1) = point_stream::y<T>(bits);
    ++filled;
  });
  fill_points(stream, candidates,
              plane_view<T>{points.data + chosen * points.row_stride, options.count - chosen, 2,
                            points.row_stride, points.column_stride});
}

inline void require_point_options(const char* what, const point_options& options) {
  require(options.count >= 0, what, ": points.count is ", options.count, ", expected at least 0");
  require(options.oversample >= 1 && options.oversample <= 1e6, what, ": points.oversample is ",
          options.oversample, ", expected 1 to 1e6");
  require(options.importance >= 0 && options.importance <= 1, what, ": points.importance is ",
          options.importance, ", expected 0 to 1");
}

}  // namespace detail

/// Fills `points` [p, 2] with points uniform in [0, 1)^2: multiples of 2^-24, a function of `seed`
/// alone, the same in float and double.
/// @throws invalid_input unless points are [p, 2]
template <std::floating_point T>
void uniform_points(plane_view<T> points, std::uint64_t seed) {
  require(points.width == 2, "uniform_points: points are [", points.height, ", ", points.width,
          "], expected [p, 2] (x, y)");
  detail::fill_points(detail::point_stream{seed}, 0, points);
}

/// The k most uncertain of given candidates: those with the least |logit|, in their order; of
/// equals the first.
///
/// @param logits      [h, w] finite
/// @param candidates  [c, 2]
/// @param points      [k, 2] receives, k <= c
/// @param scratch     grows to c values; reuse it and nothing is allocated
/// @throws invalid_input if extents do not fit
/// Complexity: O(c) time.
template <std::floating_point T>
void uncertain_points(std::type_identity_t<plane_view<const T>> logits,
                      std::type_identity_t<plane_view<const T>> candidates, plane_view<T> points,
                      std::vector<T>& scratch) {
  detail::require_samplable("uncertain_points", logits);
  require(candidates.width == 2 && points.width == 2 && points.height <= candidates.height,
          "uncertain_points: [", points.height, ", ", points.width, "] of candidates [",
          candidates.height, ", ", candidates.width, "], expected [k, 2] of [c, 2] with k <= c");
  scratch.resize(static_cast<std::size_t>(candidates.height));
  detail::measure_uncertainty<T>(
      logits, candidates.height, scratch.data(), [&](std::ptrdiff_t first, std::ptrdiff_t n) {
        return plane_view<const T>{candidates.row(first), n, 2, candidates.row_stride,
                                   candidates.column_stride};
      });
  std::ptrdiff_t filled = 0;
  detail::for_least(scratch.data(), candidates.height, points.height, [&](std::ptrdiff_t i) {
    points(filled, 0) = candidates(i, 0);
    points(filled, 1) = candidates(i, 1);
    ++filled;
  });
}

/// The points at which the loss of one mask is evaluated: floor(importance * count) most uncertain
/// of oversample * count uniform candidates, then fresh uniform ones.
///
/// A function of logits, options and seed alone. Gradients do not pass through the choice.
///
/// @param logits   [h, w] finite
/// @param points   [options.count, 2] receives
/// @param scratch  grows to oversample * count values; reuse it and nothing is allocated
/// @throws invalid_input if extents do not fit or an option is out of range
/// Complexity: O(oversample * count) time.
/// Source: Kirillov, Wu, He, Girshick, PointRend, CVPR 2020.
template <std::floating_point T>
void uncertain_points(std::type_identity_t<plane_view<const T>> logits, std::uint64_t seed,
                      const point_options& options, plane_view<T> points, std::vector<T>& scratch) {
  detail::require_point_options("uncertain_points", options);
  detail::require_samplable("uncertain_points", logits);
  require(points.height == options.count && points.width == 2, "uncertain_points: points are [",
          points.height, ", ", points.width, "], expected [", options.count, ", 2]");
  detail::draw_points(logits, detail::point_stream{seed}, options, points, scratch);
}

}  // namespace s2d::inline S2D_ABI
