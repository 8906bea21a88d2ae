// s2d::cuda compiled: points in masks.
#define S2D_CUDA_INLINE
#include <s2d/cuda/point_mask.cuh>
