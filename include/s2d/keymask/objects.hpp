// The objects of a video: discovery, and what is mended where it takes several things for one, or
// one for several.
#pragma once

#include <concepts>
#include <span>
#include <utility>

#include <s2d/core/image.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/keymask/companions.hpp>
#include <s2d/keymask/fragments.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/keymask/tracklets.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace s2d::inline S2D_ABI {

/// What `s2d run` takes for objects: discovery with masks of two things cut (discover_companions),
/// in a crowd told apart by tracklets (untangle), pieces joined (join_fragments).
///
/// @param masks     [T] of one shot and size; changed as by cut_companions
/// @param flow      [T], of any size
/// @param pictures  [T] of any size, or none: see link_tracklets
/// @param discover  discovery(const video_masks&)
/// @return what discovery found last, in the masks as they are then, with these objects
/// @throws invalid_input as those functions do
template <std::invocable<const video_masks&> Discover>
[[nodiscard]] discovery discover_objects(video_masks& masks, const video_flow& flow,
                                         std::span<const image> pictures,
                                         const Discover& discover) {
  discovery found = discover_companions(masks, flow, discover);
  found.objects = join_fragments(untangle(found, masks, flow, pictures), masks, flow);
  return found;
}

}  // namespace s2d::inline S2D_ABI
