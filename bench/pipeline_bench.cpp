// The whole way in memory: flow in both directions, frame masks, tracks and discovery. The clip is
// the pictures of the folder in S2D_BENCH_CLIP; without it soapbox of S2D_DATA/davis2016-480p, or
// of davis2016-240p; without those a synthetic one. The label says which it was, and its size.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <s2d/core/error.hpp>
#if __has_include(<stb_image.h>) || __has_include(<stb/stb_image.h>)
#include <s2d/io/image.hpp>
#define S2D_BENCH_PICTURES
#endif
#include <s2d/keymask/discover.hpp>
#include <s2d/segment/motion_segmenter.hpp>
#include <s2d/track/flow_tracker.hpp>

#include <benchmark/benchmark.h>

namespace {

struct clip {
  std::string name;
  std::vector<s2d::image> frames;
};

#ifdef S2D_BENCH_PICTURES
std::filesystem::path picture_folder() {
  if (const char* given = std::getenv("S2D_BENCH_CLIP")) return given;
  const char* data = std::getenv("S2D_DATA");
  for (const char* set : {"davis2016-480p", "davis2016-240p"}) {
    const auto folder = std::filesystem::path{data != nullptr ? data : "../shared/data"} / set /
                        "JPEGImages" / "soapbox";
    if (std::filesystem::is_directory(folder)) return folder;
  }
  return {};
}

clip read_clip(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  clip read{folder.filename().string(), {}};
  for (const auto& file : files) read.frames.push_back(s2d::read_image(file));
  return read;
}
#endif

// A textured ellipse that moves over a ground that moves more slowly.
clip synthetic_clip() {
  clip made{"synthetic", {}};
  for (int t = 0; t < 60; ++t) {
    s2d::image& frame = made.frames.emplace_back(480, 854);
    for (std::ptrdiff_t y = 0; y < 480; ++y)
      for (std::ptrdiff_t x = 0; x < 854; ++x) {
        const double dy = double(y) - 240, dx = double(x) - 200 - 6 * t;
        const bool inside = dy * dy / 14400 + dx * dx / 6400 < 1;
        const double u = inside ? dx : double(x) - 2 * t;
        const double wave = std::sin(0.11 * u + 0.07 * dy) * std::cos(0.05 * u - 0.13 * dy);
        for (std::ptrdiff_t c = 0; c < 3; ++c)
          frame.row(y)[3 * x + c] =
              std::uint8_t((inside ? 180 - 50 * double(c) : 90 + 20 * double(c)) + 45 * wave);
      }
  }
  return made;
}

const clip& the_clip() {
  static const clip chosen = [] {
#ifdef S2D_BENCH_PICTURES
    if (const auto folder = picture_folder(); !folder.empty()) return read_clip(folder);
#endif
    return synthetic_clip();
  }();
  return chosen;
}

void whole_way(benchmark::State& state) {
  const clip& video = the_clip();
  const s2d::image& first = video.frames.at(0);
  s2d::motion_segmenter_options finding;
  s2d::discovery_options grouping;
  finding.threads = grouping.threads = std::size_t(state.range(0));
  std::size_t masks = 0, keys = 0;
  for (auto _ : state) {
    s2d::motion_segmenter segmenter{finding};
    const s2d::video_masks found = segmenter(video.frames);
    s2d::follow_options following;
    following.cut_before = segmenter.cut_before();
    const s2d::flow_tracker tracker{segmenter.flow(), first.height, first.width, following};
    const std::vector<s2d::object> objects = s2d::discover_keymasks(found, tracker, grouping);
    masks = keys = 0;
    for (const auto& of_frame : found) masks += of_frame.size();
    for (const s2d::object& object : objects) keys += object.keymasks.size();
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t(video.frames.size()));  // frames
  state.counters["masks"] = double(masks);
  state.counters["keymasks"] = double(keys);
  state.SetLabel(s2d::concat(video.name, ", ", video.frames.size(), " frames of ", first.width, "x",
                             first.height));
}

BENCHMARK(whole_way)->Arg(1)->Arg(2)->ArgName("threads")->UseRealTime()->Unit(
    benchmark::kMillisecond);

}  // namespace
