// The adapter's headers, all together, among macros that system headers are known to leak.
#include <torch/script.h>
#include <torch/torch.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <png.h>
#include <simdjson.h>

#include <cassert>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <numbers>
#include <span>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "support/catch.hpp"

#define min(a, b) hostile min
#define max(a, b) hostile max
#define I hostile I
#define small hostile small
#define B0 hostile B0
#include <s2d/torch/affine_sample.hpp>
#include <s2d/torch/augment.hpp>
#include <s2d/torch/backbone.hpp>
#include <s2d/torch/checkpoint.hpp>
#include <s2d/torch/clip_loader.hpp>
#include <s2d/torch/clip_sampler.hpp>
#include <s2d/torch/config.hpp>
#include <s2d/torch/copy_paste.hpp>
#include <s2d/torch/criterion.hpp>
#include <s2d/torch/dense_labels.hpp>
#include <s2d/torch/ema.hpp>
#include <s2d/torch/frame_choice.hpp>
#include <s2d/torch/layers.hpp>
#include <s2d/torch/matcher.hpp>
#include <s2d/torch/memory_clips.hpp>
#include <s2d/torch/ms_deform_attn.hpp>
#include <s2d/torch/official_augment.hpp>
#include <s2d/torch/official_clips.hpp>
#include <s2d/torch/optimizer.hpp>
#include <s2d/torch/pixel_decoder.hpp>
#include <s2d/torch/position.hpp>
#include <s2d/torch/predict.hpp>
#include <s2d/torch/safetensors.hpp>
#include <s2d/torch/schedule.hpp>
#include <s2d/torch/scripted.hpp>
#include <s2d/torch/scripted_models.hpp>
#include <s2d/torch/state_dict.hpp>
#include <s2d/torch/teacher.hpp>
#include <s2d/torch/tensors.hpp>
#include <s2d/torch/trainer.hpp>
#include <s2d/torch/training_clip.hpp>
#include <s2d/torch/training_video.hpp>
#include <s2d/torch/transformer_decoder.hpp>
#include <s2d/torch/video_labels.hpp>
#include <s2d/torch/video_mask2former.hpp>
#include <s2d/torch/weights.hpp>

TEST_CASE("headers of the adapter bear hostile macros and a second unit", "[torch]") {
  CHECK(s2d::torch::presets::tiny(7).queries == 7);
  CHECK(s2d::torch::presets::official() == s2d::torch::video_mask2former_config{});
}
