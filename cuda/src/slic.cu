// s2d::cuda compiled: colour conversion and superpixels.
#define S2D_CUDA_INLINE
#include <s2d/cuda/lab.cuh>
#include <s2d/cuda/slic.cuh>
