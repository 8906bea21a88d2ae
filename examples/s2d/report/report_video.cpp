#include "report_pictures.hpp"

#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/file.hpp>

#include "html.hpp"

namespace app::report {

page_video load_video(const std::filesystem::path& folder, const std::filesystem::path& scratch,
                      const result_data& data, const report_options& options) {
  page_video video;
  const std::filesystem::path file = folder / "overlay.mp4";
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  if (missing) {
    video.note = "There is no overlay.mp4 in the result folder.";
    return video;
  }
  (void)scratch;
  (void)size;
  (void)options;
  video.uri = data_uri("video/mp4", s2d::read_file(file));
  video.frames = data.frames;
  return video;
}

}  // namespace app::report
