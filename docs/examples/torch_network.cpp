// A network without weights on a clip of noise, its weights saved and loaded.
#include <torch/torch.h>

#include <s2d/torch/video_mask2former.hpp>
#include <s2d/torch/weights.hpp>

#include <filesystem>

int main() {
  s2d::torch::video_mask2former model{s2d::torch::presets::tiny(10)};
  const auto frames = torch::randint(0, 256, {1, 2, 3, 120, 200}, torch::kUInt8);  // b t 3 h w
  const auto clip = s2d::torch::normalise(frames, model->config());  // padded to 128 x 224
  model->eval();
  const auto result = model->forward(clip, false);
  // result.class_logits [1, 10, 2], result.mask_logits [1, 10, 2, 32, 56]

  const auto file = std::filesystem::temp_directory_path() / "s2d_torch_network.pth";
  s2d::torch::save(*model, file);  // torch.load(file)["model"] in Python
  s2d::torch::video_mask2former other{s2d::torch::presets::tiny(10)};
  s2d::torch::load(*other, file);
  std::filesystem::remove(file);
  other->eval();
  return torch::equal(other->forward(clip, false).mask_logits, result.mask_logits) ? 0 : 1;
}
