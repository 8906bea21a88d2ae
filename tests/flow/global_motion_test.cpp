#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support/catch.hpp"

#include <s2d/flow/global_motion.hpp>

namespace {

using s2d::point;

const s2d::homography truth{{1.02, -0.03, 5, 0.01, 0.97, -8, 4e-5, -6e-5, 1}};

std::vector<point> random_points(std::size_t n, unsigned seed) {
  std::mt19937 random{seed};
  std::uniform_real_distribution<float> x{0, 640}, y{0, 360};
  std::vector<point> out(n);
  for (point& p : out) p = {x(random), y(random)};
  return out;
}

double worst(const s2d::homography& found, const s2d::homography& expected) {
  double most = 0;
  for (const point p :
       {point{0, 0}, point{639, 0}, point{0, 359}, point{639, 359}, point{320, 180}})
    most = std::fmax(most, std::hypot(found(p).x - expected(p).x, found(p).y - expected(p).y));
  return most;
}

}  // namespace

TEST_CASE("a homography is found exactly from exact pairs") {
  for (const std::size_t n : {4u, 5u, 100u}) {
    const auto from =
        n == 4 ? std::vector<point>{{0, 0}, {600, 10}, {20, 350}, {630, 340}} : random_points(n, 1);
    std::vector<point> to;
    for (const point p : from) to.push_back(truth(p));
    REQUIRE(worst(s2d::fit_homography(from, to), truth) < 0.01);
  }
}

TEST_CASE("a homography survives a third of wrong pairs") {
  const auto from = random_points(600, 2);
  std::mt19937 random{3};
  std::normal_distribution<float> noise{0, 0.3f};
  std::vector<point> to;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const point p = truth(from[i]);
    if (i % 3 == 0)
      to.push_back({p.x + 25 + 4 * noise(random), p.y - 14});
    else
      to.push_back({p.x + noise(random), p.y + noise(random)});
  }
  REQUIRE(worst(s2d::fit_homography(from, to), truth) < 0.5);
  std::vector<float> weights(from.size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = i % 3 == 0 ? 0.0f : 1.0f;
  REQUIRE(worst(s2d::fit_homography(from, to, weights), truth) < 0.3);
  // What has no weight does not count, wherever it lies.
  const s2d::homography alone = s2d::fit_homography(from, to, weights);
  auto far_from = from, far_to = to;
  auto more = weights;
  far_from.push_back({1e9f, -1e9f});
  far_to.push_back({-1e9f, 1e9f});
  more.push_back(0);
  REQUIRE(worst(s2d::fit_homography(far_from, far_to, more), alone) < 1e-3);
}

TEST_CASE("pairs that leave the homography open give a map near them") {
  REQUIRE(s2d::fit_homography({}, {}) == s2d::homography{});
  const std::vector<point> from{{10, 20}, {40, 25}}, to{{13, 24}, {43, 29}};
  const auto found = s2d::fit_homography(from, to);
  for (std::size_t i = 0; i < 2; ++i) {
    REQUIRE(found(from[i]).x == Approx(to[i].x).margin(0.1));
    REQUIRE(found(from[i]).y == Approx(to[i].y).margin(0.1));
  }
  const std::vector<point> one{{7, 7}}, other{{9, 4}};
  REQUIRE(s2d::fit_homography(one, other)(one[0]).x == Approx(9).margin(0.1));
}

TEST_CASE("the motion of a field is that of its larger part") {
  s2d::flow_field flow(180, 320);
  for (std::ptrdiff_t y = 0; y < 180; ++y)
    for (std::ptrdiff_t x = 0; x < 320; ++x) {
      const point p{float(x), float(y)}, to = truth(p);
      const bool object = x > 100 && x < 180 && y > 40 && y < 130;
      flow.u(y, x) = object ? -9.0f : to.x - p.x;
      flow.v(y, x) = object ? 7.0f : to.y - p.y;
    }
  flow.u(4, 4) = std::numeric_limits<float>::quiet_NaN();
  flow.v(12, 12) = std::numeric_limits<float>::infinity();
  for (std::ptrdiff_t x = 4; x < 320; x += 8) flow.u(20, x) = flow.v(20, x) = 1.6e9f;  // unknown
  const auto found = s2d::global_homography(flow);
  for (const point p : {point{0, 0}, point{319, 0}, point{0, 179}, point{319, 179}}) {
    REQUIRE(found(p).x == Approx(truth(p).x).margin(0.05));
    REQUIRE(found(p).y == Approx(truth(p).y).margin(0.05));
    REQUIRE(s2d::global_affine(flow)(p).x == Approx(truth(p).x - p.x).margin(2.5));
  }
  REQUIRE(s2d::global_homography({}) == s2d::homography{});
  REQUIRE(s2d::global_affine({}) == s2d::affine_motion{});
}

TEST_CASE("global motion refuses bad input") {
  const std::vector<point> two{{1, 2}, {3, 4}}, one{{1, 2}};
  const std::vector<point> bad{{1, 2}, {std::numeric_limits<float>::quiet_NaN(), 4}};
  REQUIRE_THROWS_AS(s2d::fit_homography(two, one), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::fit_homography(two, bad), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::fit_homography(two, two, std::vector<float>{1, -1}), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::fit_homography(two, two, {}, {.rounds = 0}), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::global_homography(s2d::flow_field(3, 3), 0), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::global_affine(s2d::flow_field(3, 3), 0), s2d::invalid_input);
  s2d::flow_field torn(3, 3);
  torn.v = s2d::matrix<float>(3, 2);
  REQUIRE_THROWS_AS(s2d::global_homography(torn), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::global_affine(torn), s2d::invalid_input);
}
