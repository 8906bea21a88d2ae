#include <s2d/flow/affine_motion.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <s2d/core/random.hpp>

#include "support/catch.hpp"

namespace {

struct samples {
  std::vector<s2d::point> at;
  std::vector<float> u;
  std::vector<float> v;
  std::vector<float> weight;
};

samples grid_of(const s2d::affine_motion& motion, int rows, int columns, float spacing,
                s2d::point origin = {}) {
  samples s;
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      const s2d::point p{origin.x + spacing * static_cast<float>(j),
                         origin.y + spacing * static_cast<float>(i)};
      const s2d::point move = motion(p);
      s.at.push_back(p);
      s.u.push_back(move.x);
      s.v.push_back(move.y);
      s.weight.push_back(1);
    }
  return s;
}

float worst(const s2d::affine_motion& found, const s2d::affine_motion& truth, const samples& s) {
  float most = 0;
  for (const s2d::point& p : s.at) {
    const s2d::point a = found(p);
    const s2d::point b = truth(p);
    most = (std::max)({most, std::fabs(a.x - b.x), std::fabs(a.y - b.y)});
  }
  return most;
}

constexpr s2d::affine_motion pan_and_zoom{3.5, 0.02, -0.01, -2.25, 0.005, 0.03};

}  // namespace

TEST_CASE("Affine motion without outliers is recovered") {
  for (const s2d::point origin : {s2d::point{0, 0}, s2d::point{-500, 2000}}) {
    const samples s = grid_of(pan_and_zoom, 12, 20, 6, origin);
    CHECK(worst(s2d::fit_affine_motion(s.at, s.u, s.v), pan_and_zoom, s) < 1e-2F);
    CHECK(worst(s2d::fit_affine_motion(s.at, s.u, s.v, s.weight), pan_and_zoom, s) < 1e-2F);
  }
}

TEST_CASE("Affine motion is recovered although a third of the points moves otherwise") {
  samples s = grid_of(pan_and_zoom, 12, 20, 6);
  s2d::random_stream random(4);
  for (std::size_t i = 0; i < s.at.size(); ++i) {
    if (i % 3 != 0) continue;
    s.u[i] += static_cast<float>(8 + 10 * random.uniform());
    s.v[i] += static_cast<float>(5 * random.normal());
  }
  CHECK(worst(s2d::fit_affine_motion(s.at, s.u, s.v), pan_and_zoom, s) < 0.05F);
}

TEST_CASE("Affine motion: points of small weight do not decide, even where they are the majority") {
  samples s = grid_of(pan_and_zoom, 12, 20, 6);
  for (int i = 0; i < 12; ++i)
    for (int j = 0; j < 20; ++j) {
      const auto k = static_cast<std::size_t>(i * 20 + j);
      if (i == 0 || j == 0 || i == 11 || j == 19) continue;
      s.u[k] += 12;
      s.v[k] -= 7;
      s.weight[k] = 0.05F;
    }
  CHECK(worst(s2d::fit_affine_motion(s.at, s.u, s.v, s.weight), pan_and_zoom, s) < 0.05F);
  CHECK(worst(s2d::fit_affine_motion(s.at, s.u, s.v), pan_and_zoom, s) > 5);
}

TEST_CASE("Affine motion of points of weight zero is not looked at") {
  samples s = grid_of(pan_and_zoom, 4, 4, 6);
  samples more = s;
  for (int k = 0; k < 100; ++k) {
    more.at.push_back({static_cast<float>(1000 * k), -5});
    more.u.push_back(1e6F);
    more.v.push_back(-1e6F);
    more.weight.push_back(0);
  }
  CHECK(s2d::fit_affine_motion(s.at, s.u, s.v, s.weight) ==
        s2d::fit_affine_motion(more.at, more.u, more.v, more.weight));
}

TEST_CASE("The unit of the weights of affine motion does not matter") {
  samples s = grid_of(pan_and_zoom, 12, 20, 6);
  s.u[17] += 40;
  const s2d::affine_motion one = s2d::fit_affine_motion(s.at, s.u, s.v, s.weight);
  for (const float unit : {0x1p-80F, 0x1p-20F, 0x1p40F, 0x1p100F}) {
    for (float& weight : s.weight) weight = unit;
    CHECK(worst(s2d::fit_affine_motion(s.at, s.u, s.v, s.weight), one, s) < 1e-5F);
  }
}

TEST_CASE("Affine motion of nothing, of one point and of points on a line is defined") {
  CHECK(s2d::fit_affine_motion({}, {}, {}) == s2d::affine_motion{});
  const std::vector<float> zero(3);
  const samples line = grid_of({2, 0, 0, -1, 0, 0}, 1, 3, 10);
  CHECK(s2d::fit_affine_motion(line.at, line.u, line.v, zero) == s2d::affine_motion{});
  const s2d::affine_motion along = s2d::fit_affine_motion(line.at, line.u, line.v);
  CHECK(worst(along, {2, 0, 0, -1, 0, 0}, line) < 1e-4F);
  CHECK(std::fabs(along.uy) < 1e-4);
  const samples one = grid_of({2, 0, 0, -1, 0, 0}, 1, 1, 10, {7, 9});
  CHECK(worst(s2d::fit_affine_motion(one.at, one.u, one.v), {2, 0, 0, -1, 0, 0}, one) < 1e-4F);
}

TEST_CASE("Affine motion refuses unequal lengths, bad numbers and bad options") {
  samples s = grid_of(pan_and_zoom, 3, 3, 6);
  CHECK_THROWS_AS(s2d::fit_affine_motion(s.at, std::vector<float>(8), s.v), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::fit_affine_motion(s.at, s.u, s.v, std::vector<float>(8)),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::fit_affine_motion(s.at, s.u, s.v, s.weight, {.rounds = 0}),
                  s2d::invalid_input);
  s.weight[2] = -1;
  CHECK_THROWS_AS(s2d::fit_affine_motion(s.at, s.u, s.v, s.weight), s2d::invalid_input);
  s.u[4] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(s2d::fit_affine_motion(s.at, s.u, s.v), s2d::invalid_input);
}
