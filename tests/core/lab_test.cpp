#include <s2d/core/lab.hpp>

#include <cmath>

#include "support/catch.hpp"

namespace {

struct sample {
  std::uint8_t rgb[3];
  double lab[3];  // the formula of ISO 11664-4 in double precision
};

constexpr sample samples[] = {
    {{0, 0, 0}, {0.000, 0.000, 0.000}},         {{255, 255, 255}, {100.000, 0.000, 0.000}},
    {{128, 128, 128}, {53.585, 0.000, 0.000}},  {{255, 0, 0}, {53.241, 80.094, 67.202}},
    {{0, 255, 0}, {87.735, -86.181, 83.177}},   {{0, 0, 255}, {32.296, 79.187, -107.862}},
    {{10, 200, 30}, {70.500, -70.512, 64.939}}, {{1, 2, 3}, {0.510, -0.122, -0.471}},
    {{90, 91, 180}, {42.688, 24.217, -47.587}}, {{250, 240, 3}, {92.863, -16.405, 90.956}},
    {{3, 60, 61}, {22.259, -16.303, -5.537}},   {{12, 12, 11}, {3.299, -0.151, 0.411}},
};

}  // namespace

TEST_CASE("Lab of single colours is that of the formula") {
  s2d::image picture(1, std::size(samples));
  for (std::size_t i = 0; i < std::size(samples); ++i)
    for (std::size_t c = 0; c < 3; ++c) picture.values[3 * i + c] = samples[i].rgb[c];
  const s2d::lab_image lab = s2d::to_lab(picture);
  for (std::size_t i = 0; i < std::size(samples); ++i) {
    INFO("colour " << i);
    CHECK(std::fabs(lab.l.values[i] - samples[i].lab[0]) < 0.01);
    CHECK(std::fabs(lab.a.values[i] - samples[i].lab[1]) < 0.02);
    CHECK(std::fabs(lab.b.values[i] - samples[i].lab[2]) < 0.02);
  }
}

TEST_CASE("Lab: all greys have no colour and rise in lightness from 0 to 100") {
  s2d::image picture(256, 1);
  for (std::size_t i = 0; i < 256; ++i)
    for (std::size_t c = 0; c < 3; ++c) picture.values[3 * i + c] = static_cast<std::uint8_t>(i);
  const s2d::lab_image lab = s2d::to_lab(picture);
  CHECK(std::fabs(lab.l(0, 0)) < 1e-4);
  CHECK(std::fabs(lab.l(255, 0) - 100) < 1e-3);
  for (std::ptrdiff_t i = 0; i < 256; ++i) {
    CHECK(std::fabs(lab.a(i, 0)) < 2e-3);
    CHECK(std::fabs(lab.b(i, 0)) < 2e-3);
    if (i > 0) CHECK(lab.l(i, 0) > lab.l(i - 1, 0));
  }
}

TEST_CASE("Lab does not depend on the width of the picture or on gaps between rows") {
  s2d::image wide(3, 67);
  for (std::size_t i = 0; i < wide.values.size(); ++i)
    wide.values[i] = static_cast<std::uint8_t>(i * 37);
  const s2d::lab_image whole = s2d::to_lab(wide);
  const s2d::lab_image part = s2d::to_lab(s2d::image_view(wide.row(0) + 9, 3, 5, 3 * 67));
  for (std::ptrdiff_t y = 0; y < 3; ++y)
    for (std::ptrdiff_t x = 0; x < 5; ++x) {
      CHECK(std::fabs(part.l(y, x) - whole.l(y, x + 3)) < 1e-3);
      CHECK(std::fabs(part.a(y, x) - whole.a(y, x + 3)) < 1e-3);
      CHECK(std::fabs(part.b(y, x) - whole.b(y, x + 3)) < 1e-3);
    }
  CHECK(s2d::to_lab(s2d::image_view{}).empty());
}

TEST_CASE("A register of exponentials, cosines and cube roots is that of its numbers") {
  using s2d::detail::float_lanes;
  const auto near = [](float lanes, float number, float bound) {
    return std::fabs(lanes - number) <= bound * std::fabs(number);
  };
  float_lanes x{};
  for (int round = 0; round < 500; ++round) {
    for (std::ptrdiff_t i = 0; i < s2d::detail::lane_count; ++i)
      x[i] = 0.37F * static_cast<float>(round) - 100 + 3.1F * static_cast<float>(i);
    const float_lanes power = s2d::detail::fast_exp(x);
    const float_lanes turn = s2d::detail::fast_cos_turns(x);
    const float_lanes root = s2d::detail::fast_cbrt(x * x + 1e-6F);
    for (std::ptrdiff_t i = 0; i < s2d::detail::lane_count; ++i) {
      CHECK(near(power[i], s2d::detail::fast_exp(float(x[i])), 3e-7F));
      CHECK(std::fabs(turn[i] - s2d::detail::fast_cos_turns(float(x[i]))) < 1e-6F);
      CHECK(near(root[i], s2d::detail::fast_cbrt(float(x[i] * x[i] + 1e-6F)), 3e-7F));
    }
  }
}

TEST_CASE("Fast exponential, cosine and cube root stay within their bounds") {
  for (double x = -86; x < 87; x += 0.0137) {
    const auto f = static_cast<float>(x);
    CHECK(std::fabs(s2d::detail::fast_exp(f) / std::exp(static_cast<double>(f)) - 1) < 2e-6);
  }
  CHECK(s2d::detail::fast_exp(-1e30F) < 1e-37F);
  CHECK(s2d::detail::fast_exp(0.0F) == 1);
  for (double t = -40; t < 40; t += 0.0071) {
    const auto f = static_cast<float>(t);
    const double exact = std::cos(2 * 3.14159265358979323846 * static_cast<double>(f));
    CHECK(std::fabs(s2d::detail::fast_cos_turns(f) - exact) < 2e-6);
  }
  for (double x = 1e-6; x < 100; x *= 1.013) {
    const auto f = static_cast<float>(x);
    CHECK(std::fabs(s2d::detail::fast_cbrt(f) / std::cbrt(static_cast<double>(f)) - 1) < 3e-7);
  }
}
