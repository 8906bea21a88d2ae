// s2d::cuda compiled: optical flow.
#define S2D_CUDA_INLINE
#include <s2d/cuda/flow.cuh>
