#include <s2d/loss/mask_losses.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <s2d/core/sigmoid.hpp>

#include "support/catch.hpp"

namespace {

template <class T>
struct mask_points {
  std::vector<T> logits, targets;

  mask_points(std::size_t n, unsigned seed, double reach = 6) {
    std::mt19937 random{seed};
    std::uniform_real_distribution<double> logit{-reach, reach}, part{0, 1};
    for (std::size_t i = 0; i < n; ++i) {
      logits.push_back(static_cast<T>(logit(random)));
      targets.push_back(static_cast<T>(i % 3 == 0 ? part(random) : std::round(part(random))));
    }
  }
  [[nodiscard]] double bce() const {
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double x = static_cast<double>(logits[i]), y = static_cast<double>(targets[i]);
      sum += y * s2d::softplus(-x) + (1 - y) * s2d::softplus(x);
    }
    return logits.empty() ? 0 : sum / static_cast<double>(logits.size());
  }
  [[nodiscard]] double dice() const {
    double overlap = 0, total = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double s = s2d::sigmoid(static_cast<double>(logits[i]));
      overlap += s * static_cast<double>(targets[i]);
      total += s + static_cast<double>(targets[i]);
    }
    return 1 - (2 * overlap + 1) / (total + 1);
  }
};

template <class T>
void check_values(double tolerance) {
  for (const std::size_t n : {0, 1, 2, 7, 15, 16, 17, 100, 511, 512, 513, 5000}) {
    CAPTURE(n);
    const mask_points<T> at{n, static_cast<unsigned>(n)};
    const std::span<const T> logits{at.logits};
    CHECK(s2d::mask_bce_loss(logits, at.targets) == Approx(at.bce()).margin(tolerance));
    CHECK(s2d::dice_loss(logits, at.targets) == Approx(at.dice()).margin(tolerance));
  }
}

}  // namespace

TEST_CASE("losses are their definitions for every number of points", "[loss]") {
  check_values<float>(2e-7);
  check_values<double>(1e-13);
}

TEST_CASE("gradients of BCE and Dice are central differences", "[loss]") {
  for (const std::size_t n : {1, 5, 33}) {
    mask_points<double> at{n, 40 + static_cast<unsigned>(n)};
    std::vector<double> of_bce(n), of_dice(n, 7);
    const std::span<const double> logits{at.logits};
    s2d::mask_bce_loss(logits, at.targets, of_bce, 2.5);
    s2d::dice_loss(logits, at.targets, of_dice);
    constexpr double step = 1e-5;
    for (std::size_t i = 0; i < n; ++i) {
      const double x = at.logits[i];
      at.logits[i] = x + step;
      const double bce_up = at.bce(), dice_up = at.dice();
      at.logits[i] = x - step;
      const double bce_down = at.bce(), dice_down = at.dice();
      at.logits[i] = x;
      CHECK(of_bce[i] == Approx(2.5 * (bce_up - bce_down) / (2 * step)).margin(1e-9));
      CHECK(of_dice[i] - 7 == Approx((dice_up - dice_down) / (2 * step)).margin(1e-9));
    }
  }
}

TEST_CASE("logits of ten thousand give exact losses and gradients", "[loss]") {
  const std::vector<float> logits{1e4f, -1e4f, 1e4f, -1e4f};
  const std::vector<float> right{1, 0, 1, 0}, wrong{0, 1, 0, 1};
  std::vector<float> gradient(4);
  const std::span<const float> x{logits};
  CHECK(s2d::mask_bce_loss(x, right, gradient) == 0);
  CHECK(gradient == std::vector<float>(4));
  CHECK(s2d::dice_loss(x, right, gradient) == 0);
  CHECK(gradient == std::vector<float>(4));
  CHECK(s2d::mask_bce_loss(x, wrong, gradient) == 1e4);
  CHECK(gradient == std::vector<float>{0.25f, -0.25f, 0.25f, -0.25f});
  CHECK(s2d::dice_loss(x, wrong) == Approx(0.8));  // 1 - 1 / (2 + 2 + 1)
}

TEST_CASE("a confident right answer keeps its relative precision", "[loss]") {
  const std::vector<float> logits(100, 30.0f), targets(100, 1.0f);
  CHECK(s2d::mask_bce_loss(std::span<const float>{logits}, targets) ==
        Approx(std::log1p(std::exp(-30.0))).epsilon(1e-5));
}

TEST_CASE("nothing wanted and nothing found costs nothing", "[loss]") {
  CHECK(s2d::dice_loss(std::span<const float>{}, {}) == 0);
  CHECK(s2d::mask_bce_loss(std::span<const float>{}, {}) == 0);
}

TEST_CASE("a logit that is not a number makes the losses not a number", "[loss]") {
  std::vector<float> logits(40, 1.0f), targets(40, 1.0f);
  logits[37] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(s2d::mask_bce_loss(std::span<const float>{logits}, targets)));
  CHECK(std::isnan(s2d::dice_loss(std::span<const float>{logits}, targets)));
}

TEST_CASE("losses refuse targets and gradients of another size", "[loss]") {
  const std::vector<float> three(3), four(4);
  std::vector<float> gradient(2);
  CHECK_THROWS_WITH(s2d::mask_bce_loss(std::span<const float>{three}, four),
                    Catch::Contains("3 logits, but 4 targets"));
  CHECK_THROWS_WITH(s2d::dice_loss(std::span<const float>{three}, three, gradient),
                    Catch::Contains("a gradient of 2"));
}
