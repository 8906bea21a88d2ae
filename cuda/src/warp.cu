// s2d::cuda compiled: warps.
#define S2D_CUDA_INLINE
#include <s2d/cuda/warp.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

template void launch_warp(const batch_view<const std::uint8_t>&, const flow_batch&,
                          const flow_batch*, const batch_view<std::uint8_t>&, std::uint64_t*,
                          const warp_settings&, stream_view);
template void launch_warp(const batch_view<const float>&, const flow_batch&, const flow_batch*,
                          const batch_view<float>&, std::uint64_t*, const warp_settings&,
                          stream_view);
template void launch_warp(const batch_view<const float16>&, const flow_batch&, const flow_batch*,
                          const batch_view<float16>&, std::uint64_t*, const warp_settings&,
                          stream_view);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
