#include <s2d/io/npy.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"

using support::message_of;
using shape = std::vector<std::ptrdiff_t>;

namespace {

s2d::npy_array read_array(const std::string& name) {
  return s2d::read_npy("tests/io/files/" + name);
}

/// A file of format 1 with this header and so many bytes of content.
std::vector<std::byte> file_with(std::string_view header, std::size_t content) {
  std::string text{"\x93NUMPY\x01\x00", 8};
  text += static_cast<char>(header.size() & 255);
  text += static_cast<char>(header.size() >> 8);
  text += header;
  text.append(content, '\0');
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

std::string npy_complaint(std::string_view header, std::size_t content = 24) {
  return message_of<s2d::invalid_input>(
      [&] { (void)s2d::decode_npy(file_with(header, content), "a.npy"); });
}

}  // namespace

TEMPLATE_TEST_CASE("every element type survives a file, extremes included", "", bool, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t, std::int8_t, std::int16_t,
                   std::int32_t, std::int64_t, float, double) {
  const support::temporary_folder folder;
  using limits = std::numeric_limits<TestType>;
  const std::vector<std::uint8_t> any{1, 0};
  std::vector<TestType> list(6);
  list[0] = limits::max();
  list[1] = limits::lowest();
  list[2] = static_cast<TestType>(1);
  if constexpr (!std::is_same_v<TestType, bool>) {
    s2d::write_npy(folder / "a.npy", list, shape{2, 3});
    const s2d::npy_array array = s2d::read_npy(folder / "a.npy");
    CHECK(array.shape == shape{2, 3});
    CHECK(s2d::npy_values<TestType>(array) == list);
  } else {
    const bool flags[3] = {true, false, true};
    const s2d::npy_array array =
        s2d::decode_npy(s2d::encode_npy(std::span<const bool>{flags}, shape{3}), "a.npy");
    CHECK(s2d::npy_values<bool>(array) == std::vector<bool>{true, false, true});
  }
}

TEST_CASE("shapes of any rank survive, those without elements too") {
  for (const shape& extents :
       {shape{}, shape{5}, shape{0}, shape{3, 0, 2}, shape{1, 2, 3, 4}, shape(32, 1)}) {
    std::vector<float> values(std::accumulate(extents.begin(), extents.end(), std::size_t{1},
                                              [](std::size_t a, auto b) { return a * b; }));
    std::iota(values.begin(), values.end(), 0.25F);
    const auto bytes = s2d::encode_npy(std::span<const float>{values}, extents);
    CHECK((bytes.size() - values.size() * 4) % 64 == 0);
    const s2d::npy_array array = s2d::decode_npy(bytes, "a.npy");
    CHECK(array.shape == extents);
    CHECK(s2d::npy_values<float>(array) == values);
  }
}

TEST_CASE("files that NumPy wrote are read in both orders") {
  std::vector<double> expected(24);
  std::iota(expected.begin(), expected.end(), 0.0);
  for (const char* name : {"c_order.npy", "fortran_order.npy"}) {
    CAPTURE(name);
    const s2d::npy_array array = read_array(name);
    CHECK(array.shape == shape{2, 3, 4});
    CHECK(s2d::npy_values<double>(array) == expected);
  }
  CHECK(read_array("c_order.npy").type == s2d::npy_type::i16);
  CHECK(read_array("number.npy").shape.empty());
  CHECK(s2d::npy_values<float>(read_array("number.npy")) == std::vector<float>{2.5F});
  CHECK(read_array("empty.npy").shape == shape{0, 3});
  CHECK(s2d::npy_values<std::int64_t>(read_array("empty.npy")).empty());
  CHECK(s2d::npy_values<std::uint8_t>(read_array("flags.npy")) ==
        std::vector<std::uint8_t>{1, 0, 1});
  CHECK(s2d::npy_values<int>(read_array("version_3.npy")) == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("element types that are not read are named") {
  for (const char* name : {"half.npy", "big_endian.npy", "objects.npy", "fields.npy"}) {
    CAPTURE(name);
    const std::string text = message_of<s2d::invalid_input>([&] { (void)read_array(name); });
    CHECK(text.starts_with("tests/io/files/"));
  }
  CHECK(message_of<s2d::invalid_input>([] { (void)read_array("half.npy"); }).find("'<f2'") !=
        std::string::npos);
}

TEST_CASE("values that do not survive a change of type are refused") {
  const auto one = [](auto value) {
    const decltype(value) list[1] = {value};
    return s2d::decode_npy(s2d::encode_npy(std::span<const decltype(value)>{list}, shape{1}), "a");
  };
  CHECK_THROWS_AS(s2d::npy_values<std::uint8_t>(one(256)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::npy_values<std::uint8_t>(one(-1)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::npy_values<int>(one(0.5)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::npy_values<int>(one(std::numeric_limits<double>::quiet_NaN())),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::npy_values<std::int64_t>(one(0x1p63)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::npy_values<std::uint64_t>(one(0x1p64)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::npy_values<float>(one(16777217)), s2d::invalid_input);
  constexpr auto last = std::numeric_limits<std::uint32_t>::max();
  CHECK_THROWS_AS(s2d::npy_values<float>(one(last)), s2d::invalid_input);
  CHECK(s2d::npy_values<float>(one(last - 255)).front() == 4294967040.0F);
  CHECK(s2d::npy_values<double>(one(last)).front() == 4294967295.0);
  CHECK_THROWS_AS(s2d::npy_values<double>(one(std::numeric_limits<std::int64_t>::max())),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::npy_values<double>(one(std::numeric_limits<std::uint64_t>::max())),
                  s2d::invalid_input);
  CHECK(s2d::npy_values<double>(one(std::uint64_t{1} << 63)).front() == 0x1p63);
  CHECK_THROWS_AS(s2d::npy_values<bool>(one(2)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::npy_values<float>(one(-1e300)), s2d::invalid_input);
  CHECK(s2d::npy_values<float>(one(1e-300)).front() == 0.0F);
  CHECK(std::isinf(s2d::npy_values<float>(one(std::numeric_limits<double>::infinity())).front()));
  CHECK(s2d::npy_values<std::int64_t>(one(-0x1p63)).front() ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(s2d::npy_values<float>(one(0.1)).front() == 0.1F);
  CHECK(s2d::npy_values<bool>(one(1.0)).front());
}

TEST_CASE("damaged headers are refused with their place") {
  CHECK(npy_complaint("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }").empty());
  CHECK(npy_complaint("{'shape': (2, 3), 'fortran_order': False, 'descr': \"<i4\"}").empty());
  for (const char* header :
       {"", "{", "{}", "[]", "{'descr': '<i4'}", "{'descr': '<i4', 'fortran_order': False}",
        "{'descr': '<i4', 'fortran_order': 0, 'shape': (6,)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (6,)",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), 'more': 1}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (6,)} x",
        "{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '<i4, 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (-6,)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (6 6)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (6.0,)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': 6}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,)}"}) {
    CAPTURE(header);
    CHECK(npy_complaint(header).starts_with("a.npy: "));
  }
  CHECK(npy_complaint("{'descr': '<i4', 'fortran_order': False, 'shape': (-6,)}") ==
        "a.npy: byte 61: damaged .npy header, expected an extent that is not negative");
}

TEST_CASE("shapes that overflow are refused, not multiplied") {
  for (const char* extents :
       {"(2147483648,)", "(4294967296, 4294967296)", "(9223372036854775807, 9223372036854775807)",
        "(3, 9223372036854775807)", "(2147483648, 2147483648, 4)"}) {
    CAPTURE(extents);
    CHECK_FALSE(npy_complaint(std::string{"{'descr': '<i4', 'fortran_order': False, 'shape': "} +
                              extents + "}")
                    .empty());
  }
  // Nothing to read although the extents are large.
  CHECK(
      npy_complaint("{'descr': '<i4', 'fortran_order': True, 'shape': (0, 9223372036854775807)}", 0)
          .empty());
}

TEST_CASE("a truncated or lengthened file is refused at every length") {
  const std::vector<std::byte> whole = s2d::read_file("tests/io/files/fortran_order.npy");
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_THROWS_AS(s2d::decode_npy(std::span{whole}.first(size), "a.npy"), s2d::invalid_input);
  auto longer = whole;
  longer.push_back(std::byte{0});
  CHECK_THROWS_AS(s2d::decode_npy(longer, "a.npy"), s2d::invalid_input);
  auto other = whole;
  other[6] = std::byte{9};
  CHECK(message_of<s2d::invalid_input>([&] { (void)s2d::decode_npy(other, "a.npy"); }) ==
        "a.npy: byte 6: .npy format 9, expected 1, 2 or 3");
}

TEST_CASE("an array is not written with a shape that does not fit") {
  const support::temporary_folder folder;
  CHECK_THROWS_AS(s2d::write_npy(folder / "a.npy", std::vector<int>(5), shape{2, 3}),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::write_npy(folder / "a.npy", std::vector<int>(6), shape{-2, -3}),
                  s2d::invalid_input);
  CHECK(folder.count() == 0);
  CHECK_THROWS_AS(s2d::read_npy(folder.path()), s2d::io_error);
}
