#include <s2d/io/flo.hpp>

#include <cstddef>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"

using support::message_of;

namespace {

s2d::flow_field noise(std::ptrdiff_t height, std::ptrdiff_t width) {
  std::mt19937 random{7};
  std::normal_distribution<float> normal{0, 20};
  s2d::flow_field flow(height, width);
  for (float& value : flow.u.values) value = normal(random);
  for (float& value : flow.v.values) value = normal(random);
  return flow;
}

template <class T>
std::vector<std::byte> with(std::vector<std::byte> bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

std::string flo_complaint(const std::vector<std::byte>& bytes) {
  return message_of<s2d::invalid_input>([&] { (void)s2d::decode_flo(bytes, "f.flo"); });
}

}  // namespace

TEST_CASE("a .flo file gives back every vector, whatever the size") {
  const support::temporary_folder folder;
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 9}, {8, 1}, {33, 21}}) {
    const s2d::flow_field flow = noise(height, width);
    s2d::write_flo(folder / "f.flo", flow);
    CHECK(s2d::read_flo(folder / "f.flo") == flow);
  }
}

TEST_CASE("the bytes of a .flo file are those of the Middlebury format") {
  s2d::flow_field flow(1, 2);
  flow.u(0, 0) = 1;
  flow.v(0, 0) = -2;
  flow.u(0, 1) = 0.5F;
  flow.v(0, 1) = 2e9F;  // "unknown" is kept
  const float floats[5] = {202021.25F, 1, -2, 0.5F, 2e9F};
  const std::int32_t extents[2] = {2, 1};
  std::vector<std::byte> expected(28);
  std::memcpy(expected.data(), floats, 4);
  std::memcpy(expected.data() + 4, extents, 8);
  std::memcpy(expected.data() + 12, floats + 1, 16);
  CHECK(s2d::encode_flo(flow) == expected);
  CHECK(s2d::decode_flo(expected, "f.flo") == flow);
  auto wrong = noise(3, 4);
  wrong.v(2, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(s2d::encode_flo(wrong), Catch::Contains("row 2, column 1"));
}

TEST_CASE("damaged .flo files are refused with place and expectation") {
  const std::vector<std::byte> good = s2d::encode_flo(noise(3, 4));
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(
        flo_complaint({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}).empty());
  CHECK(flo_complaint({}) == "f.flo: truncated, 0 bytes are less than a .flo header (12)");
  CHECK(flo_complaint(with(good, 0, 'X')) ==
        "f.flo: byte 0: not a .flo file, the tag \"PIEH\" is missing");
  CHECK(flo_complaint(with(good, 4, std::int32_t{-4})) ==
        "f.flo: byte 4: width -4, expected 1 to 99999");
  CHECK(flo_complaint(with(good, 8, std::numeric_limits<std::int32_t>::min())) ==
        "f.flo: byte 8: height -2147483648, expected 1 to 99999");
  CHECK(flo_complaint(with(good, 4, std::int32_t{5})) ==
        "f.flo: 108 bytes, expected 132 for 3 x 5 vectors (height x width)");
  auto longer = good;
  longer.push_back(std::byte{0});
  CHECK(flo_complaint(longer) ==
        "f.flo: 109 bytes, expected 108 for 3 x 4 vectors (height x width)");
}

TEST_CASE("NaN and infinity in flow are refused with their place") {
  const std::vector<std::byte> good = s2d::encode_flo(noise(3, 4));
  const std::string nan =
      flo_complaint(with(good, 12 + 8 * 6, std::numeric_limits<float>::quiet_NaN()));
  CHECK(nan.starts_with("f.flo: row 1, column 2: flow is (nan, "));
  CHECK_FALSE(flo_complaint(with(good, 16, std::numeric_limits<float>::infinity())).empty());
}

TEST_CASE("flow without pixels and planes of two sizes are not written") {
  const support::temporary_folder folder;
  CHECK_THROWS_AS(s2d::write_flo(folder / "f.flo", s2d::flow_field{}), s2d::invalid_input);
  s2d::flow_field odd(2, 3);
  odd.v = s2d::matrix<float>(3, 3);
  CHECK_THROWS_AS(s2d::write_flo(folder / "f.flo", odd), s2d::invalid_input);
  CHECK(folder.count() == 0);
  CHECK_THROWS_AS(s2d::read_flo(folder / "none.flo"), s2d::io_error);
  CHECK_THROWS_AS(s2d::read_flo(folder.path()), s2d::io_error);
}
