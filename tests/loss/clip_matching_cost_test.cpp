#include <s2d/loss/clip_matching_cost.hpp>

#include <random>
#include <vector>

#include <s2d/loss/temporal_drop_loss.hpp>

#include "support/catch.hpp"

namespace {

struct cost_clip {
  std::vector<float> logits = std::vector<float>(7 * 3 * 10 * 14);
  std::vector<std::uint8_t> masks = std::vector<std::uint8_t>(4 * 3 * 20 * 28);

  cost_clip() {
    std::mt19937 random{1};
    std::normal_distribution<float> logit{0, 3};
    for (float& value : logits) value = logit(random);
    for (std::uint8_t& value : masks) value = random() % 2 != 0;
    // Target 1 has no mask in frames 0 and 2.
    for (const std::ptrdiff_t t : {0, 2})
      for (std::ptrdiff_t i = 0; i < 20 * 28; ++i)
        masks[static_cast<std::size_t>((3 + t) * 20 * 28 + i)] = 0;
  }
  [[nodiscard]] s2d::clip_view<const float> predicted() const {
    return {logits.data(), 7, 3, 10, 14};
  }
  [[nodiscard]] s2d::clip_view<const std::uint8_t> targets() const {
    return {masks.data(), 4, 3, 20, 28};
  }
};

}  // namespace

TEST_CASE("the cost of a clip is the cost of its samples", "[loss]") {
  const cost_clip clip;
  for (const std::ptrdiff_t count : {0, 1, 200, 512, 1100}) {
    s2d::matrix<float> points(count, 2), logits(7, 3 * count), targets(4, 3 * count);
    s2d::uniform_points(points.view(), 5);
    const auto sample = [&](const auto& from, s2d::matrix<float>& to) {
      for (std::ptrdiff_t i = 0; i < from.count; ++i)
        for (std::ptrdiff_t t = 0; t < 3; ++t)
          s2d::point_sample(
              from.plane(i, t), std::as_const(points).view(),
              std::span<float>{to.row(i) + t * count, static_cast<std::size_t>(count)});
    };
    sample(clip.predicted(), logits);
    sample(clip.targets(), targets);
    const auto labelled = s2d::temporal_drop_weights(clip.targets());
    CHECK(labelled(1, 0) == 0);
    const auto of_clip =
        s2d::matching_cost(clip.predicted(), clip.targets(), points, {}, {}, labelled);
    const auto of_samples =
        s2d::matching_cost(std::as_const(logits).view(), targets, {}, {}, labelled);
    for (std::size_t i = 0; i < of_clip.values.size(); ++i)
      CHECK(static_cast<double>(of_clip.values[i]) ==
            Approx(static_cast<double>(of_samples.values[i])).epsilon(1e-6));
    CHECK(s2d::matching_cost(clip.predicted(), clip.targets(), points, {.threads = 3}, {},
                             labelled) == of_clip);
  }
}

TEST_CASE("a clip of nothing costs nothing", "[loss]") {
  const cost_clip clip;
  const s2d::matrix<float> points(5, 2);
  const s2d::clip_view<const std::uint8_t> none{clip.masks.data(), 0, 3, 20, 28};
  const auto cost = s2d::matching_cost(clip.predicted(), none, points);
  CHECK(cost.height == 7);
  CHECK(cost.width == 0);
}

TEST_CASE("the cost of a clip refuses what does not fit", "[loss]") {
  const cost_clip clip;
  const s2d::matrix<float> points(5, 3);
  CHECK_THROWS_WITH(s2d::matching_cost(clip.predicted(), clip.targets(), points),
                    Catch::Contains("points are [5, 3]"));
  const s2d::clip_view<const std::uint8_t> shorter{clip.masks.data(), 4, 2, 20, 28};
  CHECK_THROWS_WITH(s2d::matching_cost(clip.predicted(), shorter, s2d::matrix<float>(5, 2)),
                    Catch::Contains("3 frames, targets 2"));
}
