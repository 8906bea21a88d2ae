#include <s2d/segment/slic.hpp>

#include <cmath>
#include <cstdlib>
#include <vector>

#include <s2d/core/random.hpp>

#include "support/catch.hpp"

namespace {

s2d::lab_image noisy_lab(std::ptrdiff_t height, std::ptrdiff_t width, std::uint64_t seed) {
  s2d::random_stream random(seed);
  s2d::lab_image picture(height, width);
  for (s2d::matrix<float>* channel : {&picture.l, &picture.a, &picture.b})
    for (float& x : channel->values) x = static_cast<float>(100 * random.uniform());
  return picture;
}

/// The definition, pixel by pixel.
s2d::matrix<std::int32_t> plain_slic(const s2d::lab_image& p, const s2d::slic_options& options) {
  const std::ptrdiff_t h = p.height(), w = p.width();
  const std::ptrdiff_t rows = s2d::grid_cells(h, options.cell),
                       columns = s2d::grid_cells(w, options.cell);
  struct centre {
    double l, a, b, y, x;
  };
  std::vector<centre> centres;
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    for (std::ptrdiff_t j = 0; j < columns; ++j) {
      const auto y = static_cast<std::ptrdiff_t>((i + 0.5) * h / rows);
      const auto x = static_cast<std::ptrdiff_t>((j + 0.5) * w / columns);
      centres.push_back({p.l(y, x), p.a(y, x), p.b(y, x), double(y), double(x)});
    }
  s2d::matrix<std::int32_t> labels(h, w);
  const double m = options.compactness / static_cast<double>(options.cell);
  for (int it = 0; it < options.iterations; ++it) {
    std::vector<centre> sums(centres.size());
    std::vector<int> count(centres.size());
    for (std::ptrdiff_t y = 0; y < h; ++y)
      for (std::ptrdiff_t x = 0; x < w; ++x) {
        const std::ptrdiff_t gi = y * rows / h, gj = x * columns / w;
        double best = 1e30;
        for (std::ptrdiff_t i = gi - 1; i <= gi + 1; ++i)
          for (std::ptrdiff_t j = gj - 1; j <= gj + 1; ++j) {
            if (i < 0 || j < 0 || i >= rows || j >= columns) continue;
            const centre& c = centres[static_cast<std::size_t>(i * columns + j)];
            const double d = std::pow(p.l(y, x) - c.l, 2) + std::pow(p.a(y, x) - c.a, 2) +
                             std::pow(p.b(y, x) - c.b, 2) +
                             m * m * (std::pow(y - c.y, 2) + std::pow(x - c.x, 2));
            if (d < best) {
              best = d;
              labels(y, x) = static_cast<std::int32_t>(i * columns + j);
            }
          }
        const auto k = static_cast<std::size_t>(labels(y, x));
        sums[k].l += p.l(y, x);
        sums[k].a += p.a(y, x);
        sums[k].b += p.b(y, x);
        sums[k].y += static_cast<double>(y);
        sums[k].x += static_cast<double>(x);
        ++count[k];
      }
    for (std::size_t k = 0; k < centres.size(); ++k)
      if (count[k] > 0)
        centres[k] = {sums[k].l / count[k], sums[k].a / count[k], sums[k].b / count[k],
                      sums[k].y / count[k], sums[k].x / count[k]};
  }
  return labels;
}

}  // namespace

TEST_CASE("SLIC assigns pixels as its definition says") {
  struct {
    std::ptrdiff_t h, w, cell;
  } const cases[] = {{30, 41, 6}, {7, 7, 6}, {1, 1, 6}, {5, 40, 7}, {23, 3, 2}, {64, 64, 16}};
  for (const auto& c : cases) {
    INFO(c.h << " x " << c.w << ", cell " << c.cell);
    const s2d::slic_options options{.cell = c.cell, .compactness = 20, .iterations = 3};
    const s2d::lab_image picture = noisy_lab(c.h, c.w, 5);
    const s2d::superpixels found = s2d::slic(picture, options);
    const s2d::matrix<std::int32_t> truth = plain_slic(picture, options);
    std::ptrdiff_t different = 0;
    for (std::size_t i = 0; i < truth.values.size(); ++i)
      different += truth.values[i] != found.labels.values[i] ? 1 : 0;
    CHECK(different * 200 <= c.h * c.w);  // float against double may turn a near tie
  }
}

TEST_CASE("SLIC: labels stay near their cell, counts and means are those of the labels") {
  const s2d::lab_image picture = noisy_lab(50, 73, 6);
  const s2d::superpixels found = s2d::slic(picture);
  REQUIRE(found.rows == 9);
  REQUIRE(found.columns == 13);
  std::vector<double> count(117), l(117), x(117);
  for (std::ptrdiff_t y = 0; y < 50; ++y)
    for (std::ptrdiff_t px = 0; px < 73; ++px) {
      const std::int32_t k = found.labels(y, px);
      REQUIRE(k >= 0);
      REQUIRE(k < 117);
      CHECK(std::abs(static_cast<long>(k / 13 - y * 9 / 50)) <= 1);
      CHECK(std::abs(static_cast<long>(k % 13 - px * 13 / 73)) <= 1);
      count[static_cast<std::size_t>(k)] += 1;
      l[static_cast<std::size_t>(k)] += picture.l(y, px);
      x[static_cast<std::size_t>(k)] += static_cast<double>(px);
    }
  for (std::size_t k = 0; k < 117; ++k) {
    CHECK(found.count[k] == count[k]);
    if (count[k] == 0) continue;
    CHECK(std::fabs(found.l[k] - l[k] / count[k]) < 1e-3);
    CHECK(std::fabs(found.centre[k].x - x[k] / count[k]) < 1e-3);
  }
}

TEST_CASE("SLIC of constant colour keeps the grid, and follows an edge between two colours") {
  s2d::lab_image picture(24, 24);
  const s2d::superpixels even = s2d::slic(picture);
  for (std::ptrdiff_t y = 0; y < 24; ++y)
    for (std::ptrdiff_t x = 0; x < 24; ++x)
      CHECK(std::abs(static_cast<long>(even.labels(y, x) % 4 - x / 6)) <= 1);
  for (std::ptrdiff_t y = 0; y < 24; ++y)
    for (std::ptrdiff_t x = 0; x < 24; ++x) picture.l(y, x) = x < 10 ? 20.0F : 80.0F;
  const s2d::superpixels split = s2d::slic(picture);
  for (std::ptrdiff_t y = 0; y < 24; ++y)
    for (std::ptrdiff_t x = 0; x < 24; ++x) {
      const auto k = static_cast<std::size_t>(split.labels(y, x));
      CHECK(std::fabs(split.l[k] - picture.l(y, x)) < 1);
    }
}

TEST_CASE("SLIC of an empty picture is empty, bad options are refused") {
  CHECK(s2d::slic(s2d::lab_image{}).size() == 0);
  const s2d::lab_image picture(8, 8);
  CHECK_THROWS_AS(s2d::slic(picture, {.cell = 0}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::slic(picture, {.compactness = -1}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::slic(picture, {.iterations = 0}), s2d::invalid_input);
  s2d::lab_image torn(8, 8);
  torn.a = s2d::matrix<float>(8, 7);
  CHECK_THROWS_AS(s2d::slic(torn), s2d::invalid_input);
}
