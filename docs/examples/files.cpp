// Masks of a video into a palette PNG and a YouTube-VIS file, and back.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>

#include <s2d/io/image.hpp>
#include <s2d/io/palette_png.hpp>
#include <s2d/io/ytvis.hpp>

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "s2d files example";
  std::filesystem::create_directories(folder);

  s2d::matrix<std::uint8_t> ids(48, 64);  // 0: background
  for (std::ptrdiff_t y = 10; y < 30; ++y)
    for (std::ptrdiff_t x = 20; x < 40; ++x) ids(y, x) = 1;
  s2d::write_palette_png(folder / "00000.png", ids);

  s2d::ytvis_data data;
  s2d::ytvis_video video;
  video.height = 48;
  video.width = 64;
  video.length = 1;
  video.file_names = {"clip/00000.jpg"};
  data.videos = {video};
  s2d::ytvis_annotation object;
  object.height = 48;
  object.width = 64;
  object.length = 1;
  object.segments = {s2d::make_segment(0, s2d::encode(s2d::mask_view{ids.view()}))};
  object.score = 0.9;
  data.annotations = {object};
  data.categories.emplace_back();
  s2d::write_ytvis(folder / "keymasks.json", data);

  const s2d::ytvis_data again = s2d::read_ytvis(folder / "keymasks.json");
  const bool same = again == data && s2d::decode(again.annotations[0].segments[0].mask) ==
                                         s2d::read_mask_png(folder / "00000.png");

  s2d::write_file(folder / "damaged.json", R"({"annotations":[{"id":"one"}]})");
  try {
    (void)s2d::read_ytvis(folder / "damaged.json");
  } catch (const s2d::invalid_input& error) {
    std::printf("%s\n", error.what());
  }
  std::filesystem::remove_all(folder);
  return same ? 0 : 1;
}
