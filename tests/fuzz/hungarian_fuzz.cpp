// Linear assignment: against trying every matching, with forbidden, infinite, huge and missing
// costs.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <vector>

#include <s2d/assign/hungarian.hpp>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Quarters, so that sums are exact, and the values that make trouble.
double cost_of(std::uint8_t byte) {
  if (byte < 200) return (byte - 100) / 4.0;
  if (byte < 240) return infinity;
  if (byte < 244) return std::numeric_limits<double>::quiet_NaN();
  if (byte == 244) return -infinity;
  return std::ldexp(byte % 2 != 0 ? 1.0 : -1.0, 1023);
}

// The least total over matchings of the rows from `row` on; rows <= columns.
double least_total(const s2d::matrix<double>& cost, std::ptrdiff_t row, unsigned taken) {
  if (row == cost.height) return 0;
  double least = infinity;
  for (std::ptrdiff_t x = 0; x < cost.width; ++x)
    if ((taken >> x & 1) == 0 && cost(row, x) != infinity)
      least = std::fmin(least, cost(row, x) + least_total(cost, row + 1, taken | 1u << x));
  return least;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto expect = [](bool holds) {
    if (!holds) std::abort();
  };
  if (size < 2) return 0;
  s2d::matrix<double> cost(data[0] % 6, data[1] % 6);
  bool odd = false, endless = false, huge = false;
  for (std::size_t i = 0; i < cost.values.size(); ++i) {
    const double value = cost_of(i + 2 < size ? data[i + 2] : 0);
    cost.values[i] = value;
    odd |= std::isnan(value);
    endless |= value == -infinity;
    huge |= std::isfinite(value) && std::abs(value) > 1e9;
  }
  const s2d::hungarian_options options{.nan = data[0] < 128 ? s2d::nan_policy::refuse
                                                            : s2d::nan_policy::worst};
  std::optional<s2d::assignment> found;
  try {
    found = s2d::hungarian(cost, options);
  } catch (const s2d::invalid_input&) {
    expect(endless || (odd && options.nan == s2d::nan_policy::refuse));
    return 0;
  }
  expect(!endless && !(odd && options.nan == s2d::nan_policy::refuse));
  if (found) {
    expect(found->column_of.size() == static_cast<std::size_t>(cost.height));
    unsigned taken = 0;
    std::ptrdiff_t pairs = 0;
    for (const std::ptrdiff_t x : found->column_of) {
      if (x == s2d::assignment::none) continue;
      expect(x >= 0 && x < cost.width && (taken >> x & 1) == 0);
      taken |= 1u << x;
      ++pairs;
    }
    expect(pairs == (cost.height < cost.width ? cost.height : cost.width));
  }
  if (odd || huge) return 0;  // sums are not exact: only the shape of the answer is known
  const bool tall = cost.height > cost.width;
  s2d::matrix<double> wide(tall ? cost.width : cost.height, tall ? cost.height : cost.width);
  for (std::ptrdiff_t y = 0; y < cost.height; ++y)
    for (std::ptrdiff_t x = 0; x < cost.width; ++x) (tall ? wide(x, y) : wide(y, x)) = cost(y, x);
  const double least = least_total(wide, 0, 0);
  expect(found.has_value() == (least < infinity));
  if (found) expect(found->total == least);
  return 0;
}
