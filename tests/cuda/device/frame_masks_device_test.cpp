#include <s2d/cuda/diffusion.hpp>
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/slic.hpp>

#include <cstdint>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/frame_masks_cases.hpp"

using namespace s2d::cuda;

namespace {

struct device {
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
};

}  // namespace

TEST_CASE("the device's colours are the core's", "[device][small]") {
  if (!support::has_device()) return;
  support::check_to_lab<device>();
}

TEST_CASE("the device's superpixels are the core's, bit for bit", "[device][small]") {
  if (!support::has_device()) return;
  support::check_small_slic<device>();
  support::check_tied_slic<device>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("the device's superpixels of real frames are the core's", "[device]") {
  if (!support::has_device()) return;
  support::check_real_slic<device>();
}
#endif

TEST_CASE("the device's values diffuse as the core's, bit for bit", "[device][small]") {
  if (!support::has_device()) return;
  support::check_diffusion<device>();
  s2d::sparse_graph broken;
  broken.begin = {0, 1};
  CHECK_THROWS_AS(to_device(broken), s2d::invalid_input);
}
