// Polygons: COCO's rule drawn step by step, and the even-odd rule in whole numbers, against what
// the library jumps to; and coordinates that are refused.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include <s2d/mask/even_odd.hpp>
#include <s2d/mask/polygon.hpp>

#include "plain_masks.hpp"

using plain_masks::expect;
using s2d::rle;

namespace {

// Whether each pixel was entered an odd number of times, by walking the outline on the fine grid.
rle coco_rule(const std::vector<double>& corners, std::ptrdiff_t height, std::ptrdiff_t width) {
  std::vector<bool> change(static_cast<std::size_t>(height * width) + 1);
  // From point to point of the outline; x changes by at most 1.
  const auto step_over = [&](long from_x, long from_y, long to_x, long to_y) {
    if (from_x == to_x) return;
    const double x = (static_cast<double>(std::min(from_x, to_x)) + 0.5) / 5 - 0.5;
    if (x < 0 || x > static_cast<double>(width) - 1 || std::floor(x) != x) return;
    double y = (static_cast<double>(std::min(from_y, to_y)) + 0.5) / 5 - 0.5;
    y = std::ceil(std::fmin(std::fmax(y, 0.0), static_cast<double>(height)));
    const auto at = static_cast<std::size_t>(x) * static_cast<std::size_t>(height) +
                    static_cast<std::size_t>(y);
    change[at] = !change[at];
  };
  bool started = false;
  long last_x = 0, last_y = 0;
  const auto fine = [&](std::size_t i) {
    return static_cast<long>(s2d::detail::rounded(5 * corners[i % corners.size()]) + 0.5);
  };
  for (std::size_t i = 0; i < corners.size(); i += 2) {
    long x0 = fine(i), y0 = fine(i + 1), x1 = fine(i + 2), y1 = fine(i + 3);
    const bool flat = std::labs(x1 - x0) >= std::labs(y1 - y0);
    const bool turned = flat ? x0 > x1 : y0 > y1;
    if (turned) {
      std::swap(x0, x1);
      std::swap(y0, y1);
    }
    const long steps = flat ? x1 - x0 : y1 - y0;
    const double rise = static_cast<double>(flat ? y1 - y0 : x1 - x0);
    const double slope = steps == 0 ? 0 : rise / static_cast<double>(steps);
    for (long k = 0; k <= steps; ++k) {
      const long step = turned ? steps - k : k;
      const double moved = s2d::detail::rounded(slope * static_cast<double>(step));
      const long x = flat ? x0 + step : static_cast<long>(static_cast<double>(x0) + moved + 0.5);
      const long y = flat ? static_cast<long>(static_cast<double>(y0) + moved + 0.5) : y0 + step;
      if (started) step_over(last_x, last_y, x, y);
      started = true;
      last_x = x;
      last_y = y;
    }
  }
  bool on = false;
  return plain_masks::draw(height, width, [&](auto y, auto x) {
    on = on != change[static_cast<std::size_t>(x * height + y)];
    return on;
  });
}

// Corners are multiples of 1 / 64 here.
rle even_odd_rule(const std::vector<double>& corners, std::ptrdiff_t height, std::ptrdiff_t width) {
  struct side {
    long x0, y0, x1, y1;
  };
  std::vector<side> sides;
  sides.reserve(corners.size() / 2);
  const auto whole = [](double value) { return static_cast<long>(value * 64); };
  for (std::size_t i = 0, k = corners.size() - 2; i < corners.size(); k = i, i += 2) {
    side one{whole(corners[k]), whole(corners[k + 1]), whole(corners[i]), whole(corners[i + 1])};
    if (one.x0 > one.x1) one = {one.x1, one.y1, one.x0, one.y0};
    sides.push_back(one);
  }
  return plain_masks::draw(height, width, [&](auto row, auto column) {
    const long x = 64 * column + 32, y = 64 * row + 32;
    bool odd = false;
    for (const auto& [x0, y0, x1, y1] : sides)
      if (x0 <= x && x < x1) odd ^= (y - y0) * (x1 - x0) >= (x - x0) * (y1 - y0);
    return odd;
  });
}

void check_any_numbers(const std::vector<double>& corners, std::ptrdiff_t height,
                       std::ptrdiff_t width) {
  bool good = corners.size() >= 6 && corners.size() % 2 == 0;
  for (const double value : corners) good = good && std::abs(value) <= 1e6;
  try {
    (void)s2d::area(s2d::encode_polygon(corners, height, width));
    (void)s2d::area(s2d::encode_even_odd(std::span{corners}, height, width));
    expect(good);
  } catch (const s2d::invalid_input&) {
    expect(!good);
  }
}

// Whole numbers, also far outside the image and so large that sums of them overflow.
void check_box(plain_masks::bytes& from, std::ptrdiff_t height, std::ptrdiff_t width) {
  const auto far = [&](std::ptrdiff_t least) {
    const std::ptrdiff_t number = from.below(64) - 20;
    return from.below(4) != 0 ? std::max(number, least)
           : number % 2 == 0
               ? std::numeric_limits<std::ptrdiff_t>::max() - 64 + number
               : std::max(std::numeric_limits<std::ptrdiff_t>::min() + 64 - number, least);
  };
  constexpr std::ptrdiff_t any = std::numeric_limits<std::ptrdiff_t>::min();
  const s2d::box bounds{far(any), far(any), far(-1), far(-1)};
  const auto inside = [](std::ptrdiff_t at, std::ptrdiff_t begin, std::ptrdiff_t length) {
    // Without wrapping: at and the length are not negative.
    return at >= begin && static_cast<std::size_t>(at) - static_cast<std::size_t>(begin) <
                              static_cast<std::size_t>(length);
  };
  try {
    const rle found = s2d::encode_box(bounds, height, width);
    expect(bounds.width >= 0 && bounds.height >= 0);
    expect(found == plain_masks::draw(height, width, [&](auto y, auto x) {
             return inside(y, bounds.y, bounds.height) && inside(x, bounds.x, bounds.width);
           }));
  } catch (const s2d::invalid_input&) {
    expect(bounds.width < 0 || bounds.height < 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  plain_masks::bytes from{data, size};
  const std::ptrdiff_t height = from.below(23), width = from.below(23);
  const std::uint8_t kind = from.take();
  if (kind % 8 == 0) {
    std::vector<double> any(size > 3 ? (size - 3) / sizeof(double) : 0);
    if (!any.empty()) std::memcpy(any.data(), data + 3, any.size() * sizeof(double));
    check_any_numbers(any, height, width);
    return 0;
  }
  // Whole numbers, halves, or 64ths; a few pixels outside too.
  const int grain = kind % 8 < 3 ? 1 : kind % 8 < 5 ? 2 : 64;
  std::vector<double> corners(static_cast<std::size_t>(2 * (3 + kind / 8 % 8)));
  for (double& value : corners) {
    const int high = from.take(), low = grain == 64 ? from.take() : 0;
    value = grain == 64 ? (high % 48 * 64 + low % 64) / 64.0 - 12
                        : high % (48 * grain) / double(grain) - 12;
  }
  expect(s2d::encode_polygon(corners, height, width) == coco_rule(corners, height, width));
  expect(s2d::encode_even_odd(std::span{std::as_const(corners)}, height, width) ==
         even_odd_rule(corners, height, width));
  const double left = corners[0], top = corners[1], right = corners[2], bottom = corners[3];
  expect(s2d::encode_box(left, top, right - left, bottom - top, height, width) ==
         coco_rule({left, top, left, bottom, right, bottom, right, top}, height, width));
  check_box(from, height, width);
  return 0;
}
