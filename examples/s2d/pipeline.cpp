#include "pipeline.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include <s2d/io/npy_features.hpp>

#include "join.hpp"
#include "mask_files.hpp"
#include "window.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

fs::path window_file(const fs::path& cache, std::size_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "window_%06zu.json", number);
  return cache / name;
}

// Reads on behind the window until it ends at `end`, keeping the last `most` frames.
void fill(window_frames& window, frame_source& source, std::size_t end, std::size_t most,
          console& screen) {
  frame next;
  while (window.end() < end) {
    throw_if_stopped();
    if (!source.read(next)) return;
    if (window.size() == most) window.drop(1);
    window.add(std::move(next));
    screen.update("reading", 0);
  }
}

// The windows of a clip begin every `step` frames. The last one reaches back so that it is as long
// as the others.
struct window_plan {
  std::size_t length = none;
  std::size_t step = none;
  std::size_t windows = 1;  // 0: nobody knows

  window_plan(const settings& what, std::size_t frames) {
    // Official discovery and tracks from files are about the whole video.
    if (what.window == 0 || what.compat || !what.tracks.empty()) return;
    length = what.window;
    step = what.window - what.overlap;
    windows = frames == 0 ? 0 : frames <= length ? 1 : 1 + (frames - length + step - 1) / step;
  }
  [[nodiscard]] std::size_t end(std::size_t window) const noexcept {
    return length == none ? none : window * step + length;
  }
};

void show(console& screen, const window_plan& plan, std::size_t window) {
  if (plan.windows == 0) {
    screen.span(0, 0, s2d::concat("window ", window + 1));
    return;
  }
  const auto count = static_cast<double>((std::max)(plan.windows, window + 1));
  screen.span(
      static_cast<double>(window) / count, static_cast<double>(window + 1) / count,
      plan.windows == 1 ? std::string{} : s2d::concat("window ", window + 1, "/", plan.windows));
}

}  // namespace

findings analyse(const clip& from, const pipeline_options& options, console& screen) {
  const settings& what = options.what;
  std::optional<mask_files> masks;
  if (what.segmenter == segmenter_kind::files) masks.emplace(what.masks, from, what.compat);
  std::optional<s2d::stored_features> features;
  if (!what.features.empty()) features = s2d::read_npy_features(what.features);
  const given_files given{masks ? &*masks : nullptr, features ? &*features : nullptr};

  joiner together;
  std::size_t done = 0;
  bool complete = false;
  for (findings part; !complete && load(part, options.stamp, window_file(options.cache, done));
       ++done) {
    complete = part.last;
    together.add(std::move(part));
  }
  if (done > 0) screen.note(s2d::concat(from.name, ": goes on behind frame ", together.end() - 1));

  // The window before the first one to be worked on is read again: the next may reach back into it.
  window_plan plan{what, 0};
  const std::size_t skipped = done > 1 ? (done - 1) * plan.step : 0;
  std::optional<frame_source> source;
  window_frames window;
  std::vector<stage_time> read_again;
  if (!complete) {
    source.emplace(from, what, skipped);
    plan = window_plan{what, source->expected_frames()};
    window.first = skipped;
    if (done > 0) {
      const stopwatch clock;
      fill(window, *source, plan.end(done - 1), plan.length, screen);
      read_again.push_back({"read", clock.seconds()});
    }
  }
  for (; !complete; ++done) {
    show(screen, plan, done);
    const std::size_t before = window.end();
    const stopwatch clock;
    fill(window, *source, plan.end(done), plan.length, screen);
    const double seconds = clock.seconds();
    if (window.end() == before) break;
    findings part = work_on(window, what, given, options.discover, options.with, screen);
    part.fps = source->frames_per_second();
    part.stages.insert(part.stages.begin(), {"read", seconds});
    part.last = complete = window.end() < plan.end(done);
    part.damage = source->damage();
    save(part, options.stamp, window_file(options.cache, done));
    if (plan.windows != 1) {
      std::size_t count = 0;
      for (const auto& each : part.masks) count += each.size();
      screen.note(s2d::concat(from.name, ": frames ", part.first, " to ", part.end() - 1, ": ",
                              count, " masks, ", part.objects.size(), " objects"));
    }
    together.add(std::move(part));
  }
  findings all = std::move(together).result();
  for (const stage_time& stage : read_again) add_seconds(all.stages, stage.name, stage.seconds);
  if (source && all.damage.empty()) all.damage = source->damage();
  if (!all.damage.empty()) screen.note("s2d: " + all.damage);
  return all;
}

void remove_cache(const fs::path& cache) {
  std::error_code ignored;
  fs::remove_all(cache, ignored);
}

}  // namespace app
