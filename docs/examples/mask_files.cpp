// Frame masks that another program made, as the frame segmenter of a video.
#include <cstdio>
#include <filesystem>

#include <s2d/io/mask_files.hpp>

int main() {
  // Two frames of 20 x 30, and a mask file for the second only.
  const std::filesystem::path folder = "mask_files_example";
  std::filesystem::create_directory(folder);
  s2d::matrix<std::uint8_t> ids(20, 30);
  ids(5, 5) = 1;
  ids(9, 20) = 2;
  s2d::write_palette_png(folder / "00001.png", ids);
  const std::vector<s2d::image> frames(2, s2d::image(20, 30));

  s2d::file_segmenter segmenter{folder, {"00000", "00001"}, {.missing = s2d::mask_gap::empty}};
  const s2d::video_masks masks = segmenter(frames);
  std::printf("%zu and %zu masks\n", masks[0].size(), masks[1].size());
  std::filesystem::remove_all(folder);
  return masks[0].empty() && masks[1].size() == 2 && masks[1][1].mask(9, 20) ? 0 : 1;
}
