// Visibility grouping, batches of assignments, matching costs, mask losses, Temporal DropLoss.
#include <s2d/cuda/dbscan.hpp>
#include <s2d/cuda/hungarian.hpp>
#include <s2d/cuda/mask_loss.hpp>

#include <random>
#include <vector>

#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

void dbscan(benchmark::State& state) {
  const std::int64_t n = state.range(0), columns = state.range(1), words = (columns + 63) / 64;
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  std::mt19937_64 random{1};
  std::vector<std::uint64_t> centres(static_cast<std::size_t>(16 * words)), rows;
  for (auto& word : centres) word = random();
  for (std::int64_t i = 0; i < n; ++i) {
    const auto centre = static_cast<std::int64_t>(random() % 16);
    for (std::int64_t w = 0; w < words; ++w)  // an eighth of the bits differ
      rows.push_back(centres[static_cast<std::size_t>(centre * words + w)] ^
                     (random() & random() & random()));
  }
  const auto memory = to_device(rows);
  device_buffer<std::int32_t> labels{n}, count{1};
  device_bench::measure(state, 0, [&] {
    return [&] { s2d::cuda::dbscan(memory.data(), n, columns, 0.2, labels.data(), count.data()); };
  });
  state.counters["pairs"] = benchmark::Counter(static_cast<double>(n) * static_cast<double>(n),
                                               benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(dbscan)
    ->ArgNames({"rows", "columns"})
    ->Args({10000, 100})
    ->Args({100000, 128})
    ->UseManualTime();

// With the way to the device and back, as a matcher on the host would need.
void hungarian(benchmark::State& state) {
  const std::int64_t count = state.range(0), n = state.range(1), m = state.range(2);
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  std::mt19937 random{1};
  std::vector<float> cost(static_cast<std::size_t>(count * n * m));
  for (float& value : cost) value = static_cast<float>(random()) * 0x1p-32f;
  device_buffer<std::int32_t> columns{count * n}, status{count};
  device_bench::measure(state, 0, [&] {
    return [&] {
      const auto memory = to_device(cost);
      s2d::cuda::hungarian(memory.data(), count, n, m, columns.data(), status.data());
      benchmark::DoNotOptimize(to_host(columns));
    };
  });
}
BENCHMARK(hungarian)
    ->ArgNames({"count", "n", "m"})
    ->Args({200, 100, 20})
    ->Args({64, 300, 300})
    ->UseManualTime();

struct clip {
  device_buffer<float> logits, points, pair_points, gradient, cost;
  device_buffer<std::uint64_t> words;
  device_buffer<std::int32_t> queries, of_target;
  device_buffer<drop_loss_result> result{1};
  static constexpr std::int64_t q = 100, n = 20, t = 3, h = 120, w = 216, count = 12544;
  clip() {
    std::mt19937 random{1};
    std::normal_distribution<float> logit{0, 3};
    std::uniform_real_distribution<float> part{0, 1};
    const auto draw = [&](std::int64_t size, auto& from) {
      std::vector<float> values(static_cast<std::size_t>(size));
      for (float& value : values) value = from(random);
      return to_device(values);
    };
    logits = draw(q * t * h * w, logit);
    points = draw(2 * count, part);
    pair_points = draw(2 * n * t * count, part);
    std::vector<std::uint64_t> bits(static_cast<std::size_t>(n * t * 4 * h * ((4 * w + 63) / 64)));
    for (std::size_t i = 0; i < bits.size(); ++i)
      bits[i] = i / 40 % 2 == 0 ? ~std::uint64_t{0} >> 32 : 0;
    words = to_device(bits);
    std::vector<std::int32_t> numbers(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int32_t>(i);
    queries = to_device(numbers);
    of_target = to_device(numbers);
    gradient = device_buffer<float>{q * t * h * w};
    cost = device_buffer<float>{q * n};
  }
  [[nodiscard]] clip_logits view() const { return {logits.data(), q, t, h, w}; }
  [[nodiscard]] const_bits_view targets() const { return {words.data(), n * t, 4 * h, 4 * w}; }
};
void matching_cost(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  clip c;
  device_bench::measure(state, static_cast<double>(c.logits.bytes() + c.words.bytes()), [&] {
    return [&] {
      s2d::cuda::matching_cost(c.view(), c.targets(), c.points.data(), clip::count, nullptr,
                               c.cost.data());
    };
  });
}
BENCHMARK(matching_cost)->UseManualTime();
void temporal_drop_loss(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  clip c;
  device_bench::measure(state, static_cast<double>(c.pair_points.bytes() + c.words.bytes()), [&] {
    return [&] {
      s2d::cuda::temporal_drop_loss(c.view(), c.targets(), c.queries.data(), c.of_target.data(),
                                    clip::n, c.pair_points.data(), clip::count, nullptr,
                                    c.result.data(), c.gradient.data());
    };
  });
}
BENCHMARK(temporal_drop_loss)->UseManualTime();

/// Targets as numbers, of the size of the frames. Points touch some of their bytes only, so that
/// there are no useful bytes to state.
device_buffer<float> target_planes() {
  std::vector<float> values(
      static_cast<std::size_t>(clip::n * clip::t * 4 * clip::h * 4 * clip::w));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i / 300 % 2 == 0 ? 1.0f : 0.0f;
  return to_device(values);
}
void matching_costs(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  clip c;
  const auto planes = target_planes();
  device_buffer<float> dice{clip::q * clip::n};
  device_bench::measure(state, 0, [&] {
    return [&] {
      s2d::cuda::matching_costs(c.view(),
                                {planes.data(), clip::n * clip::t, 4 * clip::h, 4 * clip::w},
                                c.points.data(), clip::count, nullptr, c.cost.data(), dice.data());
    };
  });
}
BENCHMARK(matching_costs)->UseManualTime();
void mask_losses(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  clip c;
  const auto planes = target_planes();
  device_buffer<float> losses{2 * clip::n * clip::t};
  device_buffer<float> gradients{2 * clip::n * clip::t * clip::h * clip::w};
  device_bench::measure(state, 0, [&] {
    return [&] {
      s2d::cuda::mask_losses({c.logits.data(), clip::n, clip::t, clip::h, clip::w},
                             {planes.data(), clip::n * clip::t, 4 * clip::h, 4 * clip::w},
                             c.pair_points.data(), clip::count, losses.data(), gradients.data());
    };
  });
}
BENCHMARK(mask_losses)->UseManualTime();

}  // namespace
