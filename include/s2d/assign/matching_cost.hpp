// What it costs to give a query to a target: the matrix that set prediction matches on.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <s2d/assign/detail/matching_sums.hpp>
#include <s2d/assign/hungarian.hpp>
#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

/// A query and the target it is matched with.
struct matched_pair {
  std::ptrdiff_t query = 0, target = 0;
  friend bool operator==(const matched_pair&, const matched_pair&) = default;
};

/// Weights of the three costs; S2D trains without class cost, VideoCutLER with 2.
struct matching_cost_options {
  double class_weight = 0;
  double mask_weight = 5;   ///< of the mean binary cross entropy
  double dice_weight = 5;   ///< of the Dice loss
  std::size_t threads = 1;  ///< 0: one per processor
};

/// Class logits of the queries and classes of the targets; both may be empty.
template <class T>
struct matching_classes {
  plane_view<const T> scores;             ///< [q, c] or empty: no class cost
  std::span<const std::int64_t> targets;  ///< [n] in [0, c), or empty: all of class 0
};

namespace detail {

template <class T>
void require_matching(const matching_cost_options& options, const matching_classes<T>& classes,
                      std::ptrdiff_t queries, std::ptrdiff_t targets) {
  for (const double weight : {options.class_weight, options.mask_weight, options.dice_weight})
    require(std::isfinite(weight), "matching_cost: a weight is ", weight, ", expected finite");
  if (classes.scores.data == nullptr) return;
  require(classes.scores.height == queries && classes.scores.width > 0,
          "matching_cost: class scores are [", classes.scores.height, ", ", classes.scores.width,
          "], expected [", queries, ", classes]");
  require(classes.targets.empty() || static_cast<std::ptrdiff_t>(classes.targets.size()) == targets,
          "matching_cost: ", classes.targets.size(), " classes for ", targets, " targets");
  for (std::size_t n = 0; n < classes.targets.size(); ++n)
    require(classes.targets[n] >= 0 && classes.targets[n] < classes.scores.width,
            "matching_cost: target ", n, " is of class ", classes.targets[n], ", there are ",
            classes.scores.width);
}

/// softmax(scores[query])[which].
template <class T>
[[nodiscard]] double class_probability(const plane_view<const T>& scores, std::ptrdiff_t query,
                                       std::ptrdiff_t which) {
  double sum = 0;
  for (std::ptrdiff_t c = 0; c < scores.width; ++c)
    sum +=
        std::exp(static_cast<double>(scores(query, c)) - static_cast<double>(scores(query, which)));
  return 1 / sum;
}

/// The costs of queries [first, first + count) from their sums over `points` points a frame.
template <class T>
void write_costs(const matching_sums<T>& sums, std::ptrdiff_t first, std::ptrdiff_t count,
                 std::ptrdiff_t frames, std::ptrdiff_t points,
                 const plane_view<const float>& labelled, const matching_cost_options& options,
                 const matching_classes<T>& classes, matrix<T>& cost) {
  for (std::ptrdiff_t q = 0; q < count; ++q) {
    for (std::ptrdiff_t t = 0; t < frames; ++t)
      require(!std::isnan(sums.of_query(t, q).check), "matching_cost: a logit of query ", first + q,
              " in frame ", t, " is not finite");
    for (std::ptrdiff_t n = 0; n < cost.width; ++n) {
      double rest = 0, soft = 0, target = 0;
      std::ptrdiff_t used = 0;
      for (std::ptrdiff_t t = 0; t < frames; ++t) {
        if (labelled.data != nullptr && labelled(n, t) == 0) continue;
        rest += sums.of_query(t, q).rest;
        soft += sums.of_query(t, q).soft;
        target += sums.of_target(t, n);
        ++used;
      }
      const double all = static_cast<double>(used * points);
      double value =
          options.dice_weight * (1 - (2 * sums.pair(q, n).overlap + 1) / (soft + target + 1));
      if (all > 0) value += options.mask_weight * ((rest + sums.pair(q, n).apart) / all);
      if (classes.scores.data != nullptr && options.class_weight != 0)
        value -=
            options.class_weight *
            class_probability(
                classes.scores, first + q,
                classes.targets.empty()
                    ? 0
                    : static_cast<std::ptrdiff_t>(classes.targets[static_cast<std::size_t>(n)]));
      require(std::isfinite(value), "matching_cost: the cost of query ", first + q, " and target ",
              n, " is not finite");
      cost(first + q, n) = static_cast<T>(value);
    }
  }
}

/// filler() gives each thread a function fill(sums, first query, queries, frame, first point,
/// points) that writes logits and the values of the active targets.
template <class T, class Filler>
matrix<T> sum_matching(std::ptrdiff_t queries, std::ptrdiff_t targets, std::ptrdiff_t frames,
                       std::ptrdiff_t points, const plane_view<const float>& labelled,
                       const matching_cost_options& options, const matching_classes<T>& classes,
                       const Filler& filler) {
  require(labelled.data == nullptr || (labelled.height == targets && labelled.width == frames),
          "matching_cost: labelled is [", labelled.height, ", ", labelled.width, "], expected [",
          targets, ", ", frames, "] (targets, frames)");
  require_matching(options, classes, queries, targets);
  matrix<T> cost(queries, targets);
  if (cost.empty()) return cost;
  const auto threads = static_cast<std::ptrdiff_t>(thread_count(options.threads));
  const std::ptrdiff_t parts = threads < queries ? threads : queries;
  parallel_for(static_cast<std::size_t>(parts), options.threads, [&](std::size_t part) {
    const std::ptrdiff_t first = queries * static_cast<std::ptrdiff_t>(part) / parts;
    const std::ptrdiff_t count = queries * (static_cast<std::ptrdiff_t>(part) + 1) / parts - first;
    matching_sums<T> sums{count, targets, frames};
    auto fill = filler();
    for (std::ptrdiff_t p = 0; p < points; p += sums.block) {
      const std::ptrdiff_t n = points - p < sums.block ? points - p : sums.block;
      for (std::ptrdiff_t t = 0; t < frames; ++t) {
        sums.active().clear();
        for (std::ptrdiff_t i = 0; i < targets; ++i)
          if (labelled.data == nullptr || labelled(i, t) != 0) sums.active().push_back(i);
        if (sums.active().empty()) continue;
        fill(sums, first, count, t, p, n);
        sums.add(t, n);
      }
    }
    write_costs(sums, first, count, frames, points, labelled, options, classes, cost);
  });
  return cost;
}

}  // namespace detail

/// The cost of matching each query with each target, from mask logits and targets at common points:
/// class_weight * -softmax(scores)[class] + mask_weight * mean binary cross entropy
/// + dice_weight * (1 - (2 <s, y> + 1) / (sum s + sum y + 1)), s = sigmoid(logits).
///
/// Stable for logits of any finite size; sums over points are kept in double.
///
/// @param logits    [q, t * p] frame by frame; any strides
/// @param targets   [n, t * p] in [0, 1]
/// @param classes   see matching_classes
/// @param labelled  [n, t] or empty. Frames that are 0 for a target count neither in its sums nor
/// in
///                  its mean (the official matcher takes them as background); the masks of a target
///                  without any labelled frame cost the same for every query. Frames that no target
///                  has are not looked at.
/// @return [q, n]; does not depend on the number of threads
/// @throws invalid_input if extents do not fit, a class is out of range, a logit that is looked at
///         is not finite or a cost is not
/// Complexity: O(q n t p) time; memory for one block of (2 q + n) * 2 KiB and O(t (q + n) + q n).
/// Source: Cheng et al., Masked-attention Mask Transformer (Mask2Former), CVPR 2022.
template <std::floating_point T>
[[nodiscard]] matrix<T> matching_cost(plane_view<const T> logits,
                                      std::type_identity_t<plane_view<const T>> targets,
                                      const matching_cost_options& options = {},
                                      const std::type_identity_t<matching_classes<T>>& classes = {},
                                      plane_view<const float> labelled = {}) {
  require(logits.width == targets.width, "matching_cost: logits have ", logits.width,
          " points, targets ", targets.width);
  const std::ptrdiff_t frames = labelled.data == nullptr ? 1 : labelled.width;
  require(frames > 0 ? logits.width % frames == 0 : logits.width == 0,
          "matching_cost: ", logits.width, " points in ", frames,
          " frames, expected equally many in each");
  const std::ptrdiff_t points = frames > 0 ? logits.width / frames : 0;
  const auto copy = [](const plane_view<const T>& from, std::ptrdiff_t row, std::ptrdiff_t column,
                       std::ptrdiff_t n, T* to) {
    const T* const data = from.row(row) + column * from.column_stride;
    for (std::ptrdiff_t p = 0; p < n; ++p) to[p] = data[p * from.column_stride];
  };
  return detail::sum_matching<T>(
      logits.height, targets.height, frames, points, labelled, options, classes, [&] {
        return [&](detail::matching_sums<T>& sums, std::ptrdiff_t first, std::ptrdiff_t count,
                   std::ptrdiff_t t, std::ptrdiff_t p, std::ptrdiff_t n) {
          for (std::ptrdiff_t q = 0; q < count; ++q)
            copy(logits, first + q, t * points + p, n, sums.logits(q));
          std::ptrdiff_t k = 0;
          for (const std::ptrdiff_t i : sums.active())
            copy(targets, i, t * points + p, n, sums.target(k++));
        };
      });
}

/// The matching of least total cost, ascending by query: min(q, n) pairs.
/// @param cost  [q, n]; +infinity forbids a pair
/// @throws invalid_input if a cost is not a number or -infinity, or no matching is allowed
template <std::floating_point T>
[[nodiscard]] std::vector<matched_pair> match_queries(const matrix<T>& cost) {
  const auto found = hungarian(cost);
  require(found.has_value(), "match_queries: infinite costs leave no matching");
  std::vector<matched_pair> pairs;
  for (std::ptrdiff_t q = 0; q < cost.height; ++q)
    if (const std::ptrdiff_t n = found->column_of[static_cast<std::size_t>(q)];
        n != assignment::none)
      pairs.push_back({q, n});
  return pairs;
}

}  // namespace s2d::inline S2D_ABI
