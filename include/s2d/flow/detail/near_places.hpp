// Bytes that lie close together, out of registers. Empty where the processor cannot permute bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/lanes.hpp>

#if defined(S2D_AVX512_VBMI2)
#include <immintrin.h>

namespace s2d::inline S2D_ABI {
namespace detail::warping {

/// Sixteen places that lie close together, as those of neighbouring pixels mostly do: their bytes
/// come out of two registers instead of sixteen loads.
class near_places {
 public:
  static constexpr int count = 16;
  using words_type = integers<count>;

  /// @param at    16 places, none negative
  /// @param size  of the memory that may be read, from place 0 on
  /// @param down  how far further words() will read
  near_places(const std::int32_t* at, std::ptrdiff_t size, std::ptrdiff_t down) {
    base_ = std::ptrdiff_t{at[0]} - 32;
    if (base_ < 0 || base_ + down + 128 > size) return;
    const words_type offset = load<words_type>(at) - static_cast<std::int32_t>(base_);
    near_ = all_of<count>((offset >= 0) & (offset <= 124));
    if (!near_) return;
    picked_ = offset * 0x01010101 + 0x03020100;  // bytes k, k + 1, k + 2, k + 3 of each
  }
  [[nodiscard]] bool near() const { return near_; }

  /// Four bytes from each place of `data` on. Only where near().
  [[nodiscard]] words_type words(const std::uint8_t* data) const {
    return std::bit_cast<words_type>(
        _mm512_permutex2var_epi8(_mm512_loadu_si512(data + base_), std::bit_cast<__m512i>(picked_),
                                 _mm512_loadu_si512(data + base_ + 64)));
  }

  /// The byte of each place.
  [[nodiscard]] __m128i bytes(const std::uint8_t* data) const {
    return _mm512_maskz_cvtepi32_epi8(0xffff, std::bit_cast<__m512i>(words(data)));
  }

  /// Two bytes from each place of `first` on, and two of `second` above them.
  [[nodiscard]] words_type pairs(const std::uint8_t* first, const std::uint8_t* second) const {
    return (words(first) & 0xffff) | words(second) << 16;
  }

 private:
  std::ptrdiff_t base_;
  bool near_ = false;
  words_type picked_;
};

}  // namespace detail::warping
}  // namespace s2d::inline S2D_ABI
#endif
