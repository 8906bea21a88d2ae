// Trains a small network on moving squares until it is done or killed.
// usage: trainer_program FOLDER STEPS CHECKPOINT_EVERY
#include <torch/torch.h>

#include <s2d/torch/trainer.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "torch/training_clips.hpp"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    torch::set_num_threads(1);
    torch::manual_seed(5);
    s2d::torch::video_mask2former student{s2d::torch::presets::tiny(4)};
    auto options = s2d::torch::tiny_training(std::atoll(argv[2]));
    options.folder = argv[1];
    options.checkpoint_every = std::atoll(argv[3]);
    (void)s2d::torch::train(
        student,
        [](std::int64_t step, std::int64_t index) { return support::square_clip(step, index); },
        options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
