// s2d::cuda compiled: visibility grouping.
#define S2D_CUDA_INLINE
#include <s2d/cuda/dbscan.cuh>
