#include <s2d/loss/temporal_drop_loss.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace {

// A clip of 5 queries and 3 instances in 4 frames; some frames may be without mask.
template <class T>
struct some_clip {
  std::vector<T> logits = std::vector<T>(5 * 4 * 9 * 12);
  std::vector<std::uint8_t> masks = std::vector<std::uint8_t>(3 * 4 * 18 * 24);
  std::vector<s2d::matched_pair> pairs{{1, 2}, {3, 0}, {4, 1}};

  explicit some_clip(unsigned seed) {
    std::mt19937 random{seed};
    std::normal_distribution<double> logit{0, 3};
    for (T& value : logits) value = static_cast<T>(logit(random));
    for (std::size_t i = 0; i < masks.size(); ++i) masks[i] = i % 24 < 9 + i % 5 ? 1 : 0;
  }
  [[nodiscard]] s2d::clip_view<const T> predicted() const { return {logits.data(), 5, 4, 9, 12}; }
  [[nodiscard]] s2d::clip_view<const std::uint8_t> targets() const {
    return {masks.data(), 3, 4, 18, 24};
  }
  void empty(std::ptrdiff_t target, std::ptrdiff_t frame) {
    for (std::ptrdiff_t i = 0; i < 18 * 24; ++i)
      masks[static_cast<std::size_t>((target * 4 + frame) * 18 * 24 + i)] = 0;
  }
  void predict(std::ptrdiff_t query, std::ptrdiff_t frame, T value) {
    for (std::ptrdiff_t i = 0; i < 9 * 12; ++i)
      logits[static_cast<std::size_t>((query * 4 + frame) * 9 * 12 + i)] = value;
  }
};

template <class T>
struct loss_and_gradient {
  s2d::mask_loss loss;
  std::vector<T> gradient;
};

template <class T>
loss_and_gradient<T> run(const some_clip<T>& clip, const s2d::mask_loss_options& options,
                         s2d::plane_view<const float> weights = {}) {
  loss_and_gradient<T> result;
  result.gradient.resize(clip.logits.size());
  result.loss =
      s2d::temporal_drop_loss(clip.predicted(), clip.targets(), clip.pairs, options,
                              s2d::clip_view<T>{result.gradient.data(), 5, 4, 9, 12}, weights);
  return result;
}

constexpr s2d::mask_loss_options few_points{.points = {.count = 100}, .seed = 4};

s2d::mask_loss_options full_loss() {
  auto options = few_points;
  options.drop_unlabelled = false;
  return options;
}

}  // namespace

TEST_CASE("Temporal DropLoss is the full loss where every frame is labelled", "[loss]") {
  const some_clip<float> clip{1};
  const auto dropped = run(clip, few_points), full = run(clip, full_loss());
  CHECK(dropped.loss.kept_masks == 12);
  CHECK(dropped.loss.mask == full.loss.mask);
  CHECK(dropped.loss.dice == full.loss.dice);
  CHECK(dropped.gradient == full.gradient);
}

TEST_CASE("predictions in unlabelled frames change nothing, not even when not numbers", "[loss]") {
  some_clip<float> clip{2};
  clip.empty(2, 1);  // query 1
  clip.empty(0, 3);  // query 3
  const auto before = run(clip, few_points);
  CHECK(before.loss.kept_masks == 10);
  clip.predict(1, 1, std::numeric_limits<float>::quiet_NaN());
  clip.predict(3, 3, 1e4f);
  clip.predict(0, 2, -7);  // not matched
  const auto after = run(clip, few_points);
  CHECK(after.loss.mask == before.loss.mask);
  CHECK(after.loss.dice == before.loss.dice);
  CHECK(after.gradient == before.gradient);
  for (std::size_t i = 0; i < 9 * 12; ++i) CHECK(after.gradient[(1 * 4 + 1) * 9 * 12 + i] == 0);
  CHECK(std::isnan(run(clip, full_loss()).loss.mask));
}

TEST_CASE("dropping a frame leaves the other frames' losses as they were", "[loss]") {
  some_clip<double> clip{3};
  const auto whole = run(clip, few_points);
  clip.empty(1, 2);
  const auto part = run(clip, few_points);
  clip.pairs = {{4, 1}};
  some_clip<double> only{3};
  only.pairs = {{4, 1}};
  for (const std::ptrdiff_t t : {0, 1, 3}) only.empty(1, t);
  const auto lost = run(only, few_points);
  CHECK(part.loss.mask + lost.loss.mask == Approx(whole.loss.mask).epsilon(1e-12));
  CHECK(part.loss.dice + lost.loss.dice == Approx(whole.loss.dice).epsilon(1e-12));
}

TEST_CASE("a clip without any mask, pair or frame costs nothing", "[loss]") {
  some_clip<float> clip{4};
  clip.masks.assign(clip.masks.size(), 0);
  const auto found = run(clip, few_points);
  CHECK(found.loss.mask == 0);
  CHECK(found.loss.dice == 0);
  CHECK(found.loss.kept_masks == 0);
  CHECK(found.gradient == std::vector<float>(clip.logits.size()));
  CHECK(run(clip, full_loss()).loss.kept_masks == 12);
  clip.pairs.clear();
  CHECK(run(clip, full_loss()).loss.mask == 0);
  const auto none = s2d::temporal_drop_loss(s2d::clip_view<const float>{},
                                            s2d::clip_view<const std::uint8_t>{}, {}, few_points);
  CHECK(none.mask == 0);
  CHECK(none.divisor == 1);
}

TEST_CASE("without points masks cost nothing", "[loss]") {
  const some_clip<float> clip{5};
  auto options = few_points;
  options.points.count = 0;
  const auto found = run(clip, options);
  CHECK(found.loss.mask == 0);
  CHECK(found.loss.dice == 0);
  CHECK(found.loss.kept_masks == 12);
}

TEST_CASE("sums are divided by instances, kept masks or what is given", "[loss]") {
  some_clip<float> clip{6};
  clip.empty(0, 0);
  auto options = few_points;
  const auto by_instances = run(clip, options).loss;
  CHECK(by_instances.divisor == 3);
  options.divisor = s2d::mask_loss_divisor::kept_masks;
  const auto by_masks = run(clip, options);
  CHECK(by_masks.loss.divisor == 11);
  CHECK(by_masks.loss.mask * 11 == Approx(by_instances.mask * 3));
  options.divide_by = 8;
  const auto by_eight = run(clip, options);
  CHECK(by_eight.loss.dice * 8 == Approx(by_instances.dice * 3));
  for (std::size_t i = 0; i < clip.logits.size(); ++i)
    CHECK(by_eight.gradient[i] * 8 == Approx(by_masks.gradient[i] * 11).margin(1e-6));
}

TEST_CASE("weights of masks scale their losses, 0 and 1 are Temporal DropLoss", "[loss]") {
  some_clip<float> clip{7};
  clip.empty(1, 1);
  auto weights = s2d::temporal_drop_weights(clip.targets());
  CHECK(weights(1, 1) == 0);
  CHECK(weights(1, 2) == 1);
  const auto dropped = run(clip, few_points), weighted = run(clip, few_points, weights);
  CHECK(weighted.loss.mask == dropped.loss.mask);
  CHECK(weighted.gradient == dropped.gradient);
  for (float& weight : weights.values) weight *= 0.5f;
  CHECK(run(clip, few_points, weights).loss.dice == Approx(dropped.loss.dice / 2));
  auto by_weights = few_points;
  by_weights.divisor = s2d::mask_loss_divisor::kept_masks;
  CHECK(run(clip, by_weights, weights).loss.divisor == 5.5);
  weights(0, 0) = -1;
  CHECK_THROWS_WITH(run(clip, few_points, weights),
                    Catch::Contains("the weight of target 0 in frame 0 is -1"));
}

TEST_CASE("the gradient of the mask loss is its central difference", "[loss]") {
  some_clip<double> clip{8};
  clip.empty(2, 0);
  s2d::mask_loss_options options{.mask_weight = 2, .dice_weight = 3};
  // Points must not move with the logits: the same ones for all 11 masks.
  s2d::matrix<double> points(11 * 30, 2);
  s2d::uniform_points(points.view(), 2);
  const auto loss_at = [&] {
    const auto loss = s2d::temporal_drop_loss(clip.predicted(), clip.targets(), clip.pairs,
                                              points.view(), options);
    return 2 * loss.mask + 3 * loss.dice;
  };
  std::vector<double> gradient(clip.logits.size(), 1.0);
  s2d::temporal_drop_loss(clip.predicted(), clip.targets(), clip.pairs, points.view(), options,
                          s2d::clip_view<double>{gradient.data(), 5, 4, 9, 12});
  constexpr double step = 1e-5;
  for (std::size_t i = 0; i < clip.logits.size(); i += 7) {
    const double x = clip.logits[i];
    clip.logits[i] = x + step;
    const double up = loss_at();
    clip.logits[i] = x - step;
    const double down = loss_at();
    clip.logits[i] = x;
    CHECK(gradient[i] - 1 == Approx((up - down) / (2 * step)).margin(1e-9));
  }
}

TEST_CASE("losses and gradients do not depend on the number of threads", "[loss][threads]") {
  some_clip<float> clip{9};
  clip.empty(0, 2);
  auto options = few_points;
  const auto expected = run(clip, options);
  for (const std::size_t threads : {2, 3, 16, 0}) {
    options.threads = threads;
    const auto found = run(clip, options);
    CHECK(found.loss.mask == expected.loss.mask);
    CHECK(found.loss.dice == expected.loss.dice);
    CHECK(found.gradient == expected.gradient);
  }
}

TEST_CASE("float and double agree", "[loss]") {
  const some_clip<float> narrow{10};
  some_clip<double> wide{10};
  for (std::size_t i = 0; i < wide.logits.size(); ++i)
    wide.logits[i] = static_cast<double>(narrow.logits[i]);
  const auto a = run(narrow, few_points);
  const auto b = run(wide, few_points);
  CHECK(a.loss.mask == Approx(b.loss.mask).epsilon(1e-6));
  CHECK(a.loss.dice == Approx(b.loss.dice).epsilon(1e-6));
}

TEST_CASE("the mask loss refuses what does not fit", "[loss]") {
  some_clip<float> clip{11};
  const auto with_pairs = [&](std::vector<s2d::matched_pair> pairs) {
    clip.pairs = std::move(pairs);
    return run(clip, few_points);
  };
  CHECK_THROWS_WITH(with_pairs({{5, 0}}), Catch::Contains("query 5, there are 5"));
  CHECK_THROWS_WITH(with_pairs({{0, 3}}), Catch::Contains("target 3, there are 3"));
  CHECK_THROWS_WITH(with_pairs({{2, 0}, {2, 1}}), Catch::Contains("query 2 is matched twice"));
  const std::vector<s2d::matched_pair> one{{0, 0}};
  const s2d::clip_view<const std::uint8_t> shorter{clip.masks.data(), 3, 3, 18, 24};
  CHECK_THROWS_WITH(s2d::temporal_drop_loss(clip.predicted(), shorter, one, few_points),
                    Catch::Contains("4 frames, targets 3"));
  std::vector<float> gradient(100);
  CHECK_THROWS_WITH(s2d::temporal_drop_loss(clip.predicted(), clip.targets(), one, few_points,
                                            s2d::clip_view<float>{gradient.data(), 1, 1, 9, 11}),
                    Catch::Contains("the gradient is [1, 1, 9, 11]"));
  const s2d::matrix<float> points(7, 2);
  CHECK_THROWS_WITH(s2d::temporal_drop_loss(clip.predicted(), clip.targets(), one, points.view()),
                    Catch::Contains("7 points for 4 masks"));
}
