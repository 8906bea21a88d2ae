// What colours, superpixels, diffusion and pixels of frame masks have to be, on the processor and
// on a device: the core's bits. Side: where they are made. The core rounds every operation alone
// only where these tests are compiled with -ffp-contract=off.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/lab.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/cuda/color_types.hpp>
#include <s2d/segment/detail/work_grid.hpp>
#include <s2d/segment/diffusion.hpp>
#include <s2d/segment/pixels.hpp>
#include <s2d/segment/slic.hpp>

#include "support/catch.hpp"

#if defined(S2D_TEST_PICTURES)
#include "cuda/real_frames.hpp"
#endif

namespace support {

/// `n` pictures of patches with noise, and shades of grey from black to white.
inline std::vector<s2d::image> random_pictures(std::mt19937& random, std::int64_t n, std::int64_t h,
                                               std::int64_t w) {
  std::vector<s2d::image> pictures;
  for (std::int64_t i = 0; i < n; ++i) {
    s2d::image picture(h, w);
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x)
        for (std::int64_t c = 0; c < 3; ++c)
          picture.row(y)[3 * x + c] = static_cast<std::uint8_t>(
              i % 3 == 2 ? 255 * x / w : (y / 17 + x / 23 + i + c) % 3 * 80 + random() % 60);
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

/// Pictures as [n, h, w, 3] or [3, n, h, w].
struct picture_batch {
  std::int64_t count, height, width;
  bool interleaved = true;
  std::vector<std::uint8_t> values;

  picture_batch(const std::vector<s2d::image>& pictures, std::int64_t h, std::int64_t w,
                bool pixel_by_pixel)
      : count{static_cast<std::int64_t>(pictures.size())},
        height{h},
        width{w},
        interleaved{pixel_by_pixel} {
    for (std::size_t c = 0; c < (interleaved ? 1 : 3); ++c)
      for (const s2d::image& picture : pictures)
        for (std::size_t i = c; i < picture.values.size(); i += interleaved ? 1 : 3)
          values.push_back(picture.values[i]);
  }
  /// The same on `memory`, which holds `values`.
  [[nodiscard]] s2d::cuda::rgb_batch view(const std::uint8_t* memory) const {
    if (interleaved) return s2d::cuda::rgb_batch::interleaved(memory, count, height, width);
    const auto plane = [&](std::int64_t c) {
      return s2d::cuda::batch_view<const std::uint8_t>{
          memory == nullptr ? memory : memory + c * count * height * width, count, height, width};
    };
    return {plane(0), plane(1), plane(2)};
  }
};

/// Colours as [3, n, h, w].
struct lab_planes {
  std::int64_t count, height, width;
  std::vector<float> values;
};
inline lab_planes planes_of(const std::vector<s2d::lab_image>& pictures, std::int64_t h,
                            std::int64_t w) {
  lab_planes planes{static_cast<std::int64_t>(pictures.size()), h, w, {}};
  for (const auto plane : {&s2d::lab_image::l, &s2d::lab_image::a, &s2d::lab_image::b})
    for (const s2d::lab_image& picture : pictures)
      planes.values.insert(planes.values.end(), (picture.*plane).values.begin(),
                           (picture.*plane).values.end());
  return planes;
}
inline std::vector<s2d::lab_image> to_lab(const std::vector<s2d::image>& pictures) {
  std::vector<s2d::lab_image> all;
  for (const s2d::image& picture : pictures) all.push_back(s2d::to_lab(picture));
  return all;
}

/// 0, 1, odd, narrow, larger than a block of threads; cells from 1 pixel to the whole picture.
struct slic_case {
  std::int64_t count, height, width, cell;
};
inline const std::vector<slic_case>& slic_cases() {
  static const std::vector<slic_case> all{{0, 5, 7, 6},   {2, 0, 7, 6},    {2, 5, 0, 6},
                                          {3, 1, 1, 6},   {2, 1, 40, 7},   {2, 23, 3, 2},
                                          {3, 7, 7, 6},   {1, 9, 10, 1},   {3, 30, 41, 6},
                                          {2, 50, 73, 3}, {1, 64, 64, 16}, {1, 20, 30, 1024}};
  return all;
}

template <class Side>
void check_to_lab() {
  std::mt19937 random{1};
  for (const auto& [n, h, w, cell] : slic_cases())
    for (const bool interleaved : {true, false}) {
      CAPTURE(n, h, w, interleaved);
      const auto pictures = random_pictures(random, n, h, w);
      const auto expected = planes_of(to_lab(pictures), h, w);
      CHECK(Side::to_lab(picture_batch{pictures, h, w, interleaved}) == expected.values);
    }
  s2d::image colours(512, 512);  // every eighth value of each channel, and random ones
  for (std::size_t i = 0; i < colours.values.size(); ++i)
    colours.values[i] = static_cast<std::uint8_t>(
        i < 3 * 32768 ? (i / 3 >> (5 * (i % 3))) % 32 * 8 + 7 : random() % 256);
  CHECK(Side::to_lab(picture_batch{{colours}, 512, 512, true}) ==
        planes_of(to_lab({colours}), 512, 512).values);
}

/// Compares with the core; returns how many superpixels are empty.
template <class Side>
std::int64_t check_slic(const std::vector<s2d::lab_image>& pictures, std::int64_t h, std::int64_t w,
                        const s2d::slic_options& options) {
  const std::vector<s2d::superpixels> found = Side::slic(planes_of(pictures, h, w), options);
  REQUIRE(found.size() == pictures.size());
  std::int64_t empty = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    const s2d::superpixels expected = s2d::slic(pictures[i], options);
    CHECK(found[i].rows == expected.rows);
    CHECK(found[i].columns == expected.columns);
    CHECK(found[i].labels == expected.labels);
    CHECK(found[i].count == expected.count);
    CHECK(found[i].centre == expected.centre);
    CHECK(found[i].l == expected.l);
    CHECK(found[i].a == expected.a);
    CHECK(found[i].b == expected.b);
    empty += std::count(expected.count.begin(), expected.count.end(), 0);
  }
  return empty;
}

template <class Side>
void check_small_slic() {
  std::mt19937 random{2};
  for (const auto& [n, h, w, cell] : slic_cases())
    for (const auto& [compactness, iterations] : {std::pair{10.0F, 5}, {0.0F, 4}, {40.0F, 1}}) {
      CAPTURE(n, h, w, cell, compactness, iterations);
      const s2d::slic_options options{cell, compactness, iterations};
      check_slic<Side>(to_lab(random_pictures(random, n, h, w)), h, w, options);
    }
}

/// On one grey the nearest win, and without a weight of position the first: the superpixels of the
/// last row and column stay without pixels and where they were.
template <class Side>
void check_tied_slic() {
  for (const std::int64_t cell : {2, 4, 5}) {
    CAPTURE(cell);
    const std::vector<s2d::lab_image> grey{s2d::lab_image(24, 20)};
    CHECK(check_slic<Side>(grey, 24, 20, {cell, 10, 3}) == 0);
    CHECK(check_slic<Side>(grey, 24, 20, {cell, 0, 3}) > 0);
  }
}

#if defined(S2D_TEST_PICTURES)
/// At the size on which frame masks are decided, and whole frames.
template <class Side>
void check_real_slic() {
  const std::vector<s2d::image> frames = real_frames(4);
  if (frames.empty()) return;
  std::vector<s2d::image> small_frames;
  const s2d::detail::work_grid grid(frames[0], 214);
  for (const s2d::image& frame : frames) small_frames.push_back(grid.picture(frame));
  check_slic<Side>(to_lab(small_frames), grid.height, grid.width, {});
  check_slic<Side>(to_lab({frames[0]}), frames[0].height, frames[0].width, {});
}
#endif

/// Rows of up to `most` edges, some without any, one of 300; ends may occur twice.
inline s2d::sparse_graph random_graph(std::mt19937& random, std::size_t nodes, std::size_t most) {
  s2d::sparse_graph graph;
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::size_t edges = i == 70 ? 300 : random() % (most + 1);
    for (std::size_t e = 0; e < edges; ++e) {
      graph.to.push_back(static_cast<std::int32_t>(random() % nodes));
      graph.weight.push_back(static_cast<float>(random() % 1000) / 997);
    }
    graph.begin.push_back(graph.to.size());
  }
  return s2d::normalize_rows(std::move(graph));
}

template <class Side>
void check_diffusion() {
  std::mt19937 random{4};
  for (const std::size_t nodes : {0, 1, 2, 63, 64, 65, 700})
    for (const auto& [iterations, mix] :
         {std::pair{0, 0.5F}, {1, 0.985F}, {2, 1.0F}, {3, 0.0F}, {9, 0.985F}}) {
      CAPTURE(nodes, iterations, mix);
      const s2d::sparse_graph graph = random_graph(random, nodes, 11);
      std::vector<float> seeds(nodes);
      for (float& seed : seeds) seed = static_cast<float>(random() % 1000) / 7;
      const s2d::diffusion_options options{.iterations = iterations, .mix = mix};
      CHECK(Side::diffuse(graph, seeds, options) == s2d::diffuse(graph, seeds, options));
    }
}

/// Values of the superpixels of some pictures: mostly 0 on the left and 1 on the right, some in
/// between.
inline std::vector<float> random_values(std::mt19937& random,
                                        const std::vector<s2d::superpixels>& grids) {
  std::vector<float> values;
  for (const s2d::superpixels& grid : grids)
    for (std::ptrdiff_t k = 0; k < grid.size(); ++k)
      values.push_back(random() % 10 < 7 ? (k % grid.columns < grid.columns / 2 ? 0.0F : 1.0F)
                                         : static_cast<float>(random() % 1000) / 999);
  return values;
}

/// Compares with the core, picture by picture; returns the share of pixels that are set.
template <class Side>
double check_thresholds(const std::vector<s2d::image>& pictures, std::int64_t h, std::int64_t w,
                        const std::vector<s2d::superpixels>& grids,
                        const std::vector<float>& values, const std::vector<float>& thresholds,
                        const s2d::pixel_options& options = {}) {
  std::vector<std::uint64_t> expected;
  std::size_t at = 0;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto n = static_cast<std::size_t>(grids[i].size());
    for (const s2d::bit_mask& mask : s2d::threshold_pixels(
             pictures[i], grids[i], std::span(values).subspan(at, n), thresholds, options))
      expected.insert(expected.end(), mask.words().begin(), mask.words().end());
    at += n;
  }
  CHECK(Side::threshold_pixels(picture_batch{pictures, h, w, true}, grids, values, thresholds,
                               options) == expected);
  double set = 0;
  for (const std::uint64_t word : expected) set += __builtin_popcountll(word);
  return set / static_cast<double>((std::max)(h * w * std::ssize(pictures), std::int64_t{1}));
}

/// Pictures once, three times and a third as large as those of the superpixels.
template <class Side>
void check_small_thresholds() {
  std::mt19937 random{5};
  const std::vector<std::vector<float>> thresholds{
      {0.38F, 0.5F, 0.62F},
      {},
      {0.0F},
      {1.0F, 0.999F, 0.001F, -1.0F, 2.0F},
      {0.9F, 0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F, 0.5F, 0.55F}};
  struct shape {
    std::int64_t count, height, width, grid_height, grid_width;
  };
  for (const auto& [n, h, w, grid_h, grid_w] : std::vector<shape>{{0, 5, 7, 5, 7},
                                                                  {1, 0, 7, 5, 7},
                                                                  {1, 5, 0, 5, 7},
                                                                  {2, 1, 1, 1, 1},
                                                                  {2, 1, 9, 1, 9},
                                                                  {3, 61, 83, 31, 42},
                                                                  {2, 40, 64, 40, 64},
                                                                  {1, 130, 65, 40, 20},
                                                                  {2, 4, 7, 30, 40}}) {
    std::vector<s2d::superpixels> grids;
    for (const s2d::image& small_picture : random_pictures(random, n, grid_h, grid_w))
      grids.push_back(s2d::slic(s2d::to_lab(small_picture)));
    const auto pictures = random_pictures(random, n, h, w);
    const auto values = random_values(random, grids);
    for (const auto& levels : thresholds) {
      CAPTURE(n, h, w, levels.size());
      check_thresholds<Side>(pictures, h, w, grids, values, levels);
      check_thresholds<Side>(pictures, h, w, grids, values, levels, {2, 1.5F});
    }
  }
}

/// A threshold that is the mean of a pixel leaves it out, the number below takes it: a mean with
/// other bits than the core's would tell.
template <class Side>
void check_sharp_thresholds() {
  std::mt19937 random{9};
  const std::int64_t h = 61, w = 83;
  const std::vector<s2d::image> pictures = random_pictures(random, 1, h, w);
  const std::vector<s2d::superpixels> grids{s2d::slic(s2d::to_lab(pictures[0]))};
  const auto values = random_values(random, grids);
  const s2d::matrix<float> means = s2d::interpolate_pixels(pictures[0], grids[0], values);
  std::vector<float> thresholds;
  for (std::size_t p = 0; p < means.values.size(); p += 19) {
    thresholds.push_back(means.values[p]);
    thresholds.push_back(std::nextafter(means.values[p], -1.0F));
  }
  check_thresholds<Side>(pictures, h, w, grids, values, thresholds);
}

#if defined(S2D_TEST_PICTURES)
template <class Side>
void check_real_thresholds() {
  const std::vector<s2d::image> frames = real_frames(3);
  if (frames.empty()) return;
  const s2d::detail::work_grid size(frames[0], 214);
  std::vector<s2d::superpixels> grids;
  for (const s2d::image& frame : frames)
    grids.push_back(s2d::slic(s2d::to_lab(size.picture(frame))));
  std::mt19937 random{6};
  const double share = check_thresholds<Side>(frames, frames[0].height, frames[0].width, grids,
                                              random_values(random, grids), {0.38F, 0.5F, 0.62F});
  CHECK(share > 1);  // of three masks, half of each
  CHECK(share < 2);
}
#endif

}  // namespace support
