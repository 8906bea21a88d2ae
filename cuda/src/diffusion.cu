// s2d::cuda compiled: diffusion on sparse graphs.
#define S2D_CUDA_INLINE
#include <s2d/cuda/diffusion.cuh>
