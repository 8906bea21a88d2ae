#include <torch/torch.h>

#include <s2d/torch/criterion.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <s2d/cuda/detail/mask_loss.hpp>

#include "cuda/host_executor.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/folder.hpp"
#include "torch/golden.hpp"

namespace st = s2d::torch;
using support::message_of;
using torch::Tensor;

namespace {

std::vector<std::int64_t> numbers(const Tensor& tensor) {
  const auto dense = tensor.to(torch::kLong).contiguous();
  return {dense.data_ptr<std::int64_t>(), dense.data_ptr<std::int64_t>() + dense.numel()};
}

double difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return a.numel() == 0 ? 0 : (a - b).abs().max().item<double>();
}

/// Targets of which every frame is given, as the official code knows them.
st::clip_targets official_targets(const Tensor& masks, const std::string& name) {
  return {masks.to(torch::kFloat), torch::ones({masks.size(0), masks.size(1)}), name};
}

std::set<std::string> cases_of(const golden::file& file, const std::string& tail) {
  std::set<std::string> names;
  for (const auto& entry : file.content().entries)
    if (entry.name.size() > tail.size() && entry.name.ends_with(tail))
      names.insert(entry.name.substr(0, entry.name.size() - tail.size()));
  return names;
}

double squared(double x) { return x * x; }

/// One clip of random predictions and masks.
struct random_case {
  st::video_prediction prediction;
  std::vector<st::clip_targets> targets;

  random_case(std::int64_t clips, std::int64_t queries, std::int64_t instances, std::int64_t frames,
              std::int64_t size, std::int64_t aux = 1) {
    const auto head = [&] {
      return st::query_prediction{
          torch::randn({clips, queries, 2}).requires_grad_(),
          torch::randn({clips, queries, frames, size, size}).mul_(2).requires_grad_()};
    };
    static_cast<st::query_prediction&>(prediction) = head();
    for (std::int64_t i = 0; i < aux; ++i) prediction.aux.push_back(head());
    for (std::int64_t b = 0; b < clips; ++b)
      targets.push_back(
          {(torch::rand({instances, frames, 4 * size, 4 * size}) > 0.6).to(torch::kFloat),
           torch::ones({instances, frames}), "clip " + std::to_string(b)});
  }
};

/// The kernels of a device, on the processor and in the place of its tensor operations.
class twin_kernels {
 public:
  twin_kernels() { st::mask_loss_kernel_of(torch::kCPU) = {costs, losses}; }
  twin_kernels(const twin_kernels&) = delete;
  twin_kernels& operator=(const twin_kernels&) = delete;
  ~twin_kernels() { st::mask_loss_kernel_of(torch::kCPU) = {}; }

  static inline int costs_asked = 0, losses_asked = 0;

 private:
  using planes = s2d::cuda::batch_view<const float>;

  static const float* values(const Tensor& tensor) {
    REQUIRE(tensor.is_contiguous());
    return tensor.const_data_ptr<float>();
  }
  static planes planes_of(const Tensor& masks, std::int64_t count) {
    return {values(masks), count, masks.size(-2), masks.size(-1)};
  }
  static std::array<Tensor, 2> costs(const Tensor& logits, const Tensor& targets,
                                     const Tensor& counted, const Tensor& points) {
    ++costs_asked;
    const auto q = logits.size(0), f = logits.size(1), n = targets.size(0);
    const auto mask = torch::full({q, n}, -7.0f), dice = mask.clone();
    s2d::cuda::detail::matching_cost_on(
        support::host_executor{1},
        s2d::cuda::detail::sum_costs<planes>{{values(logits), q, f, logits.size(2), logits.size(3)},
                                             planes_of(targets, n * f),
                                             values(points),
                                             points.size(0),
                                             values(counted),
                                             1,
                                             1,
                                             mask.mutable_data_ptr<float>(),
                                             dice.mutable_data_ptr<float>()});
    return {mask, dice};
  }
  static std::array<Tensor, 2> losses(const Tensor& logits, const Tensor& targets,
                                      const Tensor& points, bool with_grad) {
    ++losses_asked;
    const auto k = logits.size(0), h = logits.size(1), w = logits.size(2);
    const auto found = torch::full({k, 2}, -7.0f);
    Tensor gradients;
    if (with_grad) gradients = torch::full({k, 2, h, w}, -7.0f);
    s2d::cuda::detail::mask_losses_on(
        support::host_executor{1},
        s2d::cuda::detail::mask_pairs<planes>{{values(logits), k, 1, h, w},
                                              planes_of(targets, k),
                                              nullptr,
                                              nullptr,
                                              k,
                                              values(points),
                                              points.size(1),
                                              nullptr,
                                              nullptr},
        found.mutable_data_ptr<float>(), with_grad ? gradients.mutable_data_ptr<float>() : nullptr,
        false);
    return {found, gradients};
  }
};

}  // namespace

TEST_CASE("a device's kernels give the losses, matchings and gradients of tensor operations",
          "[torch]") {
  torch::manual_seed(4);
  random_case c{2, 6, 3, 2, 9};
  c.targets[0].weights[1][0] = 0;  // no mask known
  c.targets[1].masks = c.targets[1].masks * 0.7;
  st::criterion_options options;
  options.matcher.points = 300;
  options.points.points = 200;
  for (const bool labelled_only : {false, true}) {
    CAPTURE(labelled_only);
    options.matcher.labelled_frames_only = labelled_only;
    const auto run = [&] {
      torch::manual_seed(5);
      return st::criterion(c.prediction, c.targets, options);
    };
    const auto gradients = [&](const st::criterion_result& result) {
      return torch::autograd::grad({result.total({.mask = 2, .dice = 5})},
                                   {c.prediction.mask_logits, c.prediction.aux[0].mask_logits});
    };
    const auto expected = run();
    const auto expected_gradients = gradients(expected);
    const twin_kernels in_place;
    twin_kernels::costs_asked = twin_kernels::losses_asked = 0;
    const auto found = run();
    CHECK(twin_kernels::costs_asked == 4);   // of two clips in two outputs
    CHECK(twin_kernels::losses_asked == 2);  // of two outputs
    const auto found_gradients = gradients(found);
    REQUIRE(found.outputs.size() == 2);
    for (std::size_t o = 0; o < 2; ++o) {
      CHECK(difference(found.outputs[o].mask, expected.outputs[o].mask) < 1e-5);
      CHECK(difference(found.outputs[o].dice, expected.outputs[o].dice) < 1e-5);
      for (std::size_t b = 0; b < 2; ++b) {
        CHECK(found.outputs[o].matches[b].queries == expected.outputs[o].matches[b].queries);
        CHECK(found.outputs[o].matches[b].instances == expected.outputs[o].matches[b].instances);
      }
      CHECK(expected_gradients[o].abs().max().item<double>() > 1e-3);
      CHECK(difference(found_gradients[o], expected_gradients[o]) < 1e-5);
    }
    const auto costs = [&] {
      return st::matching_costs(c.prediction.class_logits[1], c.prediction.mask_logits[1],
                                c.targets[1].masks, torch::ones({3, 2}), torch::rand({1, 70, 2}));
    };
    torch::manual_seed(6);
    const auto fused = costs();
    st::mask_loss_kernel_of(torch::kCPU) = {};
    torch::manual_seed(6);
    const auto composed = costs();
    CHECK(difference(fused.mask, composed.mask) < 1e-5);
    CHECK(difference(fused.dice, composed.dice) < 1e-5);
    CHECK(difference(fused.class_, composed.class_) == 0);
  }
}

TEST_CASE("matching costs and matchings equal the official ones", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  const golden::file file{*folder / "matcher.safetensors"};
  int compared = 0;
  for (const auto& name : cases_of(file, ".pred_masks")) {
    const auto masks = file[name + ".pred_masks"], logits = file[name + ".pred_logits"];
    for (std::int64_t b = 0; b < masks.size(0); ++b) {
      const auto at = name + "." + std::to_string(b) + ".";
      INFO(at);
      const auto target = file[at + "target_masks"].to(torch::kFloat);
      const auto costs =
          st::matching_costs(logits[b], masks[b], target,
                             torch::ones({target.size(0), target.size(1)}), file[at + "points"]);
      CHECK(difference(costs.class_, file[at + "cost_class"]) < 1e-6);
      CHECK(difference(costs.mask, file[at + "cost_mask"]) < 1e-6);
      CHECK(difference(costs.dice, file[at + "cost_dice"]) < 1e-6);
      for (const auto& variant : {"full", "noclass"}) {
        st::matcher_options options;
        options.class_weight = variant == std::string{"full"} ? 2 : 0;
        const auto key = at + variant;
        const auto total = st::total_cost(costs, options);
        CHECK(difference(total, file[key + ".total"]) < 5e-6);
        const auto match = st::match_queries(total, name);
        const auto src = numbers(file[key + ".src"]), tgt = numbers(file[key + ".tgt"]);
        CHECK(match.queries == src);
        if (file[key + ".gap"][0].item<float>() > 0) CHECK(match.instances == tgt);
        double ours = 0, official = 0;
        for (std::size_t i = 0; i < src.size(); ++i) {
          official += total[src[i]][tgt[i]].item<double>();
          ours += total[match.queries[i]][match.instances[i]].item<double>();
        }
        CHECK(std::abs(ours - official) < 1e-5);
        ++compared;
      }
      CHECK(numbers(st::unmatched_queries(costs.dice)) ==
            numbers(file[at + "modified.low_iou_queries"]));
    }
  }
  CHECK(compared > 0);
}

namespace {

/// Official random points, which are numbered in the order of the calls.
st::point_source stored_points(const golden::file& file, const std::string& prefix,
                               std::int64_t clips, bool drawn) {
  return [&file, prefix, clips, drawn](const st::point_request& request) {
    const auto per_output = clips + (drawn ? 2 : 0);
    auto call = request.output * per_output;
    if (request.why == st::point_request::purpose::matching)
      call += request.clip;
    else
      call += clips + (request.why == st::point_request::purpose::fresh ? 1 : 0);
    const auto points = file[prefix + "rand." + std::to_string(call)];
    REQUIRE(points.sizes() == torch::IntArrayRef({request.rows, request.points, 2}));
    return points;
  };
}

}  // namespace

TEST_CASE("losses, matchings and gradients equal the official ones", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  const golden::file file{*folder / "criterion.safetensors"};
  const st::loss_weights weights{2, 5, 5};
  int compared = 0;
  for (const auto& name : cases_of(file, ".final.pred_masks"))
    for (const std::string strategy : {"masks-only", "full"}) {
      const auto at = name + "." + strategy + ".";
      INFO(at);
      st::video_prediction prediction;
      const auto head = [&](const std::string& output) {
        return st::query_prediction{file[name + "." + output + ".pred_logits"].requires_grad_(),
                                    file[name + "." + output + ".pred_masks"].requires_grad_()};
      };
      static_cast<st::query_prediction&>(prediction) = head("final");
      prediction.aux = {head("aux0"), head("aux1")};
      std::vector<st::clip_targets> targets;
      std::int64_t filled = 0;
      for (int b = 0; file.has(name + ".target_masks." + std::to_string(b)); ++b) {
        targets.push_back(official_targets(file[name + ".target_masks." + std::to_string(b)], at));
        filled += targets.back().masks.sum({2, 3}).gt(0).sum().item<std::int64_t>();
      }
      st::criterion_options options;
      options.matcher.class_weight = 2;
      options.matcher.points = options.points.points = file[at + "rand.0"].size(1);
      if (strategy == "full") options.strategy = st::frame_strategy::every;
      const auto result = st::criterion(prediction, targets, options,
                                        stored_points(file, at, prediction.mask_logits.size(0),
                                                      strategy == "full" || filled > 0));
      REQUIRE(result.outputs.size() == 3);
      const std::string outputs[] = {"final", "aux0", "aux1"}, tails[] = {"", "_0", "_1"};
      CHECK(difference(result.class_.detach(), file[at + "loss_ce"]) < 1e-6);
      for (std::size_t o = 0; o < 3; ++o) {
        INFO(outputs[o]);
        CHECK(difference(result.outputs[o].mask.detach(), file[at + "loss_mask" + tails[o]]) <
              2e-6);
        CHECK(difference(result.outputs[o].dice.detach(), file[at + "loss_dice" + tails[o]]) <
              2e-6);
        for (std::size_t b = 0; b < targets.size(); ++b) {
          const auto match = at + "match." + outputs[o] + "." + std::to_string(b);
          CHECK(result.outputs[o].matches[b].queries == numbers(file[match + ".src"]));
          if (targets[b].masks.sum().item<float>() > 0)
            CHECK(result.outputs[o].matches[b].instances == numbers(file[match + ".tgt"]));
        }
      }
      const auto gradient = [&](const Tensor& loss, const Tensor& of) {
        return torch::autograd::grad({loss}, {of}, {}, true)[0];
      };
      CHECK(difference(gradient(result.class_, prediction.class_logits),
                       file[at + "grad.loss_ce"]) < 5e-7);
      if (file.has(at + "grad.loss_mask")) {
        CHECK(difference(gradient(result.outputs[0].mask, prediction.mask_logits),
                         file[at + "grad.loss_mask"]) < 5e-7);
        CHECK(difference(gradient(result.outputs[0].dice, prediction.mask_logits),
                         file[at + "grad.loss_dice"]) < 5e-7);
        const auto total = result.total(weights);
        CHECK(difference(total.detach(), file[at + "total_weighted"]) < 3e-5);
        total.backward();
        for (std::size_t k = 0; k < 2; ++k)
          CHECK(difference(prediction.aux[k].mask_logits.grad(),
                           file[at + "grad_total." + outputs[k + 1] + ".pred_masks"]) < 2e-6);
      } else {
        CHECK_FALSE(result.outputs[0].mask.requires_grad());
      }
      ++compared;
    }
  CHECK(compared > 0);
}

TEST_CASE("the sparse class loss and the entropy over queries equal the official ones", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  const golden::file file{*folder / "criterion.safetensors"};
  int compared = 0;
  for (const auto& name : cases_of(file, ".direct.loss_ce_sparse")) {
    INFO(name);
    const auto logits = file[name + ".final.pred_logits"].requires_grad_();
    std::vector<st::clip_match> matches;
    std::vector<std::int64_t> classes(static_cast<std::size_t>(logits.size(0) * logits.size(1)), 1);
    for (int b = 0; file.has(name + ".direct.match." + std::to_string(b) + ".src"); ++b) {
      const auto at = name + ".direct.match." + std::to_string(b);
      matches.push_back({numbers(file[at + ".src"]), numbers(file[at + ".tgt"])});
      for (const auto i : matches.back().queries)
        classes[static_cast<std::size_t>(b * logits.size(1) + i)] = 0;
    }
    const auto loss = st::sparse_class_loss(logits, matches, 0.1);
    CHECK(difference(loss.detach(), file[name + ".direct.loss_ce_sparse"]) < 1e-6);
    loss.backward();
    CHECK(difference(logits.grad(), file[name + ".direct.grad.loss_ce_sparse"]) < 5e-7);
    CHECK(difference(st::query_entropy(file[name + ".final.pred_masks"]),
                     file[name + ".direct.loss_entropy"]) < 2e-6);
    ++compared;
  }
  CHECK(compared > 0);
}

TEST_CASE("frames of a teacher's masks are dropped as the official code drops them", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  const golden::file file{*folder / "teacher.safetensors"};
  int compared = 0;
  for (const auto& name : cases_of(file, ".loss_mask_0")) {
    INFO(name);
    st::video_prediction prediction;
    prediction.class_logits = file["student.pred_logits"];
    prediction.mask_logits = file["student.pred_masks"];
    prediction.aux.push_back({file["student_aux.pred_logits"], file["student_aux.pred_masks"]});
    auto masks = file["kd_targets.masks"];
    masks[0][1].zero_();
    const std::vector<st::clip_targets> targets{official_targets(masks, name)};
    st::criterion_options options;
    options.matcher.points = options.points.points = file[name + ".rand.0"].size(1);
    const auto strategy = [&](const char* key) {
      return name.find(std::string{key} + "=full") != std::string::npos
                 ? st::frame_strategy::every
                 : st::frame_strategy::labelled;
    };
    options.strategy = strategy("kd");
    options.aux_strategy = strategy("sup");
    const auto source = stored_points(file, name + ".", 1, true);
    const auto result = st::criterion(prediction, targets, options, source);
    CHECK(difference(result.class_, file[name + ".loss_ce"]) < 1e-6);
    // Many targets are equal at all points of the matcher: any of the best matchings may be found,
    // so the losses are compared for the official one.
    st::detail::batch_targets batch{targets, prediction.mask_logits, options};
    batch.shown = batch.labelled;
    const std::string tails[] = {"", "_0"}, outputs[] = {"final", "aux0"};
    for (std::size_t o = 0; o < 2; ++o) {
      const auto& output =
          o == 0 ? static_cast<const st::query_prediction&>(prediction) : prediction.aux[0];
      const auto index = static_cast<std::int64_t>(o);
      const auto at = name + ".match." + outputs[o];
      const st::clip_match official{numbers(file[at + ".src"]), numbers(file[at + ".tgt"])};
      const auto cost = st::total_cost(
          st::matching_costs(
              output.class_logits[0], output.mask_logits[0], batch.full[0],
              torch::ones_like(batch.labelled[0]),
              source({st::point_request::purpose::matching, index, 0, 1, options.matcher.points})),
          options.matcher);
      const auto sum = [&](const st::clip_match& match) {
        double total = 0;
        for (std::size_t i = 0; i < match.queries.size(); ++i)
          total += cost[match.queries[i]][match.instances[i]].item<double>();
        return total;
      };
      CHECK(result.outputs[o].matches[0].queries == official.queries);
      CHECK(sum(result.outputs[o].matches[0]) == Approx(sum(official)).epsilon(1e-6));
      const auto losses = st::detail::matched_losses(
          output, {official}, batch, o == 0 ? options.strategy : *options.aux_strategy, options,
          index, source);
      CHECK(difference(losses.mask, file[name + ".loss_mask" + tails[o]]) < 5e-6);
      CHECK(difference(losses.dice, file[name + ".loss_dice" + tails[o]]) < 5e-6);
    }
    ++compared;
  }
  CHECK(compared > 0);
}

TEST_CASE("the dense criterion is the mean over cells, by definition", "[torch]") {
  torch::manual_seed(3);
  random_case example{1, 4, 2, 2, 6, 0};
  auto& target = example.targets[0];
  target.masks = torch::rand_like(target.masks);
  target.weights[0][1] = 0;
  target.weights[1][0] = 0.5;
  auto options = st::dense_criterion();
  const auto result = st::criterion(example.prediction, example.targets, options);
  const auto& match = result.outputs[0].matches[0];
  REQUIRE(match.queries.size() == 2);
  double mask = 0, dice = 0;
  const auto logits = example.prediction.mask_logits.detach();
  for (std::size_t i = 0; i < 2; ++i)
    for (int t = 0; t < 2; ++t) {
      const double trust = target.weights[match.instances[i]][t].item<double>();
      if (trust == 0) continue;
      double bce = 0, both = 0, p = 0, y_sum = 0;
      for (int y = 0; y < 6; ++y)
        for (int x = 0; x < 6; ++x) {
          const double v = logits[0][match.queries[i]][t][y][x].item<double>();
          const double s = 1 / (1 + std::exp(-v));
          double cell = 0;
          for (int a = 0; a < 16; ++a)
            cell +=
                target.masks[match.instances[i]][t][4 * y + a / 4][4 * x + a % 4].item<double>();
          cell /= 16;
          bce += -cell * std::log(s) - (1 - cell) * std::log(1 - s);
          both += s * cell, p += s, y_sum += cell;
        }
      mask += trust * bce / 36 / 2;
      dice += trust * (1 - (2 * both + 1) / (p + y_sum + 1)) / 2;
    }
  CHECK(result.outputs[0].mask.item<double>() == Approx(mask).epsilon(1e-5));
  CHECK(result.outputs[0].dice.item<double>() == Approx(dice).epsilon(1e-5));
}

TEST_CASE("the gradient at points is the slope of the losses", "[torch]") {
  torch::manual_seed(4);
  const auto logits = torch::randn({3, 5, 7}).requires_grad_();
  const auto targets = torch::rand({3, 9, 13});
  // No share for uncertain points: those would jump.
  const st::point_options options{40, 3, 0};
  const auto chosen = torch::rand({3, 120, 2});
  const st::point_source source = [&](const st::point_request& request) {
    return chosen.narrow(1, 0, request.points);
  };
  const auto value = [&](const Tensor& x) {
    const auto losses = st::compare_masks(x, targets, options, 0, source);
    return (losses.mask * torch::tensor({1.0f, 2.0f, 3.0f})).sum() + 4 * losses.dice.sum();
  };
  value(logits).backward();
  const torch::NoGradGuard guard;
  for (int i = 0; i < 5; ++i) {
    const auto direction = torch::randn_like(logits);
    const float step = 1e-2f;
    const double slope =
        (value(logits + step * direction) - value(logits - step * direction)).item<double>() /
        (2 * step);
    const double expected = (logits.grad() * direction).sum().item<double>();
    CHECK(slope == Approx(expected).epsilon(1e-2).margin(1e-3));
  }
}

TEST_CASE("without points the gradient is that of LibTorch's own losses", "[torch]") {
  torch::manual_seed(5);
  const auto logits = torch::randn({3, 5, 7}).mul_(3).requires_grad_();
  const auto targets = torch::rand({3, 5, 7});
  const auto ours = st::compare_masks(logits, targets, {0, 3, 0.75}, 0, {});
  const auto weight = torch::rand({3});
  const auto gradient = torch::autograd::grad(
      {(ours.mask * weight).sum() + (ours.dice * (1 - weight)).sum()}, {logits})[0];
  const auto s = logits.sigmoid().flatten(1), y = targets.flatten(1);
  const auto mask =
      torch::binary_cross_entropy_with_logits(logits.flatten(1), y, {}, {}, torch::Reduction::None)
          .mean(1);
  const auto dice = 1 - (2 * (s * y).sum(1) + 1) / (s.sum(1) + y.sum(1) + 1);
  const auto expected =
      torch::autograd::grad({(mask * weight).sum() + (dice * (1 - weight)).sum()}, {logits})[0];
  CHECK(difference(ours.mask.detach(), mask.detach()) < 1e-6);
  CHECK(difference(ours.dice.detach(), dice.detach()) < 1e-6);
  CHECK(difference(gradient, expected) < 1e-7);
}

TEST_CASE("what is predicted where there is no mask changes no mask loss", "[torch]") {
  for (const bool dense : {false, true}) {
    torch::manual_seed(6);
    random_case example{2, 5, 2, 3, 8};
    for (auto& clip : example.targets) clip.weights.select(1, 1).zero_();
    auto options = dense ? st::dense_criterion() : st::criterion_options{};
    options.matcher.labelled_frames_only = true;
    options.matcher.class_weight = 0;
    if (!dense) options.matcher.points = options.points.points = 50;
    torch::manual_seed(1);
    const auto before = st::criterion(example.prediction, example.targets, options);
    for (const auto* output :
         {static_cast<st::query_prediction*>(&example.prediction), &example.prediction.aux[0]}) {
      const torch::NoGradGuard guard;
      output->mask_logits.select(2, 1).mul_(-3).add_(1);
    }
    torch::manual_seed(1);
    const auto after = st::criterion(example.prediction, example.targets, options);
    for (std::size_t o = 0; o < 2; ++o) {
      CHECK(before.outputs[o].mask.item<float>() == after.outputs[o].mask.item<float>());
      CHECK(before.outputs[o].dice.item<float>() == after.outputs[o].dice.item<float>());
      CHECK(before.outputs[o].mask.item<float>() > 0);
    }
    after.total({1, 5, 5}).backward();
    CHECK(example.prediction.mask_logits.grad().select(2, 1).abs().max().item<float>() == 0);
  }
}

TEST_CASE("Temporal DropLoss of full labels is the plain loss", "[torch]") {
  torch::manual_seed(7);
  random_case example{1, 6, 3, 2, 8};
  st::criterion_options options;
  options.matcher.points = options.points.points = 30;
  torch::manual_seed(2);
  const auto labelled = st::criterion(example.prediction, example.targets, options);
  options.strategy = st::frame_strategy::every;
  options.matcher.labelled_frames_only = true;
  torch::manual_seed(2);
  const auto every = st::criterion(example.prediction, example.targets, options);
  CHECK(labelled.outputs[0].mask.item<float>() == every.outputs[0].mask.item<float>());
  CHECK(labelled.outputs[1].dice.item<float>() == every.outputs[1].dice.item<float>());
}

TEST_CASE("trust scales the loss of a mask, and the divisor may be the masks", "[torch]") {
  torch::manual_seed(8);
  random_case example{1, 3, 1, 2, 8, 0};
  auto options = st::dense_criterion();
  const auto whole = st::criterion(example.prediction, example.targets, options);
  example.targets[0].weights.fill_(0.25);
  const auto quarter = st::criterion(example.prediction, example.targets, options);
  CHECK(quarter.outputs[0].mask.item<double>() ==
        Approx(whole.outputs[0].mask.item<double>() / 4).epsilon(1e-6));
  options.divisor = st::loss_divisor::masks;
  const auto each = st::criterion(example.prediction, example.targets, options);
  CHECK(each.outputs[0].dice.item<double>() ==
        Approx(quarter.outputs[0].dice.item<double>() / 2).epsilon(1e-6));
}

TEST_CASE("points in pieces give the losses of points at once", "[torch]") {
  torch::manual_seed(9);
  // More candidates than one piece takes: two masks in two pieces.
  const auto logits = torch::randn({2, 8, 8});
  const auto targets = (torch::rand({2, 16, 16}) > 0.5).to(torch::kFloat);
  const st::point_options options{2'000'000, 3, 0.75};
  int calls = 0;
  const st::point_source source = [&](const st::point_request& request) {
    ++calls;
    CHECK(request.rows == 1);
    return torch::rand({request.rows, request.points, 2});
  };
  const auto losses = st::compare_masks(logits, targets, options, 0, source);
  CHECK(calls == 4);
  CHECK(losses.mask.sizes() == torch::IntArrayRef({2}));
  CHECK(losses.mask.isfinite().all().item<bool>());
}

TEST_CASE("a prediction that is not finite stops with the clip's name", "[torch]") {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    torch::manual_seed(10);
    random_case example{2, 4, 2, 2, 8};
    {
      const torch::NoGradGuard guard;
      example.prediction.aux[0].mask_logits[1][2][1].fill_(value);
    }
    for (const bool dense : {false, true}) {
      st::criterion_options options = dense ? st::dense_criterion() : st::criterion_options{};
      if (!dense) options.matcher.points = options.points.points = 30;
      const auto text = message_of<s2d::invalid_input>(
          [&] { (void)st::criterion(example.prediction, example.targets, options); });
      INFO(text);
      CHECK(text.find("clip clip 1: the prediction of query 2 is not finite") == 0);
    }
  }
}

TEST_CASE("the criterion says which clip does not fit", "[torch]") {
  torch::manual_seed(11);
  random_case example{1, 4, 2, 2, 8};
  auto wrong = example.targets;
  wrong[0].weights = torch::ones({2, 3});
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::criterion(example.prediction, wrong, st::dense_criterion());
        }) == "clip clip 0: weights: shape is [2, 3], expected [2, 2]");
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::criterion(example.prediction, {}, st::dense_criterion());
        }) == "criterion: 0 targets, expected one for each of 1 clips");
}

TEST_CASE("clips without instances and without labels have class loss alone", "[torch]") {
  torch::manual_seed(12);
  random_case example{2, 4, 2, 2, 8};
  example.targets[0] = {torch::zeros({0, 2, 32, 32}), torch::zeros({0, 2}), "none"};
  example.targets[1].weights.zero_();
  const auto result = st::criterion(example.prediction, example.targets, st::dense_criterion());
  CHECK(result.outputs[0].mask.item<float>() == 0);
  CHECK(result.outputs[0].matches[1].queries.empty());
  result.total({1, 5, 5}).backward();
  CHECK(example.prediction.class_logits.grad().abs().max().item<float>() > 0);
  CHECK(squared(result.class_.item<double>()) > 0);
}
