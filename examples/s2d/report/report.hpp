// The report: one HTML page that shows what is in a result folder.
#pragma once

#include <cstddef>
#include <filesystem>

#include <s2d/core/progress.hpp>

namespace app {

/// What bounds the size of the page. What does not fit is sampled, and the page says so.
struct report_options {
  std::size_t thumbnails = 6;      ///< cut-outs of an object at most
  std::size_t max_objects = 48;    ///< with a timeline of their own; those with most keymasks
  std::size_t max_points = 20000;  ///< masks in the coherence chart
  std::size_t max_rows = 1400;     ///< masks in the visibility picture
  std::size_t max_columns = 1600;  ///< frames in the visibility picture and columns of timelines
  std::size_t max_video_bytes = std::size_t{16} << 20;  ///< a larger overlay video is made smaller
  std::size_t max_video_frames = 1500;                  ///< of a video that is made smaller
  std::filesystem::path input;      ///< the clip, if run.json does not name it byte by byte
  s2d::progress_callback progress;  ///< stage "report"; may be empty
};

/// Writes `html` from the files that `s2d run` leaves in `result_folder`: run.json, and where they
/// exist masks.json, keymasks.json, overlay.mp4. Pictures are taken from the clip that run.json
/// names; where it is gone, the page says so and shows the shapes of the masks instead. The page
/// needs no other file and no network. The same folder gives the same bytes.
/// @throws s2d::io_error if run.json cannot be read or the page not be written; s2d::invalid_input
/// if a file of the folder is damaged; s2d::cancelled
void write_report(const std::filesystem::path& result_folder, const std::filesystem::path& html,
                  const report_options& options = {});

}  // namespace app
