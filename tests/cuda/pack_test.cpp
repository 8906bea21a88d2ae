#include <s2d/cuda/detail/pack.hpp>
#include <s2d/cuda/pack.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "cuda/pack_cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::layout;
using support::mask_batch;

// Elements in memory that begins on a multiple of 64 bytes and ends with the last of them.
template <class T>
struct placed {
  std::unique_ptr<std::byte[]> memory;
  T* first;
  explicit placed(const std::vector<T>& values)
      : memory{new std::byte[values.size() * sizeof(T) + 64]} {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.get());
    first = reinterpret_cast<T*>(memory.get() + (64 - address % 64));
    std::copy(values.begin(), values.end(), first);
  }
};

struct pack_twin {
  template <class T>
  static std::vector<std::uint64_t> pack(const std::vector<T>& memory, const mask_batch& batch,
                                         const layout& at, float threshold) {
    const placed<T> in{memory};
    auto out = support::host_buffer<std::uint64_t>(batch.word_count());
    const support::host_executor host;
    detail::pack_on(host, support::view_at<const T>(in.first, batch, at),
                    detail::foreground_test<T>{threshold},
                    bits_view{out.data(), batch.count, batch.height, batch.width});
    CHECK(host.launches <= 1);
    CHECK(host.fetches == 0);
    return {out.data(), out.data() + out.size()};
  }
  static std::vector<std::uint8_t> unpack(const mask_batch& batch, const layout& at,
                                          const std::vector<std::uint8_t>& memory) {
    const auto bits = batch.words();
    const placed<std::uint8_t> out{memory};
    detail::unpack_on(support::host_executor{},
                      const_bits_view{bits.data(), batch.count, batch.height, batch.width},
                      support::view_at(out.first, batch, at));
    return {out.first, out.first + memory.size()};
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

TEST_CASE("bytes pack as the core packs them, from any address and strides", "[cuda][pack]") {
  support::check_pack_bytes<pack_twin>();
}

TEMPLATE_TEST_CASE("logits above the threshold are foreground, of any format", "[cuda][pack]",
                   float, float16, bfloat16) {
  support::check_pack_logits<pack_twin, TestType>();
}

TEST_CASE("bits unpack to rows, columns and any strides, and nothing else is written",
          "[cuda][pack]") {
  support::check_unpack<pack_twin>();
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
