#include <torch/torch.h>

#include <s2d/torch/state_dict.hpp>
#include <s2d/torch/video_mask2former.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/folder.hpp"
#include "torch/golden.hpp"
#include "torch/golden_weights.hpp"

namespace st = s2d::torch;
using support::message_of;
using torch::Tensor;

namespace {

void check_close(const golden::file& file, const std::string& name, const Tensor& ours,
                 double largest) {
  INFO(name);
  const auto flat = ours.detach().contiguous().view(-1);
  Tensor part = flat;
  if (file.has(name + ".info")) {
    const auto info = file[name + ".info"];
    part = flat.slice(0, 0, flat.numel(), info[0].item<std::int64_t>());
    REQUIRE(info.numel() == ours.dim() + 1);
    for (std::int64_t d = 0; d < ours.dim(); ++d)
      CHECK(info[d + 1].item<std::int64_t>() == ours.size(d));
  }
  const auto official = file[name].to(torch::kDouble).view(-1);
  REQUIRE(part.numel() == official.numel());
  const auto difference = part.to(torch::kDouble) - official;
  CHECK(difference.abs().max().item<double>() < largest);
  CHECK((difference.norm() / official.norm()).item<double>() < 1e-5);
}

void check_forward(st::video_mask2former& model, const golden::file& file,
                   const std::string& prefix) {
  const torch::NoGradGuard guard;
  model->eval();
  const auto frames = st::normalise(file[prefix + "input_u8"], model->config());
  check_close(file, prefix + "normalised", frames, 1e-5);
  const auto maps = model->backbone->forward(frames);
  for (std::size_t s = 0; s < 4; ++s)
    check_close(file, prefix + "res" + std::to_string(s + 2), maps[s], 1e-4);
  const auto features = model->head->pixel_decoder->forward(maps);
  for (std::size_t l = 0; l < 3; ++l)
    check_close(file, prefix + "multi_scale." + std::to_string(l), features.levels[l], 1e-4);
  check_close(file, prefix + "mask_features", features.mask_features, 1e-4);
  const auto result = model->forward(frames.unsqueeze(0));
  REQUIRE(result.aux.size() == 9);
  for (std::size_t k = 0; k < 10; ++k) {
    const st::query_prediction& here =
        k < 9 ? result.aux[k] : static_cast<const st::query_prediction&>(result);
    const std::string name = prefix + (k < 9 ? "aux" + std::to_string(k) : "final");
    check_close(file, name + ".pred_logits", here.class_logits, 1e-4);
    check_close(file, name + ".pred_masks", here.mask_logits, 2e-4);
  }
  const auto alone = model->forward(frames.unsqueeze(0), false);
  CHECK(alone.aux.empty());
  CHECK(torch::equal(alone.mask_logits, result.mask_logits));
}

}  // namespace

TEST_CASE("the official network equals the official code: names, weights by formula, all heads",
          "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  st::video_mask2former model{st::presets::official()};
  const golden::file check{*folder / "weights_check.safetensors"};
  const auto names = golden::metadata_names(check);
  const auto state = st::state_dict(*model);
  REQUIRE(state.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(state[i].first == names[i]);

  golden::fill_by_formula(*model);
  const auto sums = check["bits_sum_u32"], counts = check["numel"];
  for (std::size_t i = 0; i < state.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    INFO(state[i].first);
    CHECK(state[i].second.numel() == counts[at].item<std::int64_t>());
    CHECK(golden::bits_sum(state[i].second) ==
          static_cast<std::uint32_t>(sums[at].item<std::int64_t>()));
  }
  check_forward(model, golden::file{*folder / "forward.safetensors"}, "");
  const golden::file padded{*folder / "forward_padded.safetensors"};
  check_forward(model, padded, "t1.");
  check_forward(model, padded, "t2.");
}

TEST_CASE("positions equal the official values", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  const golden::file file{*folder / "blocks.safetensors"};
  int compared = 0;
  for (const auto& entry : file.content().entries) {
    const auto& s = entry.shape;
    Tensor ours;
    if (entry.name.rfind("pos2d.", 0) == 0) ours = st::sine_position(s[1], s[2], s[3]);
    if (entry.name.rfind("pos3d.", 0) == 0) ours = st::sine_position(s[2], s[1], s[3], s[4]);
    if (!ours.defined()) continue;
    INFO(entry.name);
    CHECK((ours - file[entry.name][0]).abs().max().item<float>() < 3e-6f);
    ++compared;
  }
  CHECK(compared > 0);
}

TEST_CASE("the official preset has 557 tensors and 43,949,954 parameters", "[torch]") {
  const st::video_mask2former model{st::presets::official()};
  CHECK(st::state_dict(*model).size() == 557);
  std::int64_t count = 0;
  for (const auto& parameter : model->parameters()) count += parameter.numel();
  CHECK(count == 43'949'954);
}

TEST_CASE("the tiny preset learns, and every weight takes part", "[torch]") {
  torch::manual_seed(7);
  for (const std::int64_t encoder_layers : {0, 1}) {
    auto config = st::presets::tiny();
    config.encoder_layers = encoder_layers;
    st::video_mask2former model{config};
    std::int64_t count = 0;
    for (const auto& parameter : model->parameters()) count += parameter.numel();
    CHECK(count > 600'000);
    CHECK(count < 1'000'000);
    const auto frames = torch::randn({2, 2, 3, 64, 96});
    const auto result = model->forward(frames);
    CHECK(result.class_logits.sizes() == torch::IntArrayRef({2, 10, 2}));
    CHECK(result.mask_logits.sizes() == torch::IntArrayRef({2, 10, 2, 16, 24}));
    REQUIRE(result.aux.size() == 3);
    auto loss = result.mask_logits.square().mean() + result.class_logits.square().mean();
    for (const auto& aux : result.aux) {
      CHECK(aux.mask_logits.sizes() == result.mask_logits.sizes());
      loss = loss + aux.mask_logits.square().mean() + aux.class_logits.square().mean();
    }
    loss.backward();
    for (const auto& item : model->named_parameters()) {
      INFO(item.key());
      REQUIRE(item.value().grad().defined());
      CHECK(item.value().grad().isfinite().all().item<bool>());
    }
    torch::optim::AdamW optimizer{model->parameters(), torch::optim::AdamWOptions(2e-3)};
    const float before = loss.item<float>();
    float after = before;
    for (int step = 0; step < 10; ++step) {
      optimizer.zero_grad();
      const auto again = model->forward(frames, false);
      const auto next = again.mask_logits.square().mean();
      next.backward();
      optimizer.step();
      after = next.item<float>();
    }
    CHECK(after < result.mask_logits.square().mean().item<float>());
  }
}

TEST_CASE("clips of a batch do not see each other, frames of a clip do", "[torch]") {
  torch::manual_seed(8);
  const torch::NoGradGuard guard;
  st::video_mask2former model{st::presets::tiny(6)};
  model->eval();
  const auto frames = torch::randn({2, 3, 3, 64, 64});
  const auto both = model->forward(frames, false);
  const auto first = model->forward(frames.narrow(0, 0, 1), false);
  CHECK(torch::allclose(both.mask_logits[0], first.mask_logits[0], 1e-4, 1e-4));
  auto changed = frames.clone();
  changed[0][2].zero_();
  const auto other = model->forward(changed, false);
  CHECK_FALSE(torch::allclose(other.mask_logits[0][0][0], both.mask_logits[0][0][0], 1e-4, 1e-4));
  CHECK(torch::allclose(other.mask_logits[1], both.mask_logits[1], 1e-4, 1e-4));
}

TEST_CASE("dropout acts in training mode only", "[torch]") {
  torch::manual_seed(9);
  const torch::NoGradGuard guard;
  auto config = st::presets::tiny(4);
  config.encoder_layers = 1;
  config.encoder_dropout = 0.3;
  st::video_mask2former model{config};
  const auto frames = torch::randn({1, 1, 3, 64, 64});
  model->eval();
  CHECK(torch::equal(model->forward(frames).mask_logits, model->forward(frames).mask_logits));
  model->train();
  CHECK_FALSE(torch::equal(model->forward(frames).mask_logits, model->forward(frames).mask_logits));
}

TEST_CASE("frames are padded to multiples of 32 with the mean colour", "[torch]") {
  auto config = st::presets::tiny();
  config.pixel_mean = {10, 20, 30};
  config.pixel_std = {2, 4, 5};
  const auto frames = torch::full({2, 1, 3, 33, 64}, 40, torch::kUInt8);
  const auto x = st::normalise(frames, config);
  REQUIRE(x.sizes() == torch::IntArrayRef({2, 1, 3, 64, 64}));
  CHECK(x[1][0][0][32][63].item<float>() == 15);
  CHECK(x[1][0][1][0][0].item<float>() == 5);
  CHECK(x[1][0][2][33][0].item<float>() == 0);
}

TEST_CASE("the network names what does not fit", "[torch]") {
  st::video_mask2former model{st::presets::tiny(4)};
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)model->forward(torch::zeros({1, 3, 64, 64}));
        }) ==
        "video_mask2former: frames: shape is [1, 3, 64, 64], expected [any, any, 3, any, any]");
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)model->forward(torch::zeros({1, 2, 3, 60, 64}));
        }).find("multiples of 32") != std::string::npos);
  auto config = st::presets::tiny();
  config.heads = 5;
  CHECK(message_of<s2d::invalid_input>([&] {
          st::video_mask2former wrong{config};
        }).find("hidden is 64") != std::string::npos);
}
