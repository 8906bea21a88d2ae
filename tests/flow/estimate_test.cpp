#include <algorithm>
#include <cmath>
#include <random>

#include "support/catch.hpp"

#include <s2d/core/resize.hpp>
#include <s2d/flow/estimate.hpp>

namespace {

using gray = s2d::matrix<std::uint8_t>;

/// Smooth random texture as a function of position, so that it can be sampled anywhere.
struct texture {
  float frequency[12][2], phase[12], weight[12];
  explicit texture(unsigned seed) {
    std::mt19937 random{seed};
    std::normal_distribution<float> normal;
    for (int i = 0; i < 12; ++i) {
      const float scale = 0.05f + 0.04f * static_cast<float>(i);
      for (float& f : frequency[i]) f = scale * normal(random);
      phase[i] = 3.0f * normal(random);
      weight[i] = 18.0f;
    }
  }
  float operator()(float y, float x) const {
    float sum = 128.0f;
    for (int i = 0; i < 12; ++i)
      sum += weight[i] * std::sin(frequency[i][0] * y + frequency[i][1] * x + phase[i]);
    return std::fmin(std::fmax(sum, 0.0f), 255.0f);
  }
  template <class Where>
  gray picture(std::ptrdiff_t h, std::ptrdiff_t w, const Where& where) const {
    gray out(h, w);
    for (std::ptrdiff_t y = 0; y < h; ++y)
      for (std::ptrdiff_t x = 0; x < w; ++x) {
        const auto [py, px] = where(float(y), float(x));
        out(y, x) = static_cast<std::uint8_t>((*this)(py, px) + 0.5f);
      }
    return out;
  }
  gray shifted(std::ptrdiff_t h, std::ptrdiff_t w, float dy, float dx) const {
    return picture(h, w, [&](float y, float x) { return std::pair{y - dy, x - dx}; });
  }
};

double mean_error(const s2d::flow_field& flow, float u, float v, std::ptrdiff_t border) {
  double sum = 0, count = 0;
  for (std::ptrdiff_t y = border; y < flow.height() - border; ++y)
    for (std::ptrdiff_t x = border; x < flow.width() - border; ++x, ++count)
      sum += std::hypot(flow.u(y, x) - u, flow.v(y, x) - v);
  return sum / count;
}

double largest(const s2d::flow_field& flow) {
  double most = 0;
  for (std::size_t i = 0; i < flow.u.values.size(); ++i) {
    REQUIRE(std::isfinite(flow.u.values[i]));
    REQUIRE(std::isfinite(flow.v.values[i]));
    most = std::fmax(most, std::hypot(flow.u.values[i], flow.v.values[i]));
  }
  return most;
}

}  // namespace

TEST_CASE("flow finds known translations") {
  const texture of{1};
  const float shifts[][2] = {{0, 1}, {2.5f, -3.25f}, {-7, 4}, {0.3f, 0.2f}, {11, 9}};
  for (const auto preset : {s2d::flow_preset::fast, s2d::flow_preset::medium}) {
    for (const auto& [dy, dx] : shifts) {
      const auto flow =
          s2d::estimate_flow(of.shifted(120, 200, 0, 0), of.shifted(120, 200, dy, dx), preset);
      CAPTURE(int(preset), dy, dx);
      REQUIRE(flow.height() == 120);
      REQUIRE(flow.width() == 200);
      REQUIRE(mean_error(flow, dx, dy, 16) < (preset == s2d::flow_preset::fast ? 0.2 : 0.12));
    }
  }
}

TEST_CASE("flow finds an affine field") {
  const texture of{2};
  const auto from = of.shifted(160, 240, 0, 0);
  // Content at p moves to p + f(p) with f linear around the centre: sample at the inverse.
  const float a = 0.03f, b = -0.02f;
  const auto to = of.picture(160, 240, [&](float y, float x) {
    const float dy = y - 80, dx = x - 120, det = (1 + a) * (1 + a) + b * b;
    return std::pair{80 + ((1 + a) * dy - b * dx) / det, 120 + ((1 + a) * dx + b * dy) / det};
  });
  const auto flow = s2d::estimate_flow(from, to);
  double sum = 0, count = 0;
  for (std::ptrdiff_t y = 16; y < 144; ++y)
    for (std::ptrdiff_t x = 16; x < 224; ++x, ++count) {
      const float dy = float(y) - 80, dx = float(x) - 120;
      sum += std::hypot(flow.u(y, x) - (a * dx - b * dy), flow.v(y, x) - (b * dx + a * dy));
    }
  REQUIRE(sum / count < 0.1);
}

TEST_CASE("equal frames give zero flow") {
  const auto frame = texture{3}.shifted(90, 131, 0, 0);
  for (const auto preset : {s2d::flow_preset::fast, s2d::flow_preset::medium})
    REQUIRE(largest(s2d::estimate_flow(frame, frame, preset)) < 1e-4);
  const gray flat(50, 60, 200);
  REQUIRE(largest(s2d::estimate_flow(flat, flat)) < 1e-4);
}

TEST_CASE("mirrored frames give mirrored flow") {
  const texture of{4};
  const auto from = of.shifted(128, 192, 0, 0), to = of.shifted(128, 192, 1.5f, 3);
  const auto mirror = [](gray g) {
    for (std::ptrdiff_t y = 0; y < g.height; ++y) std::reverse(g.row(y), g.row(y) + g.width);
    return g;
  };
  const auto flow = s2d::estimate_flow(from, to);
  const auto mirrored = s2d::estimate_flow(mirror(from), mirror(to));
  double sum = 0;
  for (std::ptrdiff_t y = 16; y < 112; ++y)
    for (std::ptrdiff_t x = 16; x < 176; ++x)
      sum +=
          std::hypot(flow.u(y, x) + mirrored.u(y, 191 - x), flow.v(y, x) - mirrored.v(y, 191 - x));
  REQUIRE(sum / (96 * 160) < 0.05);
}

TEST_CASE("frames of any size have flow") {
  for (const auto preset : {s2d::flow_preset::fast, s2d::flow_preset::medium}) {
    for (const auto& [h, w] : {std::pair{1, 1}, {7, 5}, {16, 16}, {1, 300}, {301, 2}, {33, 65}}) {
      const texture of{5};
      const auto flow = s2d::estimate_flow(of.shifted(h, w, 0, 0), of.shifted(h, w, 1, 1), preset);
      REQUIRE(flow.height() == h);
      REQUIRE(flow.width() == w);
      REQUIRE(largest(flow) < 1000);
    }
  }
}

TEST_CASE("flow reads frames of any strides") {
  const texture of{6};
  const auto from = of.shifted(64, 80, 0, 0), to = of.shifted(64, 80, 2, 1);
  const auto transpose = [](const gray& g) {
    gray out(g.width, g.height);
    for (std::ptrdiff_t y = 0; y < g.height; ++y)
      for (std::ptrdiff_t x = 0; x < g.width; ++x) out(x, y) = g(y, x);
    return out;
  };
  const auto from_t = transpose(from), to_t = transpose(to);
  const auto columns = [](const gray& g) {
    return s2d::plane_view<const std::uint8_t>::column_major(g.data(), g.width, g.height);
  };
  REQUIRE(s2d::estimate_flow(columns(from_t), columns(to_t)) == s2d::estimate_flow(from, to));
}

TEST_CASE("all patch sizes and scales work") {
  const texture of{7};
  const auto from = of.shifted(100, 140, 0, 0), to = of.shifted(100, 140, 2, -3);
  for (const int size : {4, 8, 16}) {
    for (const int finest : {0, 1, 2, 3}) {
      s2d::flow_options options;
      options.patch_size = size;
      options.patch_stride = size / 2;
      options.finest_scale = finest;
      CAPTURE(size, finest);
      REQUIRE(mean_error(s2d::estimate_flow(from, to, options), -3, 2, 20) <
              (finest < 3 ? 0.25 : 1.5));
    }
  }
}

TEST_CASE("colour frames have the flow of their luma") {
  const texture of{8};
  const auto paint = [](const gray& g) {
    s2d::image out(g.height, g.width);
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] = g.values[i / 3];
    return out;
  };
  const auto from = of.shifted(40, 50, 0, 0), to = of.shifted(40, 50, 1, 1);
  REQUIRE(s2d::estimate_flow(paint(from), paint(to)) == s2d::estimate_flow(from, to));
}

TEST_CASE("flow refuses frames of different sizes, empty frames and options out of range") {
  REQUIRE_THROWS_WITH(s2d::estimate_flow(gray(4, 5), gray(4, 6)),
                      Catch::Contains("4 x 5") && Catch::Contains("4 x 6"));
  REQUIRE_THROWS_AS(s2d::estimate_flow(gray(0, 5), gray(0, 5)), s2d::invalid_input);
  const auto refused = [](auto change) {
    s2d::flow_options options;
    change(options);
    REQUIRE_THROWS_AS(s2d::estimate_flow(gray(8, 8), gray(8, 8), options), s2d::invalid_input);
  };
  refused([](auto& o) { o.finest_scale = -1; });
  refused([](auto& o) { o.patch_size = 5; });
  refused([](auto& o) { o.patch_stride = 0; });
  refused([](auto& o) { o.patch_stride = 9; });
  refused([](auto& o) { o.refine_sweeps = 0; });
  refused([](auto& o) { o.smoothness = std::nanf(""); });
  refused([](auto& o) { o.relaxation = 2; });
}

TEST_CASE("flow stays finite where brightness outweighs smoothness by far") {
  // One gradient direction only: the matrix of a pixel is singular but for the smoothness, which
  // rounding takes away.
  for (const float smoothness : {1.0f, 1e-5f})
    for (const float gradient : {0.0f, 999999.0f}) {
      gray from(96, 120), to(96, 120);
      for (std::ptrdiff_t y = 0; y < 96; ++y)
        for (std::ptrdiff_t x = 0; x < 120; ++x) {
          from(y, x) = static_cast<std::uint8_t>(x + y);
          to(y, x) = static_cast<std::uint8_t>(x + y + (x > 60 ? 9 : 0));
        }
      s2d::flow_options options;
      options.smoothness = smoothness;
      options.brightness = 999999.0f;
      options.gradient = gradient;
      CAPTURE(smoothness, gradient);
      CHECK(largest(s2d::estimate_flow(from.view(), to.view(), options)) < 1e30);
    }
}
