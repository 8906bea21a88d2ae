// What is measured: overlap with the true foreground, averaged over frames.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace quality {

/// Named figures of one sequence; one that does not apply is left out.
using figures = std::map<std::string, double>;

/// Intersection over union; 1 where both are empty, as DAVIS counts it. A mask without pixels
/// counts as background.
double jaccard(const s2d::bit_mask& mask, const s2d::bit_mask& truth);

/// Mean of at least one number.
double average(const std::vector<double>& values);

/// Mean jaccard of the frames of a video, a mask for each.
double mean_jaccard(const std::vector<s2d::bit_mask>& masks,
                    const std::vector<s2d::bit_mask>& truth);

/// The union of some masks of a frame of height x width.
s2d::bit_mask united(const std::vector<s2d::frame_mask>& masks, std::ptrdiff_t height,
                     std::ptrdiff_t width);

/// Frame masks against the foreground: J (union), best (best single mask, if `single`), recall
/// (share of frames with J > 0.5), top30 (J of the 30 % most confident frames), confidence, masks
/// (number in a frame), each (every mask alone). `confidence` of the frames may be empty: then that
/// of the masks counts, weighted by area.
figures measure_masks(const s2d::video_masks& masks, const std::vector<float>& confidence,
                      const std::vector<s2d::bit_mask>& truth, bool single);

/// Keymasks against the foreground: objects, key_frames (share of frames with a keymask), key_J
/// (union of the keymasks of a frame), key_each (every keymask alone), prop_groups (every object
/// carried to all frames along the flow, then united), prop_united (keymasks united per frame, then
/// carried), prop_confident (the 30 % most confident raw frames carried), and, if `single`,
/// prop_best (the best object alone, carried).
figures measure_keymasks(const s2d::video_masks& masks, const std::vector<float>& confidence,
                         const std::vector<s2d::object>& objects, const s2d::video_flow& flow,
                         const std::vector<s2d::bit_mask>& truth, bool single, std::size_t threads);

/// Means over the sequences that have the figure.
figures mean(const std::map<std::string, figures>& rows);

}  // namespace quality
