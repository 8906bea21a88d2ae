// s2d::cuda compiled: tracks.
#define S2D_CUDA_INLINE
#include <s2d/cuda/tracks.cuh>
