// The extension module s2d._core: conversions between Python and the library, no logic.
#include <stdexcept>
#include <string>

#include <nanobind/nanobind.h>

#include "bind.hpp"

namespace {

/// Instructions that the module was compiled for and this processor lacks; null if none are.
const char* missing_instructions() {
#if defined(__GNUC__) && defined(__x86_64__)
  __builtin_cpu_init();
#if defined(__AVX2__)
  if (!__builtin_cpu_supports("avx2")) return "AVX2";
#endif
#if defined(__FMA__)
  if (!__builtin_cpu_supports("fma")) return "FMA";
#endif
#if defined(__BMI2__)
  if (!__builtin_cpu_supports("bmi2")) return "BMI2";
#endif
#if defined(__AVX512F__)
  if (!__builtin_cpu_supports("avx512f")) return "AVX-512";
#endif
#if defined(__AVX512BW__)
  if (!__builtin_cpu_supports("avx512bw")) return "AVX-512 BW";
#endif
#if defined(__AVX512VBMI__)
  if (!__builtin_cpu_supports("avx512vbmi")) return "AVX-512 VBMI";
#endif
#if defined(__AVX512VPOPCNTDQ__)
  if (!__builtin_cpu_supports("avx512vpopcntdq")) return "AVX-512 VPOPCNTDQ";
#endif
#endif
  return nullptr;
}

}  // namespace

NB_MODULE(_core, m) {
  if (const char* const missing = missing_instructions())
    throw std::runtime_error{
        std::string{"s2d was compiled for another processor: this one has no "} + missing +
        "; install it here, or build it with S2D_NATIVE=OFF"};
  s2d_python::bind_mask(m);
  s2d_python::bind_overlap(m);
  s2d_python::bind_assign(m);
  s2d_python::bind_cluster(m);
  s2d_python::bind_flow(m);
  s2d_python::bind_discovery(m);
  s2d_python::bind_evaluation(m);
}
