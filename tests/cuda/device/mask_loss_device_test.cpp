#include <s2d/cuda/mask_loss.hpp>
#include <s2d/loss/clip_matching_cost.hpp>
#include <s2d/loss/temporal_drop_loss.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/mask_loss_case.hpp"

using namespace s2d::cuda;
using support::clip_case;

namespace {

void check_case(const clip_case& c) {
  CAPTURE(c.queries, c.targets, c.frames, c.count);
  const auto logits = to_device(c.logits), points = to_device(c.points);
  const auto labelled = to_device(c.labelled), pair_points = to_device(c.pair_points);
  const auto words = to_device(c.words);
  const auto queries = to_device(c.pair_queries), of_target = to_device(c.pair_targets);
  const clip_logits clip{logits.data(), c.queries, c.frames, c.height, c.width};
  const const_bits_view targets{words.data(), c.targets * c.frames, c.rows, c.columns};

  auto cost = support::rubbish<float>(c.queries * c.targets);
  matching_cost(clip, targets, points.data(), c.count, labelled.data(), cost.data(), 2, 5);
  const auto expected_cost = s2d::matching_cost<float>(
      c.logit_view(), c.target_view(), s2d::plane_view<const float>{c.points.data(), c.count, 2},
      {.mask_weight = 2, .dice_weight = 5}, {},
      s2d::plane_view<const float>{c.labelled.data(), c.targets, c.frames});
  const auto host_cost = to_host(cost);
  for (std::size_t i = 0; i < host_cost.size(); ++i)
    CHECK(host_cost[i] == Approx(expected_cost.values[i]).epsilon(2e-5).margin(1e-5));

  auto gradient = to_device(std::vector<float>(c.logits.size(), 0.5f));
  std::vector<float> expected_gradient(c.logits.size(), 0.5f);
  auto result = support::rubbish<drop_loss_result>(1);
  temporal_drop_loss(clip, targets, queries.data(), of_target.data(), queries.size(),
                     pair_points.data(), c.count, nullptr, result.data(), gradient.data());
  std::vector<s2d::matched_pair> pairs;
  for (std::size_t k = 0; k < c.pair_queries.size(); ++k)
    pairs.push_back({c.pair_queries[k], c.pair_targets[k]});
  const auto kept = c.kept_points(false);
  const auto expected = s2d::temporal_drop_loss<float>(
      c.logit_view(), c.target_view(), pairs,
      s2d::plane_view<const float>{kept.data(), static_cast<std::ptrdiff_t>(kept.size()) / 2, 2},
      {}, s2d::clip_view<float>{expected_gradient.data(), c.queries, c.frames, c.height, c.width});
  const auto found = to_host(result)[0];
  CHECK(found.kept_masks == expected.kept_masks);
  CHECK(found.mask == Approx(expected.mask).epsilon(2e-5).margin(1e-6));
  CHECK(found.dice == Approx(expected.dice).epsilon(2e-5).margin(1e-6));
  const auto host_gradient = to_host(gradient);
  double worst = 0;
  for (std::size_t i = 0; i < host_gradient.size(); ++i)
    worst = (std::max)(worst, std::abs(static_cast<double>(host_gradient[i]) -
                                       static_cast<double>(expected_gradient[i])));
  CHECK(worst <= 5e-5);
}

}  // namespace

TEST_CASE("the device's matching costs and Temporal DropLoss are the core's", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{1};
  check_case(clip_case{random, 1, 1, 1, 1, 1, 3});
  check_case(clip_case{random, 5, 3, 2, 6, 7, 40});
  check_case(clip_case{random, 4, 6, 3, 9, 5, 300});
  check_case(clip_case{random, 3, 0, 2, 4, 4, 5});
}

TEST_CASE("the device's costs at the size of training are the core's", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  check_case(clip_case{random, 100, 20, 3, 60, 108, 12544});
}
