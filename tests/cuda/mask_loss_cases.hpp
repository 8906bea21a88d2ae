// Random clips, and what matching costs and mask losses of them have to be, on the processor and on
// a device. Side: where they are made.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/cuda/mask_loss_types.hpp>
#include <s2d/loss/clip_matching_cost.hpp>
#include <s2d/loss/clip_view.hpp>
#include <s2d/loss/temporal_drop_loss.hpp>

#include "support/catch.hpp"

namespace support {

struct clip_case {
  std::int64_t queries, targets, frames, height, width, rows, columns, count;
  std::vector<float> logits, points, pair_points, labelled;
  std::vector<std::uint8_t> dense;
  std::vector<std::uint64_t> words;
  std::vector<std::int32_t> pair_queries, pair_targets;

  clip_case(std::mt19937& random, std::int64_t q, std::int64_t n, std::int64_t t, std::int64_t h,
            std::int64_t w, std::int64_t p)
      : queries{q},
        targets{n},
        frames{t},
        height{h},
        width{w},
        rows{2 * h},
        columns{3 * w + 1},
        count{p} {
    const auto draw = [&](float low, float high) {
      return std::uniform_real_distribution<float>{low, high}(random);
    };
    for (std::int64_t i = 0; i < q * t * h * w; ++i)
      logits.push_back(random() % 50 == 0 ? draw(-1e4f, 1e4f) : draw(-4, 4));
    for (std::int64_t i = 0; i < n * t; ++i) {
      const bool empty = random() % 3 == 0;
      labelled.push_back(empty ? 0.0f : 1.0f);
      s2d::bit_mask mask(rows, columns);
      for (std::int64_t y = 0; y < rows; ++y)
        for (std::int64_t x = 0; x < columns; ++x) {
          const bool on = !empty && (x + y * (i + 1)) % 7 < 3;
          dense.push_back(on);
          mask.set(y, x, on);
        }
      words.insert(words.end(), mask.words().begin(), mask.words().end());
    }
    for (std::int64_t i = 0; i < 2 * p; ++i) points.push_back(draw(-0.05f, 1.05f));
    const std::int64_t pairs = q < n ? q : n;
    for (std::int64_t k = 0; k < pairs; ++k) {
      pair_queries.push_back(static_cast<std::int32_t>(q - 1 - k));
      pair_targets.push_back(static_cast<std::int32_t>(k));
    }
    for (std::int64_t i = 0; i < 2 * pairs * t * p; ++i) pair_points.push_back(draw(0, 1));
  }
  [[nodiscard]] s2d::clip_view<const float> logit_view() const {
    return {logits.data(), queries, frames, height, width};
  }
  [[nodiscard]] s2d::clip_view<const std::uint8_t> target_view() const {
    return {dense.data(), targets, frames, rows, columns};
  }
  /// The points of the masks that count, as the core takes them.
  [[nodiscard]] std::vector<float> kept_points(bool all) const {
    std::vector<float> kept;
    for (std::size_t k = 0; k < pair_targets.size(); ++k)
      for (std::int64_t t = 0; t < frames; ++t) {
        if (!all && labelled[static_cast<std::size_t>(pair_targets[k] * frames + t)] == 0) continue;
        const auto at =
            pair_points.begin() + (static_cast<std::int64_t>(k) * frames + t) * count * 2;
        kept.insert(kept.end(), at, at + 2 * count);
      }
    return kept;
  }
};

/// Sizes 0, 1, odd.
inline std::vector<clip_case> small_clips() {
  std::mt19937 random{1};
  return {clip_case{random, 1, 1, 1, 1, 1, 3},  clip_case{random, 5, 3, 2, 6, 7, 40},
          clip_case{random, 4, 6, 3, 9, 5, 31}, clip_case{random, 3, 0, 2, 4, 4, 5},
          clip_case{random, 0, 2, 2, 4, 4, 5},  clip_case{random, 2, 2, 1, 3, 4, 0}};
}

/// Side::costs(case, whether frames may be unlabelled): [queries, targets], weights 2 and 5.
template <class Side>
void check_matching_cost(const clip_case& c) {
  for (const bool labelled : {false, true}) {
    CAPTURE(c.queries, c.targets, c.frames, labelled);
    const std::vector<float> cost = Side::costs(c, labelled);
    const s2d::matching_cost_options options{.mask_weight = 2, .dice_weight = 5};
    const auto expected = s2d::matching_cost<float>(
        c.logit_view(), c.target_view(), s2d::plane_view<const float>{c.points.data(), c.count, 2},
        options, {},
        labelled ? s2d::plane_view<const float>{c.labelled.data(), c.targets, c.frames}
                 : s2d::plane_view<const float>{});
    REQUIRE(cost.size() == static_cast<std::size_t>(c.queries * c.targets));
    for (std::size_t i = 0; i < cost.size(); ++i)
      CHECK(cost[i] == Approx(expected.values[i]).epsilon(2e-5).margin(1e-5));
  }
}

/// Side::drop_loss(case, weights or none, options, gradient or null) adds to the gradient.
template <class Side>
void check_drop_loss(const clip_case& c) {
  for (const bool drop : {false, true})
    for (const double divide_by : {0.0, -1.0, 3.0}) {
      CAPTURE(c.queries, c.targets, c.frames, drop, divide_by);
      s2d::mask_loss_options options;
      options.drop_unlabelled = drop;
      options.mask_weight = 2;
      options.divide_by = divide_by < 0 ? 0 : divide_by;
      if (divide_by < 0) options.divisor = s2d::mask_loss_divisor::kept_masks;
      std::vector<s2d::matched_pair> pairs;
      for (std::size_t k = 0; k < c.pair_queries.size(); ++k)
        pairs.push_back({c.pair_queries[k], c.pair_targets[k]});
      const auto points = c.kept_points(!drop);
      std::vector<float> expected_gradient(c.logits.size(), 0.5f);
      const s2d::mask_loss expected = s2d::temporal_drop_loss<float>(
          c.logit_view(), c.target_view(), pairs,
          s2d::plane_view<const float>{points.data(),
                                       static_cast<std::ptrdiff_t>(points.size()) / 2, 2},
          options,
          s2d::clip_view<float>{expected_gradient.data(), c.queries, c.frames, c.height, c.width});
      for (const bool deterministic : {false, true}) {
        CAPTURE(deterministic);
        std::vector<float> gradient(c.logits.size(), 0.5f);
        const s2d::cuda::drop_loss_result result = Side::drop_loss(c, {},
                                                                   {.drop_unlabelled = drop,
                                                                    .divide_by_kept = divide_by < 0,
                                                                    .divide_by = options.divide_by,
                                                                    .mask_weight = 2,
                                                                    .dice_weight = 5,
                                                                    .deterministic = deterministic},
                                                                   &gradient);
        CHECK(result.kept_masks == expected.kept_masks);
        CHECK(result.divisor == Approx(expected.divisor));
        CHECK(result.mask == Approx(expected.mask).epsilon(2e-5).margin(1e-6));
        CHECK(result.dice == Approx(expected.dice).epsilon(2e-5).margin(1e-6));
        double worst = 0;
        for (std::size_t i = 0; i < gradient.size(); ++i)
          worst = (std::max)(worst, std::abs(static_cast<double>(gradient[i]) -
                                             static_cast<double>(expected_gradient[i])));
        CHECK(worst <= 5e-5);
      }
    }
}

/// Bilinear value of a plane at a point of the unit square, outside is 0.
inline double value_at(const float* plane, std::int64_t h, std::int64_t w, float px, float py) {
  const double x = static_cast<double>(px) * static_cast<double>(w) - 0.5;
  const double y = static_cast<double>(py) * static_cast<double>(h) - 0.5;
  double sum = 0;
  for (std::int64_t row = 0; row < h; ++row)
    for (std::int64_t column = 0; column < w; ++column) {
      const double near = (1 - std::abs(x - static_cast<double>(column))),
                   level = (1 - std::abs(y - static_cast<double>(row)));
      if (near > 0 && level > 0) sum += near * level * static_cast<double>(plane[row * w + column]);
    }
  return sum;
}

/// Targets of a clip as numbers; whole ones, or any in [0, 1].
inline std::vector<float> target_planes(const clip_case& c, bool whole) {
  std::vector<float> planes(c.dense.begin(), c.dense.end());
  if (!whole)
    for (std::size_t i = 0; i < planes.size(); ++i)
      planes[i] = static_cast<float>((i * 37 + i / 11) % 101) / 100;
  return planes;
}

/// Side::parts(case, target planes, labelled): cross entropy and Dice, [2, queries, targets].
template <class Side>
void check_matching_costs(const clip_case& c) {
  for (const bool labelled : {false, true}) {
    CAPTURE(c.queries, c.targets, c.frames, labelled);
    const std::vector<float> whole = Side::parts(c, target_planes(c, true), labelled);
    const std::vector<float> both = Side::costs(c, labelled);
    REQUIRE(whole.size() == 2 * both.size());
    for (std::size_t i = 0; i < both.size(); ++i)
      CHECK(2 * whole[i] + 5 * whole[both.size() + i] ==
            Approx(both[i]).epsilon(1e-5).margin(1e-5));

    const std::vector<float> planes = target_planes(c, false);
    const std::vector<float> parts = Side::parts(c, planes, labelled);
    for (std::int64_t q = 0; q < c.queries; ++q)
      for (std::int64_t n = 0; n < c.targets; ++n) {
        double entropy = 0, overlap = 0, sums = 0, count = 0;
        for (std::int64_t t = 0; t < c.frames; ++t) {
          if (labelled && c.labelled[static_cast<std::size_t>(n * c.frames + t)] == 0) continue;
          for (std::int64_t p = 0; p < c.count; ++p) {
            const float px = c.points[static_cast<std::size_t>(2 * p)];
            const float py = c.points[static_cast<std::size_t>(2 * p + 1)];
            const double x = value_at(c.logits.data() + (q * c.frames + t) * c.height * c.width,
                                      c.height, c.width, px, py);
            const double y = value_at(planes.data() + (n * c.frames + t) * c.rows * c.columns,
                                      c.rows, c.columns, px, py);
            const double s = 1 / (1 + std::exp(-x));
            entropy += (std::max)(x, 0.0) + std::log1p(std::exp(-std::abs(x))) - x * y;
            overlap += s * y;
            sums += s + y;
            ++count;
          }
        }
        const auto at = static_cast<std::size_t>(q * c.targets + n);
        CHECK(parts[at] == Approx(count > 0 ? entropy / count : 0).epsilon(1e-4).margin(1e-4));
        CHECK(parts[both.size() + at] ==
              Approx(1 - (2 * overlap + 1) / (sums + 1)).epsilon(1e-4).margin(1e-4));
      }
  }
}

/// Side::losses(logits [k, h, w], targets [k, H, W], points, deterministic, gradients or null):
/// [k, 2], of the first masks of a case.
template <class Side>
void check_mask_losses(const clip_case& c) {
  const auto masks = (std::min)(c.queries, c.targets) * c.frames;
  CAPTURE(masks, c.count);
  const std::vector<float> planes = target_planes(c, false);
  std::vector<float> gradients;
  const std::vector<float> losses = Side::losses(c, planes, false, &gradients);
  CHECK(Side::losses(c, planes, false, nullptr) == losses);
  REQUIRE(losses.size() == static_cast<std::size_t>(2 * masks));
  const std::int64_t size = c.height * c.width;
  std::vector<double> expected(static_cast<std::size_t>(2 * masks * size));
  for (std::int64_t k = 0; k < masks; ++k) {
    const float* const logits = c.logits.data() + k * size;
    const float* const target = planes.data() + k * c.rows * c.columns;
    double entropy = 0, overlap = 0, sums = 0;
    for (const bool again : {false, true})  // sums, then gradients
      for (std::int64_t p = 0; p < c.count; ++p) {
        const float px = c.pair_points[static_cast<std::size_t>(2 * (k * c.count + p))];
        const float py = c.pair_points[static_cast<std::size_t>(2 * (k * c.count + p) + 1)];
        const double x = value_at(logits, c.height, c.width, px, py);
        const double y = value_at(target, c.rows, c.columns, px, py);
        const double s = 1 / (1 + std::exp(-x));
        if (!again) {
          entropy += (std::max)(x, 0.0) + std::log1p(std::exp(-std::abs(x))) - x * y;
          overlap += s * y;
          sums += s + y;
          continue;
        }
        const double below = sums + 1;
        const double of_entropy = (s - y) / static_cast<double>(c.count);
        const double of_dice = ((2 * overlap + 1) / below - 2 * y) / below * s * (1 - s);
        for (std::int64_t i = 0; i < size; ++i) {
          std::vector<float> one(static_cast<std::size_t>(size));
          one[static_cast<std::size_t>(i)] = 1;
          const double weight = value_at(one.data(), c.height, c.width, px, py);
          expected[static_cast<std::size_t>(2 * k * size + i)] += weight * of_entropy;
          expected[static_cast<std::size_t>((2 * k + 1) * size + i)] += weight * of_dice;
        }
      }
    const auto at = static_cast<std::size_t>(2 * k);
    const double mean = c.count > 0 ? entropy / static_cast<double>(c.count) : 0;
    CHECK(losses[at] == Approx(mean).epsilon(1e-4).margin(1e-5));
    CHECK(losses[at + 1] == Approx(1 - (2 * overlap + 1) / (sums + 1)).epsilon(1e-4).margin(1e-5));
  }
  std::vector<float> exact;
  (void)Side::losses(c, planes, true, &exact);
  REQUIRE(gradients.size() == expected.size());
  REQUIRE(exact.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(gradients[i] == Approx(expected[i]).margin(5e-5));
    CHECK(exact[i] == Approx(expected[i]).margin(5e-5));
  }
}

template <class Side>
void check_weights() {
  std::mt19937 random{2};
  const clip_case c{random, 3, 2, 2, 5, 6, 20};
  const auto result = Side::drop_loss(c, {0.5f, 0, 2, 1}, {.divide_by_kept = true}, nullptr);
  CHECK(result.kept_masks == 3);
  CHECK(result.divisor == 3.5);
}

/// Many points on few pixels: float sums differ by their order.
template <class Side>
void check_exact_gradients() {
  std::mt19937 random{3};
  clip_case c{random, 3, 3, 2, 3, 5, 4000};
  c.pair_queries[2] = c.pair_queries[0];  // two targets may share a query
  const auto gradient = [&] {
    std::vector<float> sums(c.logits.size());
    (void)Side::drop_loss(c, {1, 1, 1, 1, 1, 1}, {.deterministic = true}, &sums);
    return sums;
  };
  const auto first = gradient();
  CHECK(std::any_of(first.begin(), first.end(), [](float value) { return value != 0; }));
  for (int round = 0; round < 3; ++round) CHECK(gradient() == first);
  c.logits[static_cast<std::size_t>(c.pair_queries[1] * 2 * 15)] =
      std::numeric_limits<float>::quiet_NaN();
  for (const float value : gradient()) CHECK(std::isnan(value));
}

template <class Side>
void check_infinite_logit() {
  std::mt19937 random{3};
  clip_case c{random, 2, 1, 1, 4, 4, 30};
  c.logits[5] = std::numeric_limits<float>::infinity();
  const auto cost = Side::costs(c, false);
  CHECK_FALSE(std::isfinite(cost[0]));
  CHECK(std::isfinite(cost[1]));
}

}  // namespace support
