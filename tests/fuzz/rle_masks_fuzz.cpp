// Masks of a few pixels: encoding, decoding, merging, overlap and transformation of runs against
// the definition, pixel by pixel; and runs that make no mask, which every function refuses.
#include <vector>

#include <s2d/mask/iou.hpp>
#include <s2d/mask/resize.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/rle_merge.hpp>
#include <s2d/mask/rle_transform.hpp>

#include "plain_masks.hpp"

using plain_masks::dense;
using plain_masks::draw;
using plain_masks::expect;
using s2d::rle;

namespace {

template <class Call>
bool refused(const Call& call) {
  try {
    call();
  } catch (const s2d::invalid_input&) {
    return true;
  }
  return false;
}

void check_conversions(const dense& mask, const rle& runs, const rle& padded) {
  const std::ptrdiff_t height = mask.height, width = mask.width;
  expect(s2d::encode(s2d::mask_view{mask.view()}) == runs);
  std::vector<std::uint8_t> columns(mask.values.size());
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x)
      columns[static_cast<std::size_t>(x * height + y)] = static_cast<std::uint8_t>(mask(y, x) * 9);
  expect(s2d::encode(s2d::mask_view{columns.data(), height, width, 1, height}) == runs);
  expect(s2d::decode(padded) == mask);
  expect(s2d::canonical(padded) == runs);
  expect(s2d::encode(s2d::to_bits(padded)) == runs);
  expect(rle::from_string(s2d::to_string(padded), height, width) == padded);
}

void check_transforms(plain_masks::bytes& from, const dense& mask, const rle& runs) {
  const std::ptrdiff_t height = mask.height, width = mask.width;
  const auto at = [&](std::ptrdiff_t y, std::ptrdiff_t x) {
    return y >= 0 && x >= 0 && y < height && x < width && mask(y, x) != 0;
  };
  expect(s2d::flip_horizontal(runs) ==
         draw(height, width, [&](auto y, auto x) { return at(y, width - 1 - x); }));
  expect(s2d::flip_vertical(runs) ==
         draw(height, width, [&](auto y, auto x) { return at(height - 1 - y, x); }));
  expect(s2d::transpose(runs) == draw(width, height, [&](auto y, auto x) { return at(x, y); }));
  const std::ptrdiff_t right = from.below(40) - 20, down = from.below(40) - 20;
  expect(s2d::translate(runs, right, down) ==
         draw(height, width, [&](auto y, auto x) { return at(y - down, x - right); }));
  const std::ptrdiff_t left = from.below(width + 1), top = from.below(height + 1);
  const s2d::box part{left, top, from.below(width - left + 1), from.below(height - top + 1)};
  const rle cut = s2d::crop(runs, part);
  expect(cut ==
         draw(part.height, part.width, [&](auto y, auto x) { return at(y + top, x + left); }));
  expect(s2d::crop(s2d::pad(cut, {top, down + 20, left, right + 20}),
                   {left, top, part.width, part.height}) == cut);
  if (mask.empty()) return;
  const std::ptrdiff_t rows = from.below(40), columns = from.below(40);
  expect(s2d::resize_nearest(runs, rows, columns) == draw(rows, columns, [&](auto y, auto x) {
           return at(s2d::detail::nearest_source(y, height, rows),
                     s2d::detail::nearest_source(x, width, columns));
         }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  plain_masks::bytes from{data, size};
  const std::ptrdiff_t height = from.below(19), width = from.below(19);
  const auto count = static_cast<std::size_t>(1 + from.below(5));
  std::vector<dense> masks;
  std::vector<rle> runs, padded;
  while (masks.size() < count) {
    masks.push_back(plain_masks::mask_of(from, height, width));
    runs.push_back(plain_masks::runs_of(masks.back()));
    padded.push_back(plain_masks::padded(from, runs.back()));
  }
  check_conversions(masks[0], runs[0], padded[0]);
  check_transforms(from, masks[0], padded[0]);

  expect(s2d::unite(padded) == draw(height, width, [&](auto y, auto x) {
           bool any = false;
           for (const dense& mask : masks) any = any || mask(y, x) != 0;
           return any;
         }));
  expect(s2d::intersect(padded) == draw(height, width, [&](auto y, auto x) {
           bool all = true;
           for (const dense& mask : masks) all = all && mask(y, x) != 0;
           return all;
         }));
  const dense &a = masks.front(), &b = masks.back();
  expect(s2d::subtract(padded.front(), padded.back()) ==
         draw(height, width, [&](auto y, auto x) { return a(y, x) > b(y, x); }));
  expect(s2d::symmetric_difference(padded.front(), padded.back()) ==
         draw(height, width, [&](auto y, auto x) { return a(y, x) != b(y, x); }));
  std::ptrdiff_t common = 0, either = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    common += a.values[i] & b.values[i];
    either += a.values[i] | b.values[i];
  }
  const double overlap =
      either == 0 ? 0 : static_cast<double>(common) / static_cast<double>(either);
  expect(s2d::iou(padded.front(), padded.back()) == overlap);
  const auto table = s2d::iou<double>(padded, padded);
  expect(table(0, static_cast<std::ptrdiff_t>(count) - 1) == overlap);

  // A run that is longer or shorter, and none.
  rle wrong = padded.front();
  const auto index = static_cast<std::size_t>(from.take()) % wrong.counts.size();
  wrong.counts[index] += 1u + from.take() * 0x0101'0101u;
  if (s2d::area(runs.front()) == 0 && wrong.counts[index] == 0) return 0;
  std::uint64_t sum = 0;
  for (const std::uint32_t length : wrong.counts) sum += length;
  expect(refused([&] { (void)rle::from_counts(wrong.counts, height, width); }) ==
         (sum != static_cast<std::uint64_t>(height * width)));
  if (sum == static_cast<std::uint64_t>(height * width)) return 0;
  expect(refused([&] { (void)s2d::decode(wrong); }));
  expect(refused([&] { (void)s2d::to_bits(wrong); }));
  expect(refused([&] { (void)s2d::unite(std::vector{runs[0], wrong, runs[0]}); }));
  expect(refused([&] { (void)s2d::transpose(wrong); }));
  expect(refused([&] { (void)s2d::crop(wrong, {}); }));
  return 0;
}
