// Shapes of a few pixels: components, holes, growing, boundary and outlines of runs against the
// definition and against packed bits.
#include <algorithm>
#include <utility>
#include <vector>

#include <s2d/mask/boundary.hpp>
#include <s2d/mask/components.hpp>
#include <s2d/mask/contours.hpp>
#include <s2d/mask/even_odd.hpp>
#include <s2d/mask/morphology.hpp>
#include <s2d/mask/polygon.hpp>
#include <s2d/mask/rle_components.hpp>
#include <s2d/mask/rle_morphology.hpp>

#include "plain_masks.hpp"

using plain_masks::dense;
using plain_masks::draw;
using plain_masks::expect;
using s2d::connectivity;
using s2d::rle;

namespace {

// Labels 1, 2, ... of the pixels of value `on`, by flooding from the first pixels row by row.
s2d::matrix<int> flood(const dense& mask, std::uint8_t on, connectivity touching) {
  s2d::matrix<int> label(mask.height, mask.width);
  int count = 0;
  std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> open;
  open.reserve(mask.values.size());
  for (std::ptrdiff_t y = 0; y < mask.height; ++y)
    for (std::ptrdiff_t x = 0; x < mask.width; ++x) {
      if (mask(y, x) != on || label(y, x) != 0) continue;
      label(y, x) = ++count;
      open.assign(1, {y, x});
      while (!open.empty()) {
        const auto [v, u] = open.back();
        open.pop_back();
        for (std::ptrdiff_t row = v - 1; row <= v + 1; ++row)
          for (std::ptrdiff_t column = u - 1; column <= u + 1; ++column) {
            if (touching == connectivity::four && row != v && column != u) continue;
            if (row < 0 || column < 0 || row >= mask.height || column >= mask.width) continue;
            if (mask(row, column) != on || label(row, column) != 0) continue;
            label(row, column) = count;
            open.push_back({row, column});
          }
      }
    }
  return label;
}

void check_components(const dense& mask, const rle& runs, connectivity touching) {
  const auto label = flood(mask, 1, touching);
  const auto found = s2d::components(runs, touching, s2d::component_order::scan);
  const auto of_bits = s2d::components(s2d::to_bits(runs), touching);
  const auto sorted = s2d::components(runs, touching);
  int count = 0;
  for (const int value : label.values) count = std::max(count, value);
  expect(found.size() == static_cast<std::size_t>(count));
  expect(sorted.size() == found.size() && of_bits.size() == found.size());
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    expect(found[index] ==
           draw(mask.height, mask.width, [&](auto y, auto x) { return label(y, x) == i + 1; }));
    expect(sorted[index] == s2d::encode(s2d::extract(of_bits, index)));
    expect(i == 0 || s2d::area(sorted[index - 1]) >= s2d::area(sorted[index]));
  }
  const auto background =
      flood(mask, 0, touching == connectivity::four ? connectivity::eight : connectivity::four);
  std::vector<bool> open(mask.values.size() + 1);
  for (std::ptrdiff_t y = 0; y < mask.height; ++y)
    for (std::ptrdiff_t x = 0; x < mask.width; ++x)
      if (y == 0 || x == 0 || y + 1 == mask.height || x + 1 == mask.width)
        open[static_cast<std::size_t>(background(y, x))] = true;
  const rle filled = draw(mask.height, mask.width, [&](auto y, auto x) {
    return mask(y, x) != 0 || !open[static_cast<std::size_t>(background(y, x))];
  });
  expect(s2d::fill_holes(runs, touching) == filled);
  expect(s2d::encode(s2d::fill_holes(s2d::to_bits(runs), touching)) == filled);
}

// The union of the foreground moved by every (dx, dy) for which near(dx, dy) holds.
template <class Near>
rle grown(const dense& mask, const Near& near) {
  std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> foreground;
  foreground.reserve(mask.values.size());
  for (std::ptrdiff_t y = 0; y < mask.height; ++y)
    for (std::ptrdiff_t x = 0; x < mask.width; ++x)
      if (mask(y, x) != 0) foreground.emplace_back(y, x);
  return draw(mask.height, mask.width, [&](auto y, auto x) {
    for (const auto& [v, u] : foreground)
      if (near(u - x, v - y)) return true;
    return false;
  });
}

void check_growing(const dense& mask, const rle& runs, std::ptrdiff_t radius) {
  const s2d::bit_mask bits = s2d::to_bits(runs);
  const rle disk =
      grown(mask, [&](auto dx, auto dy) { return dx * dx + dy * dy <= radius * radius; });
  expect(s2d::dilate_disk(runs, radius) == disk);
  expect(s2d::encode(s2d::dilate_disk(bits, radius)) == disk);
  const rle square = grown(mask, [&](auto dx, auto dy) {
    return dx <= radius && -dx <= radius && dy <= radius && -dy <= radius;
  });
  expect(s2d::dilate(runs, radius) == square);
  expect(s2d::encode(s2d::dilate(bits, radius)) == square);
  expect(s2d::erode_disk(s2d::complement(runs), radius) == s2d::complement(disk));
  expect(s2d::erode(s2d::complement(runs), radius) == s2d::complement(square));
  const rle edges = draw(mask.height, mask.width, [&](auto y, auto x) {
    const auto down = y + 1 < mask.height ? y + 1 : y, right = x + 1 < mask.width ? x + 1 : x;
    return mask(y, x) != mask(down, x) || mask(y, x) != mask(y, right) ||
           mask(y, x) != mask(down, right);
  });
  expect(s2d::boundary_map(runs) == edges);
  expect(s2d::encode(s2d::boundary_map(bits)) == edges);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  plain_masks::bytes from{data, size};
  const std::ptrdiff_t height = from.below(13), width = from.below(13);
  const std::ptrdiff_t radius = from.below(16);
  const dense mask = plain_masks::mask_of(from, height, width);
  const rle canonical = plain_masks::runs_of(mask);
  const rle runs = plain_masks::padded(from, canonical);
  check_components(mask, runs, connectivity::four);
  check_components(mask, runs, connectivity::eight);
  check_growing(mask, runs, radius);
  const std::vector<s2d::polygon> outlines = s2d::to_polygons(runs);
  expect(outlines.size() == s2d::components(runs, connectivity::four).size());
  expect(s2d::encode_even_odd(outlines, height, width) == canonical);
  rle filled{height, width, {static_cast<std::uint32_t>(height * width)}};
  for (const s2d::polygon& one : outlines)
    filled = s2d::unite(filled, s2d::encode_polygon(one.outline, height, width));
  // COCO's rule knows no holes, and fills them.
  expect(filled == s2d::canonical(s2d::fill_holes(runs, connectivity::four)));
  return 0;
}
