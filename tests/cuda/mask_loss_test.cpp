#include <s2d/cuda/detail/mask_loss.hpp>
#include <s2d/cuda/mask_loss.hpp>
#include <s2d/loss/clip_matching_cost.hpp>
#include <s2d/loss/temporal_drop_loss.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/mask_loss_case.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::clip_case;
using support::host_executor;

clip_logits logits_of(const clip_case& c) {
  return {c.logits.data(), c.queries, c.frames, c.height, c.width};
}
const_bits_view targets_of(const clip_case& c) {
  return {c.words.data(), c.targets * c.frames, c.rows, c.columns};
}

std::vector<clip_case> cases() {
  std::mt19937 random{1};
  return {clip_case{random, 1, 1, 1, 1, 1, 3}, clip_case{random, 5, 3, 2, 6, 7, 40},
          clip_case{random, 4, 6, 3, 9, 5, 31}, clip_case{random, 3, 0, 2, 4, 4, 5},
          clip_case{random, 2, 2, 1, 3, 4, 0}};
}

}  // namespace

TEST_CASE("matching costs are the core's, frames unlabelled or not", "[cuda][mask_loss][threads]") {
  for (const clip_case& c : cases())
    for (const bool labelled : {false, true}) {
      CAPTURE(c.queries, c.targets, c.frames, labelled);
      std::vector<float> cost(static_cast<std::size_t>(c.queries * c.targets), -7);
      detail::matching_cost_on(host_executor{}, logits_of(c), targets_of(c), c.points.data(),
                               c.count, labelled ? c.labelled.data() : nullptr, 2, 5, cost.data());
      const s2d::matching_cost_options options{.mask_weight = 2, .dice_weight = 5};
      const auto expected = s2d::matching_cost<float>(
          c.logit_view(), c.target_view(),
          s2d::plane_view<const float>{c.points.data(), c.count, 2}, options, {},
          labelled ? s2d::plane_view<const float>{c.labelled.data(), c.targets, c.frames}
                   : s2d::plane_view<const float>{});
      for (std::size_t i = 0; i < cost.size(); ++i)
        CHECK(cost[i] == Approx(expected.values[i]).epsilon(2e-5).margin(1e-5));
    }
}

TEST_CASE("Temporal DropLoss and its gradient are the core's", "[cuda][mask_loss][threads]") {
  for (const clip_case& c : cases())
    for (const bool drop : {false, true})
      for (const double divide_by : {0.0, -1.0, 3.0}) {
        CAPTURE(c.queries, c.targets, c.frames, drop, divide_by);
        drop_loss_result result;
        std::vector<float> gradient(c.logits.size(), 0.5f), expected_gradient(gradient);
        detail::drop_loss_on(
            host_executor{},
            {logits_of(c), targets_of(c), c.pair_queries.data(), c.pair_targets.data(),
             static_cast<std::int64_t>(c.pair_queries.size()), c.pair_points.data(), c.count,
             nullptr, nullptr},
            drop, divide_by, 2, 5, &result, gradient.data());
        s2d::mask_loss_options options;
        options.drop_unlabelled = drop;
        options.mask_weight = 2;
        options.divide_by = divide_by;
        if (divide_by < 0) options.divisor = s2d::mask_loss_divisor::kept_masks;
        std::vector<s2d::matched_pair> pairs;
        for (std::size_t k = 0; k < c.pair_queries.size(); ++k)
          pairs.push_back({c.pair_queries[k], c.pair_targets[k]});
        const auto points = c.kept_points(!drop);
        const s2d::mask_loss expected = s2d::temporal_drop_loss<float>(
            c.logit_view(), c.target_view(), pairs,
            s2d::plane_view<const float>{points.data(),
                                         static_cast<std::ptrdiff_t>(points.size()) / 2, 2},
            options,
            s2d::clip_view<float>{expected_gradient.data(), c.queries, c.frames, c.height,
                                  c.width});
        CHECK(result.kept_masks == expected.kept_masks);
        CHECK(result.divisor == Approx(expected.divisor));
        CHECK(result.mask == Approx(expected.mask).epsilon(2e-5).margin(1e-6));
        CHECK(result.dice == Approx(expected.dice).epsilon(2e-5).margin(1e-6));
        double worst = 0;
        for (std::size_t i = 0; i < gradient.size(); ++i)
          worst = (std::max)(worst, std::abs(static_cast<double>(gradient[i]) -
                                             static_cast<double>(expected_gradient[i])));
        CHECK(worst <= 2e-5);
      }
}

TEST_CASE("weights of frames take the place of dropping", "[cuda][mask_loss][threads]") {
  std::mt19937 random{2};
  clip_case c{random, 3, 2, 2, 5, 6, 20};
  const std::vector<float> weights{0.5f, 0, 2, 1};
  drop_loss_result result;
  detail::drop_loss_on(host_executor{},
                       {logits_of(c), targets_of(c), c.pair_queries.data(), c.pair_targets.data(),
                        2, c.pair_points.data(), c.count, weights.data(), nullptr},
                       true, -1, 5, 5, &result, nullptr);
  CHECK(result.kept_masks == 3);
  CHECK(result.divisor == 3.5);
}

TEST_CASE("logits of any size are stable, and one that is not finite shows",
          "[cuda][mask_loss][threads]") {
  for (const float x : {-1e30f, -1e4f, -100.0f, 0.0f, 100.0f, 1e4f, 1e30f}) {
    const detail::logistic_of s{x};
    CHECK((s.sigmoid >= 0 && s.sigmoid <= 1 && s.rest >= 0 && s.rest < 0.7f));
  }
  std::mt19937 random{3};
  clip_case c{random, 2, 1, 1, 4, 4, 30};
  c.logits[5] = std::numeric_limits<float>::infinity();
  std::vector<float> cost(2);
  detail::matching_cost_on(host_executor{}, logits_of(c), targets_of(c), c.points.data(), c.count,
                           nullptr, 5, 5, cost.data());
  CHECK_FALSE(std::isfinite(cost[0]));
  CHECK(std::isfinite(cost[1]));
}
