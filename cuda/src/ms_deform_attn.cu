// s2d::cuda compiled: multi-scale deformable attention.
#define S2D_CUDA_INLINE
#include <s2d/cuda/ms_deform_attn.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

#define S2D_DEFORM_OF(T)                                                                     \
  template void launch_deform_forward(const deform_shape&, const T*, const T*, const T*, T*, \
                                      stream_view);                                          \
  template void launch_deform_backward(const deform_shape&, const T*, const T*, const T*,    \
                                       const T*, T*, T*, T*, bool, stream_view);
S2D_DEFORM_OF(float)
S2D_DEFORM_OF(float16)
S2D_DEFORM_OF(bfloat16)
#undef S2D_DEFORM_OF

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
