#include <s2d/segment/barrier_distance.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <s2d/core/random.hpp>

#include "support/catch.hpp"

namespace {

using plane = s2d::matrix<float>;

plane noisy_plane(std::ptrdiff_t height, std::ptrdiff_t width, std::uint64_t seed) {
  s2d::random_stream random(seed);
  plane p(height, width);
  for (float& x : p.values) x = static_cast<float>(random.below(9));
  return p;
}

/// Exact distance of one channel: for every lower bound of the path's values, the least upper bound
/// that still lets a path through.
float exact(const plane& p, std::ptrdiff_t y0, std::ptrdiff_t x0) {
  float best = 1e30F;
  for (const float low : p.values)
    for (const float high : p.values) {
      if (high < low || high - low >= best) continue;
      const auto open = [&](std::ptrdiff_t y, std::ptrdiff_t x) {
        return p(y, x) >= low && p(y, x) <= high;
      };
      if (!open(y0, x0)) continue;
      s2d::matrix<int> seen(p.height, p.width);
      std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> stack{{y0, x0}};
      seen(y0, x0) = 1;
      while (!stack.empty()) {
        const auto [y, x] = stack.back();
        stack.pop_back();
        if (y == 0 || x == 0 || y == p.height - 1 || x == p.width - 1) best = high - low;
        constexpr int dy[] = {0, 0, 1, -1}, dx[] = {1, -1, 0, 0};
        for (int k = 0; k < 4; ++k) {
          const std::ptrdiff_t ny = y + dy[k], nx = x + dx[k];
          if (ny < 0 || nx < 0 || ny >= p.height || nx >= p.width) continue;
          if (seen(ny, nx) || !open(ny, nx)) continue;
          seen(ny, nx) = 1;
          stack.push_back({ny, nx});
        }
      }
    }
  return best;
}

}  // namespace

TEST_CASE("Barrier distance bounds the exact one from above and comes near it") {
  double total = 0;
  double off = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const plane p = noisy_plane(6, 7, seed);
    const plane found = s2d::barrier_distance(p, {.passes = 8});
    for (std::ptrdiff_t y = 0; y < 6; ++y)
      for (std::ptrdiff_t x = 0; x < 7; ++x) {
        const float truth = exact(p, y, x);
        CHECK(found(y, x) >= truth);
        total += truth;
        off += found(y, x) - truth;
      }
  }
  CHECK(off <= 0.1 * total);
}

TEST_CASE("Barrier distance never rises with more passes and stays within the range of values") {
  const plane p = noisy_plane(15, 22, 77);
  plane last = s2d::barrier_distance(p, {.passes = 2});
  for (int passes = 3; passes < 9; ++passes) {
    const plane now = s2d::barrier_distance(p, {.passes = passes});
    for (std::size_t i = 0; i < now.values.size(); ++i) {
      CHECK(now.values[i] <= last.values[i]);
      CHECK(now.values[i] >= 0);
      CHECK(now.values[i] <= 8);
    }
    last = now;
  }
}

TEST_CASE("Barrier distance keeps islands at their height and drops slopes") {
  plane p(20, 30);
  for (std::ptrdiff_t y = 0; y < 20; ++y)
    for (std::ptrdiff_t x = 0; x < 30; ++x) p(y, x) = 0.1F * static_cast<float>(x);
  plane flat = s2d::barrier_distance(p);
  for (std::ptrdiff_t x = 0; x < 30; ++x) CHECK(std::fabs(flat(10, x)) < 1e-5F);
  for (std::ptrdiff_t y = 5; y < 12; ++y)
    for (std::ptrdiff_t x = 8; x < 15; ++x) p(y, x) += 5;
  const plane island = s2d::barrier_distance(p);
  CHECK(island(8, 11) > 4.5F);
  CHECK(island(15, 20) < 0.5F);
}

TEST_CASE("Barrier distance: border cells have 0, channels add up, offset and sign do not matter") {
  const plane a = noisy_plane(9, 11, 1);
  const plane b = noisy_plane(9, 11, 2);
  const plane found = s2d::barrier_distance(a);
  for (std::ptrdiff_t x = 0; x < 11; ++x) CHECK((found(0, x) == 0 && found(8, x) == 0));
  for (std::ptrdiff_t y = 0; y < 9; ++y) CHECK((found(y, 0) == 0 && found(y, 10) == 0));

  const s2d::plane_view<const float> twice[] = {a.view(), a.view()};
  const plane doubled = s2d::barrier_distance(twice);
  plane moved = a;
  for (float& x : moved.values) x = 3 - x;
  const plane mirrored = s2d::barrier_distance(moved);
  for (std::size_t i = 0; i < found.values.size(); ++i) {
    CHECK(doubled.values[i] == 2 * found.values[i]);
    CHECK(mirrored.values[i] == found.values[i]);
  }
  // Four channels run through the general code: two of them constant change nothing.
  const plane one(9, 11, 1.0F);
  const s2d::plane_view<const float> four[] = {a.view(), one.view(), b.view(), one.view()};
  const s2d::plane_view<const float> two[] = {a.view(), b.view()};
  CHECK(s2d::barrier_distance(four) == s2d::barrier_distance(two));
}

TEST_CASE("Barrier distance reads any strides and takes any size") {
  const plane a = noisy_plane(5, 8, 3);
  std::vector<float> turned(40);
  for (std::ptrdiff_t y = 0; y < 5; ++y)
    for (std::ptrdiff_t x = 0; x < 8; ++x) turned[static_cast<std::size_t>(x * 5 + y)] = a(y, x);
  CHECK(s2d::barrier_distance(s2d::plane_view<const float>::column_major(turned.data(), 5, 8)) ==
        s2d::barrier_distance(a));
  CHECK(s2d::barrier_distance(plane(1, 1)).values == std::vector<float>{0});
  CHECK(s2d::barrier_distance(plane(0, 4)).empty());
  CHECK_THROWS_AS(s2d::barrier_distance(std::span<const s2d::plane_view<const float>>{}),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::barrier_distance(a, {.passes = 0}), s2d::invalid_input);
  const plane b(5, 7);
  const s2d::plane_view<const float> unequal[] = {a.view(), b.view()};
  CHECK_THROWS_AS(s2d::barrier_distance(unequal), s2d::invalid_input);
}
