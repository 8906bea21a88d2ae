// What training clips cost: two frames of 224 x 384 for the preset tiny, beside LibTorch's
// affine_grid and grid_sample; three frames out of 720 x 1280 for the official recipe.
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/io/image.hpp>
#include <s2d/torch/memory_clips.hpp>
#include <s2d/torch/official_clips.hpp>

#include <benchmark/benchmark.h>

namespace {

namespace st = s2d::torch;
constexpr std::ptrdiff_t height = 224, width = 384, length = 24;

st::prepared_video make_video(std::size_t objects) {
  s2d::random_stream random{1};
  std::vector<s2d::image> frames;
  for (std::ptrdiff_t t = 0; t < length; ++t)
    for (auto& value : frames.emplace_back(height, width).values)
      value = static_cast<std::uint8_t>(random.below(256));
  st::video_labels labels{"noise", height, width, length, {}, {}};
  for (std::size_t i = 0; i < objects; ++i) {
    st::object_labels object{static_cast<std::int64_t>(i), 1, {}};
    for (std::ptrdiff_t t = 0; t < length; ++t) {
      s2d::bit_mask mask(height, width);  // about a tenth of the frame
      const std::ptrdiff_t left = 20 * static_cast<std::ptrdiff_t>(i) + 2 * t;
      for (std::ptrdiff_t y = 60; y < 150; ++y)
        for (std::ptrdiff_t x = left; x < left + 100; ++x) mask.set(y, x);
      object.masks.push_back({t, s2d::encode(mask), 1});
    }
    labels.objects.push_back(std::move(object));
  }
  return st::prepare_video(std::move(labels), frames, height, width);
}

void tiny_clip(benchmark::State& state) {
  const st::memory_clips source{{make_video(static_cast<std::size_t>(state.range(0)))}};
  std::int64_t step = 0;
  for (auto _ : state) benchmark::DoNotOptimize(source(step++ % 64, 0).frames.data_ptr());
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * 4 * 2 * height * width * (3 + state.range(0)));
}
BENCHMARK(tiny_clip)->ArgName("objects")->Arg(1)->Arg(5)->Arg(10)->Unit(benchmark::kMillisecond);

void tiny_clip_by_grid_sample(benchmark::State& state) {
  at::set_num_threads(1);
  const auto objects = state.range(0);
  const auto frames = torch::rand({2, 3, height, width});
  const auto masks = (torch::rand({2, objects, height, width}) < 0.1).to(torch::kFloat);
  const auto theta = torch::tensor({1.1f, 0.05f, 0.02f, -0.05f, 0.9f, 0.01f}).view({1, 2, 3});
  namespace F = torch::nn::functional;
  for (auto _ : state) {
    const auto grid =
        torch::affine_grid_generator(theta, {1, 1, height, width}, false).expand({2, -1, -1, -1});
    auto x = F::grid_sample(frames, grid,
                            F::GridSampleFuncOptions()
                                .mode(torch::kBilinear)
                                .padding_mode(torch::kReflection)
                                .align_corners(false));
    x = x * 1.1 + torch::tensor({0.1f, 0.2f, 0.3f}).view({3, 1, 1});
    const auto y = F::grid_sample(masks, grid,
                                  F::GridSampleFuncOptions()
                                      .mode(torch::kBilinear)
                                      .padding_mode(torch::kZeros)
                                      .align_corners(false));
    benchmark::DoNotOptimize(x.data_ptr());
    benchmark::DoNotOptimize(y.data_ptr());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(tiny_clip_by_grid_sample)
    ->ArgName("objects")
    ->Arg(1)
    ->Arg(5)
    ->Arg(10)
    ->Unit(benchmark::kMillisecond);

// Crop, short side 360 or 480, tone, rotation; five objects. Frames are JPEG files in memory.
void official_clip(benchmark::State& state) {
  constexpr std::ptrdiff_t rows = 720, columns = 1280, frames = 8;
  std::vector<std::vector<std::byte>> files;
  st::video_labels labels{"waves", rows, columns, frames, {}, {}};
  labels.objects.resize(5);
  for (std::ptrdiff_t t = 0; t < frames; ++t) {
    s2d::image picture(rows, columns);
    for (std::ptrdiff_t y = 0; y < rows; ++y)
      for (std::ptrdiff_t x = 0; x < 3 * columns; ++x)
        picture.row(y)[x] = static_cast<std::uint8_t>((x * x / 97 + y * y / 53 + 5 * t) % 256);
    files.push_back(s2d::encode_jpeg(picture));
    for (std::size_t i = 0; i < 5; ++i) {
      s2d::bit_mask mask(rows, columns);
      const std::ptrdiff_t left = 200 * static_cast<std::ptrdiff_t>(i) + 2 * t;
      for (std::ptrdiff_t y = 200; y < 480; ++y)
        for (std::ptrdiff_t x = left; x < left + 200; ++x) mask.set(y, x);
      labels.objects[i].masks.push_back({t, s2d::encode(mask), 1});
    }
  }
  const auto frame = [&](std::ptrdiff_t t) {
    return s2d::decode_image(files[static_cast<std::size_t>(t)], "frame");
  };
  st::official_clip_options options;
  options.batch = 1;
  const st::official_clips source{{st::training_video{labels, frame}}, options};
  std::int64_t step = 0;
  for (auto _ : state) benchmark::DoNotOptimize(source(step++ % 64, 0).frames.data_ptr());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(official_clip)->Unit(benchmark::kMillisecond);

void picture_affine(benchmark::State& state) {
  s2d::image picture(height, width);
  s2d::random_stream random{1};
  for (auto& value : picture.values) value = static_cast<std::uint8_t>(random.below(256));
  const st::packed_picture packed{picture};
  s2d::matrix<float> red(height, width), green(height, width), blue(height, width);
  for (auto _ : state) {
    st::sample_affine(packed, {1.1, 0.05, -20, -0.05, 0.9, 10},
                      {red.view(), green.view(), blue.view()}, st::outside::reflect);
    benchmark::DoNotOptimize(red.data());
  }
  state.SetItemsProcessed(state.iterations() * height * width);
}
BENCHMARK(picture_affine)->Unit(benchmark::kMicrosecond);

}  // namespace
