// The steps that are Thrust's: with a CUDA policy on a device, with a host policy in CPU tests.
#pragma once

#include <cstdint>

#include <thrust/functional.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/scan.h>
#include <thrust/sort.h>

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

struct widen {
  S2D_HD std::uint64_t operator()(std::uint32_t count) const { return count; }
};

/// sums[i] = counts[0] + ... + counts[i].
template <class Policy>
void inclusive_sums(const Policy& policy, const std::uint32_t* counts, std::int64_t n,
                    std::uint64_t* sums) {
  const auto wide = ::thrust::make_transform_iterator(counts, widen{});
  ::thrust::inclusive_scan(policy, wide, wide + n, sums);
}

/// Orders `indices` by falling scores, equal ones as they stand.
template <class Policy>
void stable_sort_by_falling(const Policy& policy, float* scores, std::int64_t* indices,
                            std::int64_t n) {
  ::thrust::stable_sort_by_key(policy, scores, scores + n, indices, ::thrust::greater<float>{});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
