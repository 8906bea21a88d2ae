// Atomic steps that kernels and the threads of CPU tests share. All relaxed.
#pragma once

#include <atomic>

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

template <class T>
S2D_HD T atomic_add(T* to, T value) {
#if defined(__CUDA_ARCH__)
  return atomicAdd(to, value);
#else
  return std::atomic_ref<T>{*to}.fetch_add(value, std::memory_order_relaxed);
#endif
}

template <class T>
S2D_HD void atomic_or(T* to, T value) {
#if defined(__CUDA_ARCH__)
  atomicOr(to, value);
#else
  std::atomic_ref<T>{*to}.fetch_or(value, std::memory_order_relaxed);
#endif
}

template <class T>
S2D_HD T atomic_min(T* to, T value) {
#if defined(__CUDA_ARCH__)
  return atomicMin(to, value);
#else
  const std::atomic_ref<T> shared{*to};
  T old = shared.load(std::memory_order_relaxed);
  while (value < old && !shared.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
  return old;
#endif
}

template <class T>
S2D_HD T atomic_max(T* to, T value) {
#if defined(__CUDA_ARCH__)
  return atomicMax(to, value);
#else
  const std::atomic_ref<T> shared{*to};
  T old = shared.load(std::memory_order_relaxed);
  while (old < value && !shared.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
  return old;
#endif
}

/// A read that sees what other threads of the kernel have written.
template <class T>
S2D_HD T atomic_load(const T* from) {
#if defined(__CUDA_ARCH__)
  return *static_cast<const volatile T*>(from);
#else
  return std::atomic_ref<T>{*const_cast<T*>(from)}.load(std::memory_order_relaxed);
#endif
}

template <class T>
S2D_HD void atomic_store(T* to, T value) {
#if defined(__CUDA_ARCH__)
  *static_cast<volatile T*>(to) = value;
#else
  std::atomic_ref<T>{*to}.store(value, std::memory_order_relaxed);
#endif
}

/// Word: unsigned, of 32 bits, which take half the time, or 64.
template <class Word>
S2D_HD int popcount(Word word) {
  static_assert(Word{0} < static_cast<Word>(-1) && (sizeof(Word) == 4 || sizeof(Word) == 8));
#if defined(__CUDA_ARCH__)
  return sizeof(Word) == 4 ? __popc(static_cast<unsigned>(word)) : __popcll(word);
#else
  return __builtin_popcountll(word);
#endif
}

/// The lowest set bit. Precondition: word != 0.
template <class Word>
S2D_HD int lowest_bit(Word word) {
  static_assert(Word{0} < static_cast<Word>(-1) && (sizeof(Word) == 4 || sizeof(Word) == 8));
#if defined(__CUDA_ARCH__)
  if constexpr (sizeof(Word) == 4) return __popc(~word & (word - 1));
  return __ffsll(static_cast<long long>(word)) - 1;
#else
  return __builtin_ctzll(word);
#endif
}

/// The highest set bit. Precondition: word != 0.
S2D_HD inline int highest_bit(unsigned long long word) {
#if defined(__CUDA_ARCH__)
  return 63 - __clzll(static_cast<long long>(word));
#else
  return 63 - __builtin_clzll(word);
#endif
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
