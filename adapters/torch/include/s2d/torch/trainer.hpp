// Sparse-to-dense distillation: a student learns from pseudo masks and from its own average.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <torch/torch.h>
#include <ATen/autocast_mode.h>

#include <s2d/core/error.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/torch/criterion.hpp>
#include <s2d/torch/ema.hpp>
#include <s2d/torch/optimizer.hpp>
#include <s2d/torch/schedule.hpp>
#include <s2d/torch/teacher.hpp>
#include <s2d/torch/trainer_checkpoint.hpp>
#include <s2d/torch/training_clip.hpp>
#include <s2d/torch/video_mask2former.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

struct training_options {
  std::int64_t steps = 32'000;
  std::int64_t clips = 4;       ///< a forward pass
  std::int64_t accumulate = 1;  ///< forward passes a step
  criterion_options criterion;
  loss_weights weights;

  bool teach = true;  ///< whether the teacher's masks are learned too
  criterion_options teacher_criterion;
  loss_weights teacher_weights;
  teacher_options teacher;
  bool teacher_drops_out = false;  ///< compat: the official teacher predicts in training mode
  ema_schedule ema;
  loss_schedule losses;

  optimizer_options optimizer;
  rate_schedule rate;
  std::uint64_t seed = 0;
  /// Where points come from; default: LibTorch's generator.
  point_source points, teacher_points;
  bool bfloat16 = true;  ///< on a GPU: autocast, the pixel decoder and the losses excepted

  std::filesystem::path folder;  ///< of checkpoints; empty: none are written
  std::int64_t checkpoint_every = 500;
  std::size_t keep_checkpoints = 2;
  run_settings settings;  ///< what else the run depends on: data, network
};

/// The released S2D recipe, its flaws put right: teacher in evaluation mode, backbone at a tenth
/// of the rate.
[[nodiscard]] inline training_options official_training() { return {}; }

/// The tiny preset: one video, from nothing, on a processor.
[[nodiscard]] inline training_options tiny_training(std::int64_t steps = 400) {
  training_options options;
  options.steps = steps;
  options.clips = 1;
  options.criterion = options.teacher_criterion = dense_criterion();
  options.teacher_criterion.matcher.class_weight = 0;
  options.weights.class_ = 1;
  options.teacher.upsampled = false;
  options.losses.teacher_from = steps * 6 / 10;
  options.ema = {.momentum = 0.99, .early = true};
  options.optimizer = {.rate = 2e-3,
                       .weight_decay = 0.01,
                       .rule = no_decay::vectors_and_embeddings,
                       .backbone_rate = 1,
                       .clip_norm = 1};
  options.rate = {.shape = rate_shape::cosine, .milestones = {}, .warm_up = 30};
  options.checkpoint_every = 100;
  return options;
}

/// What a step did. Losses are sums over outputs, weighted, and means over accumulated passes.
struct training_log {
  std::int64_t step = 0;  ///< counted from 1
  std::int64_t steps = 0;
  double loss = 0;  ///< of all
  double class_ = 0, mask = 0, dice = 0;
  double teacher_class = 0, teacher_mask = 0, teacher_dice = 0;
  std::int64_t teacher_instances = 0;
  double rate = 0;           ///< of parameters outside of the backbone
  double gradient_norm = 0;  ///< before it is clipped
  double seconds = 0;        ///< of this step, loading included
  double loading_seconds = 0;
};

/// The log as one line of JSON, without the line's end.
[[nodiscard]] inline std::string to_json(const training_log& log) {
  return concat("{\"step\":", log.step, ",\"steps\":", log.steps, ",\"loss\":", log.loss,
                ",\"loss_class\":", log.class_, ",\"loss_mask\":", log.mask,
                ",\"loss_dice\":", log.dice, ",\"teacher_class\":", log.teacher_class,
                ",\"teacher_mask\":", log.teacher_mask, ",\"teacher_dice\":", log.teacher_dice,
                ",\"teacher_instances\":", log.teacher_instances, ",\"rate\":", log.rate,
                ",\"gradient_norm\":", log.gradient_norm, ",\"seconds\":", log.seconds,
                ",\"loading_seconds\":", log.loading_seconds, "}");
}

/// Throws unless shapes and types are those of a training_clip.
/// @throws invalid_input naming the clip and what does not fit
inline void require_clip(const training_clip& clip) {
  const auto part = [&](const char* what) { return concat("clip ", clip.name, ": ", what); };
  require_shape(clip.frames, {any, 3, any, any}, part("frames"));
  require_dtype(clip.frames, ::torch::kFloat, part("frames"));
  const auto f = clip.frames.size(0), h = clip.frames.size(2), w = clip.frames.size(3);
  require(f > 0 && h > 0 && w > 0 && h % 32 == 0 && w % 32 == 0, part("frames"), ": shape is ",
          detail::shape_text(clip.frames.sizes()), ", expected extents that are multiples of 32");
  require_shape(clip.masks, {any, f, h, w}, part("masks"));
  require_dtype(clip.masks, ::torch::kFloat, part("masks"));
  require_shape(clip.weights, {clip.masks.size(0), f}, part("weights"));
  require_dtype(clip.weights, ::torch::kFloat, part("weights"));
}

struct training_result {
  video_mask2former teacher{nullptr};  ///< what predicts
  std::int64_t resumed_from = 0;       ///< steps that were done before
};

namespace detail {

/// Autocast to bfloat16 on a GPU while it lives.
class bfloat16_scope {
 public:
  bfloat16_scope(const ::torch::Device& device, bool wanted)
      : device_{device.type()}, on_{wanted && device.is_cuda()} {
    if (!on_) return;
    was_ = ::at::autocast::is_autocast_enabled(device_);
    dtype_ = ::at::autocast::get_autocast_dtype(device_);
    ::at::autocast::set_autocast_enabled(device_, true);
    ::at::autocast::set_autocast_dtype(device_, ::torch::kBFloat16);
    ::at::autocast::increment_nesting();
  }
  bfloat16_scope(const bfloat16_scope&) = delete;
  bfloat16_scope& operator=(const bfloat16_scope&) = delete;
  ~bfloat16_scope() {
    if (!on_) return;
    if (::at::autocast::decrement_nesting() == 0) ::at::autocast::clear_cache();
    ::at::autocast::set_autocast_enabled(device_, was_);
    ::at::autocast::set_autocast_dtype(device_, dtype_);
  }

 private:
  ::torch::DeviceType device_;
  bool on_, was_ = false;
  ::torch::ScalarType dtype_ = ::torch::kBFloat16;
};

/// A seed for every step, so that a resumed run draws what an uninterrupted one draws.
inline std::uint64_t step_seed(std::uint64_t seed, std::int64_t step) {
  std::uint64_t z = seed + (static_cast<std::uint64_t>(step) + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// Clips as one batch, padded to the right and below.
struct clip_batch {
  ::torch::Tensor frames;  // [b, f, 3, h, w]
  std::vector<clip_targets> targets;
  std::string names;

  void add(training_clip clip, const ::torch::Device& device) {
    require_clip(clip);
    if (!names.empty()) names += ", ";
    names += clip.name;
    parts_.push_back(clip.frames.to(device, true));
    targets.push_back(
        {clip.masks.to(device, true), clip.weights.to(device, true), std::move(clip.name)});
  }
  void finish() {
    std::int64_t h = 0, w = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      require(parts_[i].size(0) == parts_[0].size(0), "clip ", targets[i].name, " has ",
              parts_[i].size(0), " frames, clip ", targets[0].name, " of the same batch has ",
              parts_[0].size(0));
      h = (std::max)(h, parts_[i].size(2));
      w = (std::max)(w, parts_[i].size(3));
    }
    const auto grow = [&](::torch::Tensor& x) {
      if (x.size(2) != h || x.size(3) != w)
        x = ::at::constant_pad_nd(x, {0, w - x.size(3), 0, h - x.size(2)});
    };
    for (auto& part : parts_) grow(part);
    for (auto& target : targets) grow(target.masks);
    frames = parts_.size() == 1 ? parts_[0].unsqueeze(0) : ::torch::stack(parts_);
    parts_.clear();
  }

 private:
  std::vector<::torch::Tensor> parts_;
};

/// Adds names and values to settings, the names behind one that they have in common.
class setting_list {
 public:
  setting_list(run_settings& all, std::string head) : all_{&all}, head_{std::move(head)} {}

  template <class T>
  setting_list& add(std::string_view name, const T& value) {
    if constexpr (std::is_enum_v<T>)
      return add(name, static_cast<int>(value));
    else
      all_->emplace_back(concat(head_, name), concat(value));
    return *this;
  }
  template <class T>
  setting_list& add(std::string_view name, const std::optional<T>& value) {
    return value ? add(name, *value) : add(name, "none");
  }

 private:
  run_settings* all_;
  std::string head_;
};

inline void add_settings(run_settings& all, const std::string& head, const criterion_options& from,
                         const loss_weights& weights) {
  setting_list{all, head}
      .add("match class", from.matcher.class_weight)
      .add("match mask", from.matcher.mask_weight)
      .add("match dice", from.matcher.dice_weight)
      .add("match points", from.matcher.points)
      .add("match labelled frames only", from.matcher.labelled_frames_only)
      .add("points", from.points.points)
      .add("oversample", from.points.oversample)
      .add("importance", from.points.importance)
      .add("strategy", from.strategy)
      .add("aux strategy", from.aux_strategy)
      .add("classes", from.classes)
      .add("no object", from.no_object)
      .add("divisor", from.divisor)
      .add("least area", from.least_area)
      .add("class weight", weights.class_)
      .add("mask weight", weights.mask)
      .add("dice weight", weights.dice);
}

inline run_settings all_settings(const training_options& options,
                                 const video_mask2former_config& config) {
  run_settings all = options.settings;
  setting_list{all, ""}
      .add("steps", options.steps)
      .add("clips", options.clips)
      .add("accumulate", options.accumulate)
      .add("seed", options.seed)
      .add("bfloat16", options.bfloat16)
      .add("queries", config.queries)
      .add("hidden", config.hidden)
      .add("dropout", config.encoder_dropout);
  add_settings(all, "", options.criterion, options.weights);
  setting_list{all, "teacher "}
      .add("teaches", options.teach)
      .add("drops out", options.teacher_drops_out)
      .add("least score", options.teacher.least_score)
      .add("top k", options.teacher.top_k)
      .add("nms", options.teacher.nms)
      .add("upsampled", options.teacher.upsampled)
      .add("momentum", options.ema.momentum)
      .add("begin", options.ema.begin)
      .add("until", options.ema.until)
      .add("early", options.ema.early)
      .add("compat", options.ema.compat);
  if (options.teach)
    add_settings(all, "teacher ", options.teacher_criterion, options.teacher_weights);
  setting_list{all, "ramp "}
      .add("shape", options.losses.shape)
      .add("begin", options.losses.begin)
      .add("end", options.losses.end)
      .add("supervised least", options.losses.supervised_least)
      .add("teacher least", options.losses.teacher_least)
      .add("supervised", options.losses.change_supervised)
      .add("teacher", options.losses.change_teacher)
      .add("drop at", options.losses.drop_at)
      .add("teacher from", options.losses.teacher_from)
      .add("compat", options.losses.compat);
  std::string milestones;
  for (const std::int64_t step : options.rate.milestones) milestones += concat(step, ' ');
  setting_list{all, "rate"}
      .add("", options.optimizer.rate)
      .add(" shape", options.rate.shape)
      .add(" milestones", milestones)
      .add(" factor", options.rate.factor)
      .add(" warm up", options.rate.warm_up)
      .add(" of the backbone", options.optimizer.backbone_rate);
  setting_list{all, ""}
      .add("weight decay", options.optimizer.weight_decay)
      .add("beta1", options.optimizer.beta1)
      .add("beta2", options.optimizer.beta2)
      .add("epsilon", options.optimizer.epsilon)
      .add("no decay", options.optimizer.rule)
      .add("clip norm", options.optimizer.clip_norm);
  return all;
}

/// Losses of one output list, weighted and summed: class, mask, dice.
inline std::array<::torch::Tensor, 3> weighted_losses(const criterion_result& result,
                                                      const loss_weights& weights, double factor) {
  std::array<::torch::Tensor, 3> sums{result.class_ * (weights.class_ * factor)};
  for (const output_losses& output : result.outputs) {
    sums[1] = sums[1].defined() ? sums[1] + output.mask : output.mask;
    sums[2] = sums[2].defined() ? sums[2] + output.dice : output.dice;
  }
  sums[1] = sums[1] * (weights.mask * factor);
  sums[2] = sums[2] * (weights.dice * factor);
  return sums;
}

}  // namespace detail

/// Trains a student, and a teacher that is its average. Goes on from the last checkpoint in
/// options.folder, if there is one; on a processor, with as many threads, a run in parts ends with
/// the bits of a run in one piece. Draws from LibTorch's generator, which every step seeds anew.
///
/// @param student   its device is used; begins with the weights that it has
/// @param source    training_clip(step, index), index below clips * accumulate
/// @param options   see official_training and tiny_training
/// @param log       told of every step
/// @param progress  stage "train"; when it returns false, a checkpoint is written before cancelled
///                  is thrown
/// @param teacher   what the teacher begins with, by default a copy of the student
/// @throws invalid_input naming the clip if a prediction, loss or gradient is not finite: nothing
/// is written then, checkpoints stay; or if a clip does not fit or a checkpoint is of another run;
/// io_error if a checkpoint cannot be written; cancelled
template <class Source>
requires std::is_invocable_r_v<training_clip, Source&, std::int64_t, std::int64_t> training_result
train(video_mask2former& student, Source&& source, const training_options& options,
      const std::function<void(const training_log&)>& log = {},
      const progress_callback& progress = {},
      video_mask2former teacher = video_mask2former{nullptr}) {
  require(options.steps >= 0 && options.clips > 0 && options.accumulate > 0 &&
              options.checkpoint_every > 0,
          "train: steps, clips, accumulate and checkpoint_every are ", options.steps, ", ",
          options.clips, ", ", options.accumulate, " and ", options.checkpoint_every,
          ", expected positive numbers");
  const ::torch::Device device = student->parameters().front().device();
  if (teacher.is_empty()) {
    teacher = video_mask2former{student->config()};
    teacher->to(device);
    start_teacher(*teacher, *student);
  }
  for (auto& parameter : teacher->parameters()) parameter.set_requires_grad(false);
  student->train();
  teacher->train(options.teacher_drops_out);
  adamw optimizer{*student, options.optimizer};
  const run_settings settings = detail::all_settings(options, student->config());

  training_result result;
  const bool keeps = !options.folder.empty();
  std::filesystem::path last;
  if (keeps) {
    const auto found = detail::list_checkpoints(options.folder, true);
    if (!found.empty()) {
      last = found.front().second;
      result.resumed_from = load_checkpoint(last, *student, *teacher, optimizer, settings);
    }
  }
  const auto save = [&](std::int64_t done) {
    last = save_checkpoint(options.folder, done, *student, *teacher, optimizer, settings,
                           options.keep_checkpoints);
  };
  const auto kept = [&] {
    return last.empty() ? std::string{"there is no checkpoint"}
                        : concat("the last checkpoint is ", last.string());
  };

  using clock = std::chrono::steady_clock;
  const auto since = [](clock::time_point begin) {
    return std::chrono::duration<double>(clock::now() - begin).count();
  };
  for (std::int64_t step = result.resumed_from; step < options.steps; ++step) {
    const auto begin = clock::now();
    ::torch::manual_seed(detail::step_seed(options.seed, step));
    const loss_factors factors = loss_factors_at(options.losses, step, options.steps);
    const double share = rate_at(options.rate, step, options.steps);
    training_log entry{.step = step + 1, .steps = options.steps};
    std::string names;
    std::vector<::torch::Tensor> numbers;
    optimizer.zero_grad();
    for (std::int64_t pass = 0; pass < options.accumulate; ++pass) {
      const auto loading = clock::now();
      detail::clip_batch batch;
      for (std::int64_t i = 0; i < options.clips; ++i)
        batch.add(source(step, pass * options.clips + i), device);
      batch.finish();
      names += (names.empty() ? "" : ", ") + batch.names;
      entry.loading_seconds += since(loading);

      video_prediction prediction;
      std::vector<clip_targets> taught;
      {
        const detail::bfloat16_scope scope{device, options.bfloat16};
        if (options.teach && factors.teacher > 0) {
          const ::torch::NoGradGuard guard;
          taught = teacher_targets(teacher->forward(batch.frames, false), batch.frames.size(3),
                                   batch.frames.size(4), options.teacher);
        }
        prediction = student->forward(batch.frames);
      }
      const double part = 1.0 / static_cast<double>(options.accumulate);
      const auto sums = detail::weighted_losses(
          criterion(prediction, batch.targets, options.criterion, options.points), options.weights,
          factors.supervised * part);
      auto total = sums[0] + sums[1] + sums[2];
      for (const auto& sum : sums) numbers.push_back(sum.detach());
      std::array<::torch::Tensor, 3> teacher_sums;
      if (!taught.empty()) {
        for (std::size_t i = 0; i < taught.size(); ++i) {
          taught[i].name = batch.targets[i].name;
          entry.teacher_instances += taught[i].masks.size(0);
        }
        teacher_sums = detail::weighted_losses(
            criterion(prediction, taught, options.teacher_criterion, options.teacher_points),
            options.teacher_weights, factors.teacher * part);
        for (const auto& sum : teacher_sums) total = total + sum;
      }
      for (const auto& sum : teacher_sums)
        numbers.push_back(sum.defined() ? sum.detach() : ::torch::zeros_like(numbers.front()));
      total.backward();
    }
    const auto norm = optimizer.gradient_norm();
    numbers.push_back(norm.to(device));
    const auto host = ::torch::stack(numbers).to(::torch::kCPU, ::torch::kDouble);
    const double* value = host.const_data_ptr<double>();
    double* const fields[] = {&entry.class_,        &entry.mask,         &entry.dice,
                              &entry.teacher_class, &entry.teacher_mask, &entry.teacher_dice};
    for (std::size_t i = 0; i + 1 < numbers.size(); ++i) *fields[i % 6] += value[i];
    for (const double* field : fields) entry.loss += *field;
    entry.gradient_norm = value[numbers.size() - 1];
    entry.rate = options.optimizer.rate * share;
    if (!std::isfinite(entry.loss) || !std::isfinite(entry.gradient_norm)) {
      optimizer.zero_grad();
      throw invalid_input{concat("train: step ", step + 1, ", clip ", names, ": not finite: loss ",
                                 entry.loss, " (class ", entry.class_, ", mask ", entry.mask,
                                 ", dice ", entry.dice, "), gradient ", entry.gradient_norm, "; ",
                                 kept())};
    }
    optimizer.step(share, norm);
    update_average(*teacher, *student, momentum_at(options.ema, step));
    entry.seconds = since(begin);
    if (log) log(entry);
    const std::int64_t done = step + 1;
    const bool goes_on = !progress || progress("train", static_cast<std::size_t>(done),
                                               static_cast<std::size_t>(options.steps));
    if (keeps && (done % options.checkpoint_every == 0 || done == options.steps || !goes_on))
      save(done);
    if (!goes_on && done < options.steps) throw cancelled{};
  }
  optimizer.zero_grad();
  student->eval();
  teacher->eval();
  result.teacher = teacher;
  return result;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
