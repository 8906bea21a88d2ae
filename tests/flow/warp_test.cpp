#include <cmath>
#include <limits>
#include <random>

#include "support/catch.hpp"

#include <s2d/flow/warp.hpp>

namespace {

using s2d::warp_border;
using s2d::warp_filter;

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

s2d::flow_field random_flow(std::ptrdiff_t h, std::ptrdiff_t w, float size, unsigned seed) {
  std::mt19937 random{seed};
  std::normal_distribution<float> normal{0, size};
  s2d::flow_field flow(h, w);
  for (std::size_t i = 0; i < flow.u.values.size(); ++i) {
    flow.u.values[i] = normal(random);
    flow.v.values[i] = normal(random);
    // Whole and half pixels, where rules about ties matter.
    if (random() % 4 == 0) flow.u.values[i] = std::round(2 * flow.u.values[i]) / 2;
    if (random() % 4 == 0) flow.v.values[i] = std::round(2 * flow.v.values[i]) / 2;
  }
  return flow;
}

s2d::flow_field constant_flow(std::ptrdiff_t h, std::ptrdiff_t w, float u, float v) {
  s2d::flow_field flow(h, w);
  for (float& value : flow.u.values) value = u;
  for (float& value : flow.v.values) value = v;
  return flow;
}

template <class T>
s2d::matrix<T> random_plane(std::ptrdiff_t h, std::ptrdiff_t w, unsigned seed) {
  std::mt19937 random{seed};
  s2d::matrix<T> out(h, w);
  for (T& value : out.values) value = static_cast<T>(random() % 256);
  return out;
}

s2d::bit_mask random_mask(std::ptrdiff_t h, std::ptrdiff_t w, unsigned seed) {
  std::mt19937 random{seed};
  s2d::bit_mask out(h, w);
  for (std::ptrdiff_t y = 0; y < h; ++y)
    for (std::ptrdiff_t x = 0; x < w; ++x) out.set(y, x, random() % 2 == 0);
  return out;
}

template <class T>
double tap(const s2d::matrix<T>& x, double py, double px, const s2d::warp_options& o) {
  const auto clamp = [](double p, std::ptrdiff_t n) {
    return std::ptrdiff_t(std::fmin(std::fmax(p, 0), double(n - 1)));
  };
  const bool inside = py >= 0 && px >= 0 && py < double(x.height) && px < double(x.width);
  if (!inside && o.border == warp_border::constant) return o.fill;
  return x(clamp(py, x.height), clamp(px, x.width));
}

template <class T>
double expected_value(const s2d::matrix<T>& x, const s2d::flow_field& flow, std::ptrdiff_t y,
                      std::ptrdiff_t i, const s2d::warp_options& o) {
  const double px = double(i) + flow.u(y, i), py = double(y) + flow.v(y, i);
  if (o.filter == warp_filter::nearest)
    return tap(x, std::floor(py + 0.5), std::floor(px + 0.5), o);
  const double fx = px - std::floor(px), fy = py - std::floor(py);
  const double x0 = std::floor(px), y0 = std::floor(py);
  return (1 - fy) * ((1 - fx) * tap(x, y0, x0, o) + fx * tap(x, y0, x0 + 1, o)) +
         fy * ((1 - fx) * tap(x, y0 + 1, x0, o) + fx * tap(x, y0 + 1, x0 + 1, o));
}

struct sizes {
  std::ptrdiff_t h, w;
};
const sizes all_sizes[] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {7, 5}, {33, 65}, {20, 300}, {3, 1030}};

const s2d::warp_options all_options[] = {{warp_filter::nearest, warp_border::constant, 7},
                                         {warp_filter::nearest, warp_border::replicate, 7},
                                         {warp_filter::bilinear, warp_border::constant, 7},
                                         {warp_filter::bilinear, warp_border::replicate, 7}};

}  // namespace

TEST_CASE("backward warping reads at the displaced position") {
  for (const auto& [h, w] : all_sizes) {
    for (const float size : {0.7f, 4.0f, 40.0f}) {
      const auto flow = random_flow(h, w, size, 1);
      const auto bytes = random_plane<std::uint8_t>(h, w, 2);
      const auto floats = random_plane<float>(h, w, 3);
      for (const auto& o : all_options) {
        CAPTURE(h, w, size, int(o.filter), int(o.border));
        const auto from_bytes = s2d::warp_back(bytes, flow, o);
        const auto from_floats = s2d::warp_back(floats, flow, o);
        for (std::ptrdiff_t y = 0; y < h; ++y)
          for (std::ptrdiff_t x = 0; x < w; ++x) {
            const double byte = expected_value(bytes, flow, y, x, o);
            REQUIRE(std::fabs(from_bytes(y, x) - byte) <= 0.5002);
            REQUIRE(from_floats(y, x) ==
                    Approx(expected_value(floats, flow, y, x, o)).margin(2e-3));
          }
      }
    }
  }
}

TEST_CASE("colour is warped channel by channel") {
  for (const auto& [h, w] : all_sizes) {
    const auto flow = random_flow(h, w, 3, 4);
    s2d::image picture(h, w);
    picture.values = random_plane<std::uint8_t>(h, 3 * w, 5).values;
    for (const auto& o : all_options) {
      const auto warped = s2d::warp_back(picture, flow, o);
      const auto forward = s2d::warp(picture, flow, o);
      for (int c = 0; c < 3; ++c) {
        const s2d::plane_view<const std::uint8_t> channel{picture.values.data() + c, h, w, 3 * w,
                                                          3};
        const auto one = s2d::warp_back(channel, flow, o);
        const auto one_forward = s2d::warp(channel, flow, o);
        REQUIRE(one_forward.covered == forward.covered);
        for (std::size_t i = 0; i < one.values.size(); ++i) {
          REQUIRE(warped.values[3 * i + std::size_t(c)] == one.values[i]);
          REQUIRE(forward.values.values[3 * i + std::size_t(c)] == one_forward.values.values[i]);
        }
      }
    }
  }
}

TEST_CASE("masks are warped like their pixels") {
  for (const auto& [h, w] : all_sizes) {
    const auto flow = random_flow(h, w, 2, 6);
    const auto mask = random_mask(h, w, 7);
    s2d::matrix<std::uint8_t> pixels(h, w);
    for (std::ptrdiff_t y = 0; y < h; ++y)
      for (std::ptrdiff_t x = 0; x < w; ++x) pixels(y, x) = mask(y, x);
    for (const auto border : {warp_border::constant, warp_border::replicate}) {
      for (const float fill : {0.0f, 1.0f}) {
        const auto warped = s2d::warp_back(mask, flow, {warp_filter::bilinear, border, fill});
        const auto bytes = s2d::warp_back(pixels, flow, {warp_filter::nearest, border, fill});
        s2d::bit_mask expected(h, w);
        for (std::ptrdiff_t y = 0; y < h; ++y)
          for (std::ptrdiff_t x = 0; x < w; ++x) expected.set(y, x, bytes(y, x) != 0);
        REQUIRE(warped == expected);
      }
    }
  }
}

TEST_CASE("areas of one value are warped like their pixels") {
  for (const auto& [h, w] : {sizes{70, 64}, {40, 300}, {90, 1030}}) {
    s2d::matrix<std::uint8_t> labels(h, w);
    const auto noise = random_plane<std::uint8_t>(h, w, 21);
    for (std::ptrdiff_t y = 0; y < h; ++y)
      for (std::ptrdiff_t x = 0; x < w; ++x) {
        const bool first = y > 10 && y < h - 20 && 2 * x > w / 3 && x < w - 3;
        const bool second = y < 30 && x > 2 * w / 3;
        labels(y, x) = y >= h - 4 ? noise(y, x) : (second ? 255 : first);
      }
    s2d::bit_mask mask(h, w);
    for (std::ptrdiff_t y = 0; y < h; ++y)
      for (std::ptrdiff_t x = 0; x < w; ++x) mask.set(y, x, labels(y, x) % 2 != 0);

    auto smooth = constant_flow(h, w, 0, 0);
    for (std::ptrdiff_t y = 0; y < h; ++y)
      for (std::ptrdiff_t x = 0; x < w; ++x) {
        smooth.u(y, x) = 9 * std::sin(0.02f * float(x + y));
        smooth.v(y, x) = 7 * std::cos(0.03f * float(y)) + 0.5f;
      }
    auto broken = smooth;
    broken.u(h / 2, w / 2) = broken.v(5, 7) = nan_value;
    broken.v(12, w - 2) = infinity;
    broken.u(h - 1, 3) = -1e7f;
    for (const auto& flow :
         {smooth, broken, constant_flow(h, w, 0.5f, -2), constant_flow(h, w, 200, 0)})
      for (const auto border : {warp_border::constant, warp_border::replicate})
        for (const float fill : {0.0f, 1.0f}) {
          const s2d::warp_options o{warp_filter::nearest, border, fill};
          const auto bytes = s2d::warp_back(labels, flow, o);
          const auto bits = s2d::warp_back(mask, flow, o);
          CAPTURE(h, w, int(border), fill);
          for (std::ptrdiff_t y = 0; y < h; ++y)
            for (std::ptrdiff_t x = 0; x < w; ++x) {
              const bool known = flow.u(y, x) == flow.u(y, x) && flow.v(y, x) == flow.v(y, x);
              const double expected = known ? expected_value(labels, flow, y, x, o) : double(fill);
              REQUIRE(bytes(y, x) == expected);
              REQUIRE(bits(y, x) == (int(expected) % 2 != 0));
            }
        }
  }
}

TEST_CASE("zero flow copies bit for bit, both ways") {
  for (const auto& [h, w] : all_sizes) {
    const s2d::flow_field still(h, w);
    const auto bytes = random_plane<std::uint8_t>(h, w, 8);
    auto floats = random_plane<float>(h, w, 9);
    for (float& value : floats.values) value = value * 0.37f - 11.0f;
    const auto mask = random_mask(h, w, 10);
    s2d::image picture(h, w);
    picture.values = random_plane<std::uint8_t>(h, 3 * w, 11).values;
    for (const auto& o : all_options) {
      REQUIRE(s2d::warp_back(bytes, still, o) == bytes);
      REQUIRE(s2d::warp_back(floats, still, o) == floats);
      REQUIRE(s2d::warp_back(mask, still, o) == mask);
      REQUIRE(s2d::warp_back(picture, still, o) == picture);
      REQUIRE(s2d::warp(bytes, still, o).values == bytes);
      REQUIRE(s2d::warp(floats, still, o).values == floats);
      REQUIRE(s2d::warp(mask, still, o) == mask);
      REQUIRE(s2d::warp(picture, still, o).values == picture);
    }
  }
}

TEST_CASE("displacements that are not numbers give the fill value, infinite ones lie outside") {
  const auto bytes = random_plane<std::uint8_t>(5, 70, 12);
  s2d::bit_mask full(5, 70);
  for (std::ptrdiff_t y = 0; y < 5; ++y)
    for (std::ptrdiff_t x = 0; x < 70; ++x) full.set(y, x);
  for (const auto& o : all_options) {
    for (const float u : {nan_value, infinity, -infinity, 3e38f}) {
      const auto flow = constant_flow(5, 70, u, 0);
      const auto warped = s2d::warp_back(bytes, flow, o);
      for (std::ptrdiff_t y = 0; y < 5; ++y) {
        const bool continued = o.border == warp_border::replicate && u == u;
        REQUIRE(warped(y, 30) == (continued ? bytes(y, u > 0 ? 69 : 0) : 7));
      }
      const auto mask = s2d::warp_back(full, flow, {o.filter, o.border, 0});
      REQUIRE(mask(2, 30) == (o.border == warp_border::replicate && u == u));
      REQUIRE(s2d::warp(bytes, flow, o).covered == s2d::bit_mask(5, 70));
      REQUIRE(s2d::warp(full, flow, o) == s2d::bit_mask(5, 70));
    }
  }
}

TEST_CASE("positions beyond 32767 and 2^24 are exact") {
  const std::ptrdiff_t w = 17'000'000;
  s2d::matrix<std::uint8_t> row(1, w);
  for (std::ptrdiff_t x = 0; x < w; ++x) row(0, x) = static_cast<std::uint8_t>(x % 251);
  auto flow = constant_flow(1, w, 1, 0);
  const auto next = s2d::warp_back(row, flow);
  for (const std::ptrdiff_t x : {40'000, 16'777'217, 16'999'998})
    REQUIRE(next(0, x) == row(0, x + 1));
  flow.u(0, 16'900'001) = -16'000'000;
  REQUIRE(s2d::warp_back(row, flow, {warp_filter::nearest})(0, 16'900'001) == row(0, 900'001));
}

TEST_CASE("whole forward shifts move masks and leave holes behind") {
  const auto mask = random_mask(20, 90, 13);
  for (const auto filter : {warp_filter::nearest, warp_filter::bilinear}) {
    const auto moved = s2d::warp(mask, constant_flow(20, 90, 5, -3), {filter});
    for (std::ptrdiff_t y = 0; y < 20; ++y)
      for (std::ptrdiff_t x = 0; x < 90; ++x)
        REQUIRE(moved(y, x) == (y < 17 && x >= 5 && mask(y + 3, x - 5)));
  }
}

TEST_CASE("forward nearest keeps what lands nearest, the first of equals") {
  s2d::matrix<std::uint8_t> row(1, 4);
  row.values = {10, 20, 30, 40};
  s2d::flow_field flow(1, 4);
  flow.u.values = {1.25f, 0.125f, -0.75f, -2.875f};  // at 1.25, 1.125, 1.25, 0.125
  const auto moved = s2d::warp(row, flow, {warp_filter::nearest, warp_border::constant, 9});
  REQUIRE(moved.values.values == std::vector<std::uint8_t>{40, 20, 9, 9});
  REQUIRE(moved.covered(0, 0));
  REQUIRE(moved.covered(0, 1));
  REQUIRE_FALSE(moved.covered(0, 2));
  flow.u.values = {1.25f, 5, -0.75f, 5};
  REQUIRE(s2d::warp(row, flow, {warp_filter::nearest}).values(0, 1) == 10);
}

TEST_CASE("forward bilinear spreads values and normalises them") {
  s2d::matrix<float> row(1, 4);
  row.values = {8, 0, 0, 4};
  s2d::flow_field flow(1, 4);
  flow.u.values = {0.5f, 50, 50, -1.75f};  // at 0.5 and 1.25
  const auto moved = s2d::warp(row, flow, {warp_filter::bilinear, warp_border::constant, -1});
  REQUIRE(moved.values(0, 0) == Approx(8));
  REQUIRE(moved.values(0, 1) == Approx((0.5 * 8 + 0.75 * 4) / 1.25));
  REQUIRE(moved.values(0, 2) == Approx(4));
  REQUIRE(moved.values(0, 3) == -1);
  REQUIRE_FALSE(moved.covered(0, 3));
}

TEST_CASE("warping refuses fields of another size and impossible fill values") {
  const s2d::matrix<std::uint8_t> bytes(4, 5);
  const s2d::matrix<float> floats(4, 5);
  REQUIRE_THROWS_WITH(s2d::warp_back(bytes, s2d::flow_field(5, 4)),
                      Catch::Contains("5 x 4") && Catch::Contains("4 x 5"));
  REQUIRE_THROWS_AS(s2d::warp(floats, s2d::flow_field{}), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::warp_back(s2d::bit_mask(4, 5), s2d::flow_field(4, 4)), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::warp(s2d::image(4, 5), s2d::flow_field(4, 4)), s2d::invalid_input);
  const s2d::flow_field flow(4, 5);
  REQUIRE_THROWS_AS(s2d::warp_back(bytes, flow, {warp_filter::nearest, warp_border::constant, 256}),
                    s2d::invalid_input);
  REQUIRE_THROWS_AS(
      s2d::warp_back(floats, flow, {warp_filter::nearest, warp_border::constant, nan_value}),
      s2d::invalid_input);
  REQUIRE(s2d::warp_back(s2d::matrix<float>(0, 3), s2d::flow_field(0, 3)).empty());
}
