// s2d::cuda compiled: overlaps and suppression.
#define S2D_CUDA_INLINE
#include <s2d/cuda/iou.cuh>
