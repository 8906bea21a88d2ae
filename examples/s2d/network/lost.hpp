// Objects that the keymasks had and the network lost.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/io/ytvis.hpp>
#include <s2d/torch/video_labels.hpp>

#include "console.hpp"
#include "input.hpp"
#include "settings.hpp"

namespace app {

/// @throws s2d::invalid_input if the keymasks are of another number or size of frames
void require_fitting(const s2d::torch::video_labels& keymasks, const s2d::ytvis_video& head,
                     const clip& video);

/// Adds the objects of the keymasks that no prediction fits (s2d::keep_lost), each as its keymasks
/// carried along the flow, over at most as many frames as there are keymasks, as long as they look
/// like them (propagate_options::pictures); in clips of more than 300 frames, whose flow would not
/// fit into memory, as its keymasks alone. What they show is taken from the predictions
/// (s2d::without_kept), and so are masks in shots in which a prediction fits no keymasks
/// (s2d::within_shots). Annotations then say where they come from: "source", "network" or
/// "keymasks".
/// @param objects     the predictions for `head`
/// @param cut_before  [T] the frame begins a new shot
/// @return how many were added
/// @throws s2d::invalid_input if the keymasks are of another number or size of frames
std::size_t keep_lost(std::vector<s2d::ytvis_annotation>& objects, const s2d::ytvis_video& head,
                      const std::vector<bool>& cut_before, const s2d::torch::video_labels& keymasks,
                      const clip& video, const settings& what, std::size_t threads,
                      console& screen);

}  // namespace app
