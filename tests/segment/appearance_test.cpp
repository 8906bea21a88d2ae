#include <s2d/segment/appearance.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <s2d/core/random.hpp>

#include "support/catch.hpp"

namespace {

struct sample_set {
  std::vector<float> x;  // [n, 3]
  std::vector<float> truth;
  std::vector<float> target;  // truth with some entries wrong
  std::vector<float> weight;

  [[nodiscard]] s2d::plane_view<const float> inputs() const {
    return {x.data(), static_cast<std::ptrdiff_t>(truth.size()), 3};
  }
};

/// Inside or outside of a ball, a share of the targets turned round.
sample_set ball(std::size_t n, double wrong) {
  s2d::random_stream random(12);
  sample_set s;
  for (std::size_t i = 0; i < n; ++i) {
    double r = 0;
    for (int d = 0; d < 3; ++d) {
      s.x.push_back(static_cast<float>(1.5 * random.normal()));
      r += static_cast<double>(s.x.back()) * static_cast<double>(s.x.back());
    }
    s.truth.push_back(r < 4 ? 1.0F : 0.0F);
    s.target.push_back(random.uniform() < wrong ? 1 - s.truth.back() : s.truth.back());
    s.weight.push_back(1);
  }
  return s;
}

double share_right(const std::vector<float>& fit, const std::vector<float>& truth) {
  double right = 0;
  for (std::size_t i = 0; i < fit.size(); ++i)
    right += (fit[i] > 0.5F) == (truth[i] > 0.5F) ? 1 : 0;
  return right / static_cast<double>(fit.size());
}

}  // namespace

TEST_CASE("Appearance learns what no straight line can part and corrects wrong targets") {
  const sample_set s = ball(4000, 0.15);
  const std::vector<float> fit = s2d::correct_by_appearance(s.inputs(), s.target, s.weight);
  CHECK(share_right(s.target, s.truth) < 0.87);
  CHECK(share_right(fit, s.truth) > 0.95);
  for (const float v : fit) CHECK((v >= 0 && v <= 1));
}

TEST_CASE("Appearance hardly depends on the seed and not at all on samples of weight 0") {
  sample_set s = ball(3000, 0.1);
  const std::vector<float> a = s2d::correct_by_appearance(s.inputs(), s.target, s.weight);
  const std::vector<float> b =
      s2d::correct_by_appearance(s.inputs(), s.target, s.weight, {.seed = 99});
  double difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference += std::fabs(a[i] - b[i]);
  CHECK(difference / 3000 < 0.06);
  for (std::size_t i = 0; i < 3000; i += 4) s.weight[i] = 0;
  const std::vector<float> without = s2d::correct_by_appearance(s.inputs(), s.target, s.weight);
  for (std::size_t i = 0; i < 3000; i += 4) s.target[i] = 1 - s.target[i];
  CHECK(s2d::correct_by_appearance(s.inputs(), s.target, s.weight) == without);
}

TEST_CASE("Appearance is the solution of its normal equations") {
  // With one sample and target y: fit = y k / (k + ridge / D) with k = |features|^2.
  const float x[3] = {0.3F, -1, 2};
  const s2d::appearance_options options{.cosines = 64, .ridge = 6.4, .stride = 1};
  s2d::detail::cosine_features features(3, options);
  std::vector<float> row(features.width());
  features(x, row.data());
  double k = 0;
  for (const float f : row) k += static_cast<double>(f) * static_cast<double>(f);
  const std::vector<float> target = {0.75F};
  const std::vector<float> weight = {1};
  const std::vector<float> fit = s2d::correct_by_appearance({x, 1, 3}, target, weight, options);
  CHECK(std::fabs(static_cast<double>(fit[0]) - 0.75 * k / (k + 0.1)) < 1e-4);
  double cosines = 0;
  for (std::size_t j = 0; j < 64; ++j)
    cosines += static_cast<double>(row[j]) * static_cast<double>(row[j]);
  CHECK(cosines <= 2);
  CHECK(row[64] == 1);
  CHECK(row[65] == 0);
}

TEST_CASE("Appearance is the same for any number of threads", "[threads]") {
  const sample_set s = ball(2500, 0.2);
  CHECK(s2d::correct_by_appearance(s.inputs(), s.target, s.weight, {.threads = 1}) ==
        s2d::correct_by_appearance(s.inputs(), s.target, s.weight, {.threads = 3}));
}

TEST_CASE("Appearance stays in its range where rounding outweighs the ridge") {
  sample_set s = ball(2000, 0.1);
  const auto in_range = [](const std::vector<float>& fit) {
    return std::all_of(fit.begin(), fit.end(), [](float v) { return v >= 0 && v <= 1; });
  };
  CHECK(in_range(s2d::correct_by_appearance(s.inputs(), s.target, s.weight, {.ridge = 1e-9})));
  for (float& weight : s.weight) weight = 1000;
  CHECK(in_range(s2d::correct_by_appearance(s.inputs(), s.target, s.weight)));
}

TEST_CASE("Appearance of nothing is nothing, bad input is refused") {
  sample_set s = ball(20, 0);
  CHECK(s2d::correct_by_appearance({s.x.data(), 0, 3}, {}, {}).empty());
  CHECK_THROWS_AS(s2d::correct_by_appearance(s.inputs(), {}, s.weight), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::correct_by_appearance(s.inputs(), s.target, s.weight, {.cosines = 17}),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::correct_by_appearance(s.inputs(), s.target, s.weight, {.ridge = 0}),
                  s2d::invalid_input);
  s.x[7] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(s2d::correct_by_appearance(s.inputs(), s.target, s.weight), s2d::invalid_input);
}
