// s2d::cuda compiled: matching costs and mask losses.
#define S2D_CUDA_INLINE
#include <s2d/cuda/mask_loss.cuh>
