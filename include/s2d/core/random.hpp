// Random numbers that are the same with every standard library.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

/// A seeded stream of random numbers: xoshiro256++ (Blackman and Vigna 2019) started by splitmix64.
/// bits() and uniform() are the same everywhere; normal() up to rounding of the C library.
/// Regular value type: a copy continues with the same numbers.
class random_stream {
 public:
  explicit constexpr random_stream(std::uint64_t seed = 0) noexcept {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15U;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
      word = z ^ (z >> 31);
    }
  }

  /// 64 random bits.
  [[nodiscard]] constexpr std::uint64_t bits() noexcept {
    const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  [[nodiscard]] constexpr double uniform() noexcept {
    return static_cast<double>(bits() >> 11) * 0x1.0p-53;
  }

  /// A whole number in [0, n), n > 0; bias below n * 2^-64.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t n) noexcept {
    const std::uint64_t x = bits();
    const std::uint64_t high = (x >> 32) * n;
    const std::uint64_t low = (x & 0xffffffffU) * (n & 0xffffffffU);
    if (n >> 32 == 0) return (high + (low >> 32)) >> 32;
    return x % n;
  }

  /// Standard normal (Box and Muller 1958), two streams of bits a number.
  [[nodiscard]] double normal() noexcept {
    const double u = 1.0 - uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform());
  }

 private:
  [[nodiscard]] static constexpr std::uint64_t rotate(std::uint64_t x, int by) noexcept {
    return (x << by) | (x >> (64 - by));
  }

  std::uint64_t state_[4] = {};
};

}  // namespace s2d::inline S2D_ABI
