// Training clips of a video with sparse masks: frames and masks under one random change a clip,
// loaded ahead of the step that needs them.
#include <torch/torch.h>

#include <s2d/torch/clip_loader.hpp>
#include <s2d/torch/memory_clips.hpp>

#include <cstdio>
#include <vector>

int main() {
  // 40 frames of 96 x 160, one object, a mask in every fifth frame.
  std::vector<s2d::image> frames(40, s2d::image(96, 160));
  s2d::torch::video_labels labels{"square", 96, 160, 40, {}, {{.id = 1, .score = 1, .masks = {}}}};
  for (int t = 0; t < 40; ++t) {
    s2d::bit_mask mask(96, 160);
    for (int y = 30; y < 60; ++y)
      for (int x = 2 * t; x < 2 * t + 40; ++x) {
        mask.set(y, x);
        frames[static_cast<std::size_t>(t)].row(y)[3 * x] = 255;
      }
    if (t % 5 == 0) labels.objects[0].masks.push_back({t, s2d::encode(mask), 0.1f + 0.02f * t});
  }

  // The most trusted half of the masks, each counting as much as it is trusted.
  labels = s2d::torch::select_labels(
      labels, {.frame_share = 0.5, .weight = s2d::torch::label_weight::trust});
  const s2d::torch::memory_clips clips{{s2d::torch::prepare_video(labels, frames, 64, 96)}};

  s2d::torch::clip_loader loader{clips, {.steps = 3, .threads = 1, .ahead = 2}};
  while (const auto clip = loader.next()) {
    std::printf("%s: %lld instances, weights", clip->name.c_str(),
                static_cast<long long>(clip->masks.size(0)));
    for (int f = 0; f < 2; ++f) std::printf(" %.2f", clip->weights[0][f].item<double>());
    std::printf("\n");
    if (clip->frames.size(0) != 2 || clip->frames.size(2) != 64) return 1;
  }
}
