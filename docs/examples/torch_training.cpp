// From sparse masks to dense ones: a small network learns a moving square whose mask is given in
// every third frame, and finds it in all of them.
#include <torch/torch.h>

#include <s2d/torch/dense_labels.hpp>
#include <s2d/torch/predict.hpp>
#include <s2d/torch/trainer.hpp>

#include <cstdint>
#include <cstdio>

namespace {

constexpr std::int64_t height = 64, width = 96, side = 24, length = 12;

torch::Tensor frame(std::int64_t t) {
  torch::Tensor picture = torch::sin(torch::arange(3 * height * width).view({3, height, width}));
  picture.slice(1, 4 + 2 * t, 4 + 2 * t + side).slice(2, 5 * t, 5 * t + side).fill_(3);
  return picture;
}

torch::Tensor mask(std::int64_t t) {
  torch::Tensor inside = torch::zeros({height, width});
  inside.slice(0, 4 + 2 * t, 4 + 2 * t + side).slice(1, 5 * t, 5 * t + side).fill_(1);
  return inside;
}

/// Two frames, of which only frames 0, 3, 6, ... have a mask: weight 0 stands for "not known".
s2d::torch::training_clip clip(std::int64_t step, std::int64_t) {
  const std::int64_t a = 3 * step % length, b = (a + 1 + step % 4) % length;
  const float known = b % 3 == 0 ? 1.0f : 0.0f;
  return {torch::stack({frame(a), frame(b)}), torch::stack({mask(a), mask(b)}).unsqueeze(0),
          torch::tensor({{1.0f, known}}), "square"};
}

}  // namespace

int main() {
  torch::set_num_threads(1);
  torch::manual_seed(1);
  s2d::torch::video_mask2former student{s2d::torch::presets::tiny(4)};
  auto options = s2d::torch::tiny_training(60);
  options.teach = false;
  const auto result =
      s2d::torch::train(student, clip, options, [](const s2d::torch::training_log& log) {
        if (log.step % 20 == 0) std::printf("%s\n", s2d::torch::to_json(log).c_str());
      });

  auto teacher = result.teacher;
  const auto frames = [](std::int64_t first, std::int64_t count) {
    std::vector<torch::Tensor> pictures;
    for (std::int64_t t = first; t < first + count; ++t) pictures.push_back(frame(t));
    return torch::stack(pictures);
  };
  const auto objects =
      s2d::torch::predict(teacher, frames, length, {{}, {height, width}, {height, width}},
                          s2d::torch::tiny_prediction());
  s2d::ytvis_video video;
  video.height = height;
  video.width = width;
  video.length = length;
  const auto labels = s2d::torch::dense_labels(objects, video, {.least_score = 0});
  std::printf("%zu object in %zu of %d frames\n", labels.size(), labels.at(0).segments.size(),
              static_cast<int>(length));
  return labels.size() == 1 && labels[0].segments.size() >= length - 2 ? 0 : 1;
}
