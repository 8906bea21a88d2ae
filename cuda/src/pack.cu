// s2d::cuda compiled: packing.
#define S2D_CUDA_INLINE
#include <s2d/cuda/pack.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

template void launch_pack(const batch_view<const std::uint8_t>&, float, const bits_view&,
                          stream_view);
template void launch_pack(const batch_view<const float>&, float, const bits_view&, stream_view);
template void launch_pack(const batch_view<const float16>&, float, const bits_view&, stream_view);
template void launch_pack(const batch_view<const bfloat16>&, float, const bits_view&, stream_view);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
