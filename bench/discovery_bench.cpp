// Keymask discovery on given tracks: every case of the folder keymask of S2D_GOLDEN (default
// ../shared/golden) where there is one, and a synthetic clip. Tracks are in memory.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>

#include <s2d/keymask/discover.hpp>

#include <benchmark/benchmark.h>

#if __has_include(<simdjson.h>) && __has_include(<s2d/io/npy_tracker.hpp>)
#define S2D_BENCH_GOLDEN
#include <simdjson.h>

#include <s2d/io/npy_tracker.hpp>
#include <s2d/mask/rle.hpp>
#endif

namespace {

// Tracks in memory, filled by a first run.
struct remembered_tracks {
  std::map<std::tuple<std::size_t, std::size_t, s2d::track_purpose>, s2d::point_tracks> tracks;

  s2d::point_tracks operator()(const s2d::track_query& query) const {
    return tracks.at({query.frame, query.mask, query.purpose});
  }
};

struct prepared {
  s2d::video_masks masks;
  s2d::discovery_options options;
  remembered_tracks tracks;
};

template <class Tracker>
void remember(prepared& made, const Tracker& tracker) {
  (void)s2d::discover(
      made.masks,
      [&](const s2d::track_query& query) {
        auto& kept = made.tracks.tracks[{query.frame, query.mask, query.purpose}];
        kept = tracker(query);
        return kept;
      },
      made.options);
}

// `things` discs that circle before a resting ground, all visible all the time.
prepared synthetic(std::size_t frames, std::size_t things, std::ptrdiff_t height,
                   std::ptrdiff_t width) {
  prepared made;
  const float radius = 0.1f * float(height);
  const auto centre = [&](std::size_t k, std::size_t t) {
    const float angle = 0.05f * float(t) + 6.2832f * float(k) / float(things);
    return s2d::point{float(width) * (0.5f + 0.3f * std::cos(angle)),
                      float(height) * (0.5f + 0.3f * std::sin(angle))};
  };
  made.masks.resize(frames);
  for (std::size_t t = 0; t < frames; ++t)
    for (std::size_t k = 0; k < things; ++k) {
      const s2d::point c = centre(k, t);
      s2d::bit_mask mask(height, width);
      for (std::ptrdiff_t y = 0; y < height; ++y)
        for (std::ptrdiff_t x = 0; x < width; ++x)
          mask.set(y, x, std::hypot(float(x) - c.x, float(y) - c.y) < radius);
      made.masks[t].push_back({mask});
    }
  remember(made, [&](const s2d::track_query& query) {
    s2d::point_tracks tracks(frames, query.points.size());
    const s2d::point from = centre(query.mask, query.frame);
    for (std::size_t t = 0; t < frames; ++t) {
      const s2d::point to = centre(query.mask, t);
      for (std::size_t n = 0; n < tracks.points; ++n) {
        const s2d::point p = query.points[n];
        tracks.positions(t)[n] = {p.x + to.x - from.x, p.y + to.y - from.y};
        tracks.visibility(t)[n] = 1;
      }
    }
    return tracks;
  });
  return made;
}

void run(benchmark::State& state, const prepared& made) {
  for (auto _ : state)
    benchmark::DoNotOptimize(s2d::discover(made.masks, made.tracks, made.options));
  state.SetItemsProcessed(state.iterations() * std::int64_t(made.masks.size()));  // frames
}

#ifdef S2D_BENCH_GOLDEN
prepared golden(const std::filesystem::path& folder, bool compat) {
  simdjson::dom::parser parser;
  const simdjson::dom::element video = parser.load((folder / "case.json").string());
  prepared made;
  const auto mask_height = std::ptrdiff_t(video["mask_size"].at(0).get_int64());
  const auto mask_width = std::ptrdiff_t(video["mask_size"].at(1).get_int64());
  for (const auto frame : video["frames"].get_array()) {
    made.masks.emplace_back();
    for (const auto mask : frame.get_array()) {
      const std::string_view counts = mask["rle"]["counts"].get_string();
      made.masks.back().push_back(
          {s2d::to_bits(s2d::rle::from_string(counts, mask_height, mask_width))});
    }
  }
  made.options.compat = compat;
  made.options.frame_height = std::ptrdiff_t(video["image_size"].at(0).get_int64());
  made.options.frame_width = std::ptrdiff_t(video["image_size"].at(1).get_int64());
  remember(made, s2d::npy_tracker{folder, made.masks.size()});
  return made;
}

void add_golden() {
  const char* root = std::getenv("S2D_GOLDEN");
  const auto cases = std::filesystem::path{root ? root : "../shared/golden"} / "keymask";
  if (!std::filesystem::is_directory(cases)) return;
  for (const auto& entry : std::filesystem::directory_iterator{cases}) {
    if (!std::filesystem::exists(entry.path() / "case.json")) continue;
    const auto folder = entry.path();
    benchmark::RegisterBenchmark(
        ("compat/" + folder.filename().string()).c_str(),
        [folder](benchmark::State& state) { run(state, golden(folder, true)); })
        ->Unit(benchmark::kMillisecond);
  }
}
#else
void add_golden() {}
#endif

[[maybe_unused]] const bool added = (add_golden(), true);

void clip(benchmark::State& state) {
  run(state, synthetic(std::size_t(state.range(0)), std::size_t(state.range(1)), 480, 854));
}

}  // namespace

BENCHMARK(clip)
    ->ArgNames({"frames", "things"})
    ->Args({70, 1})
    ->Args({70, 5})
    ->Args({150, 5})
    ->Unit(benchmark::kMillisecond);
