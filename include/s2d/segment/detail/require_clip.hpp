// What every segmenter demands of frames and their flow.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/view.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI::detail {

/// Frames of one size with pixels; flow in both directions for each, finite and below 1e6 pixels.
/// @throws invalid_input named after `caller`
inline void require_clip(const char* caller, std::span<const image> frames, const video_flow& flow,
                         std::size_t threads) {
  require(flow.forward.size() == frames.size() && flow.backward.size() == frames.size(), caller,
          ": ", frames.size(), " frames, but flow of ", flow.forward.size(), " forward and ",
          flow.backward.size(), " backward");
  parallel_for(frames.size(), threads, [&](std::size_t t) {
    require(!frames[t].empty(), caller, ": frame ", t, " has no pixels");
    require(frames[t].height == frames[0].height && frames[t].width == frames[0].width, caller,
            ": frame ", t, " is ", frames[t].height, " x ", frames[t].width, ", expected ",
            frames[0].height, " x ", frames[0].width, " as frame 0 (height x width)");
    for (const flow_field* field : {&flow.forward[t], &flow.backward[t]}) {
      require_same_size(caller, field->u, field->v);
      for (const matrix<float>* plane : {&field->u, &field->v})
        for (const float x : plane->values)
          require(std::fabs(x) <= 1e6F, caller, ": flow of frame ", t,
                  " has a value that is not finite or beyond 1e6 pixels");
    }
  });
}

}  // namespace s2d::inline S2D_ABI::detail
