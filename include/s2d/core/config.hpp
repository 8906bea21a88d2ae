// Version of the library and the inline namespace that keeps differently compiled copies apart.
#pragma once

#define S2D_VERSION_MAJOR 0
#define S2D_VERSION_MINOR 1
#define S2D_VERSION_PATCH 0
/// MAJOR * 10000 + MINOR * 100 + PATCH; semantic versioning.
#define S2D_VERSION (S2D_VERSION_MAJOR * 10000 + S2D_VERSION_MINOR * 100 + S2D_VERSION_PATCH)

// Translation units compiled for different instruction sets hold different code for the same
// inline function. The instruction set is part of every symbol, so the linker never mixes them.
#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VPOPCNTDQ__) && \
    defined(__AVX512VBMI2__) && defined(__AVX512VBMI__)
#define S2D_ABI v0_1_avx512_vbmi2
#define S2D_AVX512_VBMI2  // code that permutes and compresses bytes asks for this, not for flags
#elif defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VPOPCNTDQ__)
#define S2D_ABI v0_1_avx512_vpopcnt
#elif defined(__AVX512BW__) && defined(__AVX512VL__)
#define S2D_ABI v0_1_avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define S2D_ABI v0_1_avx2_fma
#elif defined(__AVX2__)
#define S2D_ABI v0_1_avx2
#else
#define S2D_ABI v0_1
#endif
