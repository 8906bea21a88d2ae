// s2d::cuda compiled: connected components.
#define S2D_CUDA_INLINE
#include <s2d/cuda/components.cuh>
