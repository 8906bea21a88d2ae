// Costs and losses of one clip at the sizes of training, beside plain loops over the definitions.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include <s2d/core/sigmoid.hpp>
#include <s2d/loss/clip_matching_cost.hpp>
#include <s2d/loss/temporal_drop_loss.hpp>

#include <benchmark/benchmark.h>

namespace {

// 100 queries and 10 instances in 3 frames: logits at a quarter of 384 x 640.
struct clip {
  static constexpr std::ptrdiff_t queries = 100, instances = 10, frames = 3;
  static constexpr std::ptrdiff_t height = 96, width = 160;
  std::vector<float> logits = std::vector<float>(queries * frames * height * width);
  std::vector<std::uint8_t> masks =
      std::vector<std::uint8_t>(instances * frames * 16 * height * width);
  std::vector<s2d::matched_pair> pairs;

  clip() {
    std::mt19937 random{1};
    std::normal_distribution<float> noise{0, 1};
    const auto blob = [](std::ptrdiff_t i, double y, double x) {
      const double dy = y - 0.2 - 0.06 * static_cast<double>(i % 10);
      const double dx = x - 0.15 - 0.08 * static_cast<double>((i * 7) % 10);
      return 0.15 - std::sqrt(dy * dy + dx * dx);
    };
    for (std::ptrdiff_t i = 0; i < queries * frames; ++i)
      for (std::ptrdiff_t y = 0; y < height; ++y)
        for (std::ptrdiff_t x = 0; x < width; ++x)
          logits[static_cast<std::size_t>((i * height + y) * width + x)] =
              static_cast<float>(40 * blob(i / frames, (static_cast<double>(y) + 0.5) / height,
                                           (static_cast<double>(x) + 0.5) / width)) +
              noise(random);
    for (std::ptrdiff_t i = 0; i < instances * frames; ++i)
      for (std::ptrdiff_t y = 0; y < 4 * height; ++y)
        for (std::ptrdiff_t x = 0; x < 4 * width; ++x)
          masks[static_cast<std::size_t>((i * 4 * height + y) * 4 * width + x)] =
              blob(i / frames, (static_cast<double>(y) + 0.5) / (4 * height),
                   (static_cast<double>(x) + 0.5) / (4 * width)) > 0;
    for (std::ptrdiff_t i = 0; i < instances; ++i) pairs.push_back({3 * i, i});
  }
  [[nodiscard]] s2d::clip_view<const float> predicted() const {
    return {logits.data(), queries, frames, height, width};
  }
  [[nodiscard]] s2d::clip_view<const std::uint8_t> targets() const {
    return {masks.data(), instances, frames, 4 * height, 4 * width};
  }
};

const clip& the_clip() {
  static const clip made;
  return made;
}

// The definition of bilinear sampling, a point at a time.
template <class Pixel>
float sampled(const s2d::plane_view<const Pixel>& plane, float px, float py) {
  const float x = px * static_cast<float>(plane.width) - 0.5f;
  const float y = py * static_cast<float>(plane.height) - 0.5f;
  const float left = std::floor(x), top = std::floor(y);
  float sum = 0;
  for (int dy = 0; dy < 2; ++dy)
    for (int dx = 0; dx < 2; ++dx) {
      const auto column = static_cast<std::ptrdiff_t>(left) + dx;
      const auto row = static_cast<std::ptrdiff_t>(top) + dy;
      if (column < 0 || row < 0 || column >= plane.width || row >= plane.height) continue;
      sum += (1 - std::abs(x - left - static_cast<float>(dx))) *
             (1 - std::abs(y - top - static_cast<float>(dy))) *
             static_cast<float>(plane(row, column));
    }
  return sum;
}

void point_sample(benchmark::State& state) {
  const auto plane = the_clip().predicted().plane(0, 0);
  s2d::matrix<float> points(state.range(0), 2);
  s2d::uniform_points(points.view(), 1);
  std::vector<float> out(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    s2d::point_sample(plane, points, std::span{out});
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void point_sample_plain(benchmark::State& state) {
  const auto plane = the_clip().predicted().plane(0, 0);
  s2d::matrix<float> points(state.range(0), 2);
  s2d::uniform_points(points.view(), 1);
  std::vector<float> out(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (std::ptrdiff_t p = 0; p < points.height; ++p)
      out[static_cast<std::size_t>(p)] = sampled(plane, points(p, 0), points(p, 1));
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void uncertain_points(benchmark::State& state) {
  const auto plane = the_clip().predicted().plane(0, 0);
  s2d::matrix<float> points(state.range(0), 2);
  std::vector<float> scratch;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    s2d::uncertain_points(plane, ++seed, {.count = state.range(0)}, points.view(), scratch);
    benchmark::DoNotOptimize(points.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void uncertain_points_plain(benchmark::State& state) {
  const auto plane = the_clip().predicted().plane(0, 0);
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<float> points(2 * n), candidates(6 * n), uncertainty(3 * n);
  std::vector<std::size_t> order(3 * n);
  std::mt19937 random{1};
  std::uniform_real_distribution<float> uniform;
  for (auto _ : state) {
    for (float& value : candidates) value = uniform(random);
    for (std::size_t i = 0; i < 3 * n; ++i)
      uncertainty[i] = std::abs(sampled(plane, candidates[2 * i], candidates[2 * i + 1]));
    std::iota(order.begin(), order.end(), 0);
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n * 3 / 4),
                     order.end(),
                     [&](std::size_t a, std::size_t b) { return uncertainty[a] < uncertainty[b]; });
    for (std::size_t i = 0; i < n; ++i) {
      const bool chosen = i < n * 3 / 4;
      points[2 * i] = chosen ? candidates[2 * order[i]] : uniform(random);
      points[2 * i + 1] = chosen ? candidates[2 * order[i] + 1] : uniform(random);
    }
    benchmark::DoNotOptimize(points.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void bce_and_dice(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<float> targets(n), gradient(n);
  for (std::size_t i = 0; i < n; ++i) targets[i] = static_cast<float>(i % 2);
  const std::span<const float> logits{the_clip().logits.data(), n};
  for (auto _ : state) {
    benchmark::DoNotOptimize(s2d::mask_bce_loss(logits, targets, gradient));
    benchmark::DoNotOptimize(s2d::dice_loss(logits, targets, gradient));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void bce_and_dice_plain(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<float> targets(n), gradient(n);
  for (std::size_t i = 0; i < n; ++i) targets[i] = static_cast<float>(i % 2);
  const std::vector<float>& logits = the_clip().logits;
  for (auto _ : state) {
    double bce = 0, overlap = 0, soft = 0, target = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const float s = s2d::sigmoid(logits[i]);
      bce += static_cast<double>(s2d::softplus(logits[i]) - logits[i] * targets[i]);
      overlap += static_cast<double>(s * targets[i]);
      soft += static_cast<double>(s);
      target += static_cast<double>(targets[i]);
    }
    const auto below = static_cast<float>(soft + target + 1);
    const auto above = static_cast<float>(2 * overlap + 1);
    for (std::size_t i = 0; i < n; ++i) {
      const float s = s2d::sigmoid(logits[i]);
      gradient[i] += (s - targets[i]) / static_cast<float>(n) +
                     (above / below - 2 * targets[i]) / below * s * (1 - s);
    }
    benchmark::DoNotOptimize(bce + overlap);
    benchmark::DoNotOptimize(gradient.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void matching_cost(benchmark::State& state) {
  const clip& given = the_clip();
  s2d::matrix<float> points(state.range(0), 2);
  s2d::uniform_points(points.view(), 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(s2d::matching_cost(given.predicted(), given.targets(), points));
  state.SetItemsProcessed(state.iterations() * clip::queries * clip::instances);
}

void matching_cost_plain(benchmark::State& state) {
  const clip& given = the_clip();
  s2d::matrix<float> points(state.range(0), 2);
  s2d::uniform_points(points.view(), 1);
  const auto rows = [&](const auto& from) {
    s2d::matrix<float> values(from.count, from.frames * points.height);
    for (std::ptrdiff_t i = 0; i < from.count; ++i)
      for (std::ptrdiff_t t = 0; t < from.frames; ++t) {
        const auto plane = from.plane(i, t);
        for (std::ptrdiff_t p = 0; p < points.height; ++p)
          values(i, t * points.height + p) = sampled(plane, points(p, 0), points(p, 1));
      }
    return values;
  };
  for (auto _ : state) {
    const auto logits = rows(given.predicted()), targets = rows(given.targets());
    s2d::matrix<float> sigmoids(logits.height, logits.width);
    std::vector<float> soft_plus(static_cast<std::size_t>(logits.height));
    for (std::ptrdiff_t q = 0; q < logits.height; ++q)
      for (std::ptrdiff_t p = 0; p < logits.width; ++p) {
        sigmoids(q, p) = s2d::sigmoid(logits(q, p));
        soft_plus[static_cast<std::size_t>(q)] += s2d::softplus(logits(q, p));
      }
    s2d::matrix<float> cost(logits.height, targets.height);
    for (std::ptrdiff_t q = 0; q < logits.height; ++q)
      for (std::ptrdiff_t n = 0; n < targets.height; ++n) {
        float product = 0, overlap = 0, both = 0;
        for (std::ptrdiff_t p = 0; p < logits.width; ++p) {
          product += logits(q, p) * targets(n, p);
          overlap += sigmoids(q, p) * targets(n, p);
          both += sigmoids(q, p) + targets(n, p);
        }
        cost(q, n) = 5 * (soft_plus[static_cast<std::size_t>(q)] - product) /
                         static_cast<float>(logits.width) +
                     5 * (1 - (2 * overlap + 1) / (both + 1));
      }
    benchmark::DoNotOptimize(cost.data());
  }
  state.SetItemsProcessed(state.iterations() * clip::queries * clip::instances);
}

void temporal_drop_loss(benchmark::State& state) {
  const clip& given = the_clip();
  std::vector<float> gradient(given.logits.size());
  s2d::mask_loss_options options{.points = {.count = state.range(0)}};
  for (auto _ : state) {
    ++options.seed;
    benchmark::DoNotOptimize(
        s2d::temporal_drop_loss(given.predicted(), given.targets(), given.pairs, options,
                                s2d::clip_view<float>{gradient.data(), clip::queries, clip::frames,
                                                      clip::height, clip::width}));
  }
  state.SetItemsProcessed(state.iterations() * clip::instances * clip::frames);
}

}  // namespace

#define S2D_LOSS_BENCHMARK(name) \
  BENCHMARK(name)->ArgName("points")->Arg(12544)->Arg(160000)->Unit(benchmark::kMillisecond)
S2D_LOSS_BENCHMARK(point_sample);
S2D_LOSS_BENCHMARK(point_sample_plain);
S2D_LOSS_BENCHMARK(uncertain_points);
S2D_LOSS_BENCHMARK(uncertain_points_plain);
S2D_LOSS_BENCHMARK(bce_and_dice);
S2D_LOSS_BENCHMARK(bce_and_dice_plain);
S2D_LOSS_BENCHMARK(matching_cost);
S2D_LOSS_BENCHMARK(matching_cost_plain);
S2D_LOSS_BENCHMARK(temporal_drop_loss);
