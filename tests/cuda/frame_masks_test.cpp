#include <s2d/cuda/detail/diffusion.hpp>
#include <s2d/cuda/detail/lab.hpp>
#include <s2d/cuda/detail/slic.hpp>
#include <s2d/cuda/diffusion.hpp>
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/slic.hpp>

#include <algorithm>
#include <cstdint>
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

struct twin {
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
};

}  // namespace

TEST_CASE("pictures have the core's colours, interleaved and in planes", "[cuda][lab]") {
  support::check_to_lab<twin>();
}

TEST_CASE("superpixels of batches are the core's, bit for bit", "[cuda][slic]") {
  support::check_small_slic<twin>();
}

TEST_CASE("superpixels of one colour tie as in the core", "[cuda][slic]") {
  support::check_tied_slic<twin>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("superpixels of real frames are the core's, bit for bit", "[cuda][slic]") {
  support::check_real_slic<twin>();
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
  support::check_diffusion<twin>();
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
