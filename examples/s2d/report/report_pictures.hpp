// The pictures of the report: cut-outs of objects, frames, the visibility matrix, the video.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <s2d/core/image.hpp>

#include "../palette.hpp"
#include "report.hpp"
#include "report_data.hpp"

namespace app::report {

/// A picture as a data URI, with its size in pixels.
struct picture {
  std::string uri;
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
};

/// Calls `take` with the given frames of the clip, numbers ascending, scaled as results are.
/// Returns why frames are missing, in words, or nothing if all were there.
[[nodiscard]] std::string read_clip_frames(
    const result_data& data, const std::vector<std::size_t>& wanted,
    const std::function<void(std::size_t frame, const s2d::image& picture)>& take);

/// Which keymasks of an object are shown: the most coherent one of each of `count` equal shares.
/// Indices among its keymasks, ascending.
[[nodiscard]] std::vector<std::size_t> best_keymasks(const object_entry& object, std::size_t count);

/// The surroundings of a mask, darkened; its edge drawn in the colour of the object. Without a
/// frame the mask is filled with the colour.
/// @throws s2d::invalid_input if the run lengths are damaged
[[nodiscard]] picture cut_out(const result_data& data, const keymask_entry& key, colour edge,
                              const s2d::image* frame);

/// A frame no larger than `longer_side` pixels.
[[nodiscard]] picture small_frame(const s2d::image& frame, std::ptrdiff_t longer_side);

/// What a frame is painted with to be compared.
enum class painted_masks { frame_masks, keymasks, dense };

/// A frame no larger than `longer_side` pixels with its masks: frame masks white, objects in their
/// colour and with their number, dense masks as the keymasks of the same object.
/// @throws s2d::invalid_input if run lengths are damaged
[[nodiscard]] picture painted_frame(const result_data& data, std::size_t t, painted_masks which,
                                    const s2d::image& frame, std::ptrdiff_t longer_side);

/// The visibility matrix as a picture with transparent background: a row per mask, grouped by
/// object, those of no object last; a column per frame.
struct visibility_picture {
  picture image;
  std::vector<std::size_t> rows;  ///< index of the mask in each row
  struct band {
    std::size_t object = none;
    std::size_t first = 0;  ///< row
    std::size_t rows = 0;
  };
  std::vector<band> bands;
  std::size_t masks = 0;    ///< that have a row in the whole matrix
  std::size_t columns = 0;  ///< of the picture
};
[[nodiscard]] visibility_picture draw_visibility(const result_data& data,
                                                 const report_options& options);

/// overlay.mp4 or dense.mp4, made smaller if it exceeds the limits (with a temporary file beside
/// `html`).
struct page_video {
  std::string uri;   ///< empty: there is none
  std::string note;  ///< for people: why it is missing or what was done to it
  std::size_t frames = 0;
  std::size_t stride = 1;  ///< of the frames of the clip that are in the video
};
[[nodiscard]] page_video load_video(const std::filesystem::path& file,
                                    const std::filesystem::path& html, const result_data& data,
                                    const report_options& options);

}  // namespace app::report
