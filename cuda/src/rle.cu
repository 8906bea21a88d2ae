// s2d::cuda compiled: run lengths.
#define S2D_CUDA_INLINE
#include <s2d/cuda/rle.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

template rle_batch launch_encode(const batch_view<const std::uint8_t>&, float, stream_view);
template rle_batch launch_encode(const batch_view<const float>&, float, stream_view);
template rle_batch launch_encode(const batch_view<const float16>&, float, stream_view);
template rle_batch launch_encode(const batch_view<const bfloat16>&, float, stream_view);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
