// The method of S2D in one place: sparse keymasks, a student and its teacher, dense labels, a final
// round; the official network and recipe, made of the library's parts.
//
//   example_train_s2d VIDEOS KEYMASKS OUT [--weights FILE] [--steps N] [--tiny] [--train-only]
//
// VIDEOS holds a folder of frames for each video of KEYMASKS: a keymasks.json, or the folder that
// s2d discover or s2d run wrote for many videos. Without --weights (CutLER's Mask2Former, for
// instance) it begins from nothing; --tiny is for a quick look: the narrow network on small frames;
// --train-only ends behind the first round.
#include <torch/torch.h>

#include <s2d/torch/clip_loader.hpp>
#include <s2d/torch/dense_labels.hpp>
#include <s2d/torch/official_clips.hpp>
#include <s2d/torch/predict.hpp>
#include <s2d/torch/trainer.hpp>
#include <s2d/torch/training_video.hpp>
#include <s2d/torch/weights.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <s2d/core/random.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/io/ytvis_folder.hpp>

namespace {

namespace fs = std::filesystem;
using namespace s2d::torch;

struct recipe {
  fs::path videos, keymasks, out, weights;
  video_mask2former_config network = presets::official();
  training_options training = official_training();
  official_augmentation augmentation;  // crop, resize, flip, brightness, contrast, rotation
  std::ptrdiff_t short_side = 360;     // of frames in prediction
  bool train_only = false;
};

torch::Device device() { return torch::cuda::is_available() ? torch::kCUDA : torch::kCPU; }

/// Student and teacher learn from masks in some frames: the student from the masks where there are
/// any (Temporal DropLoss) and from what the teacher is sure of; the teacher is its moving average.
video_mask2former distil(const recipe& what, std::vector<training_video> videos,
                         const fs::path& folder) {
  video_mask2former student{what.network};
  if (!what.weights.empty()) load(*student, what.weights);
  student->to(device());

  official_clip_options choice;  // three frames, all with a mask of one object where there are such
  choice.augmentation = what.augmentation;
  choice.batch = what.training.clips;
  clip_loader<official_clips> loader{
      official_clips{std::move(videos), choice},
      {.first_step = steps_done(folder), .batch = choice.batch, .threads = 2}};
  const auto next_clip = [&](std::int64_t, std::int64_t) { return *loader.next(); };

  training_options training = what.training;
  training.folder = folder;  // an interrupted run goes on from its last checkpoint
  const auto print = [](const training_log& log) {
    if (log.step == 1 || log.step == log.steps || log.step % 20 == 0)
      std::printf("%s\n", to_json(log).c_str());
  };
  return train(student, next_clip, training, print).teacher;
}

/// The frames of a video as the network sees them without any chance: the short side at a fixed
/// length, normalised, padded to multiples of 32.
frame_source plain_frames(const recipe& what, const training_video& video, mask_sizes& sizes) {
  const std::ptrdiff_t height = video.labels.height, width = video.labels.width;
  s2d::random_stream unused{0};
  const auto change =
      draw_changes(official_augmentation::none(what.short_side), height, width, 1, unused);
  sizes.content = {change[0].height, change[0].width};
  sizes.video = {height, width};
  return [video, change](std::int64_t first, std::int64_t count) {
    std::vector<std::ptrdiff_t> frames(static_cast<std::size_t>(count));
    std::iota(frames.begin(), frames.end(), first);
    const std::vector<official_change> changes(frames.size(), change[0]);
    return official_clip(video, frames, changes).frames;
  };
}

/// The teacher's objects in all frames of all videos: what scores high enough is a dense label.
s2d::ytvis_data predict_all(const recipe& what, video_mask2former& teacher,
                            const s2d::ytvis_data& keymasks,
                            const std::vector<training_video>& videos,
                            const dense_label_options& cut) {
  prediction_options how = official_prediction();
  how.selection.top_k = 50;
  how.selection.nms = 0.75;
  s2d::ytvis_data dense{keymasks.videos, {}, keymasks.categories, {}};
  for (std::size_t i = 0; i < videos.size(); ++i) {
    mask_sizes sizes;
    const frame_source frames = plain_frames(what, videos[i], sizes);
    dense_label_options labels = cut;
    labels.first_id = static_cast<std::int64_t>(dense.annotations.size()) + 1;
    for (auto& object : dense_labels(predict(teacher, frames, videos[i].labels.length, sizes, how),
                                     dense.videos[i], labels))
      dense.annotations.push_back(std::move(object));
  }
  return dense;
}

/// All masks count the same, whatever they are trusted.
std::vector<training_video> with_labels(const recipe& what, const s2d::ytvis_data& labels) {
  std::vector<training_video> videos;
  for (video_labels& video : to_labels(labels)) {
    const fs::path own = what.videos / video.name;
    videos.push_back(with_frames(select_labels(std::move(video), {.keep_empty = true}),
                                 fs::is_directory(own) ? own : what.videos));
  }
  return videos;
}

std::vector<training_video> labelled(std::vector<training_video> videos) {
  std::erase_if(videos, [](const auto& each) { return labelled_frames(each.labels).empty(); });
  return videos;
}

void run(const recipe& what) {
  fs::create_directories(what.out);
  const s2d::ytvis_data keymasks = fs::is_directory(what.keymasks)
                                       ? s2d::read_ytvis_folder(what.keymasks, "keymasks.json")
                                       : s2d::read_ytvis(what.keymasks);
  const auto videos = with_labels(what, keymasks);

  // Sparse-to-dense distillation, from keymasks.
  video_mask2former teacher = distil(what, labelled(videos), what.out / "sparse");
  if (what.train_only) return;

  // Dense labels: what the teacher is sure of, in every frame.
  const auto dense = predict_all(what, teacher, keymasks, videos, {.least_score = 0.75});
  s2d::write_ytvis(what.out / "labels.json", dense);

  // The final model learns from them; where the teacher is sure of nothing, there is none to learn.
  const auto densely = labelled(with_labels(what, dense));
  if (!densely.empty()) teacher = distil(what, densely, what.out / "dense");
  save(*teacher, what.out / "model.safetensors");
  const auto found = predict_all(what, teacher, keymasks, videos, {.least_score = 0});
  s2d::write_ytvis(what.out / "dense.json", found);
  std::printf("%zu dense labels; %zu objects in %s\n", dense.annotations.size(),
              found.annotations.size(), (what.out / "dense.json").string().c_str());
}

recipe read_call(int argc, char** argv) {
  recipe what;
  std::vector<fs::path> places;
  std::optional<std::int64_t> steps;
  bool tiny = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--tiny")
      tiny = true;
    else if (word == "--weights" && i + 1 < argc)
      what.weights = argv[++i];
    else if (word == "--steps" && i + 1 < argc)
      steps = std::stoll(argv[++i]);
    else if (word == "--train-only")
      what.train_only = true;
    else
      places.emplace_back(word);
  }
  s2d::require(places.size() == 3,
               "usage: example_train_s2d VIDEOS KEYMASKS OUT "
               "[--weights FILE] [--steps N] [--tiny] [--train-only]");
  what.videos = places[0];
  what.keymasks = places[1];
  what.out = places[2];
  if (what.weights.empty()) {
    // Nothing is known about objects yet: p(object) has to be learned, and faster.
    what.network = presets::official_from_scratch();
    what.training.weights.class_ = what.training.criterion.matcher.class_weight = 2;
    what.training.optimizer.rate = 1e-4;
  }
  if (steps) what.training.steps = *steps;
  if (tiny) {
    what.network = presets::tiny();
    what.training = steps ? tiny_training(*steps) : tiny_training();
    what.augmentation = official_augmentation::none(what.short_side = 64);
  }
  return what;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(read_call(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_s2d: %s\n", error.what());
    return 1;
  }
  return 0;
}
