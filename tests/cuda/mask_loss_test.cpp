#include <s2d/cuda/detail/mask_loss.hpp>
#include <s2d/cuda/mask_loss.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/mask_loss_cases.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::clip_case;
using support::host_executor;

struct mask_loss_twin {
  static clip_logits logits_of(const clip_case& c) {
    return {c.logits.data(), c.queries, c.frames, c.height, c.width};
  }
  static const_bits_view targets_of(const clip_case& c) {
    return {c.words.data(), c.targets * c.frames, c.rows, c.columns};
  }
  static std::vector<float> costs(const clip_case& c, bool labelled) {
    std::vector<float> cost(static_cast<std::size_t>(c.queries * c.targets), -7);
    detail::matching_cost_on(
        host_executor{}, detail::sum_costs<const_bits_view>{
                             logits_of(c), targets_of(c), c.points.data(), c.count,
                             labelled ? c.labelled.data() : nullptr, 2, 5, cost.data(), nullptr});
    return cost;
  }
  static std::vector<float> parts(const clip_case& c, const std::vector<float>& planes,
                                  bool labelled) {
    const auto size = static_cast<std::size_t>(c.queries * c.targets);
    std::vector<float> both(2 * size, -7);
    const batch_view<const float> targets{planes.data(), c.targets * c.frames, c.rows, c.columns};
    detail::matching_cost_on(host_executor{}, detail::sum_costs<batch_view<const float>>{
                                                  logits_of(c), targets, c.points.data(), c.count,
                                                  labelled ? c.labelled.data() : nullptr, 1, 1,
                                                  both.data(), both.data() + size});
    return both;
  }
  static std::vector<float> losses(const clip_case& c, const std::vector<float>& planes,
                                   bool deterministic, std::vector<float>* gradients) {
    const auto pairs = (std::min)(c.queries, c.targets), masks = pairs * c.frames;
    std::vector<float> both(static_cast<std::size_t>(2 * masks), -7);
    if (gradients != nullptr)
      gradients->assign(static_cast<std::size_t>(2 * masks * c.height * c.width), -7);
    const clip_logits logits{c.logits.data(), pairs, c.frames, c.height, c.width};
    const batch_view<const float> targets{planes.data(), masks, c.rows, c.columns};
    detail::mask_losses_on(host_executor{},
                           detail::mask_pairs<batch_view<const float>>{
                               logits, targets, nullptr, nullptr, pairs, c.pair_points.data(),
                               c.count, nullptr, nullptr},
                           both.data(), gradients != nullptr ? gradients->data() : nullptr,
                           deterministic);
    return both;
  }
  // One more launch before every second call: then points are added from the last to the first.
  static drop_loss_result drop_loss(const clip_case& c, const std::vector<float>& weights,
                                    const drop_loss_options& options,
                                    std::vector<float>* gradient) {
    static int calls = 0;
    host_executor host;
    host.launches = ++calls;
    drop_loss_result result;
    detail::drop_loss_on(host,
                         {logits_of(c), targets_of(c), c.pair_queries.data(), c.pair_targets.data(),
                          static_cast<std::int64_t>(c.pair_queries.size()), c.pair_points.data(),
                          c.count, weights.empty() ? nullptr : weights.data(), nullptr},
                         options, &result, gradient != nullptr ? gradient->data() : nullptr);
    return result;
  }
};

}  // namespace

TEST_CASE("matching costs are the core's, frames unlabelled or not", "[cuda][mask_loss][threads]") {
  for (const clip_case& c : support::small_clips()) support::check_matching_cost<mask_loss_twin>(c);
}

TEST_CASE("Temporal DropLoss and its gradient are the core's", "[cuda][mask_loss][threads]") {
  for (const clip_case& c : support::small_clips()) support::check_drop_loss<mask_loss_twin>(c);
}

TEST_CASE("matching costs against planes of numbers have both parts",
          "[cuda][mask_loss][threads]") {
  for (const clip_case& c : support::small_clips())
    support::check_matching_costs<mask_loss_twin>(c);
}

TEST_CASE("losses of masks by themselves and their gradients equal the formulas",
          "[cuda][mask_loss][threads]") {
  for (const clip_case& c : support::small_clips()) support::check_mask_losses<mask_loss_twin>(c);
}

TEST_CASE("weights of frames take the place of dropping", "[cuda][mask_loss][threads]") {
  support::check_weights<mask_loss_twin>();
}

TEST_CASE("exact gradients do not depend on the order", "[cuda][mask_loss][threads]") {
  support::check_exact_gradients<mask_loss_twin>();
}

TEST_CASE("logits of any size are stable, and one that is not finite shows",
          "[cuda][mask_loss][threads]") {
  for (const float x : {-1e30f, -1e4f, -100.0f, 0.0f, 100.0f, 1e4f, 1e30f}) {
    const detail::logistic_of s{x};
    CHECK((s.sigmoid >= 0 && s.sigmoid <= 1 && s.rest >= 0 && s.rest < 0.7f));
  }
  support::check_infinite_logit<mask_loss_twin>();
}

TEST_CASE("exact sums use the range of 64 bits and do not overflow", "[cuda]") {
  for (const double most : {1e-320, 1e-150, 1e-3, 1.0, 3e200}) {
    CAPTURE(most);
    const double scale = detail::exact_scale(most);
    CHECK(most * scale <= 4e18);
    if (most > 1e-200) CHECK(most * scale >= 1e18);
    unsigned long long sum = 0;
    detail::add_exact(&sum, most, scale);
    detail::add_exact(&sum, -most / 2, scale);
    if (most == 1.0) CHECK(detail::exact_sum(sum, scale) == 0.5f);
  }
  CHECK(detail::exact_scale(std::numeric_limits<double>::infinity()) == 0);
  CHECK(detail::exact_scale(std::numeric_limits<double>::quiet_NaN()) == 0);
  CHECK(std::isnan(detail::exact_sum(0, 0)));
}
