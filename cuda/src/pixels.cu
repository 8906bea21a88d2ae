// s2d::cuda compiled: values of superpixels to masks of pixels.
#define S2D_CUDA_INLINE
#include <s2d/cuda/pixels.cuh>
