#include <torch/torch.h>

#include <s2d/torch/dense_labels.hpp>
#include <s2d/torch/mask_refiner.hpp>
#include <s2d/torch/memory_clips.hpp>
#include <s2d/torch/predict.hpp>
#include <s2d/torch/trainer.hpp>

#include "dense.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <string_view>
#include <tuple>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/flow/video_flow.hpp>
#include <s2d/keymask/agreeing_masks.hpp>
#include <s2d/keymask/discover.hpp>
#include <s2d/keymask/objects.hpp>
#include <s2d/keymask/propagate.hpp>
#include <s2d/mask/pack.hpp>
#include <s2d/segment/frame_masks.hpp>
#include <s2d/track/flow_tracker.hpp>

namespace quality {

namespace {

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// One object, the union of the masks of a frame, trusted as far as the frame is.
s2d::torch::video_labels foreground_labels(const clip& of, const s2d::video_masks& masks,
                                           const std::vector<float>& confidence) {
  const s2d::image& first = of.frames.front();
  s2d::torch::video_labels labels{
      of.name, first.height, first.width, static_cast<std::ptrdiff_t>(of.frames.size()), {}, {}};
  s2d::torch::object_labels& all = labels.objects.emplace_back();
  all.id = 1;
  for (std::size_t t = 0; t < masks.size(); ++t)
    if (!masks[t].empty())
      all.masks.push_back({static_cast<std::ptrdiff_t>(t),
                           s2d::encode(united(masks[t], first.height, first.width)),
                           confidence[t]});
  return labels;
}

s2d::torch::video_labels labels_of(const clip& of, const sparse_result& found, const recipe& how) {
  const s2d::image& first = of.frames.front();
  s2d::torch::video_labels labels;
  if (!how.select) {
    labels = foreground_labels(of, found.raw.masks, found.raw.confidence);
  } else if (how.unite) {
    s2d::video_masks keys(of.frames.size());
    for (const s2d::object& object : found.objects)
      for (const s2d::keymask& key : object.keymasks)
        keys[key.frame].push_back(found.raw.masks[key.frame][key.index]);
    labels = foreground_labels(of, keys, found.raw.confidence);
  } else {
    labels =
        s2d::torch::to_labels(of.name, found.objects, found.raw.masks, first.height, first.width);
  }
  float greatest = 0;
  for (const auto& object : labels.objects)
    for (const auto& mask : object.masks) greatest = std::max(greatest, mask.trust);
  s2d::torch::label_options taken;
  if (how.select) taken.relative_trust = how.trust;
  taken.frame_share = how.share;
  if (how.power > 0) {
    taken.relative_trust = std::pow(taken.relative_trust, how.power);
    taken.weight = s2d::torch::label_weight::trust;
    taken.least_weight = 0.02;
    for (auto& object : labels.objects)
      for (auto& mask : object.masks)
        mask.trust = std::pow(mask.trust / greatest, static_cast<float>(how.power));
  }
  labels = s2d::torch::select_labels(std::move(labels), taken);
  s2d::require(!labels.objects.empty(), of.name, ": there is no keymask to learn from");
  return labels;
}

tube tube_of(const std::vector<s2d::torch::label_mask>& masks, std::size_t frames) {
  tube result(frames);
  for (const auto& each : masks)
    result[static_cast<std::size_t>(each.frame)] = s2d::to_bits(each.mask);
  return result;
}

// About so many pixels, both sides multiples of 32.
std::pair<std::int64_t, std::int64_t> training_size(double height, double width, double pixels) {
  const double scale = std::sqrt(pixels * 224.0 * 384.0 / (height * width));
  const auto side = [&](double extent) {
    return 32 * std::max(std::int64_t{1}, std::int64_t{std::llround(extent * scale / 32)});
  };
  return {side(height), side(width)};
}

struct trained {
  s2d::torch::video_mask2former model{nullptr};
  s2d::torch::pixel_statistics pixels;
  std::int64_t height = 0, width = 0, objects = 0;
  double loss = 0;
};

// From nothing, or on from another network of the same clip.
trained train(const clip& of, s2d::torch::video_labels labels, const recipe& how,
              std::int64_t steps, std::uint64_t seed, const trained* before = nullptr) {
  trained result;
  result.objects = static_cast<std::int64_t>(labels.objects.size());
  std::tie(result.height, result.width) = training_size(
      static_cast<double>(labels.height), static_cast<double>(labels.width), how.pixels);
  std::vector<s2d::torch::prepared_video> videos;
  videos.push_back(
      s2d::torch::prepare_video(std::move(labels), of.frames, result.height, result.width, 1));
  s2d::torch::training_options training = s2d::torch::tiny_training(steps);
  training.optimizer.rate = before != nullptr ? how.rate / 2 : how.rate;
  training.optimizer.weight_decay = how.decay;
  training.rate.warm_up = std::min(training.rate.warm_up, steps / 10);
  training.ema.momentum = how.momentum;
  training.teach = how.teacher;
  training.seed = seed;
  if (!how.drop) {
    training.criterion.strategy = s2d::torch::frame_strategy::every;
    training.criterion.matcher.labelled_frames_only = false;
  }
  s2d::torch::memory_clip_options chosen;
  if (how.teacher) chosen.any_first_from = training.losses.teacher_from;
  chosen.seed = seed;
  const s2d::torch::memory_clips clips{std::move(videos), chosen};
  result.pixels = clips.pixels();
  auto config = s2d::torch::presets::tiny(std::max(std::int64_t{10}, 2 * result.objects));
  config.pixel_mean = result.pixels.mean;
  config.pixel_std = result.pixels.deviation;
  torch::manual_seed(seed);
  s2d::torch::video_mask2former student{config};
  if (before != nullptr) {
    const torch::NoGradGuard guard;
    const auto from = before->model->named_parameters();
    for (auto& each : student->named_parameters()) each.value().copy_(from[each.key()]);
  }
  const auto taught =
      s2d::torch::train(student, clips, training, [&](const auto& log) { result.loss = log.loss; });
  result.model = how.teacher ? taught.teacher : student;
  return result;
}

torch::Tensor network_frame(const s2d::image& given, const trained& by) {
  const bool shrinks = by.height <= given.height && by.width <= given.width;
  const s2d::image picture = shrinks ? s2d::resize_area(given, by.height, by.width)
                                     : s2d::resize_bilinear(given, by.height, by.width);
  auto out = torch::empty({3, by.height, by.width});
  float* to = out.data_ptr<float>();
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t p = c; p < picture.values.size(); p += 3)
      *to++ = static_cast<float>((picture.values[p] - by.pixels.mean[c]) / by.pixels.deviation[c]);
  return out;
}

std::vector<s2d::torch::predicted_object> predict(const clip& of, trained& by, bool plain) {
  std::vector<torch::Tensor> frames;
  for (const s2d::image& frame : of.frames) frames.push_back(network_frame(frame, by));
  const auto source = [&](std::int64_t first, std::int64_t count) {
    return torch::stack(
        std::vector<torch::Tensor>(frames.begin() + first, frames.begin() + first + count));
  };
  auto how = s2d::torch::tiny_prediction(by.objects);
  how.selection.least_score = 0.1;
  how.selection.nms = 0.7;
  const auto picture = [&](std::ptrdiff_t t) -> const s2d::image& {
    return of.frames[static_cast<std::size_t>(t)];
  };
  if (plain) {
    how.scales = {1};
    how.least_part = 0;
  } else {
    how.refine = s2d::torch::mask_refiner{picture};
  }
  const s2d::torch::picture_size network{by.height, by.width},
      video{of.frames[0].height, of.frames[0].width};
  return s2d::torch::predict(by.model, source, static_cast<std::int64_t>(of.frames.size()),
                             {network, network, video}, how);
}

std::vector<tube> tubes_of(const std::vector<s2d::torch::predicted_object>& objects,
                           std::size_t frames) {
  std::vector<tube> tubes;
  for (const auto& object : objects) {
    tube& to = tubes.emplace_back(frames);
    for (const auto& each : object.masks)
      to[static_cast<std::size_t>(each.frame)] = s2d::to_bits(each.mask);
  }
  return tubes;
}

// The dense result as labels of a final round.
s2d::torch::video_labels labels_of(const clip& of,
                                   const std::vector<s2d::torch::predicted_object>& objects) {
  s2d::torch::video_labels labels{of.name,
                                  of.frames[0].height,
                                  of.frames[0].width,
                                  static_cast<std::ptrdiff_t>(of.frames.size()),
                                  {},
                                  {}};
  for (const auto& object : objects) {
    auto& to = labels.objects.emplace_back();
    to.id = static_cast<std::int64_t>(labels.objects.size());
    for (const auto& each : object.masks)
      to.masks.push_back({static_cast<std::ptrdiff_t>(each.frame), each.mask, 1});
  }
  return s2d::torch::select_labels(std::move(labels));
}

// The keymasks and the frame masks on which the dense result agrees.
s2d::torch::video_labels agreed_labels(const clip& of, const sparse_result& found,
                                       const recipe& how, s2d::torch::video_labels labels,
                                       const std::vector<s2d::torch::predicted_object>& objects,
                                       double& added) {
  using rle_tube = std::vector<s2d::tube_segment<s2d::rle>>;
  std::vector<rle_tube> keys, seen;
  for (const auto& object : labels.objects) {
    rle_tube& to = keys.emplace_back();
    for (const auto& label : object.masks) to.push_back({label.frame, label.mask});
    added -= static_cast<double>(to.size());
  }
  for (const auto& object : objects) seen.push_back(object.masks);
  std::vector<std::vector<s2d::rle>> masks(of.frames.size());
  for (std::size_t t = 0; t < masks.size(); ++t)
    if (how.unite)
      masks[t].push_back(
          s2d::encode(united(found.raw.masks[t], of.frames[0].height, of.frames[0].width)));
    else
      for (const auto& mask : found.raw.masks[t]) masks[t].push_back(s2d::encode(mask.mask));
  const auto agreed = s2d::add_agreeing_masks<s2d::rle>(
      std::move(keys), seen, masks, {.least_overlap = how.agree, .united = how.both});
  for (std::size_t i = 0; i < agreed.size(); ++i) {
    labels.objects[i].masks.clear();
    for (const auto& one : agreed[i]) labels.objects[i].masks.push_back({one.frame, one.mask, 1});
    added += static_cast<double>(agreed[i].size());
  }
  return labels;
}

}  // namespace

recipe parse_recipe(const std::string& text) {
  recipe how;
  const auto read = [&](std::string_view key, std::string_view value) {
    double number = 0;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), number).ptr;
    s2d::require(!value.empty() && end == value.data() + value.size(), "recipe: ", key, " is '",
                 value, "', expected a number");
    const std::pair<std::string_view, bool*> flags[] = {{"unite", &how.unite},
                                                        {"select", &how.select},
                                                        {"drop", &how.drop},
                                                        {"both", &how.both},
                                                        {"teacher", &how.teacher}};
    const std::pair<std::string_view, double*> numbers[] = {
        {"trust", &how.trust},       {"share", &how.share}, {"power", &how.power},
        {"pixels", &how.pixels},     {"rate", &how.rate},   {"decay", &how.decay},
        {"momentum", &how.momentum}, {"agree", &how.agree}};
    for (const auto& [name, to] : flags)
      if (name == key) return static_cast<void>(*to = number != 0);
    for (const auto& [name, to] : numbers)
      if (name == key) return static_cast<void>(*to = number);
    s2d::require(key == "steps" || key == "final_steps", "recipe: there is no key '", key, "'");
    (key == "steps" ? how.steps : how.final_steps) = static_cast<std::int64_t>(number);
  };
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = std::string_view{text}.substr(begin, end - begin);
    const std::size_t middle = part.find('=');
    s2d::require(middle != part.npos, "recipe: '", part, "', expected KEY=VALUE");
    read(part.substr(0, middle), part.substr(middle + 1));
    begin = end + 1;
  }
  return how;
}

sparse_result find_sparse(const clip& of) {
  sparse_result found;
  s2d::video_flow_options options;
  options.threads = 1;
  found.flow = s2d::estimate_video_flow(of.frames, options);
  found.raw = s2d::find_frame_masks(of.frames, found.flow);
  s2d::flow_tracker tracker{found.flow, of.frames[0].height, of.frames[0].width};
  found.objects =
      s2d::discover_objects(found.raw.masks, found.flow, of.frames, [&](const auto& masks) {
        return s2d::discover(masks, tracker);
      }).objects;
  return found;
}

dense_result train_dense(const clip& of, const sparse_result& found, const recipe& how,
                         std::uint64_t seed) {
  torch::set_num_threads(1);
  const double begin = processor_seconds();
  const std::size_t frames = of.frames.size();
  auto labels = labels_of(of, found, how);
  dense_result result;
  for (const auto& object : labels.objects) result.keys.push_back(tube_of(object.masks, frames));
  trained first = train(of, std::move(labels), how, how.steps, seed);
  result.loss = first.loss;
  result.train_seconds = processor_seconds() - begin;
  const auto dense = predict(of, first, false);
  result.dense = tubes_of(dense, frames);
  for (const auto& object : dense) result.score.push_back(object.score);
  const double plain_begin = processor_seconds();
  result.plain = tubes_of(predict(of, first, true), frames);
  const double plain_seconds = processor_seconds() - plain_begin;  // for the table only
  if (how.final_steps > 0) {
    const bool agree = how.agree > 0;
    auto taught =
        agree ? agreed_labels(of, found, how, labels_of(of, found, how), dense, result.agreed)
              : labels_of(of, dense);
    if (!taught.objects.empty()) {
      trained last =
          train(of, std::move(taught), how, how.final_steps, seed + 1000, agree ? &first : nullptr);
      const auto final = predict(of, last, false);
      result.final = tubes_of(final, frames);
      result.score.clear();
      for (const auto& object : final) result.score.push_back(object.score);
    }
  }
  result.seconds = processor_seconds() - begin - plain_seconds;
  return result;
}

tube united(const std::vector<tube>& tubes, std::size_t frames, std::ptrdiff_t height,
            std::ptrdiff_t width) {
  tube result(frames, s2d::bit_mask(height, width));
  for (const tube& each : tubes)
    for (std::size_t t = 0; t < frames; ++t)
      if (!each[t].empty()) result[t] = s2d::unite(result[t], each[t]);
  return result;
}

figures measure_dense(const clip& of, const sparse_result& found, const dense_result& result) {
  const std::size_t frames = of.frames.size();
  const std::ptrdiff_t height = of.frames[0].height, width = of.frames[0].width;
  const auto union_of = [&](const std::vector<tube>& tubes) {
    return united(tubes, frames, height, width);
  };
  figures row;
  tube raw(frames);
  for (std::size_t t = 0; t < frames; ++t) raw[t] = united(found.raw.masks[t], height, width);
  row["raw"] = mean_jaccard(raw, of.truth);
  tube keys = union_of(result.keys);
  std::vector<double> values;
  for (std::size_t t = 0; t < frames; ++t) {
    const bool has = std::any_of(result.keys.begin(), result.keys.end(),
                                 [&](const tube& object) { return !object[t].empty(); });
    if (has)
      values.push_back(jaccard(keys[t], of.truth[t]));
    else
      keys[t] = {};
  }
  row["key_J"] = average(values);
  row["key_frames"] = static_cast<double>(values.size()) / static_cast<double>(frames);
  row["prop"] = mean_jaccard(s2d::propagate(keys, found.flow, {.threads = 1}), of.truth);
  row["plain"] = mean_jaccard(union_of(result.plain), of.truth);
  row["dense"] = mean_jaccard(union_of(result.dense), of.truth);
  if (!result.final.empty()) row["final"] = mean_jaccard(union_of(result.final), of.truth);
  row["objects"] = static_cast<double>(result.keys.size());
  row["agreed"] = result.agreed;
  row["loss"] = result.loss;
  row["train_seconds"] = result.train_seconds;
  row["seconds"] = result.seconds;
  return row;
}

}  // namespace quality
