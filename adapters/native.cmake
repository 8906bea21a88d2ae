# S2D_NATIVE_FLAGS: what compiles for this machine's processor.
set(S2D_NATIVE_FLAGS -march=native)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12's own AVX-512 intrinsics, which Eigen inlines, warn about their undefined registers
  # (below -O3 even without the "maybe").
  list(APPEND S2D_NATIVE_FLAGS -Wno-maybe-uninitialized -Wno-uninitialized)
  # With AVX-512, GCC 12.2 makes {2, 2, 2, 2} of the 64-bit constants {2, 2, 0, 0}, where it copies 32
  # bytes or more at once (tests/core/compiler_test.cpp).
  if(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12 AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND S2D_NATIVE_FLAGS -mmove-max=128 -mstore-max=128)
  endif()
endif()
