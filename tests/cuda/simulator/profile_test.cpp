// Each primitive once at the shape of its benchmark, smaller: what S2D_SIMULATOR_PROFILE=1 counts.
// Not run by default.
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <s2d/cuda/components.hpp>
#include <s2d/cuda/dbscan.hpp>
#include <s2d/cuda/flow.hpp>
#include <s2d/cuda/hungarian.hpp>
#include <s2d/cuda/iou.hpp>
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/mask_loss.hpp>
#include <s2d/cuda/ms_deform_attn.hpp>
#include <s2d/cuda/pack.hpp>
#include <s2d/cuda/rle.hpp>
#include <s2d/cuda/slic.hpp>
#include <s2d/cuda/warp.hpp>

#include "support/catch.hpp"

using namespace s2d::cuda;

namespace {

std::mt19937 random_bits{1};

template <class T>
device_buffer<T> noise(std::int64_t n) {
  std::vector<T> values(static_cast<std::size_t>(n));
  for (T& value : values) value = static_cast<T>(random_bits());
  return to_device(values);
}
device_buffer<float> between(std::int64_t n, float low, float high) {
  std::uniform_real_distribution<float> next{low, high};
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) value = next(random_bits);
  return to_device(values);
}
/// Two disks a mask.
std::vector<std::uint8_t> disks(std::int64_t n, std::int64_t h, std::int64_t w) {
  std::vector<std::uint8_t> all;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x) {
        const auto dy = static_cast<double>(y - h / 2);
        const auto near = std::hypot(dy, static_cast<double>(x - w / 4 - 3 * i));
        const auto far = std::hypot(dy, static_cast<double>(x - 2 * w / 3));
        all.push_back(near < static_cast<double>(h) / 5 || far < static_cast<double>(h) / 4);
      }
  return all;
}

}  // namespace

TEST_CASE("profile of packing", "[.profile]") {
  const std::int64_t n = 4, h = 480, w = 854, words = (w + 63) / 64;
  const auto bytes = noise<std::uint8_t>(n * h * w);
  const auto logits = between(n * h * w, -1, 1);
  device_buffer<std::uint64_t> bits{n * h * words};
  device_buffer<std::uint8_t> dense{n * h * w};
  const bits_view out{bits.data(), n, h, w};
  pack(batch_view<const std::uint8_t>{bytes.data(), n, h, w}, out);
  pack(batch_view<const std::uint8_t>::column_major(bytes.data(), n, h, w), out);
  pack(batch_view<const float>{logits.data(), n, h, w}, 0.0f, out);
  unpack(const_bits_view{bits.data(), n, h, w}, batch_view<std::uint8_t>{dense.data(), n, h, w});
  CHECK_NOTHROW(synchronize());
}

TEST_CASE("profile of run lengths", "[.profile]") {
  const std::int64_t n = 4, h = 1080, w = 1920;
  const auto dense = to_device(disks(n, h, w));
  const rle_batch runs = encode(batch_view<const std::uint8_t>{dense.data(), n, h, w});
  (void)encode(batch_view<const std::uint8_t>::column_major(dense.data(), n, w, h));
  device_buffer<std::uint8_t> out{n * h * w};
  decode(runs, batch_view<std::uint8_t>{out.data(), n, h, w});
  CHECK(to_host(out) == to_host(dense));
}

TEST_CASE("profile of overlaps", "[.profile]") {
  const std::int64_t n = 128, h = 270, w = 480, words = (w + 63) / 64;
  const auto a = noise<std::uint64_t>(n * h * words), b = noise<std::uint64_t>(n * h * words);
  device_buffer<float> out{n * n};
  for (const auto way : {pair_counting::popcount, pair_counting::tensor_cores})
    iou(const_bits_view{a.data(), n, h, w}, const_bits_view{b.data(), n, h, w}, out.data(), {}, {},
        way);
  CHECK_NOTHROW(synchronize());
}

TEST_CASE("profile of warps", "[.profile]") {
  const std::int64_t n = 1, h = 480, w = 854;
  std::vector<float> planes[4];
  for (std::int64_t y = 0; y < h; ++y)
    for (std::int64_t x = 0; x < w; ++x) {
      const float u = 6 * std::sin(static_cast<float>(x) / 90) + 2.3f;
      const float v = 4 * std::cos(static_cast<float>(y) / 70) - 1.6f;
      planes[0].push_back(u), planes[1].push_back(v);
      planes[2].push_back(-u), planes[3].push_back(-v);
    }
  const auto u = to_device(planes[0]), v = to_device(planes[1]);
  const auto back_u = to_device(planes[2]), back_v = to_device(planes[3]);
  const auto bytes = noise<std::uint8_t>(h * w);
  const auto floats = between(h * w, 0, 1);
  device_buffer<std::uint8_t> bytes_out{h * w};
  device_buffer<float> floats_out{h * w};
  device_buffer<std::uint64_t> bits{h * ((w + 63) / 64)};
  const flow_batch f{{u.data(), n, h, w}, {v.data(), n, h, w}};
  const flow_batch b{{back_u.data(), n, h, w}, {back_v.data(), n, h, w}};
  for (const auto filter : {s2d::warp_filter::nearest, s2d::warp_filter::bilinear}) {
    warp_back(batch_view<const std::uint8_t>{bytes.data(), n, h, w}, f,
              batch_view<std::uint8_t>{bytes_out.data(), n, h, w}, {filter});
    warp_back(batch_view<const float>{floats.data(), n, h, w}, f,
              batch_view<float>{floats_out.data(), n, h, w}, {filter});
  }
  warp_back_tested(batch_view<const float>{floats.data(), n, h, w}, f, b,
                   batch_view<float>{floats_out.data(), n, h, w}, bits_view{bits.data(), n, h, w},
                   {s2d::warp_filter::bilinear});
  CHECK_NOTHROW(synchronize());
}

TEST_CASE("profile of components", "[.profile]") {
  const std::int64_t n = 1, h = 1080, w = 1920;
  const auto dense = to_device(disks(n, h, w));
  device_buffer<std::uint64_t> bits{n * h * ((w + 63) / 64)};
  pack(batch_view<const std::uint8_t>{dense.data(), n, h, w}, bits_view{bits.data(), n, h, w});
  device_buffer<std::int32_t> labels{n * h * w};
  (void)components(const_bits_view{bits.data(), n, h, w}, s2d::connectivity::eight, labels.data());
  CHECK_NOTHROW(synchronize());
}

TEST_CASE("profile of flow", "[.profile]") {
  const std::int64_t n = 2, h = 240, w = 428;
  std::vector<std::uint8_t> frames;
  for (std::int64_t t = 0; t < n; ++t)
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x) {
        const double px = static_cast<double>(x - 3 * t), py = static_cast<double>(y - t);
        frames.push_back(static_cast<std::uint8_t>(128 + 60 * std::sin(0.2 * px + 0.1 * py) +
                                                   50 * std::sin(0.13 * py - 0.05 * px)));
      }
  const auto memory = to_device(frames);
  device_buffer<float> out{4 * h * w};
  const auto plane = [&](std::int64_t k) {
    return batch_view<float>{out.data() + k * h * w, 1, h, w};
  };
  estimate_clip_flow(batch_view<const std::uint8_t>{memory.data(), n, h, w}, {plane(0), plane(1)},
                     {plane(2), plane(3)}, s2d::flow_preset::medium);
  CHECK_NOTHROW(synchronize());
}

TEST_CASE("profile of colours and superpixels", "[.profile]") {
  const std::int64_t n = 2, h = 120, w = 214;
  const auto rgb = noise<std::uint8_t>(3 * n * h * w);
  device_buffer<float> lab{3 * n * h * w};
  const auto planes = lab_batch::planes(lab.data(), n, h, w);
  to_lab(rgb_batch::interleaved(rgb.data(), n, h, w), planes);
  (void)slic(planes);
  CHECK_NOTHROW(synchronize());
}

TEST_CASE("profile of grouping and matching", "[.profile]") {
  const auto rows = noise<std::uint64_t>(2 * 4096);
  device_buffer<std::int32_t> labels{4096}, count{1};
  dbscan(rows.data(), 4096, 128, 0.2, labels.data(), count.data());
  const auto cost = between(20 * 100 * 20, 0, 1);
  device_buffer<std::int32_t> columns{20 * 100}, status{20};
  hungarian(cost.data(), 20, 100, 20, columns.data(), status.data());
  CHECK_NOTHROW(synchronize());
}

TEST_CASE("profile of matching costs and losses", "[.profile]") {
  const std::int64_t q = 25, n = 5, t = 3, h = 120, w = 216, points = 2048;
  const auto logits = between(q * t * h * w, -3, 3), at = between(2 * points, 0, 1);
  const auto pair_points = between(2 * n * t * points, 0, 1);
  const auto words = noise<std::uint64_t>(n * t * 4 * h * ((4 * w + 63) / 64));
  const std::vector<std::int32_t> numbers{0, 1, 2, 3, 4};
  const auto queries = to_device(numbers);
  device_buffer<float> cost{q * n};
  auto gradient = to_device(std::vector<float>(static_cast<std::size_t>(q * t * h * w)));
  device_buffer<drop_loss_result> result{1};
  const clip_logits view{logits.data(), q, t, h, w};
  const const_bits_view targets{words.data(), n * t, 4 * h, 4 * w};
  matching_cost(view, targets, at.data(), points, nullptr, cost.data());
  temporal_drop_loss(view, targets, queries.data(), queries.data(), n, pair_points.data(), points,
                     nullptr, result.data(), gradient.data());
  CHECK_NOTHROW(synchronize());
}

TEST_CASE("profile of deformable attention", "[.profile]") {
  const std::int64_t n = 1, h = 120, w = 216;
  deform_shape shape{n, 0, 8, 32, 0, 4, 3, {}};
  for (int l = 0; l < 3; ++l) {
    shape.levels[l] = {h / (8 << l), w / (8 << l)};
    shape.tokens += shape.levels[l].height * shape.levels[l].width;
  }
  shape.queries = shape.tokens;
  const std::int64_t samples = shape.items() * 12, values = n * shape.tokens * 256;
  const auto value = between(values, -1, 1), up = between(values, -1, 1);
  const auto attention = between(samples, 0, 0.2f), location = between(2 * samples, 0, 1);
  device_buffer<float> out{values}, grad_value{values}, grad_location{2 * samples},
      grad_attention{samples};
  ms_deform_attn(shape, value.data(), location.data(), attention.data(), out.data());
  for (const bool exact : {false, true})
    ms_deform_attn_backward(shape, up.data(), value.data(), location.data(), attention.data(),
                            grad_value.data(), grad_location.data(), grad_attention.data(), exact);
  CHECK_NOTHROW(synchronize());
}
