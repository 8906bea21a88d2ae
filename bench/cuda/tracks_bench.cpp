// Points of many masks along the flow of a clip, where they are seen, and which masks they land in:
// on a device, and on one core of the processor. Useful bytes: the flow read once, the tracks
// written or read once, every mask read once, every overlap written.
#include <s2d/cuda/point_mask.hpp>
#include <s2d/cuda/tracks.hpp>

#include <array>
#include <cmath>
#include <map>
#include <vector>

#include <s2d/coherence/match.hpp>
#include <s2d/track/follow_flow.hpp>
#include <s2d/track/grid.hpp>

#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

constexpr std::ptrdiff_t frame_height = 480, frame_width = 854;

// `masks` discs, as many in every frame, each with the points of a 50 x 50 grid, in waves.
struct clip {
  s2d::video_flow flow;
  std::vector<s2d::bit_mask> masks;
  std::vector<s2d::grid_points> grids;
  std::vector<s2d::track_query> queries;
  std::int64_t points = 0;

  clip(std::size_t frames, std::size_t count, std::ptrdiff_t h, std::ptrdiff_t w) {
    s2d::flow_field forward(h, w), backward(h, w);
    for (std::ptrdiff_t y = 0; y < h; ++y)
      for (std::ptrdiff_t x = 0; x < w; ++x) {
        forward.u(y, x) = 2 * std::sin(static_cast<float>(y) * 0.05f);
        forward.v(y, x) = std::cos(static_cast<float>(x) * 0.03f);
        backward.u(y, x) = -forward.u(y, x);
        backward.v(y, x) = -forward.v(y, x);
      }
    flow.forward.assign(frames, forward);
    flow.backward.assign(frames, backward);
    for (std::size_t i = 0; i < count; ++i) {
      masks.push_back(disc(i));
      grids.push_back(s2d::points_in_mask(masks.back(), 50, frame_height, frame_width));
      points += static_cast<std::int64_t>(grids.back().at.size());
    }
    for (std::size_t i = 0; i < count; ++i) queries.push_back({grids[i].at, i * frames / count, i});
  }
  static s2d::bit_mask disc(std::size_t i) {
    s2d::bit_mask mask(frame_height, frame_width);
    const double radius = 60 + static_cast<double>(i % 7) * 15;
    const double x0 = static_cast<double>(100 + i * 83 % 650);
    const double y0 = static_cast<double>(80 + i * 47 % 320);
    for (std::ptrdiff_t y = 0; y < frame_height; ++y)
      for (std::ptrdiff_t x = 0; x < frame_width; ++x)
        mask.set(y, x,
                 std::hypot(static_cast<double>(y) - y0, static_cast<double>(x) - x0) < radius);
    return mask;
  }
};

// Made once for every size.
const clip& clip_of(const benchmark::State& state) {
  static std::map<std::array<std::int64_t, 4>, clip> made;
  return made
      .try_emplace({state.range(0), state.range(1), state.range(2), state.range(3)},
                   static_cast<std::size_t>(state.range(0)),
                   static_cast<std::size_t>(state.range(1)), state.range(2), state.range(3))
      .first->second;
}

void follow(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  const clip& given = clip_of(state);
  const std::int64_t frames = state.range(0);
  const device_video_flow flow = to_device(given.flow);
  const device_queries queries = to_device(given.queries, given.flow.frames());
  device_tracks tracks{frames, given.points};
  const double bytes = static_cast<double>(flow.planes.bytes() + tracks.at.bytes() +
                                           tracks.visible.bytes() + queries.at.bytes());
  device_bench::measure(state, bytes, [&] {
    return [&] {
      follow_flow(flow.view(), queries.starts(), frame_height, frame_width, tracks.view());
    };
  });
  state.SetItemsProcessed(state.iterations() * (frames - 1) * given.points);  // steps
}

void follow_core(benchmark::State& state) {
  const clip& given = clip_of(state);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        s2d::follow_flow(given.flow, given.queries, frame_height, frame_width));
  state.SetItemsProcessed(state.iterations() * (state.range(0) - 1) * given.points);
}

// From tracks to the rows that the first clustering takes.
void seen(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  const clip& given = clip_of(state);
  const std::int64_t frames = state.range(0), masks = state.range(1);
  const device_video_flow flow = to_device(given.flow);
  const device_queries queries = to_device(given.queries, given.flow.frames());
  device_tracks tracks{frames, given.points};
  device_buffer<std::uint32_t> visible{masks * frames};
  device_buffer<std::uint64_t> rows{masks * ((frames + 63) / 64)};
  const double bytes = static_cast<double>(tracks.visible.bytes() + visible.bytes() + rows.bytes());
  device_bench::measure(state, bytes, [&] {
    follow_flow(flow.view(), queries.starts(), frame_height, frame_width, tracks.view());
    return [&] {
      count_visible(tracks.view(), queries.sets(), visible.data());
      visible_frames(visible.data(), queries.sets(), frames, rows.data());
    };
  });
}

// All sets of points against all masks of all frames.
void match(benchmark::State& state, s2d::match_unit unit) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  const clip& given = clip_of(state);
  const std::int64_t frames = state.range(0), masks = state.range(1);
  const device_video_flow flow = to_device(given.flow);
  const device_queries queries = to_device(given.queries, given.flow.frames());
  device_tracks tracks{frames, given.points};
  std::vector<std::uint64_t> bits;
  std::vector<std::int64_t> first;
  for (const s2d::bit_mask& mask : given.masks)
    bits.insert(bits.end(), mask.words().begin(), mask.words().end());
  for (std::int64_t t = 0; t <= frames; ++t) first.push_back((t * masks + frames - 1) / frames);
  const auto words = to_device(bits);
  const auto first_row = to_device(first);
  device_buffer<point_overlap> out{masks * masks};
  device_bench::measure(
      state, static_cast<double>(tracks.at.bytes() + words.bytes() + out.bytes()), [&] {
        follow_flow(flow.view(), queries.starts(), frame_height, frame_width, tracks.view());
        return [&] {
          match_points(tracks.view(), queries.sets(),
                       {{words.data(), masks, frame_height, frame_width}, first_row.data(), frames},
                       out.data(), {unit, false});
        };
      });
}

void match_core(benchmark::State& state) {
  const clip& given = clip_of(state);
  const auto frames = static_cast<std::size_t>(state.range(0));
  const auto tracks = s2d::follow_flow(given.flow, given.queries, frame_height, frame_width);
  s2d::mask_table table{frames, frame_height, frame_width};
  for (std::size_t i = 0; i < given.masks.size(); ++i)
    table.add(given.queries[i].frame, given.masks[i]);
  s2d::point_matcher matcher{table};
  for (auto _ : state)
    for (const s2d::point_tracks& own : tracks) {
      std::vector<s2d::mask_overlap> found;
      matcher.match(own, {0, frames - 1}, found);
      benchmark::DoNotOptimize(found.data());
    }
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"frames", "masks", "h", "w"})->Args({100, 1000, 240, 427});
}
BENCHMARK(follow)->Apply(sizes)->Args({100, 1000, 480, 854})->UseManualTime();
BENCHMARK(follow_core)->Apply(sizes);
BENCHMARK(seen)->Apply(sizes)->UseManualTime();
BENCHMARK_CAPTURE(match, pixels, s2d::match_unit::pixels)->Apply(sizes)->UseManualTime();
BENCHMARK_CAPTURE(match, points, s2d::match_unit::points)->Apply(sizes)->UseManualTime();
BENCHMARK(match_core)->Apply(sizes);

}  // namespace
