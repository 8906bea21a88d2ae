#include <cmath>
#include <limits>
#include <random>

#include "support/catch.hpp"

#include <s2d/flow/consistency.hpp>

namespace {

s2d::flow_field random_flow(std::ptrdiff_t h, std::ptrdiff_t w, unsigned seed) {
  std::mt19937 random{seed};
  std::normal_distribution<float> normal;
  s2d::flow_field flow(h, w);
  for (float& u : flow.u.values) u = 1.5f * normal(random);
  for (float& v : flow.v.values) v = 1.5f * normal(random);
  return flow;
}

double between(const s2d::matrix<float>& plane, double y, double x) {
  y = std::fmin(std::fmax(y, 0), double(plane.height - 1));
  x = std::fmin(std::fmax(x, 0), double(plane.width - 1));
  const auto y0 = std::ptrdiff_t(y), x0 = std::ptrdiff_t(x);
  const auto y1 = std::min(y0 + 1, plane.height - 1), x1 = std::min(x0 + 1, plane.width - 1);
  const double fy = y - double(y0), fx = x - double(x0);
  return (1 - fy) * ((1 - fx) * plane(y0, x0) + fx * plane(y0, x1)) +
         fy * ((1 - fx) * plane(y1, x0) + fx * plane(y1, x1));
}

}  // namespace

TEST_CASE("consistency follows its rule") {
  for (const auto& [h, w] :
       {std::pair{1, 1}, std::pair{1, 8}, std::pair{8, 1}, std::pair{31, 67}, std::pair{40, 128}}) {
    const auto f = random_flow(h, w, 1), b = random_flow(h, w, 2);
    for (const s2d::consistency_options o : {s2d::consistency_options{}, {4, 0.2f}, {0, 1}}) {
      const auto mask = s2d::consistent_pixels(f, b, o);
      const auto occluded = s2d::occluded_pixels(f, b, o);
      std::size_t close = 0;
      for (std::ptrdiff_t y = 0; y < h; ++y)
        for (std::ptrdiff_t x = 0; x < w; ++x) {
          const double u = f.u(y, x), v = f.v(y, x);
          const double px = double(x) + u, py = double(y) + v;
          const double bu = between(b.u, py, px), bv = between(b.v, py, px);
          const double left = (u + bu) * (u + bu) + (v + bv) * (v + bv);
          const double right = o.base + o.slope * (u * u + v * v + bu * bu + bv * bv);
          const bool inside = px >= -0.5 && py >= -0.5 && px < w - 0.5 && py < h - 0.5;
          REQUIRE(occluded(y, x) != mask(y, x));
          if (std::fabs(left - right) < 1e-3)
            ++close;
          else
            REQUIRE(mask(y, x) == (inside && left < right));
        }
      REQUIRE(close < 20);
      for (std::ptrdiff_t y = 0; y < h && w % 64 != 0; ++y)
        REQUIRE(occluded.row(y)[w / 64] >> (w % 64) == 0);
    }
  }
}

TEST_CASE("opposite shifts are consistent except where they leave the frame") {
  s2d::flow_field f(10, 20), b(10, 20);
  for (float& u : f.u.values) u = 4;
  for (float& u : b.u.values) u = -4;
  const auto mask = s2d::consistent_pixels(f, b);
  for (std::ptrdiff_t x = 0; x < 20; ++x) REQUIRE(mask(5, x) == (x < 16));
}

TEST_CASE("vectors that are not finite are inconsistent") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity(), 3e38f}) {
    s2d::flow_field f(6, 6), b(6, 6);
    f.u(2, 2) = bad;
    b.v(4, 4) = bad;
    const auto mask = s2d::consistent_pixels(f, b);
    REQUIRE_FALSE(mask(2, 2));
    REQUIRE_FALSE(mask(4, 4));
    REQUIRE(mask(0, 0));
  }
}

TEST_CASE("consistency refuses fields of different sizes") {
  REQUIRE_THROWS_AS(s2d::consistent_pixels(s2d::flow_field(3, 4), s2d::flow_field(4, 3)),
                    s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::consistent_pixels(s2d::flow_field(3, 4), s2d::flow_field(3, 4), {-1, 0}),
                    s2d::invalid_input);
  s2d::flow_field torn(3, 4);
  torn.v = s2d::matrix<float>(2, 4);
  REQUIRE_THROWS_AS(s2d::consistent_pixels(torn, s2d::flow_field(3, 4)), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::consistent_pixels(s2d::flow_field(3, 4), torn), s2d::invalid_input);
  REQUIRE(s2d::occluded_pixels({}, {}).empty());
}
