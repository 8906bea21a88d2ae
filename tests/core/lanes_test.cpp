#include <s2d/core/detail/lanes.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "support/catch.hpp"

namespace detail = s2d::detail;

TEST_CASE("a register holds whole vectors of every type", "[lanes]") {
  CHECK(sizeof(detail::float_lanes) == std::size_t(detail::register_bytes));
  CHECK(detail::lanes_of<double> * 2 == detail::lane_count);
  CHECK(sizeof(detail::doubles<4>) == sizeof(detail::long_integers<4>));
  CHECK(sizeof(detail::floats<16>) == sizeof(detail::integers<16>));
}

TEST_CASE("vectors are read and written at any alignment", "[lanes]") {
  alignas(64) unsigned char bytes[200];
  for (std::size_t i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<unsigned char>(i);
  for (const std::size_t offset : {0u, 1u, 3u, 64u}) {
    float from[16];
    std::memcpy(from, bytes + offset, sizeof from);
    detail::floats<16> v;
    detail::load_into(v, from);
    const auto first = detail::load<detail::floats<4>>(from);
    CHECK(std::memcmp(&first, from, sizeof first) == 0);
    float to[18] = {};
    detail::store(to + 1, v);
    CHECK(std::memcmp(to + 1, from, sizeof from) == 0);
    CHECK(to[0] == 0);
    CHECK(to[17] == 0);
  }
}

TEST_CASE("a row is changed to its end and not beyond", "[lanes]") {
  for (const std::ptrdiff_t n : {0, 1, 3, 4, 5, 8, 15, 16, 17, 37}) {
    float row[40];
    for (int i = 0; i < 40; ++i) row[i] = float(i);
    detail::change_all(row, n, [](const detail::float_lanes& v) { return v * 2 + 1; });
    for (int i = 0; i < 40; ++i) CHECK(row[i] == (i < n ? 2 * float(i) + 1 : float(i)));
  }
}

TEST_CASE("the first lanes are read and written alone", "[lanes]") {
  float from[detail::lane_count];
  for (std::ptrdiff_t i = 0; i < detail::lane_count; ++i) from[i] = float(i + 1);
  for (std::ptrdiff_t count = 1; count <= detail::lane_count; ++count) {
    const detail::float_lanes v = detail::load_first(from, count);
    for (std::ptrdiff_t i = 0; i < detail::lane_count; ++i)
      CHECK(v[i] == (i < count ? float(i + 1) : 0));
    float to[detail::lane_count] = {};
    detail::store_first(to, count, detail::load<detail::float_lanes>(from));
    for (std::ptrdiff_t i = 0; i < detail::lane_count; ++i)
      CHECK(to[i] == (i < count ? float(i + 1) : 0));
  }
}

TEST_CASE("the sum of lanes adds halves", "[lanes]") {
  detail::floats<8> v{};
  for (int k = 0; k < 8; ++k) v[k] = float(k + 1);
  CHECK(detail::sum_of<8>(v) == 36);
  CHECK(detail::sum_of<4>(detail::floats<4>{1e8f, 1, -1e8f, 1}) == 2);
  CHECK(detail::sum_of<2>(detail::floats<2>{3, 4}) == 7);
}

TEST_CASE("the inverse square root is right to 5e-6 over all magnitudes", "[lanes]") {
  double worst = 0;
  for (float x = 1e-30f; x < 1e30f; x *= 1.0137f) {
    const auto r = detail::inverse_sqrt<4>(detail::floats<4>{x, 2 * x, x, x});
    worst = std::fmax(worst, std::fabs(double(r[0]) * std::sqrt(double(x)) - 1));
    worst = std::fmax(worst, std::fabs(double(r[1]) * std::sqrt(double(2 * x)) - 1));
  }
  CHECK(worst < 5e-6);
}
