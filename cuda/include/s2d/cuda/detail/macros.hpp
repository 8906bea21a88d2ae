// What lets one function serve kernels and CPU tests; and the name of the compiled library's ABI.
#pragma once

/// Types and functions of the compiled library carry this name, whatever instruction set the caller
/// is compiled for: they must be the same on both sides. Checks, which are compiled into the
/// caller, live in S2D_ABI as everything else.
#define S2D_CUDA_ABI v0_1_cuda

#if defined(__CUDACC__)
#define S2D_HD __host__ __device__  ///< runs on both sides
#define S2D_DEVICE __device__       ///< runs inside a kernel; in CPU tests an ordinary function
#else
#define S2D_HD
#define S2D_DEVICE
#endif

/// Before a loop of few, known steps over a small array: in a kernel the array then stays in
/// registers. S2D_UNROLL_4, S2D_UNROLL_8: that many steps at once, for loads in flight.
#if defined(__CUDA_ARCH__)
#define S2D_UNROLL _Pragma("unroll")
#define S2D_UNROLL_4 _Pragma("unroll 4")
#define S2D_UNROLL_8 _Pragma("unroll 8")
#else
#define S2D_UNROLL
#define S2D_UNROLL_4
#define S2D_UNROLL_8
#endif

/// Definitions in .cuh files are inline for those who include them; the compiled library defines
/// this as nothing.
#if !defined(S2D_CUDA_INLINE)
#define S2D_CUDA_INLINE inline
#endif
