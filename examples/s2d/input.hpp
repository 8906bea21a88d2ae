// INPUT: a video file, a folder of frames, or a folder of either; read frame by frame.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <s2d/core/image.hpp>

#include "settings.hpp"

namespace app {

/// One video: a file, or a folder of frames.
struct clip {
  std::filesystem::path path;
  std::string name;                             ///< names its results among those of other clips
  std::vector<std::filesystem::path> pictures;  ///< the frames; none: a video file
};

/// The name of a folder, of "clips/" and "clips/." too: clips.
[[nodiscard]] std::string folder_name(const std::filesystem::path& folder);

/// What INPUT stands for. `many` is set where it is a folder of videos (even of one only), whose
/// results get a folder each.
struct clip_list {
  std::vector<clip> clips;  ///< by name
  bool many = false;
};

/// @throws as s2d::detect_input
[[nodiscard]] clip_list find_clips(const std::filesystem::path& input);

/// One frame of a clip as it is used.
struct frame {
  s2d::image picture;
  double seconds = 0;     ///< when it is shown; NaN where frames have no times
  std::size_t index = 0;  ///< its number in the file or folder, from 0
  std::string name;       ///< <clip>/<file>
};

/// The chosen frames of a clip, one after the other, scaled as asked for.
class frame_source {
 public:
  /// Begins behind the first `skipped` chosen frames.
  /// @throws s2d::io_error, s2d::invalid_input if there is nothing to be read
  frame_source(const clip& from, const settings& what, std::size_t skipped = 0);
  ~frame_source();
  frame_source(frame_source&&) noexcept;
  frame_source& operator=(frame_source&&) noexcept;

  /// The next frame; false behind the last one.
  /// @throws s2d::invalid_input if it is damaged or of another size than the ones before
  bool read(frame& next);

  /// How many chosen frames the clip claims to have, 0 if it says nothing.
  [[nodiscard]] std::size_t expected_frames() const noexcept;
  [[nodiscard]] double frames_per_second() const noexcept;  ///< of the chosen frames; 0: unknown
  /// What was wrong with a file that was read to its end nevertheless; empty if nothing.
  [[nodiscard]] std::string damage() const;

  struct reader;

 private:
  std::unique_ptr<reader> reader_;
};

}  // namespace app
