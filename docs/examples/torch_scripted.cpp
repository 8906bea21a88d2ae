// A TorchScript module as a feature extractor whose normalised cuts are frame masks.
#include <torch/script.h>

#include <s2d/torch/scripted_models.hpp>

#include <cstdio>
#include <vector>

#include <s2d/segment/feature_segmenter.hpp>

int main() {
  // Stands for a network that torch.jit.trace wrote: features are mean colours of patches.
  torch::jit::Module module{"patches"};
  module.define("def forward(self, picture):\n  return torch.avg_pool2d(picture, [8, 8])\n");
  module.save("patches.pt");

  std::vector<s2d::image> frames(3, s2d::image(96, 128));
  for (std::size_t t = 0; t < frames.size(); ++t)
    for (std::ptrdiff_t y = 32; y < 64; ++y)
      for (std::ptrdiff_t x = 40; x < 72; ++x) frames[t].row(y)[3 * (x + 8 * t)] = 255;

  s2d::torch::scripted_features features{s2d::torch::scripted_module{"patches.pt"},
                                         s2d::torch::picture_input::imagenet(96, 128)};
  const s2d::video_masks masks = s2d::normalized_cut_masks(frames, features);
  for (std::size_t t = 0; t < masks.size(); ++t)
    std::printf("frame %zu: %zu masks, the first of %td pixels\n", t, masks[t].size(),
                masks[t].empty() ? std::ptrdiff_t{0} : area(masks[t][0].mask));
  return masks[2].empty() || !masks[2][0].mask(48, 70) ? 1 : 0;
}
