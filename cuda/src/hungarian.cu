// s2d::cuda compiled: linear assignments.
#define S2D_CUDA_INLINE
#include <s2d/cuda/hungarian.cuh>
