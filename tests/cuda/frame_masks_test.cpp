#include <s2d/cuda/detail/diffusion.hpp>
#include <s2d/cuda/detail/lab.hpp>
#include <s2d/cuda/detail/pixels.hpp>
#include <s2d/cuda/detail/slic.hpp>
#include <s2d/cuda/diffusion.hpp>
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/pixels.hpp>
#include <s2d/cuda/slic.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include "cuda/frame_masks_cases.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_buffer;
using support::host_executor;

template <class T>
std::vector<T> values_of(const host_buffer<T>& buffer) {
  return {buffer.data(), buffer.data() + buffer.size()};
}

struct frame_masks_twin {
  static std::vector<float> to_lab(const support::picture_batch& in) {
    host_buffer<float> out{3 * in.count * in.height * in.width};
    detail::to_lab_on(host_executor{}, in.view(in.values.data()), checks::srgb_light(),
                      lab_batch::planes(out.data(), in.count, in.height, in.width));
    return values_of(out);
  }
  static std::vector<s2d::superpixels> slic(const support::lab_planes& in,
                                            const s2d::slic_options& options) {
    const auto view = const_lab_batch::planes(in.values.data(), in.count, in.height, in.width);
    const host_executor host;
    const auto out =
        detail::slic_on<host_buffer>(host, view, checks::settings_for("", view, options));
    CHECK(host.launches == 2 * options.iterations + 1);
    CHECK(host.fetches == 0);
    return checks::grids_of(out, values_of(out.labels), values_of(out.items));
  }
  static std::vector<float> diffuse(const s2d::sparse_graph& graph, const std::vector<float>& seeds,
                                    const s2d::diffusion_options& options) {
    const std::vector<std::uint64_t> begin{graph.begin.begin(), graph.begin.end()};
    const graph_view view{static_cast<std::int64_t>(graph.nodes()),
                          static_cast<std::int64_t>(graph.edges()), begin.data(), graph.to.data(),
                          graph.weight.data()};
    std::vector<float> out(seeds.size(), -7);
    const host_executor host;
    detail::diffuse_on(host, view, seeds.data(), out.data(),
                       checks::settings_for("", view, seeds.data(), out.data(), options));
    CHECK(host.launches == (std::max)(options.iterations, 1));
    CHECK(host.fetches == 0);
    return out;
  }
  static std::vector<std::uint64_t> threshold_pixels(const support::picture_batch& in,
                                                     const std::vector<s2d::superpixels>& grids,
                                                     const std::vector<float>& values,
                                                     const std::vector<float>& thresholds,
                                                     const s2d::pixel_options& options) {
    const auto grid = batch_of(grids);
    const auto m = static_cast<std::int64_t>(thresholds.size());
    std::vector<std::uint64_t> words(
        static_cast<std::size_t>(in.count * m * in.height * ((in.width + 63) / 64)), 0xA5);
    const bits_view out{words.data(), in.count * m, in.height, in.width};
    const rgb_batch pictures = in.view(in.values.data());
    const auto set = checks::settings_for("", pictures, grid, values.data(), m, out, options);
    const host_executor host;
    detail::threshold_pixels_on(host, pictures, checks::srgb_light(), grid.items.data(),
                                values.data(), set, thresholds.data(), m, out);
    CHECK(host.launches == (out.empty() ? 0 : 2 + (m + 7) / 8));
    CHECK(host.fetches == 0);
    return words;
  }
  static basic_superpixel_batch<host_buffer> batch_of(const std::vector<s2d::superpixels>& grids) {
    basic_superpixel_batch<host_buffer> batch;
    batch.count = std::ssize(grids);
    std::vector<superpixel_item> items;
    for (const s2d::superpixels& grid : grids) {
      batch.height = grid.labels.height;
      batch.width = grid.labels.width;
      batch.rows = grid.rows;
      batch.columns = grid.columns;
      const auto of_grid = checks::items_of(grid);
      items.insert(items.end(), of_grid.begin(), of_grid.end());
    }
    batch.items = host_buffer<superpixel_item>{std::ssize(items)};
    std::copy(items.begin(), items.end(), batch.items.data());
    return batch;
  }
};

}  // namespace

TEST_CASE("pictures have the core's colours, interleaved and in planes", "[cuda][lab]") {
  support::check_to_lab<frame_masks_twin>();
}

TEST_CASE("superpixels of batches are the core's, bit for bit", "[cuda][slic]") {
  support::check_small_slic<frame_masks_twin>();
}

TEST_CASE("superpixels of one colour tie as in the core", "[cuda][slic]") {
  support::check_tied_slic<frame_masks_twin>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("superpixels of real frames are the core's, bit for bit", "[cuda][slic]") {
  support::check_real_slic<frame_masks_twin>();
}
#endif

TEST_CASE("superpixels are the same whatever the strides of their colours", "[cuda][slic]") {
  std::mt19937 random{3};
  const std::int64_t h = 13, w = 22;
  const auto planes =
      support::planes_of(support::to_lab(support::random_pictures(random, 2, h, w)), h, w);
  std::vector<float> mixed(planes.values.size());  // [2, w, h, 3], upside down
  const auto plane = [&](std::int64_t c) {
    return batch_view<float>{mixed.data() + c + 3 * (h - 1), 2, h, w, 3 * h * w, -3, 3 * h};
  };
  const lab_batch view{plane(0), plane(1), plane(2)};
  const auto rows = const_lab_batch::planes(planes.values.data(), 2, h, w);
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x) {
        view.l(i, y, x) = rows.l(i, y, x);
        view.a(i, y, x) = rows.a(i, y, x);
        view.b(i, y, x) = rows.b(i, y, x);
      }
  const auto set = checks::settings_for("", rows, {});
  const auto one = detail::slic_on<host_buffer>(host_executor{}, rows, set);
  const auto other = detail::slic_on<host_buffer>(host_executor{}, view, set);
  CHECK(values_of(one.labels) == values_of(other.labels));
  CHECK(values_of(one.items) == values_of(other.items));
}

TEST_CASE("superpixels: options, extents and addresses that do not fit are refused by name",
          "[cuda][slic]") {
  std::vector<float> some(3 * 64);
  const auto good = const_lab_batch::planes(some.data(), 1, 8, 8);
  CHECK_NOTHROW(checks::settings_for("slic", good, {}));
  CHECK_THROWS_WITH(checks::settings_for("slic", good, {.cell = 0}),
                    "slic: cell is 0, expected 1..1024");
  CHECK_THROWS_AS(checks::settings_for("slic", good, {.compactness = -1}), s2d::invalid_input);
  CHECK_THROWS_AS(checks::settings_for("slic", good, {.iterations = 0}), s2d::invalid_input);
  auto torn = good;
  torn.b.width = 7;
  CHECK_THROWS_WITH(checks::settings_for("slic", torn, {}),
                    Catch::StartsWith("slic: extents differ, 1 x 8 x 8 and 1 x 8 x 7"));
  CHECK_THROWS_WITH(checks::settings_for("slic", const_lab_batch::planes(nullptr, 1, 8, 8), {}),
                    Catch::StartsWith("slic: the address is null"));
  const batch_view<const float> wide{some.data(), 1, 1, std::int64_t{1} << 30, 0, 0, 0};
  CHECK_THROWS_WITH(checks::settings_for("slic", {wide, wide, wide}, {}),
                    Catch::Contains("expected sides below 2^30"));
  const batch_view<const float> large{some.data(), 1, 1 << 16, 1 << 16, 0, 0, 0};
  CHECK_THROWS_WITH(checks::settings_for("slic", {large, large, large}, {.cell = 1}),
                    Catch::Contains("65536 x 65536 superpixels"));
}

TEST_CASE("values diffuse over sparse graphs as in the core, bit for bit",
          "[cuda][diffusion][threads]") {
  support::check_diffusion<frame_masks_twin>();
}

TEST_CASE("diffusion: options, extents and addresses that do not fit are refused by name",
          "[cuda][diffusion]") {
  const std::vector<std::uint64_t> begin{0, 1, 2};
  const std::vector<std::int32_t> to{1, 0};
  const std::vector<float> weight{1, 1};
  float seeds[2] = {}, out[2] = {};
  const graph_view graph{2, 2, begin.data(), to.data(), weight.data()};
  const auto check = [&](const graph_view& given, const float* from, const float* into,
                         const s2d::diffusion_options& options) {
    (void)checks::settings_for("diffuse", given, from, into, options);
  };
  CHECK_NOTHROW(check(graph, seeds, out, {}));
  CHECK_NOTHROW(check({}, nullptr, nullptr, {}));
  CHECK_THROWS_WITH(check(graph, seeds, out, {.iterations = -1}),
                    Catch::StartsWith("diffuse: iterations is -1"));
  CHECK_THROWS_AS(check(graph, seeds, out, {.mix = 1.5F}), s2d::invalid_input);
  CHECK_THROWS_WITH(check(graph, nullptr, out, {}),
                    Catch::StartsWith("diffuse: seeds: the address is null"));
  CHECK_THROWS_WITH(check(graph, seeds, nullptr, {}),
                    Catch::StartsWith("diffuse: out: the address is null"));
  CHECK_THROWS_WITH(check({2, 2, nullptr, to.data(), weight.data()}, seeds, out, {}),
                    Catch::StartsWith("diffuse: row starts: the address is null"));
  CHECK_THROWS_WITH(check({-1, 2, begin.data(), to.data(), weight.data()}, seeds, out, {}),
                    Catch::StartsWith("diffuse: graph has -1 nodes"));
}

TEST_CASE("masks of thresholds are the core's, bit for bit", "[cuda][pixels]") {
  support::check_small_thresholds<frame_masks_twin>();
  support::check_sharp_thresholds<frame_masks_twin>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("masks of thresholds of real frames are the core's, bit for bit", "[cuda][pixels]") {
  support::check_real_thresholds<frame_masks_twin>();
}
#endif

TEST_CASE("the exponential of weights is the core's, bit for bit", "[cuda][pixels]") {
  for (float x = -100; x < 100; x += 0.0137F)
    CHECK(detail::exponential(x).value == s2d::detail::fast_exp(x));
}

TEST_CASE("thresholds: options, extents and addresses that do not fit are refused by name",
          "[cuda][pixels]") {
  const auto grid = frame_masks_twin::batch_of({s2d::slic(s2d::lab_image(8, 8))});
  std::vector<std::uint8_t> bytes(3 * 64);
  std::vector<std::uint64_t> words(16);
  const std::vector<float> values(4);
  const auto pictures = rgb_batch::interleaved(bytes.data(), 1, 8, 8);
  const bits_view out{words.data(), 2, 8, 8};
  const auto check = [&](const rgb_batch& rgb, const float* of_grid, std::int64_t thresholds,
                         const bits_view& masks, const s2d::pixel_options& options = {}) {
    (void)checks::settings_for("call", rgb, grid, of_grid, thresholds, masks, options);
  };
  CHECK_NOTHROW(check(pictures, values.data(), 2, out));
  CHECK_THROWS_WITH(check(pictures, values.data(), 3, out),
                    "call: out is 2 x 8 x 8, expected 1 times 3 masks of 8 x 8");
  CHECK_THROWS_WITH(check(pictures, values.data(), 2, {words.data(), 2, 7, 8}),
                    "call: out is 2 x 7 x 8, expected 1 times 2 masks of 8 x 8");
  CHECK_THROWS_WITH(check(pictures, nullptr, 2, out),
                    Catch::StartsWith("threshold_pixels: values: the address is null"));
  CHECK_THROWS_WITH(check(pictures, values.data(), 2, out, {0, 3}),
                    Catch::StartsWith("call: color_sigma is 0"));
  CHECK_THROWS_WITH(check(rgb_batch::interleaved(bytes.data(), 2, 4, 8), values.data(), 1, out),
                    "call: 4 superpixels of 1 pictures, expected 2 x 2 for each of 2");
  CHECK_THROWS_WITH(check(rgb_batch::interleaved(nullptr, 1, 8, 8), values.data(), 2, out),
                    Catch::StartsWith("call: the address is null"));
  auto torn = pictures;
  torn.b.height = 7;
  CHECK_THROWS_AS(check(torn, values.data(), 2, out), s2d::invalid_input);
}
