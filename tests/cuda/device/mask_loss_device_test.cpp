#include <s2d/cuda/mask_loss.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/mask_loss_cases.hpp"

using namespace s2d::cuda;
using support::clip_case;

namespace {

struct mask_loss_device {
  // A clip in device memory.
  struct memory {
    device_buffer<float> logits;
    device_buffer<std::uint64_t> words;
    clip_logits clip;
    const_bits_view targets;
    explicit memory(const clip_case& c)
        : logits{to_device(c.logits)},
          words{to_device(c.words)},
          clip{logits.data(), c.queries, c.frames, c.height, c.width},
          targets{words.data(), c.targets * c.frames, c.rows, c.columns} {}
  };
  static std::vector<float> costs(const clip_case& c, bool labelled) {
    const memory in{c};
    const auto points = to_device(c.points), frames = to_device(c.labelled);
    auto cost = support::rubbish<float>(c.queries * c.targets);
    matching_cost(in.clip, in.targets, points.data(), c.count, labelled ? frames.data() : nullptr,
                  cost.data(), 2, 5);
    return to_host(cost);
  }
  static std::vector<float> parts(const clip_case& c, const std::vector<float>& planes,
                                  bool labelled) {
    const memory in{c};
    const auto points = to_device(c.points), frames = to_device(c.labelled);
    const auto targets = to_device(planes);
    const std::int64_t size = c.queries * c.targets;
    auto both = support::rubbish<float>(2 * size);
    matching_costs(in.clip, {targets.data(), c.targets * c.frames, c.rows, c.columns},
                   points.data(), c.count, labelled ? frames.data() : nullptr, both.data(),
                   both.data() + size);
    return to_host(both);
  }
  static std::vector<float> losses(const clip_case& c, const std::vector<float>& planes,
                                   bool deterministic, std::vector<float>* gradients) {
    const auto pairs = (std::min)(c.queries, c.targets), masks = pairs * c.frames;
    const auto logits = to_device(c.logits), targets = to_device(planes);
    const auto points = to_device(c.pair_points);
    auto both = support::rubbish<float>(2 * masks);
    auto sums = support::rubbish<float>(2 * masks * c.height * c.width);
    mask_losses({logits.data(), pairs, c.frames, c.height, c.width},
                {targets.data(), masks, c.rows, c.columns}, points.data(), c.count, both.data(),
                gradients != nullptr ? sums.data() : nullptr, deterministic);
    if (gradients != nullptr) *gradients = to_host(sums);
    return to_host(both);
  }
  static drop_loss_result drop_loss(const clip_case& c, const std::vector<float>& weights,
                                    const drop_loss_options& options,
                                    std::vector<float>* gradient) {
    const memory in{c};
    const auto points = to_device(c.pair_points), frame_weights = to_device(weights);
    const auto queries = to_device(c.pair_queries), of_target = to_device(c.pair_targets);
    auto sums = to_device(gradient != nullptr ? *gradient : std::vector<float>{});
    auto result = support::rubbish<drop_loss_result>(1);
    temporal_drop_loss(in.clip, in.targets, queries.data(), of_target.data(), queries.size(),
                       points.data(), c.count, frame_weights.data(), result.data(), sums.data(),
                       options);
    if (gradient != nullptr) *gradient = to_host(sums);
    return to_host(result)[0];
  }
};

}  // namespace

TEST_CASE("the device's matching costs and Temporal DropLoss are the core's", "[device][small]") {
  if (!support::has_device()) return;
  for (const clip_case& c : support::small_clips()) {
    support::check_matching_cost<mask_loss_device>(c);
    support::check_drop_loss<mask_loss_device>(c);
    support::check_matching_costs<mask_loss_device>(c);
    support::check_mask_losses<mask_loss_device>(c);
  }
  support::check_weights<mask_loss_device>();
  support::check_infinite_logit<mask_loss_device>();
}

TEST_CASE("the device's exact gradients of losses have the same bits in every run",
          "[device][small]") {
  if (!support::has_device()) return;
  support::check_exact_gradients<mask_loss_device>();
}

TEST_CASE("the device's costs at the size of training are the core's", "[device][large]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  const clip_case c{random, 100, 20, 3, 60, 108, 12544};
  support::check_matching_cost<mask_loss_device>(c);
  support::check_drop_loss<mask_loss_device>(c);
}
