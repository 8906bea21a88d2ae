// The HTML of the report, from data and pictures that are ready.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report.hpp"
#include "report_data.hpp"
#include "report_pictures.hpp"

namespace app::report {

/// Everything that the page shows beside the data.
struct page_pictures {
  struct thumbnail {
    std::size_t keymask = 0;  ///< index among the keymasks of the object
    picture cut_out;
  };
  struct strip_frame {
    std::size_t frame = 0;
    picture small;
  };
  struct comparison {
    std::size_t frame = 0;
    picture frame_masks, keymasks, dense;
  };
  std::vector<std::size_t> objects;                ///< that are shown, ascending
  std::vector<std::vector<thumbnail>> thumbnails;  ///< [shown objects]
  std::vector<strip_frame> strip;                  ///< frames of the clip
  visibility_picture visibility;
  std::vector<comparison> compared;  ///< frames of the clip
  page_video video;                  ///< with keymasks
  page_video dense_video;            ///< with dense masks
  std::string missing_clip;          ///< why there are no pictures of the clip; empty if there are
};

[[nodiscard]] std::string write_page(const result_data& data, const page_pictures& pictures,
                                     const report_options& options);

}  // namespace app::report
