#include <s2d/cuda/detail/pack.hpp>
#include <s2d/cuda/pack.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <tuple>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::mask_batch;
using words = std::vector<std::uint64_t>;

template <class T>
words packed(const batch_view<const T>& view, float threshold = 0) {
  auto out =
      support::host_buffer<std::uint64_t>(view.count * view.height * ((view.width + 63) / 64));
  const support::host_executor host;
  detail::pack_on(host, view, detail::foreground_test<T>{threshold},
                  bits_view{out.data(), view.count, view.height, view.width});
  CHECK(host.launches <= 1);
  CHECK(host.fetches == 0);
  return {out.data(), out.data() + out.size()};
}

// The bytes at an address that is `offset` behind a multiple of 64, in memory of exactly their
// size.
struct placed {
  std::unique_ptr<std::uint8_t[]> memory;
  std::uint8_t* first;
  placed(const std::vector<std::uint8_t>& bytes, std::size_t offset)
      : memory{new std::uint8_t[bytes.size() + offset + 64]} {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.get());
    first = memory.get() + (64 - address % 64) + offset;
    std::copy(bytes.begin(), bytes.end(), first);
  }
};

}  // namespace

TEST_CASE("four bytes and four bits turn into each other", "[cuda][pack]") {
  for (std::uint32_t bits = 0; bits < 16; ++bits) {
    std::uint32_t ones = 0;
    for (int k = 0; k < 4; ++k) ones |= (bits >> k & 1) << (8 * k);
    CHECK(detail::spread_four(bits | 0xF0) == ones);
    for (const std::uint32_t value : {1u, 0x7fu, 0x80u, 0xffu})
      CHECK(detail::nonzero_bytes(ones * value) == bits);
  }
}

TEST_CASE("16-bit floats convert as IEEE says", "[cuda]") {
  // Every binary16: there and back, and halfway to the next one rounds to even.
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float16 stored{static_cast<std::uint16_t>(bits)};
    const float value = to_float(stored);
    const std::uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
    if (exponent == 31 && fraction != 0) {
      REQUIRE(std::isnan(value));
      REQUIRE(std::isnan(to_float(from_float<float16>(value))));
      continue;
    }
    const double magnitude = exponent == 31 ? std::numeric_limits<double>::infinity()
                             : exponent == 0
                                 ? std::ldexp(fraction, -24)
                                 : std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
    REQUIRE(value == (bits >> 15 ? -magnitude : magnitude));
    REQUIRE(from_float<float16>(value).bits == bits);
    if (exponent < 30 && bits < 0x8000) {
      const float next = to_float(float16{static_cast<std::uint16_t>(bits + 1)});
      const float middle = (value + next) / 2;
      REQUIRE(from_float<float16>(middle).bits == bits + (bits & 1));
      REQUIRE(from_float<float16>(std::nextafter(middle, 0.0f)).bits == bits);
      REQUIRE(from_float<float16>(std::nextafter(middle, 1e6f)).bits == bits + 1);
    }
  }
  CHECK(from_float<float16>(65519.996f).bits == 0x7bff);
  CHECK(from_float<float16>(65520.0f).bits == 0x7c00);
  CHECK(to_float(from_float<bfloat16>(1.0f)) == 1.0f);
  CHECK(from_float<bfloat16>(std::bit_cast<float>(0x3f808000u)).bits == 0x3f80);  // tie to even
  CHECK(from_float<bfloat16>(std::bit_cast<float>(0x3f818000u)).bits == 0x3f82);
  CHECK(from_float<bfloat16>(std::bit_cast<float>(0x3f808001u)).bits == 0x3f81);
  CHECK(std::isnan(to_float(from_float<bfloat16>(std::nanf("")))));
}

TEST_CASE("bytes pack as the core packs them, from rows at any address", "[cuda][pack]") {
  support::for_all_batches(1, [](const mask_batch& batch) {
    for (const std::size_t offset : {0, 1, 2, 4, 7, 16}) {
      CAPTURE(offset);
      const placed bytes{batch.rows(), offset};
      CHECK(packed<std::uint8_t>({bytes.first, batch.count, batch.height, batch.width}) ==
            batch.words());
    }
  });
}

TEST_CASE("bytes pack from columns, from gaps and upside down", "[cuda][pack]") {
  support::for_all_batches(2, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    for (const std::size_t offset : {0, 3}) {
      const placed bytes{batch.columns(), offset};
      CHECK(packed(batch_view<const std::uint8_t>::column_major(bytes.first, n, h, w)) ==
            batch.words());
    }
    std::vector<std::uint8_t> gaps(static_cast<std::size_t>(n * h * (3 * w + 5)), 77);
    std::vector<std::uint8_t> turned(static_cast<std::size_t>(n * h * w));
    const auto rows = batch.rows();
    for (std::int64_t i = 0; i < n * h * w; ++i) {
      gaps[static_cast<std::size_t>(i / w * (3 * w + 5) + i % w * 3)] =
          rows[static_cast<std::size_t>(i)];
      turned[turned.size() - 1 - static_cast<std::size_t>(i)] = rows[static_cast<std::size_t>(i)];
    }
    CHECK(packed<std::uint8_t>({gaps.data(), n, h, w, h * (3 * w + 5), 3 * w + 5, 3}) ==
          batch.words());
    if (!turned.empty())
      CHECK(packed<std::uint8_t>({turned.data() + turned.size() - 1, n, h, w, -h * w, -w, -1}) ==
            batch.words());
  });
}

TEMPLATE_TEST_CASE("logits above the threshold are foreground, of any format", "[cuda][pack]",
                   float, float16, bfloat16) {
  support::for_all_batches(3, [](const mask_batch& batch) {
    for (const float threshold : {0.0f, -2.5f}) {
      const auto logits = [&](const std::vector<std::uint8_t>& bytes) {
        std::vector<TestType> values;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
          const float below = i % 3 == 0   ? threshold
                              : i % 3 == 1 ? std::numeric_limits<float>::quiet_NaN()
                                           : -1e4f;
          values.push_back(from_float<TestType>(bytes[i] != 0 ? threshold + 0.25f : below));
        }
        return values;
      };
      const auto rows = logits(batch.rows()), columns = logits(batch.columns());
      CHECK(packed<TestType>({rows.data(), batch.count, batch.height, batch.width}, threshold) ==
            batch.words());
      CHECK(packed(batch_view<const TestType>::column_major(columns.data(), batch.count,
                                                            batch.height, batch.width),
                   threshold) == batch.words());
    }
  });
}

TEST_CASE("bits unpack to rows, columns and any strides, and nothing else is written",
          "[cuda][pack]") {
  support::for_all_batches(4, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    const auto bits = batch.words();
    const const_bits_view in{bits.data(), n, h, w};
    const auto check = [&](std::size_t offset, std::int64_t plane, std::int64_t row,
                           std::int64_t column) {
      const std::int64_t reach =
          in.empty() ? 0 : (n - 1) * plane + (h - 1) * row + (w - 1) * column + 1;
      const placed memory{std::vector<std::uint8_t>(static_cast<std::size_t>(reach), 77), offset};
      detail::unpack_on(support::host_executor{}, in,
                        batch_view<std::uint8_t>{memory.first, n, h, w, plane, row, column});
      std::vector<std::uint8_t> expected(static_cast<std::size_t>(reach), 77);
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t y = 0; y < h; ++y)
          for (std::int64_t x = 0; x < w; ++x)
            expected[static_cast<std::size_t>(i * plane + y * row + x * column)] =
                batch.masks[static_cast<std::size_t>(i)](y, x) != 0;
      CHECK(std::vector<std::uint8_t>(memory.first, memory.first + reach) == expected);
    };
    for (const std::size_t offset : {0, 1, 4}) {
      check(offset, h * w, w, 1);
      check(offset, h * w, 1, h);
      check(offset, h * (2 * w + 3), 2 * w + 3, 2);
    }
  });
}

TEST_CASE("indices are divided in 32 and in 64 bits", "[cuda]") {
  for (const std::int64_t i : {std::int64_t{0}, std::int64_t{4294967295}, std::int64_t{4294967296},
                               (std::int64_t{1} << 40) + 12345})
    for (const std::int64_t d : {std::int64_t{1}, std::int64_t{7}, std::int64_t{4294967297}}) {
      const auto [whole, rest] = detail::divide(i, d);
      CHECK(whole == i / d);
      CHECK(rest == i % d);
    }
}

#if defined(S2D_TEST_CUDA_LIBRARY)
TEST_CASE("packing refuses other extents and addresses before it launches", "[cuda][pack]") {
  std::uint64_t word = 0;
  std::uint8_t byte = 0;
  CHECK_THROWS_WITH(
      pack(batch_view<const std::uint8_t>{nullptr, 1, 2, 3}, bits_view{&word, 1, 2, 3}),
      "pack: the address is null, expected device memory of 6 elements");
  CHECK_THROWS_AS(pack(batch_view<const std::uint8_t>{&byte, 1, 1, 1}, bits_view{&word, 1, 1, 2}),
                  s2d::invalid_input);
  CHECK_THROWS_AS(
      unpack(const_bits_view{&word, 1, -1, 1}, batch_view<std::uint8_t>{&byte, 1, 1, 1}),
      s2d::invalid_input);
}
#endif
