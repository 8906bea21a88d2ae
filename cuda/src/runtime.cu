// s2d::cuda compiled: streams, memory, the steps that are Thrust's.
#define S2D_CUDA_INLINE
#include <s2d/cuda/algorithms.cuh>
#include <s2d/cuda/runtime.cuh>
