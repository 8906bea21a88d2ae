// The 16-bit floating-point formats as plain types, usable without nvcc.
#pragma once

#include <cstdint>
#include <cstring>

#include <s2d/cuda/detail/macros.hpp>

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#endif

namespace s2d::cuda::inline S2D_CUDA_ABI {

namespace detail {

S2D_HD inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
S2D_HD inline float float_of(std::uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace detail

/// The upper half of a float. Same bits as __nv_bfloat16 and at::BFloat16.
struct bfloat16 {
  std::uint16_t bits = 0;
};

/// IEEE binary16. Same bits as __half and at::Half.
struct float16 {
  std::uint16_t bits = 0;
};

S2D_HD inline float to_float(float value) { return value; }
S2D_HD inline float to_float(bfloat16 value) {
  return detail::float_of(static_cast<std::uint32_t>(value.bits) << 16);
}
S2D_HD inline float to_float(float16 value) {
#if defined(__CUDA_ARCH__)
  return __half2float(__half(__half_raw{value.bits}));
#else
  const std::uint32_t sign = static_cast<std::uint32_t>(value.bits & 0x8000) << 16;
  const std::uint32_t magnitude = value.bits & 0x7fffu;
  if (magnitude >= 0x7c00)  // infinite or not a number
    return detail::float_of(sign | 0x7f800000u | (magnitude & 0x3ff) << 13);
  if (magnitude >= 0x400) return detail::float_of(sign | ((magnitude << 13) + (112u << 23)));
  const float small_value = static_cast<float>(magnitude) * 0x1p-24f;  // subnormal or zero
  return sign != 0 ? -small_value : small_value;
#endif
}

/// Rounds to the nearest, ties to even. T: float, bfloat16, float16.
template <class T>
S2D_HD T from_float(float value);
template <>
S2D_HD inline float from_float<float>(float value) {
  return value;
}
template <>
S2D_HD inline bfloat16 from_float<bfloat16>(float value) {
  const auto bits = detail::bits_of(value);
  if ((bits & 0x7fffffff) > 0x7f800000)  // stays not a number
    return {static_cast<std::uint16_t>(bits >> 16 | 0x40)};
  return {static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}
template <>
S2D_HD inline float16 from_float<float16>(float value) {
#if defined(__CUDA_ARCH__)
  return {__half_raw(__float2half_rn(value)).x};
#else
  const auto bits = detail::bits_of(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  const std::uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return {static_cast<std::uint16_t>(sign | 0x7e00)};
  if (magnitude >= 0x477ff000) return {static_cast<std::uint16_t>(sign | 0x7c00)};  // >= 65520
  if (magnitude < 0x38800000) {  // below 2^-14: units of 2^-24; the addition rounds
    const float scaled = detail::float_of(magnitude) + 0.5f;  // units of 2^-24 at 0.5
    return {static_cast<std::uint16_t>(sign | (detail::bits_of(scaled) - 0x3f000000u))};
  }
  const std::uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return {static_cast<std::uint16_t>(sign | ((rounded >> 13) - (112u << 10)))};
#endif
}

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
