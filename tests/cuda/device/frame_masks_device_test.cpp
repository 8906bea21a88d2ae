#include <s2d/cuda/diffusion.hpp>
#include <s2d/cuda/error.hpp>
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/pixels.hpp>
#include <s2d/cuda/slic.hpp>

#include <cstdint>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/frame_masks_cases.hpp"

using namespace s2d::cuda;

namespace {

struct frame_masks_device {
  static std::vector<float> to_lab(const support::picture_batch& in) {
    const auto memory = to_device(in.values);
    auto out = support::rubbish<float>(3 * in.count * in.height * in.width);
    s2d::cuda::to_lab(in.view(memory.data()),
                      lab_batch::planes(out.data(), in.count, in.height, in.width));
    return to_host(out);
  }
  static std::vector<s2d::superpixels> slic(const support::lab_planes& in,
                                            const s2d::slic_options& options) {
    const auto memory = to_device(in.values);
    return to_host(s2d::cuda::slic(
        const_lab_batch::planes(memory.data(), in.count, in.height, in.width), options));
  }
  static std::vector<float> diffuse(const s2d::sparse_graph& graph, const std::vector<float>& seeds,
                                    const s2d::diffusion_options& options) {
    const device_graph memory = to_device(graph);
    const auto from = to_device(seeds);
    auto out = support::rubbish<float>(from.size());
    s2d::cuda::diffuse(memory.view(), from.data(), out.data(), options);
    return to_host(out);
  }
  static std::vector<std::uint64_t> threshold_pixels(const support::picture_batch& in,
                                                     const std::vector<s2d::superpixels>& grids,
                                                     const std::vector<float>& values,
                                                     const std::vector<float>& thresholds,
                                                     const s2d::pixel_options& options) {
    const auto pictures = to_device(in.values);
    const superpixel_batch grid = to_device(grids);
    const auto of_grid = to_device(values);
    const std::int64_t masks = in.count * std::ssize(thresholds);
    auto out = support::rubbish<std::uint64_t>(masks * in.height * ((in.width + 63) / 64));
    s2d::cuda::threshold_pixels(in.view(pictures.data()), grid, of_grid.data(), thresholds,
                                bits_view{out.data(), masks, in.height, in.width}, options);
    return to_host(out);
  }
};

}  // namespace

TEST_CASE("the device's colours are the core's", "[device][small]") {
  if (!support::has_device()) return;
  support::check_to_lab<frame_masks_device>();
}

TEST_CASE("the device's superpixels are the core's, bit for bit", "[device][small]") {
  if (!support::has_device()) return;
  support::check_small_slic<frame_masks_device>();
  support::check_tied_slic<frame_masks_device>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("the device's superpixels of real frames are the core's", "[device]") {
  if (!support::has_device()) return;
  support::check_real_slic<frame_masks_device>();
}
#endif

TEST_CASE("the device's values diffuse as the core's, bit for bit", "[device][small]") {
  if (!support::has_device()) return;
  support::check_diffusion<frame_masks_device>();
  s2d::sparse_graph broken;
  broken.begin = {0, 1};
  CHECK_THROWS_AS(to_device(broken), s2d::invalid_input);
}

TEST_CASE("the device's masks of thresholds are the core's, bit for bit", "[device][small]") {
  if (!support::has_device()) return;
  support::check_small_thresholds<frame_masks_device>();
  support::check_sharp_thresholds<frame_masks_device>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("the device's masks of thresholds of real frames are the core's", "[device]") {
  if (!support::has_device()) return;
  support::check_real_thresholds<frame_masks_device>();
}
#endif

TEST_CASE("superpixels go to the device and come back", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{7};
  std::vector<s2d::superpixels> grids;
  for (const s2d::image& picture : support::random_pictures(random, 3, 20, 33))
    grids.push_back(s2d::slic(s2d::to_lab(picture)));
  const auto back = to_host(to_device(grids));
  REQUIRE(back.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back[i].labels == grids[i].labels);
    CHECK(back[i].centre == grids[i].centre);
    CHECK(back[i].b == grids[i].b);
  }
  grids[1] = s2d::slic(s2d::lab_image(20, 34));
  CHECK_THROWS_AS(to_device(grids), s2d::invalid_input);
}

// All pictures are one in memory: a stride of 0.
TEST_CASE("superpixels and masks of more than 2^31 pixels are those of each picture",
          "[device][huge]") {
  if (!support::has_device()) return;
  const std::int64_t n = 5300, h = 480, w = 854, words = h * ((w + 63) / 64);
  REQUIRE(n * h * w > INT32_MAX);
  std::mt19937 random{8};
  const s2d::image picture = support::random_pictures(random, 1, h, w)[0];
  const s2d::lab_image lab = s2d::to_lab(picture);
  const s2d::slic_options options{.cell = 16, .iterations = 1};
  const s2d::superpixels expected = s2d::slic(lab, options);
  const std::vector<float> of_one = support::random_values(random, {expected});
  const std::vector<float> thresholds{0.5f};
  const s2d::bit_mask mask = s2d::threshold_pixels(picture, expected, of_one, thresholds)[0];

  const auto bytes = to_device(picture.values);
  const auto planes = to_device(support::planes_of({lab}, h, w).values);
  const auto plane = [&](std::int64_t c) {
    return batch_view<const float>{planes.data() + c * h * w, n, h, w, 0, w, 1};
  };
  const auto channel = [&](std::int64_t c) {
    return batch_view<const std::uint8_t>{bytes.data() + c, n, h, w, 0, 3 * w, 3};
  };
  std::vector<float> of_all;
  for (std::int64_t i = 0; i < n; ++i) of_all.insert(of_all.end(), of_one.begin(), of_one.end());
  try {
    const superpixel_batch grid =
        s2d::cuda::slic(const_lab_batch{plane(0), plane(1), plane(2)}, options);
    const auto values = to_device(of_all);
    auto out = support::rubbish<std::uint64_t>(n * words);
    s2d::cuda::threshold_pixels({channel(0), channel(1), channel(2)}, grid, values.data(),
                                thresholds, bits_view{out.data(), n, h, w});
    for (const std::int64_t i : {std::int64_t{0}, n / 2, n - 1}) {
      CAPTURE(i);
      CHECK((to_host(grid.labels.data() + i * h * w, h * w) == expected.labels.values));
      CHECK((to_host(out.data() + i * words, words) ==
             std::vector<std::uint64_t>{mask.words().begin(), mask.words().end()}));
    }
  } catch (const cuda_error& error) {
    std::cout << "SKIPPED: " << error.what() << '\n';
  }
}
