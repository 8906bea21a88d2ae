// Key masks carried to the frames between them: pixels of the clip a second.
#include <cmath>
#include <cstdint>
#include <vector>

#include <s2d/keymask/propagate.hpp>

#include <benchmark/benchmark.h>

namespace {

// A disc of a tenth of the frame that drifts; keys in every eighth frame, flow at half size.
struct clip {
  static constexpr std::size_t frames = 33;
  std::vector<s2d::bit_mask> keys{frames};
  s2d::video_flow flow{std::vector<s2d::flow_field>(frames), std::vector<s2d::flow_field>(frames)};

  clip(std::ptrdiff_t height, std::ptrdiff_t width, double radius) {
    for (std::size_t t = 0; t < frames; t += 8) {
      keys[t] = s2d::bit_mask(height, width);
      for (std::ptrdiff_t y = 0; y < height; ++y)
        for (std::ptrdiff_t x = 0; x < width; ++x) {
          const double dy = static_cast<double>(y - height / 2);
          const double dx = static_cast<double>(x - width / 3) - 2.5 * static_cast<double>(t);
          if (dx * dx + dy * dy < radius * radius) keys[t].set(y, x);
        }
    }
    for (std::size_t t = 0; t < frames; ++t)
      for (auto* fields : {&flow.forward, &flow.backward}) {
        const bool forward = fields == &flow.forward;
        if (forward ? t + 1 == frames : t == 0) continue;
        s2d::flow_field field(height / 2, width / 2);
        for (std::ptrdiff_t y = 0; y < height / 2; ++y)
          for (std::ptrdiff_t x = 0; x < width / 2; ++x) {
            field.u(y, x) = (forward ? 1.25f : -1.25f) + 0.01f * static_cast<float>(x % 16);
            field.v(y, x) = 0.02f * static_cast<float>(y % 16);
          }
        (*fields)[t] = field;
      }
  }
};

void propagate(benchmark::State& state) {
  const auto height = state.range(0), width = state.range(1);
  const auto share = static_cast<double>(state.range(2)) / 100;
  const clip data(height, width, std::sqrt(share * static_cast<double>(height * width) / 3.1416));
  for (auto _ : state)
    benchmark::DoNotOptimize(s2d::propagate(data.keys, data.flow, {.threads = 1}));
  const auto frames = static_cast<std::int64_t>(clip::frames);
  state.SetItemsProcessed(state.iterations() * frames * height * width);
  state.counters["frames/s"] = benchmark::Counter(static_cast<double>(state.iterations() * frames),
                                                  benchmark::Counter::kIsRate);
}

}  // namespace

BENCHMARK(propagate)
    ->ArgNames({"height", "width", "percent"})
    ->Args({240, 427, 2})
    ->Args({240, 427, 10})
    ->Args({480, 854, 2})
    ->Args({480, 854, 10})
    ->Args({480, 854, 40})
    ->Unit(benchmark::kMillisecond);
