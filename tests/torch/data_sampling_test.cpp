#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <s2d/torch/affine_sample.hpp>
#include <s2d/torch/augment.hpp>
#include <s2d/torch/clip_sampler.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace st = s2d::torch;
using support::message_of;

namespace {

s2d::matrix<float> noisy_plane(std::ptrdiff_t height, std::ptrdiff_t width, std::uint64_t seed) {
  s2d::matrix<float> values(height, width);
  s2d::random_stream random{seed};
  for (float& value : values.values) value = static_cast<float>(random.uniform());
  return values;
}

/// The definition: bilinear, with zeros or mirrors outside, in double precision.
double value_at(const s2d::matrix<float>& source, double x, double y, st::outside beyond) {
  const auto h = source.height, w = source.width;
  if (beyond == st::outside::reflect) {
    const auto fold = [](double s, double n) {
      s = std::fmod(std::fabs(s + 0.5), 2 * n);
      if (s > n) s = 2 * n - s;
      return std::clamp(s - 0.5, 0.0, n - 1);
    };
    x = fold(x, static_cast<double>(w));
    y = fold(y, static_cast<double>(h));
  }
  const double left = std::floor(x), top = std::floor(y);
  double sum = 0;
  for (int dy = 0; dy < 2; ++dy)
    for (int dx = 0; dx < 2; ++dx) {
      const auto px = static_cast<std::ptrdiff_t>(left) + dx,
                 py = static_cast<std::ptrdiff_t>(top) + dy;
      if (px < 0 || py < 0 || px >= w || py >= h) continue;
      sum += (dx ? x - left : 1 - x + left) * (dy ? y - top : 1 - y + top) *
             static_cast<double>(source(py, px));
    }
  return sum;
}

st::affine_map drawn_map(s2d::random_stream& random, double size) {
  st::affine_map m;
  for (double* v : {&m.xx, &m.xy, &m.yx, &m.yy}) *v = 4 * random.uniform() - 2;
  m.x0 = (3 * random.uniform() - 1) * size;
  m.y0 = (3 * random.uniform() - 1) * size;
  return m;
}

}  // namespace

TEST_CASE("sampling equals the definition, whatever the map", "[torch][data]") {
  s2d::random_stream random{7};
  const std::vector<std::pair<int, int>> sizes{{1, 1}, {1, 9}, {7, 1}, {13, 17}, {40, 65}};
  for (const auto& [h, w] : sizes) {
    const auto source = noisy_plane(h, w, 1);
    for (int trial = 0; trial < 30; ++trial) {
      st::affine_map map = trial == 0 ? st::affine_map{} : drawn_map(random, w);
      if (trial == 1) map = {0, 0, w / 2.0, 0, 0, h / 2.0};
      if (trial == 2) map = {-1, 0, w - 1.0, 0, 1, 0};
      for (const auto beyond : {st::outside::zero, st::outside::reflect}) {
        s2d::matrix<float> out(33, 130, -5.0f);
        st::sample_affine(source.view(), map, out.view(), beyond);
        double worst = 0;
        for (std::ptrdiff_t y = 0; y < out.height; ++y)
          for (std::ptrdiff_t x = 0; x < out.width; ++x) {
            const auto fx = static_cast<double>(x), fy = static_cast<double>(y);
            const double expected = value_at(source, map.xx * fx + map.xy * fy + map.x0,
                                             map.yx * fx + map.yy * fy + map.y0, beyond);
            worst = std::max(worst, std::fabs(expected - static_cast<double>(out(y, x))));
          }
        INFO(h << " x " << w << ", trial " << trial);
        CHECK(worst < 3e-4);
      }
    }
  }
}

TEST_CASE("sampling does not depend on threads, and the identity changes nothing",
          "[torch][data]") {
  const auto source = noisy_plane(70, 90, 3);
  s2d::random_stream random{5};
  const auto map = drawn_map(random, 90);
  s2d::matrix<float> one(100, 120), other(100, 120);
  st::sample_affine(source.view(), map, one.view(), st::outside::reflect, 2.0f, 1);
  for (const std::size_t threads : {2, 4}) {
    st::sample_affine(source.view(), map, other.view(), st::outside::reflect, 2.0f, threads);
    CHECK(one == other);
  }
  s2d::matrix<float> same(70, 90);
  st::sample_affine(source.view(), {}, same.view());
  CHECK(same == source);
}

TEST_CASE("the part of a mask that is not zero stands for the whole", "[torch][data]") {
  s2d::matrix<std::uint8_t> whole(50, 60);
  s2d::matrix<std::uint8_t> part(9, 14);
  s2d::random_stream random{2};
  for (std::ptrdiff_t y = 0; y < 9; ++y)
    for (std::ptrdiff_t x = 0; x < 14; ++x)
      whole(20 + y, 30 + x) = part(y, x) = static_cast<std::uint8_t>(random.below(256));
  for (int trial = 0; trial < 50; ++trial) {
    const auto map = drawn_map(random, 60);
    auto shifted = map;
    shifted.x0 -= 30;
    shifted.y0 -= 20;
    s2d::matrix<float> a(40, 70, 9), b(40, 70, 9);
    st::sample_affine(std::as_const(whole).view(), map, a.view());
    st::sample_affine(std::as_const(part).view(), shifted, b.view());
    double worst = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i)
      worst = std::max(worst, static_cast<double>(std::fabs(a.values[i] - b.values[i])));
    CHECK(worst < 0.05);  // of 255
  }
}

TEST_CASE("a picture is sampled channel by channel", "[torch][data]") {
  s2d::image picture(11, 19);
  s2d::random_stream random{11};
  for (auto& value : picture.values) value = static_cast<std::uint8_t>(random.below(256));
  const st::packed_picture packed{picture};
  for (const auto beyond : {st::outside::zero, st::outside::reflect}) {
    const auto map = drawn_map(random, 19);
    s2d::matrix<float> out[3] = {{40, 70}, {40, 70}, {40, 70}};
    st::sample_affine(packed, map, {out[0].view(), out[1].view(), out[2].view()}, beyond,
                      {1, 2, 0.5f}, {0, 3, -1});
    for (std::size_t c = 0; c < 3; ++c) {
      s2d::matrix<float> plane(11, 19), expected(40, 70);
      for (std::ptrdiff_t y = 0; y < 11; ++y)
        for (std::ptrdiff_t x = 0; x < 19; ++x)
          plane(y, x) = picture.row(y)[3 * x + static_cast<std::ptrdiff_t>(c)];
      st::sample_affine(std::as_const(plane).view(), map, expected.view(), beyond);
      const float gain[] = {1, 2, 0.5f}, offset[] = {0, 3, -1};
      double worst = 0;
      for (std::size_t i = 0; i < expected.values.size(); ++i)
        worst = std::max(worst, std::fabs(static_cast<double>(expected.values[i] * gain[c] +
                                                              offset[c] - out[c].values[i])));
      CHECK(worst < 1e-3);
    }
  }
}

TEST_CASE("sampling refuses what it cannot do", "[torch][data]") {
  const s2d::matrix<float> source(4, 4), nothing;
  s2d::matrix<float> out(4, 4);
  const auto refused = [&](const s2d::matrix<float>& from, st::affine_map map) {
    return message_of<s2d::invalid_input>([&] { st::sample_affine(from.view(), map, out.view()); });
  };
  CHECK(refused(nothing, {}) ==
        "sample_affine: the source is 0 x 0 (height x width), expected at least one pixel");
  CHECK(refused(source, {NAN}) == "sample_affine: the map is not finite");
  st::sample_affine(source.view(), {1e300, 1e300, -1e300, 1e300, 1, 1}, out.view());
  st::sample_affine(source.view(), {1e300, 1e300, -1e300, 1e300, 1, 1}, out.view(),
                    st::outside::reflect);
  CHECK(out(3, 3) == 0);
}

TEST_CASE("maps compose, inner first", "[torch][data]") {
  const st::affine_map a{2, 1, 3, 0, 1, -1}, b{0, -1, 5, 1, 0, 2};
  const auto apply = [](const st::affine_map& m, double x, double y) {
    return std::pair{m.xx * x + m.xy * y + m.x0, m.yx * x + m.yy * y + m.y0};
  };
  const auto [x, y] = apply(b, 7, -2);
  CHECK(apply(a * b, 7, -2) == apply(a, x, y));
}

TEST_CASE("drawn changes stay within their limits", "[torch][data]") {
  s2d::random_stream random{1};
  const st::affine_augmentation limits;
  int mirrored = 0;
  double log_scale = 0;
  constexpr int n = 4000;
  for (int i = 0; i < n; ++i) {
    const auto change = st::draw_change(limits, 224, 384, random);
    const auto& m = change.map;
    const double determinant = m.xx * m.yy - m.xy * m.yx;
    mirrored += determinant < 0;
    const double scale = 1 / std::sqrt(std::fabs(determinant));
    REQUIRE(scale > 0.8 - 1e-9);
    REQUIRE(scale < 1.3 + 1e-9);
    log_scale += std::log(scale);
    REQUIRE(std::fabs(std::atan2(m.xy, m.yy)) < 0.11);
    const double cx = m.xx * 191.5 + m.xy * 111.5 + m.x0;
    const double cy = m.yx * 191.5 + m.yy * 111.5 + m.y0;
    const double reach = 0.1 + std::max(0.0, 1 - 1 / scale) + 1e-9;
    REQUIRE(std::fabs(cx - 191.5) <= reach * 192);
    REQUIRE(std::fabs(cy - 111.5) <= reach * 112);
    REQUIRE(std::fabs(change.gain - 1) <= 0.2f);
    for (const float offset : change.offset) REQUIRE(std::fabs(offset) <= 0.4f);
  }
  CHECK(std::fabs(mirrored - n / 2) < 4 * std::sqrt(n) / 2);
  CHECK(std::fabs(log_scale / n - (std::log(0.8) + std::log(1.3)) / 2) < 0.01);
  const auto none = st::draw_change(st::affine_augmentation::none(), 224, 384, random);
  CHECK(none.map == st::affine_map{});
  CHECK(none.gain == 1.0f);
  CHECK(none.offset == std::array<float, 3>{});
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::draw_change({.least_scale = 2, .greatest_scale = 1}, 4, 4, random);
        }) == "affine_augmentation: scales from 2 to 1, expected positive and ascending");
}

TEST_CASE("the sampler shows every video once an epoch", "[torch][data]") {
  const st::clip_sampler sampler{10, 1, 3};
  std::map<std::vector<std::size_t>, int> orders;
  for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
    std::vector<std::size_t> order;
    for (std::int64_t i = 0; i < 10; ++i) order.push_back(sampler(epoch * 10 + i, 0));
    CHECK(std::set<std::size_t>(order.begin(), order.end()).size() == 10);
    ++orders[order];
  }
  CHECK(orders.size() == 20);
}

TEST_CASE("the sampler's permutations are equally likely", "[torch][data]") {
  std::map<std::vector<std::size_t>, int> seen;
  constexpr int n = 6000;
  const st::clip_sampler sampler{3, 3, 9};
  for (std::int64_t epoch = 0; epoch < n; ++epoch)
    ++seen[{sampler(epoch, 0), sampler(epoch, 1), sampler(epoch, 2)}];
  REQUIRE(seen.size() == 6);
  for (const auto& [order, count] : seen) CHECK(std::abs(count - n / 6) < 150);
}

TEST_CASE("batches are what a stream with one bucket per group gives", "[torch][data]") {
  for (const int videos : {1, 2, 5, 7})
    for (const std::int64_t batch : {1, 2, 3, 4}) {
      std::vector<std::uint8_t> groups;
      for (int v = 0; v < videos; ++v) groups.push_back(v % 3 == 1);
      const st::clip_sampler sampler{static_cast<std::size_t>(videos), batch, 5, groups};
      // Permutations as a sampler without batches and groups shows them.
      const st::clip_sampler stream{static_cast<std::size_t>(videos), 1, 5};
      std::vector<std::size_t> bucket[2];
      std::int64_t step = 0;
      for (std::int64_t i = 0; i < 200; ++i) {
        const std::size_t video = stream(i, 0);
        auto& full = bucket[groups[video]];
        full.push_back(video);
        if (static_cast<std::int64_t>(full.size()) < batch) continue;
        for (std::int64_t k = 0; k < batch; ++k)
          REQUIRE(sampler(step, k) == full[static_cast<std::size_t>(k)]);
        full.clear();
        ++step;
      }
      CHECK(step > 0);
    }
}

TEST_CASE("the sampler refuses nonsense", "[torch][data]") {
  CHECK(message_of<s2d::invalid_input>([] { (void)st::clip_sampler(0, 1, 0); }) ==
        "clip_sampler: there is no video");
  CHECK(message_of<s2d::invalid_input>([] { (void)st::clip_sampler(2, 0, 0); }) ==
        "clip_sampler: 0 clips in a batch, expected at least 1");
  CHECK(message_of<s2d::invalid_input>([] { (void)st::clip_sampler(2, 1, 0, {1}); }) ==
        "clip_sampler: 1 groups for 2 videos");
  CHECK(message_of<s2d::invalid_input>([] { (void)st::clip_sampler(2, 1, 0)(0, 1); }) ==
        "clip_sampler: step 0, index 1, expected a step from 0 on and an index from 0 to 0");
}
