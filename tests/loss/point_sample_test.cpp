#include <s2d/loss/point_sample.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <s2d/core/matrix.hpp>

#include "support/catch.hpp"

namespace {

// Bilinear between pixel centres, 0 outside: the definition.
template <class Plane>
double sampled(const Plane& plane, double x, double y) {
  const double column = x * static_cast<double>(plane.width) - 0.5;
  const double row = y * static_cast<double>(plane.height) - 0.5;
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < plane.height; ++i)
    for (std::ptrdiff_t j = 0; j < plane.width; ++j) {
      const double by_row = 1 - std::abs(row - static_cast<double>(i));
      const double by_column = 1 - std::abs(column - static_cast<double>(j));
      if (by_row > 0 && by_column > 0) sum += by_row * by_column * static_cast<double>(plane(i, j));
    }
  return sum;
}

template <class T>
s2d::matrix<T> some_points(std::ptrdiff_t n, unsigned seed, double from, double to) {
  std::mt19937 random{seed};
  std::uniform_real_distribution<double> place{from, to};
  s2d::matrix<T> points(n, 2);
  for (T& value : points.values) value = static_cast<T>(place(random));
  return points;
}

template <class T>
s2d::matrix<T> some_plane(std::ptrdiff_t h, std::ptrdiff_t w, unsigned seed) {
  std::mt19937 random{seed};
  std::uniform_real_distribution<double> value_of{-5, 5};
  s2d::matrix<T> plane(h, w);
  for (T& value : plane.values) value = static_cast<T>(value_of(random));
  return plane;
}

}  // namespace

TEST_CASE("sampling is bilinear between pixel centres and 0 outside", "[loss]") {
  for (const auto& [h, w] : {std::pair{1, 1}, {1, 5}, {4, 1}, {2, 2}, {12, 16}, {7, 31}}) {
    CAPTURE(h, w);
    const auto plane = some_plane<double>(h, w, 3);
    const auto points = some_points<double>(1100, 5, -0.4, 1.4);
    std::vector<double> out(1100);
    s2d::point_sample(plane.view(), points.view(), std::span{out});
    double worst = 0;
    for (std::ptrdiff_t p = 0; p < points.height; ++p)
      worst = std::fmax(worst, std::abs(out[static_cast<std::size_t>(p)] -
                                        sampled(plane, points(p, 0), points(p, 1))));
    CHECK(worst < 1e-12);
  }
}

TEST_CASE("pixel centres give the pixels, whatever the strides", "[loss]") {
  const auto plane = some_plane<float>(8, 16, 9);
  s2d::matrix<float> transposed(16, 8), points(8 * 16, 2);
  for (std::ptrdiff_t y = 0; y < 8; ++y)
    for (std::ptrdiff_t x = 0; x < 16; ++x) {
      transposed(x, y) = plane(y, x);
      points(y * 16 + x, 0) = (static_cast<float>(x) + 0.5f) / 16;
      points(y * 16 + x, 1) = (static_cast<float>(y) + 0.5f) / 8;
    }
  std::vector<float> out(8 * 16);
  s2d::point_sample(plane.view(), points.view(), std::span{out});
  CHECK(out == plane.values);
  s2d::point_sample(s2d::plane_view<const float>::column_major(transposed.data(), 8, 16),
                    points.view(), std::span{out});
  CHECK(out == plane.values);
  s2d::point_sample(s2d::plane_view<const float>{plane.row(7), 8, 16, -16, 1}, points.view(),
                    std::span{out});
  CHECK(out[0] == plane(7, 0));
  CHECK(out[127] == plane(0, 15));
}

TEST_CASE("masks of bytes count 1 where they are not zero", "[loss]") {
  const std::vector<std::uint8_t> bytes{0, 255, 7, 0};
  const std::vector<float> points{0.5f, 0.5f, 0.75f, 0.25f, 0.5f, 0.25f};
  std::vector<float> out(3);
  s2d::point_sample(s2d::plane_view<const std::uint8_t>{bytes.data(), 2, 2}, {points.data(), 3, 2},
                    std::span{out});
  CHECK(out == std::vector<float>{0.5f, 1, 0.5f});
}

TEST_CASE("what is far away, infinite or not a number lies outside", "[loss]") {
  const s2d::matrix<float> plane(3, 4, 2.0f);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> points;
  for (const float bad : {nan, infinity, -infinity, 1e30f, -1e30f, 1.2f, -0.2f})
    points.insert(points.end(), {bad, 0.5f, 0.5f, bad});
  std::vector<float> out(points.size() / 2, 9);
  s2d::point_sample(plane.view(), {points.data(), static_cast<std::ptrdiff_t>(out.size()), 2},
                    std::span{out});
  CHECK(out == std::vector<float>(out.size()));
}

TEST_CASE("a plane without pixels is 0 and takes no gradient", "[loss]") {
  const auto points = some_points<float>(5, 1, 0, 1);
  std::vector<float> out(5, 3);
  s2d::point_sample(s2d::plane_view<const float>{}, points.view(), std::span{out});
  CHECK(out == std::vector<float>(5));
  s2d::point_sample_gradient(std::span<const float>{out}, points.view(), s2d::plane_view<float>{});
}

TEST_CASE("the gradient is the transpose of sampling", "[loss]") {
  for (const auto& [h, w] : {std::pair{1, 1}, {1, 6}, {5, 1}, {9, 13}}) {
    const auto plane = some_plane<double>(h, w, 21);
    const auto points = some_points<double>(700, 22, -0.3, 1.3);
    const auto weights = some_plane<double>(1, 700, 23);
    std::vector<double> out(700);
    s2d::point_sample(plane.view(), points.view(), std::span{out});
    s2d::matrix<double> gradient(h, w);
    s2d::point_sample_gradient(std::span<const double>{weights.values}, points.view(),
                               gradient.view());
    double at_points = 0, at_pixels = 0;
    for (std::size_t p = 0; p < 700; ++p) at_points += out[p] * weights.values[p];
    for (std::size_t i = 0; i < plane.values.size(); ++i)
      at_pixels += plane.values[i] * gradient.values[i];
    CHECK(at_points == Approx(at_pixels).epsilon(1e-12));
  }
}

TEST_CASE("sampling refuses shapes that do not fit", "[loss]") {
  const s2d::matrix<float> plane(3, 4), points(5, 3), good(5, 2);
  std::vector<float> out(5), short_one(4);
  CHECK_THROWS_WITH(s2d::point_sample(plane.view(), points.view(), std::span{out}),
                    Catch::Contains("points are [5, 3], expected [p, 2]"));
  CHECK_THROWS_WITH(s2d::point_sample(plane.view(), good.view(), std::span{short_one}),
                    Catch::Contains("5 points, but 4 values"));
  const s2d::plane_view<const float> wide{plane.data(), 3, 4, std::ptrdiff_t{1} << 31};
  CHECK_THROWS_WITH(s2d::point_sample(wide, good.view(), std::span{out}),
                    Catch::Contains("less than 2^31"));
}
