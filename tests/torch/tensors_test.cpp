#include <torch/torch.h>

#include <s2d/torch/tensors.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace st = s2d::torch;
using support::message_of;

TEST_CASE("a tensor's plane is its memory, whatever its strides", "[torch]") {
  const auto tensor = torch::arange(24, torch::kFloat).view({4, 6});
  const auto plane = st::as_plane<float>(tensor);
  REQUIRE(plane.data == tensor.data_ptr<float>());
  const auto turned = st::as_plane<const float>(tensor.t().slice(0, 1, 6, 2));
  REQUIRE(turned.height == 3);
  REQUIRE(turned.width == 4);
  CHECK(turned(1, 2) == 15.0f);
  plane(2, 3) = -1;
  CHECK(tensor[2][3].item<float>() == -1);
}

TEST_CASE("a plane's tensor is its memory and a moved matrix is owned", "[torch]") {
  s2d::matrix<float> values(3, 5);
  values(1, 4) = 7;
  auto shared = st::as_tensor(values);
  CHECK(shared.data_ptr() == values.data());
  shared[2][0] = 9;
  CHECK(values(2, 0) == 9);
  const float* memory = values.data();
  const auto owned = st::as_tensor(std::move(values));
  CHECK(owned.data_ptr() == memory);
  CHECK(owned[1][4].item<float>() == 7);
  CHECK(st::to_matrix<double>(owned.t())(0, 2) == 9);

  std::vector<int> upside_down(6);
  const s2d::plane_view<int> flipped{upside_down.data() + 3, 2, 3, -3};
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::as_tensor(flipped); }) ==
        "as_tensor: strides are -3 and 1, tensors cannot have negative ones");
}

TEST_CASE("masks go both ways", "[torch]") {
  torch::manual_seed(1);
  for (const std::int64_t width : {0, 1, 63, 64, 65, 200}) {
    const auto mask = torch::rand({7, width}) < 0.5;
    const s2d::bit_mask packed = st::to_bit_mask(mask);
    CHECK(torch::equal(st::to_tensor(packed), mask));
    CHECK(st::to_bit_mask(mask.t().contiguous().t().to(torch::kFloat)) == packed);
    CHECK(s2d::pack(st::as_mask<const std::uint8_t>(mask)) == packed);
  }
}

TEST_CASE("pictures become channel planes", "[torch]") {
  std::vector<s2d::image> pictures(2, s2d::image(3, 4));
  pictures[1].row(2)[3 * 1 + 2] = 200;
  const auto tensor = st::to_tensor(pictures);
  CHECK(tensor.sizes() == torch::IntArrayRef({2, 3, 3, 4}));
  CHECK(tensor[1][2][2][1].item<int>() == 200);
  CHECK(tensor.sum().item<int>() == 200);
  const auto interleaved = st::as_tensor(pictures[1].view());
  CHECK(st::as_image(interleaved).data == pictures[1].values.data());
  pictures.emplace_back(3, 5);
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::to_tensor(pictures); }) ==
        "to_tensor: picture 2 is 3 x 5, the first is 3 x 4 (height x width)");
}

TEST_CASE("what is wrong with a tensor is named", "[torch]") {
  const auto refuse = [](const torch::Tensor& tensor) {
    return message_of<s2d::invalid_input>([&] { (void)st::as_plane<const float>(tensor, "flow"); });
  };
  CHECK(refuse(torch::zeros({2, 3, 4})) == "flow: shape is [2, 3, 4], expected [any, any]");
  CHECK(refuse(torch::zeros({2, 3}, torch::kDouble)) == "flow: dtype is Double, expected Float");
  CHECK(refuse(torch::zeros({2, 3}, torch::kMeta)) == "flow: device is meta, expected cpu");
  CHECK(refuse(torch::Tensor{}) == "flow: the tensor is undefined");
  CHECK(refuse(torch::zeros({2, 3}).to_sparse()) ==
        "flow: the tensor is sparse, expected a dense one");
  CHECK(message_of<s2d::invalid_input>([] {
          (void)st::as_span<float>(torch::zeros({2, 3}).t(), "flow");
        }) == "flow: elements do not lie in C order, call contiguous() first");
  CHECK(message_of<s2d::invalid_input>([] {
          (void)st::as_image(torch::zeros({3, 4, 4}, torch::kUInt8), "frame");
        }) == "frame: shape is [3, 4, 4], expected [any, any, 3]");
}
