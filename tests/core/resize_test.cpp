#include <cmath>
#include <limits>
#include <random>

#include "support/catch.hpp"

#include <s2d/core/color.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/flow/resize.hpp>

namespace {

s2d::matrix<float> random_plane(std::ptrdiff_t h, std::ptrdiff_t w, unsigned seed) {
  std::mt19937 random{seed};
  std::uniform_real_distribution<float> value{-3.0f, 250.0f};
  s2d::matrix<float> plane(h, w);
  for (float& v : plane.values) v = value(random);
  return plane;
}

s2d::matrix<std::uint8_t> random_gray(std::ptrdiff_t h, std::ptrdiff_t w, unsigned seed) {
  std::mt19937 random{seed};
  s2d::matrix<std::uint8_t> plane(h, w);
  for (auto& v : plane.values) v = static_cast<std::uint8_t>(random());
  return plane;
}

double overlap(double a0, double a1, double b0, double b1) {
  return std::fmax(0.0, std::fmin(a1, b1) - std::fmax(a0, b0));
}

double area_mean(const s2d::matrix<float>& from, std::ptrdiff_t h, std::ptrdiff_t w,
                 std::ptrdiff_t y, std::ptrdiff_t x) {
  const double sy = double(from.height) / double(h), sx = double(from.width) / double(w);
  double sum = 0;
  for (std::ptrdiff_t j = 0; j < from.height; ++j)
    for (std::ptrdiff_t i = 0; i < from.width; ++i)
      sum += from(j, i) * overlap(y * sy, (y + 1) * sy, j, j + 1) *
             overlap(x * sx, (x + 1) * sx, i, i + 1);
  return sum / (sy * sx);
}

double between(const s2d::matrix<float>& from, double y, double x) {
  y = std::fmin(std::fmax(y, 0.0), double(from.height - 1));
  x = std::fmin(std::fmax(x, 0.0), double(from.width - 1));
  const auto y0 = std::ptrdiff_t(y), x0 = std::ptrdiff_t(x);
  const auto y1 = std::min(y0 + 1, from.height - 1), x1 = std::min(x0 + 1, from.width - 1);
  const double fy = y - double(y0), fx = x - double(x0);
  return (1 - fy) * ((1 - fx) * from(y0, x0) + fx * from(y0, x1)) +
         fy * ((1 - fx) * from(y1, x0) + fx * from(y1, x1));
}

struct sizes {
  std::ptrdiff_t h, w, to_h, to_w;
};
const sizes all_sizes[] = {{1, 1, 1, 1}, {1, 1, 4, 3},     {5, 7, 1, 1},    {7, 5, 3, 2},
                           {3, 2, 7, 5}, {48, 85, 24, 43}, {31, 64, 31, 9}, {20, 30, 10, 15}};

}  // namespace

TEST_CASE("area resizing is the mean over the covered rectangle") {
  for (const auto [h, w, to_h, to_w] : all_sizes) {
    const auto from = random_plane(h, w, 1);
    const auto out = s2d::resize_area(from, to_h, to_w);
    REQUIRE(out.height == to_h);
    REQUIRE(out.width == to_w);
    for (std::ptrdiff_t y = 0; y < to_h; ++y)
      for (std::ptrdiff_t x = 0; x < to_w; ++x)
        REQUIRE(out(y, x) == Approx(area_mean(from, to_h, to_w, y, x)).margin(1e-3));
  }
}

TEST_CASE("bilinear resizing follows the half-pixel rule and holds the border") {
  for (const auto [h, w, to_h, to_w] : all_sizes) {
    const auto from = random_plane(h, w, 2);
    const auto out = s2d::resize_bilinear(from, to_h, to_w);
    for (std::ptrdiff_t y = 0; y < to_h; ++y)
      for (std::ptrdiff_t x = 0; x < to_w; ++x)
        REQUIRE(out(y, x) ==
                Approx(between(from, (y + 0.5) * h / to_h - 0.5, (x + 0.5) * w / to_w - 0.5))
                    .margin(1e-3));
  }
}

TEST_CASE("resizing to the same size copies bit for bit") {
  const auto gray = random_gray(13, 21, 3);
  auto plane = random_plane(13, 21, 3);
  plane(2, 3) = std::numeric_limits<float>::infinity();
  s2d::image picture(13, 21);
  for (auto& v : picture.values) v = static_cast<std::uint8_t>(&v - picture.values.data());
  REQUIRE(s2d::resize_area(gray, 13, 21) == gray);
  REQUIRE(s2d::resize_bilinear(gray, 13, 21) == gray);
  REQUIRE(s2d::resize_area(plane, 13, 21) == plane);
  REQUIRE(s2d::resize_bilinear(plane, 13, 21) == plane);
  REQUIRE(s2d::resize_area(picture, 13, 21) == picture);
  REQUIRE(s2d::resize_bilinear(picture, 13, 21) == picture);
}

TEST_CASE("a constant picture stays constant at any size") {
  for (const int value : {0, 1, 127, 255}) {
    const s2d::matrix<std::uint8_t> gray(17, 33, static_cast<std::uint8_t>(value));
    for (const auto [h, w, to_h, to_w] : all_sizes) {
      const s2d::matrix<std::uint8_t> expected(to_h, to_w, static_cast<std::uint8_t>(value));
      REQUIRE(s2d::resize_area(gray, to_h, to_w) == expected);
      REQUIRE(s2d::resize_bilinear(gray, to_h, to_w) == expected);
    }
  }
}

TEST_CASE("eight-bit area resizing rounds to nearest, halves up") {
  s2d::matrix<std::uint8_t> gray(1, 4);
  gray.values = {1, 2, 2, 3};
  REQUIRE(s2d::resize_area(gray, 1, 2).values == std::vector<std::uint8_t>{2, 3});
}

TEST_CASE("colour pictures are resized channel by channel") {
  s2d::image picture(9, 14);
  std::mt19937 random{4};
  for (auto& v : picture.values) v = static_cast<std::uint8_t>(random());
  for (int c = 0; c < 3; ++c) {
    const s2d::plane_view<const std::uint8_t> channel{picture.values.data() + c, 9, 14, 42, 3};
    const auto area = s2d::resize_area(channel, 4, 5);
    const auto bilinear = s2d::resize_bilinear(channel, 20, 31);
    const auto small_picture = s2d::resize_area(picture, 4, 5);
    const auto large_picture = s2d::resize_bilinear(picture, 20, 31);
    for (std::size_t i = 0; i < area.values.size(); ++i)
      REQUIRE(area.values[i] == small_picture.values[3 * i + std::size_t(c)]);
    for (std::size_t i = 0; i < bilinear.values.size(); ++i)
      REQUIRE(bilinear.values[i] == large_picture.values[3 * i + std::size_t(c)]);
  }
}

TEST_CASE("resizing refuses negative sizes and making something of nothing") {
  const s2d::matrix<float> nothing(0, 5);
  const s2d::matrix<float> some(2, 2);
  REQUIRE_THROWS_AS(s2d::resize_area(nothing, 1, 1), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::resize_area(some, -1, 1), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::resize_bilinear(some, 1, -1), s2d::invalid_input);
  REQUIRE(s2d::resize_area(nothing, 0, 7).empty());
  REQUIRE(s2d::resize_bilinear(some, 0, 7).empty());
}

TEST_CASE("a flow field keeps its values or scales them with the grid") {
  s2d::flow_field flow(4, 6);
  for (float& u : flow.u.values) u = 3.0f;
  for (float& v : flow.v.values) v = -2.0f;
  const auto kept = s2d::resize_area(flow, 2, 2, s2d::flow_unit::keep);
  REQUIRE(kept.u(0, 0) == Approx(3.0f));
  REQUIRE(kept.v(1, 1) == Approx(-2.0f));
  const auto scaled = s2d::resize_bilinear(flow, 8, 3, s2d::flow_unit::grid);
  REQUIRE(scaled.u(0, 0) == Approx(1.5f));
  REQUIRE(scaled.v(7, 2) == Approx(-4.0f));
  REQUIRE(s2d::resize_area(s2d::flow_field{}, 4, 4, s2d::flow_unit::grid).empty());
}

TEST_CASE("luma follows BT.601") {
  s2d::image picture(1, 5);
  picture.values = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 77, 77, 77};
  const auto gray = s2d::to_gray(picture);
  REQUIRE(gray.values == std::vector<std::uint8_t>{76, 150, 29, 255, 77});
  const auto exact = s2d::to_gray_float(picture);
  REQUIRE(exact(0, 0) == Approx(0.299 * 255).margin(0.01));
  REQUIRE(exact(0, 3) == 255.0f);
}
