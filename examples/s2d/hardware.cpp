#include "hardware.hpp"

#include <s2d/core/error.hpp>
#include <s2d/track/flow_tracker.hpp>

#if defined(S2D_PROGRAM_CUDA)
#include <s2d/cuda/flow_tracker.hpp>
#include <s2d/cuda/frame_masks.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/video_flow.hpp>
#endif

namespace app {

#if defined(S2D_PROGRAM_CUDA)
namespace gpu = s2d::cuda;
#else
namespace gpu = s2d;  // require_cuda() lets nobody ask for it
#endif

void require_cuda() {
#if defined(S2D_PROGRAM_CUDA)
  s2d::require(gpu::device_count() > 0,
               "--device cuda: found no GPU, or its driver is too old, expected one; --device cpu "
               "works everywhere");
#else
  throw s2d::invalid_input{
      "--device cuda: s2d was built without CUDA, for which it needs nvcc and "
      "-DS2D_PROGRAM_CUDA=ON; --device cpu works everywhere, and with --device auto the network "
      "works on a GPU where LibTorch finds one"};
#endif
}

s2d::video_flow flow_of(std::span<const s2d::image> frames, s2d::video_flow_options options,
                        const hardware& with, const s2d::progress_callback& show) {
  options.threads = with.threads;
  return with.cuda ? gpu::estimate_video_flow(frames, options, show)
                   : s2d::estimate_video_flow(frames, options, show);
}

s2d::frame_masks_result frame_masks_of(std::span<const s2d::image> frames,
                                       const s2d::video_flow& flow,
                                       s2d::frame_masks_options options, const hardware& with,
                                       const s2d::progress_callback& show) {
  options.threads = with.threads;
  return with.cuda ? gpu::find_frame_masks(frames, flow, options, show)
                   : s2d::find_frame_masks(frames, flow, options, show);
}

s2d::discovery discover_along(const s2d::video_flow& flow, const s2d::follow_options& follow,
                              const s2d::video_masks& masks, const s2d::discovery_options& options,
                              bool cuda, const s2d::progress_callback& show) {
  const std::ptrdiff_t height = options.frame_height, width = options.frame_width;
  if (cuda)
    return s2d::discover(masks, gpu::flow_tracker{flow, height, width, follow}, options, show);
  return s2d::discover(masks, s2d::flow_tracker{flow, height, width, follow}, options, show);
}

}  // namespace app
