#include <s2d/flow/evidence.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

#include "support/catch.hpp"

namespace evidence_test {

s2d::matrix<float> noise(std::ptrdiff_t height, std::ptrdiff_t width, std::mt19937& random) {
  std::uniform_real_distribution<float> draw{0, 255};
  s2d::matrix<float> plane(height, width);
  for (float& value : plane.values) value = draw(random);
  return plane;
}

s2d::flow_field uniform(std::ptrdiff_t height, std::ptrdiff_t width, float u, float v) {
  s2d::flow_field field(height, width);
  std::fill(field.u.values.begin(), field.u.values.end(), u);
  std::fill(field.v.values.begin(), field.v.values.end(), v);
  return field;
}

// Mean difference in the window around a pixel, by the definition.
double difference(const s2d::matrix<float>& here, const s2d::matrix<float>& there,
                  const s2d::flow_field& flow, std::ptrdiff_t y, std::ptrdiff_t x,
                  std::ptrdiff_t radius) {
  const auto clamped = [](double at, std::ptrdiff_t n) {
    return std::clamp(at, 0., static_cast<double>(n - 1));
  };
  double sum = 0;
  int count = 0;
  for (std::ptrdiff_t i = y - radius; i <= y + radius; ++i)
    for (std::ptrdiff_t j = x - radius; j <= x + radius; ++j) {
      if (i < 0 || j < 0 || i >= here.height || j >= here.width) continue;
      const double py = clamped(static_cast<double>(i) + flow.v(i, j), here.height);
      const double px = clamped(static_cast<double>(j) + flow.u(i, j), here.width);
      const auto y0 = static_cast<std::ptrdiff_t>(py), x0 = static_cast<std::ptrdiff_t>(px);
      const auto y1 = std::min(y0 + 1, here.height - 1), x1 = std::min(x0 + 1, here.width - 1);
      const double fy = py - static_cast<double>(y0), fx = px - static_cast<double>(x0);
      const double value = (there(y0, x0) * (1 - fx) + there(y0, x1) * fx) * (1 - fy) +
                           (there(y1, x0) * (1 - fx) + there(y1, x1) * fx) * fy;
      sum += std::abs(value - here(i, j));
      ++count;
    }
  return sum / count;
}

TEST_CASE("flow of a bare surface is that of the camera", "[evidence]") {
  // Nothing is to be seen but a patch of texture, which moves; the flow is wild.
  std::mt19937 random{4};
  s2d::matrix<float> here(60, 80, 100.f), there(60, 80, 100.f);
  const auto patch = noise(16, 16, random);
  for (std::ptrdiff_t y = 0; y < 16; ++y)
    for (std::ptrdiff_t x = 0; x < 16; ++x) {
      here(20 + y, 30 + x) = patch(y, x);
      there(20 + y, 33 + x) = patch(y, x);
    }
  s2d::flow_field flow(60, 80);
  std::uniform_real_distribution<float> draw{-2, 2};
  for (std::ptrdiff_t y = 0; y < 60; ++y)
    for (std::ptrdiff_t x = 0; x < 80; ++x) {
      const bool moves = y >= 20 && y < 36 && x >= 30 && x < 46;
      // Three quarters at rest, some of it anywhere.
      flow.u(y, x) = moves ? 3 : (x + y) % 4 == 0 && x > 55 ? draw(random) : 0;
    }
  const auto result = s2d::evident_flow(flow, here, there);
  for (std::ptrdiff_t y = 22; y < 34; ++y)
    for (std::ptrdiff_t x = 32; x < 44; ++x) CHECK(std::abs(result.u(y, x) - 3) < 1e-4f);
  float most = 0;
  for (std::ptrdiff_t y = 0; y < 60; ++y)
    for (std::ptrdiff_t x = 56; x < 80; ++x)
      most = std::max(most, std::hypot(result.u(y, x), result.v(y, x)));
  CHECK(most < 0.1f);
}

TEST_CASE("flow that explains the pictures stays, whatever the camera does", "[evidence]") {
  std::mt19937 random{5};
  const auto here = noise(40, 50, random);
  s2d::matrix<float> there(40, 50);
  // Halves that move to different sides, on a picture in which everything can be told.
  for (std::ptrdiff_t y = 0; y < 40; ++y)
    for (std::ptrdiff_t x = 0; x < 50; ++x)
      there(y, x) = here(y, std::clamp<std::ptrdiff_t>(x < 25 ? x + 2 : x - 2, 0, 49));
  s2d::flow_field flow(40, 50);
  for (std::ptrdiff_t y = 0; y < 40; ++y)
    for (std::ptrdiff_t x = 0; x < 50; ++x) flow.u(y, x) = x < 25 ? -2.f : 2.f;
  const auto result = s2d::evident_flow(flow, here, there);
  for (std::ptrdiff_t y = 0; y < 40; ++y)
    for (const std::ptrdiff_t x : {6, 10, 15, 36, 40, 43}) {
      CAPTURE(y, x);
      CHECK(std::abs(result.u(y, x) - flow.u(y, x)) < 0.05f);
    }
}

TEST_CASE("evidence is what its definition says", "[evidence]") {
  std::mt19937 random{6};
  const auto [height, width] =
      GENERATE(std::pair{1, 1}, std::pair{1, 9}, std::pair{7, 1}, std::pair{23, 31});
  CAPTURE(height, width);
  for (int round = 0; round < 4; ++round) {
    const auto here = noise(height, width, random), there = noise(height, width, random);
    auto flow = uniform(height, width, 0.4f, -0.3f);
    std::normal_distribution<float> draw{0, 1};
    for (auto* plane : {&flow.u, &flow.v})
      for (float& value : plane->values) value += draw(random);
    const s2d::evidence_options options{.radius = round, .noise = 60, .from = 0.8f, .ramp = 0.4f};
    const auto result = s2d::evident_flow(flow, here, there, options);
    const auto camera = s2d::global_homography(flow, 4);
    s2d::flow_field steady(height, width);
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        const s2d::point at{static_cast<float>(x), static_cast<float>(y)};
        steady.u(y, x) = camera(at).x - at.x;
        steady.v(y, x) = camera(at).y - at.y;
      }
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        const double c = difference(here, there, steady, y, x, options.radius);
        const double d = std::max(60., difference(here, there, flow, y, x, options.radius));
        const double share = std::clamp((c / d - 0.8) / 0.4, 0., 1.);
        const auto mixed = [&](float own, float of_camera) {
          return of_camera + share * (own - of_camera);
        };
        CHECK(std::abs(result.u(y, x) - mixed(flow.u(y, x), steady.u(y, x))) < 1e-3);
        CHECK(std::abs(result.v(y, x) - mixed(flow.v(y, x), steady.v(y, x))) < 1e-3);
      }
  }
}

TEST_CASE("absent flow stays absent, and bad input of evidence is refused", "[evidence]") {
  const s2d::matrix<float> gray(6, 8, 1.f);
  CHECK(s2d::evident_flow({}, gray, gray).empty());
  const auto flow = uniform(6, 8, 1, 0);
  CHECK_THROWS_WITH(s2d::evident_flow(flow, gray, s2d::matrix<float>(6, 7)),
                    Catch::Contains("evident_flow"));
  CHECK_THROWS_WITH(s2d::evident_flow(uniform(5, 8, 1, 0), gray, gray),
                    Catch::Contains("evident_flow"));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const s2d::evidence_options& bad :
       {s2d::evidence_options{.radius = -1}, s2d::evidence_options{.noise = 0},
        s2d::evidence_options{.from = nan}, s2d::evidence_options{.ramp = 0}})
    CHECK_THROWS_WITH(s2d::evident_flow(flow, gray, gray, bad), Catch::Contains("radius is"));
  // A vector that is not finite stays so, and only its window sees it.
  std::mt19937 random{7};
  const auto here = noise(20, 30, random), there = noise(20, 30, random);
  auto wild = uniform(20, 30, 0, 0);
  std::normal_distribution<float> draw{0, 1};
  for (float& u : wild.u.values) u = draw(random);
  auto broken = wild;
  broken.u(0, 0) = nan;  // none of those that the camera is fitted to
  const auto whole = s2d::evident_flow(wild, here, there);
  const auto result = s2d::evident_flow(broken, here, there);
  CHECK(std::isnan(result.u(0, 0)));
  for (std::ptrdiff_t y = 0; y < 20; ++y)
    for (std::ptrdiff_t x = 0; x < 30; ++x)
      if (y > 2 || x > 2) CHECK(std::abs(result.u(y, x) - whole.u(y, x)) < 1e-4f);
}

}  // namespace evidence_test
