// What works on a window: the processor, or a GPU for flow, frame masks and tracks.
#pragma once

#include <cstddef>
#include <span>

#include <s2d/core/image.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/flow/video_flow.hpp>
#include <s2d/keymask/discover.hpp>
#include <s2d/segment/frame_masks.hpp>
#include <s2d/track/follow_flow.hpp>

namespace app {

struct hardware {
  std::size_t threads = 0;  ///< of the processor, 0: one per processor
  bool cuda = false;        ///< s2d::cuda's twins of the calls below, on the current device
};

#if defined(S2D_PROGRAM_CUDA)
inline constexpr bool built_with_cuda = true;
#else
inline constexpr bool built_with_cuda = false;
#endif

/// @throws s2d::invalid_input if this program was built without s2d::cuda, or finds no device
void require_cuda();

[[nodiscard]] s2d::video_flow flow_of(std::span<const s2d::image> frames,
                                      s2d::video_flow_options options, const hardware& with,
                                      const s2d::progress_callback& show);

[[nodiscard]] s2d::frame_masks_result frame_masks_of(std::span<const s2d::image> frames,
                                                     const s2d::video_flow& flow,
                                                     s2d::frame_masks_options options,
                                                     const hardware& with,
                                                     const s2d::progress_callback& show);

/// Discovery with points that follow the flow.
[[nodiscard]] s2d::discovery discover_along(const s2d::video_flow& flow,
                                            const s2d::follow_options& follow,
                                            const s2d::video_masks& masks,
                                            const s2d::discovery_options& options, bool cuda,
                                            const s2d::progress_callback& show);

}  // namespace app
