#include <torch/torch.h>

#include <s2d/torch/trainer.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/folder.hpp"
#include "torch/golden.hpp"
#include "torch/golden_weights.hpp"
#include "torch/training_clips.hpp"

namespace st = s2d::torch;
namespace fs = std::filesystem;
using support::message_of;
using torch::Tensor;

namespace {

const auto squares = [](std::int64_t step, std::int64_t index) {
  return support::square_clip(step, index);
};

st::video_mask2former small_student(unsigned seed = 5, double dropout = 0) {
  torch::manual_seed(seed);
  auto config = st::presets::tiny(4);
  config.encoder_layers = dropout > 0 ? 1 : 0;
  config.encoder_dropout = dropout;
  return st::video_mask2former{config};
}

bool equal_states(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto left = st::state_dict(a), right = st::state_dict(b);
  bool same = left.size() == right.size();
  for (std::size_t i = 0; same && i < left.size(); ++i)
    same = torch::equal(left[i].second, right[i].second);
  return same;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

std::string metadata_text(const golden::file& file, const std::string& key) {
  for (const auto& [name, text] : file.content().metadata)
    if (name == key) return text;
  return {};
}

/// Points by formula: calls of three an output, as torch.rand was called.
st::point_source formula_points(std::int64_t first_call) {
  return [first_call](const st::point_request& request) {
    const auto call = first_call + 3 * request.output + static_cast<int>(request.why);
    golden::formula f{"train-rand/" + std::to_string(call)};
    const auto points = torch::empty({request.rows, request.points, 2});
    float* out = points.data_ptr<float>();
    for (std::int64_t i = 0; i < points.numel(); ++i) out[i] = static_cast<float>(f.unit());
    return points;
  };
}

void check_golden_step(const golden::file& file) {
  int point_clips = 0, points = 0, kept = 0;
  REQUIRE(std::sscanf(metadata_text(file, "rand_shapes").c_str(), "[[%d, %d, 2], [%d,",
                      &point_clips, &points, &kept) == 3);
  const auto masks = file["target_masks"].to(torch::kFloat);
  const bool with_teacher = file.has("teacher.pred_logits");
  const auto names = golden::metadata_names(file, "parameter_names");
  const auto rates = file["lr.f64"], decays = file["weight_decay.f64"];
  const double rate = rates.max().item<double>();

  auto options = st::official_training();
  options.steps = 1;
  options.clips = 1;
  options.criterion.matcher.points = options.criterion.points.points = points;
  if (kept == masks.size(0) * masks.size(1)) options.criterion.strategy = st::frame_strategy::every;
  if (file["loss.loss_ce"].item<float>() != 0)
    options.weights.class_ = options.criterion.matcher.class_weight = 2;
  options.teacher_criterion = options.criterion;
  options.teach = with_teacher;
  options.points = formula_points(0);
  options.teacher_points = formula_points(30);
  options.optimizer.rate = rate;
  options.optimizer.backbone_rate = rates[0].item<double>() / rate;

  auto config = st::presets::official();
  config.encoder_dropout = 0;
  st::video_mask2former student{config}, teacher{config};
  golden::fill_by_formula(*student);
  golden::fill_by_formula(*teacher, with_teacher ? "teacher6/" : "");
  const st::training_clip clip{st::normalise(file["input_u8"], config), masks,
                               torch::ones({masks.size(0), masks.size(1)}), "official"};
  std::map<std::string, Tensor> before;
  for (const auto& item : student->named_parameters())
    before.emplace(item.key(), item.value().detach().clone());
  {
    const st::adamw optimizer{*student, options.optimizer};
    REQUIRE(optimizer.rules().size() == names.size());
    std::map<std::string, std::pair<double, double>> ours;
    for (const auto& rule : optimizer.rules()) ours[rule.name] = {rule.rate, rule.weight_decay};
    for (std::size_t i = 0; i < names.size(); ++i) {
      INFO(names[i]);
      REQUIRE(ours.count(names[i]) == 1);
      const auto at = static_cast<std::int64_t>(i);
      CHECK(ours[names[i]].first == Approx(rates[at].item<double>()).epsilon(1e-12));
      CHECK(ours[names[i]].second == decays[at].item<double>());
    }
  }

  const auto loss_sum = [&](const std::string& head) {
    double sum = 0;
    for (const auto& entry : file.content().entries)
      if (entry.name == "loss." + head || entry.name.rfind("loss." + head + "_", 0) == 0)
        sum += file[entry.name].item<double>();
    return sum;
  };
  const auto norms = file["grad_l2.f64"];
  const double norm = file["global_norm.f64"][1].item<double>();
  const auto check = [&](const st::training_log& log) {
    CHECK(log.class_ == Approx(loss_sum("loss_ce")).epsilon(1e-5));
    CHECK(log.mask == Approx(loss_sum("loss_mask")).epsilon(1e-5));
    CHECK(log.dice == Approx(loss_sum("loss_dice")).epsilon(1e-5));
    CHECK(log.loss == Approx(file["total_loss"].item<double>()).epsilon(1e-5));
    if (with_teacher) {
      CHECK(log.teacher_instances == file["teacher.areas_sorted"].size(0));
      CHECK(log.teacher_mask == Approx(loss_sum("kd_loss_mask")).epsilon(1e-5));
      CHECK(log.teacher_dice == Approx(loss_sum("kd_loss_dice")).epsilon(1e-5));
    }
    CHECK(log.gradient_norm == Approx(norm).epsilon(1e-4));
    const double shortened = std::min(1.0, 0.01 / (norm + 1e-6));
    const auto parameters = student->named_parameters();
    for (std::size_t i = 0; i < names.size(); ++i) {
      INFO(names[i]);
      const double ours = parameters[names[i]].grad().to(torch::kDouble).norm().item<double>();
      const double official = norms[static_cast<std::int64_t>(i)].item<double>() * shortened;
      CHECK(ours == Approx(official).epsilon(1e-4).margin(1e-9 * norm * shortened));
    }
  };
  const auto result = st::train(
      student, [&](std::int64_t, std::int64_t) { return clip; }, options, check, {}, teacher);

  const auto updates = file["update_l2.f64"];
  const double close = rate > 1e-5 ? 1e-3 : 0.1;
  const auto parameters = student->named_parameters();
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    const auto at = static_cast<std::int64_t>(i);
    const auto change = (parameters[names[i]].detach() - before[names[i]]).to(torch::kDouble);
    const double all = std::sqrt(static_cast<double>(change.numel()));
    CHECK(std::abs(change.norm().item<double>() - updates[at].item<double>()) <
          close * rates[at].item<double>() * all);
  }
  const auto picked = golden::metadata_names(file, "picked_names");
  for (std::size_t i = 0; i < picked.size(); ++i) {
    INFO(picked[i]);
    const auto at = static_cast<std::int64_t>(i);
    const auto index = file["picked.flat_index"][at].item<std::int64_t>();
    const double ours = parameters[picked[i]].flatten()[index].item<double>();
    CHECK(std::abs(ours - file["picked.after"][at].item<double>()) < close * rate);
    if (with_teacher) {
      const auto theirs = result.teacher->named_parameters()[picked[i]].flatten()[index];
      CHECK(std::abs(theirs.item<double>() - file["picked.teacher_after"][at].item<double>()) <
            2e-7);
    }
  }
}

}  // namespace

TEST_CASE("a training step equals the official one: losses, gradients, update", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  int compared = 0;
  for (const auto& entry : fs::directory_iterator{*folder}) {
    if (entry.path().extension() != ".safetensors") continue;
    const golden::file file{entry.path()};
    if (!file.has("grad_l2.f64") || !file.has("picked.flat_index")) continue;
    INFO(entry.path().filename().string());
    check_golden_step(file);
    ++compared;
  }
  CHECK(compared > 0);
}

TEST_CASE("teacher's masks equal the official ones", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  const golden::file file{*folder / "teacher.safetensors"};
  const st::query_prediction prediction{file["pred_logits"], file["pred_masks"]};
  int compared = 0;
  for (const auto& entry : file.content().entries) {
    int top = 0, nms = 0, clip = 0;
    double least = 0;
    if (std::sscanf(entry.name.c_str(), "top%d.thr%lf.nms%d.%d.masks.shape", &top, &least, &nms,
                    &clip) != 4 ||
        !entry.name.ends_with(".masks.shape"))
      continue;
    INFO(entry.name);
    const auto head = entry.name.substr(0, entry.name.size() - std::string{"masks.shape"}.size());
    const auto shape = file[entry.name];
    st::teacher_options options;
    options.least_score = least;
    options.top_k = top;
    const auto height = shape[2].item<std::int64_t>(), width = shape[3].item<std::int64_t>();
    const auto areas = [](const Tensor& masks) {
      return std::get<0>(masks.flatten(1).sum(1).to(torch::kLong).sort());
    };
    if (nms == 0) {
      const auto ours =
          st::teacher_targets(prediction, height, width, options)[static_cast<std::size_t>(clip)];
      CHECK(ours.masks.size(0) == shape[0].item<std::int64_t>());
      CHECK(torch::equal(areas(ours.masks), std::get<0>(file[head + "areas"].sort())));
      CHECK(ours.weights.eq(1).all().item<bool>());
    } else {
      // The official suppression goes through the queries as topk returned them.
      const auto order = file[head + "topk_order"];
      const auto all = file["pred_masks"][clip].index_select(0, order);
      const auto scores = file["pred_logits"][clip].softmax(-1).select(1, 0).index_select(0, order);
      const auto rows = (scores >= least).nonzero().squeeze(1);
      const auto masks =
          torch::upsample_bilinear2d(all.index_select(0, rows), {height, width}, false) > 0;
      std::vector<float> turn;
      for (std::int64_t i = 0; i < masks.size(0); ++i) turn.push_back(-static_cast<float>(i));
      const auto kept = s2d::nms(st::mask_overlaps(masks.flatten(1)), turn, {.threshold = 0.75});
      REQUIRE(static_cast<std::int64_t>(kept.size()) == shape[0].item<std::int64_t>());
      for (std::size_t i = 0; i < kept.size(); ++i)
        CHECK(masks[static_cast<std::int64_t>(kept[i])].sum().item<std::int64_t>() ==
              file[head + "areas"][static_cast<std::int64_t>(i)].item<std::int64_t>());
    }
    ++compared;
  }
  CHECK(compared > 0);
}

TEST_CASE("of a teacher's masks that overlap the best one teaches", "[torch]") {
  st::query_prediction prediction;
  prediction.class_logits =
      torch::tensor({{{2.0f, 0.0f}, {4.0f, 0.0f}, {3.0f, 0.0f}, {0.0f, 3.0f}}});
  prediction.mask_logits = torch::full({1, 4, 1, 8, 8}, -1.0f);
  prediction.mask_logits[0][0].slice(1, 0, 4).fill_(1);
  prediction.mask_logits[0][1].slice(1, 0, 4).fill_(1);
  prediction.mask_logits[0][2].slice(1, 4, 8).fill_(1);
  prediction.mask_logits[0][3].fill_(1);
  st::teacher_options options;
  options.upsampled = false;
  CHECK(st::teacher_targets(prediction, 32, 32, options)[0].masks.size(0) == 3);
  options.nms = 0.5;
  const auto kept = st::teacher_targets(prediction, 32, 32, options)[0].masks;
  REQUIRE(kept.size(0) == 2);
  CHECK(kept[0][0][0][0].item<float>() == 1);
  CHECK(kept[1][0][7][0].item<float>() == 1);
  options.top_k = 1;
  CHECK(st::teacher_targets(prediction, 32, 32, options)[0].masks.size(0) == 1);
  prediction.class_logits.select(2, 0).fill_(-9);
  CHECK(st::teacher_targets(prediction, 32, 32)[0].masks.sizes() ==
        torch::IntArrayRef({0, 1, 32, 32}));
}

TEST_CASE("the teacher's pace and the loss weights equal the official ones", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  const golden::file file{*folder / "teacher.safetensors"};
  torch::nn::Linear student{5, 4}, teacher{5, 4};
  const torch::NoGradGuard guard;
  for (auto& [name, tensor] : st::state_dict(*teacher)) {
    golden::formula f{"ema/teacher." + name};
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
      tensor.view(-1)[i] = static_cast<float>(f.sign());
  }
  int compared = 0;
  for (int step = 0; file.has("ema.step" + std::to_string(step) + ".student.weight"); ++step) {
    const auto at = "ema.step" + std::to_string(step);
    student->weight.copy_(file[at + ".student.weight"]);
    student->bias.copy_(file[at + ".student.bias"]);
    st::update_average(*teacher, *student, file["ema.momentum_used.f64"][step].item<double>());
    CHECK((teacher->weight - file[at + ".teacher.weight"]).abs().max().item<float>() < 2e-7f);
    CHECK((teacher->bias - file[at + ".teacher.bias"]).abs().max().item<float>() < 2e-7f);
    ++compared;
  }
  st::ema_schedule pace{.momentum = 0.999, .begin = 0.9, .until = 10, .compat = true};
  const auto used = file["ema_schedule.momentum_used.f64"];
  for (std::int64_t step = 0; step < used.size(0); ++step)
    CHECK(st::momentum_at(pace, step) == Approx(used[step].item<double>()).epsilon(1e-12));

  const auto keys = golden::metadata_names(file, "weight_keys");
  const auto original = [](const std::string& key) {
    const bool teaches = key.starts_with("kd_");
    if (key.find("loss_ce") != std::string::npos) return teaches ? 1.0 : 2.0;
    return key.find("loss_mask") != std::string::npos ? (teaches ? 4.0 : 5.0)
                                                      : (teaches ? 3.0 : 5.0);
  };
  for (const auto& entry : file.content().entries) {
    if (!entry.name.starts_with("weights.")) continue;
    INFO(entry.name);
    const auto has = [&](const char* part) { return entry.name.find(part) != std::string::npos; };
    st::loss_schedule schedule{.begin = 2, .end = 8, .supervised_least = 0.2, .compat = true};
    schedule.shape = has(".linear")   ? st::ramp_shape::linear
                     : has(".cosine") ? st::ramp_shape::cosine
                                      : st::ramp_shape::constant;
    if (has("default_end")) schedule.begin = 0, schedule.end = -1, schedule.supervised_least = 0.1;
    if (has("only_supervised")) schedule.change_teacher = false;
    if (has("only_kd")) schedule.change_supervised = false;
    if (has("decay_step")) schedule.drop_at = 3;
    const auto after = file[entry.name];
    for (std::int64_t step = 0; step < after.size(0); ++step) {
      const bool ramp = schedule.shape != st::ramp_shape::constant;
      const auto factors = st::loss_factors_at(schedule, ramp ? step + 1 : step, 10);
      for (std::size_t k = 0; k < keys.size(); ++k) {
        const double factor = keys[k].starts_with("kd_") ? factors.teacher : factors.supervised;
        CHECK(factor * original(keys[k]) ==
              Approx(after[step][static_cast<std::int64_t>(k)].item<double>()).margin(1e-12));
      }
    }
    ++compared;
  }
  CHECK(compared > 3);
}

TEST_CASE("schedules stay at their ends", "[torch]") {
  const st::loss_schedule linear{.shape = st::ramp_shape::linear, .begin = 2, .end = 8};
  CHECK(st::loss_factors_at(linear, 0, 100).supervised == 1);
  CHECK(st::loss_factors_at(linear, 0, 100).teacher == Approx(0.1));
  CHECK(st::loss_factors_at(linear, 5, 100).supervised == Approx(0.55));
  CHECK(st::loss_factors_at(linear, 50, 100).supervised == Approx(0.1));
  CHECK(st::loss_factors_at(linear, 50, 100).teacher == Approx(1));
  st::loss_schedule late;
  late.teacher_from = 6;
  CHECK(st::loss_factors_at(late, 5, 10).teacher == 0);
  CHECK(st::loss_factors_at(late, 6, 10).teacher == 1);
  const st::ema_schedule pace{.momentum = 0.999, .begin = 0.9, .until = 10};
  CHECK(st::momentum_at(pace, 0) == Approx(0.9));
  CHECK(st::momentum_at(pace, 10) == 0.999);
  CHECK(st::momentum_at(pace, 90) == 0.999);
  const st::ema_schedule early{.momentum = 0.99, .early = true};
  CHECK(st::momentum_at(early, 0) == Approx(0.1));
  CHECK(st::momentum_at(early, 5000) == 0.99);
  const st::rate_schedule cosine{.shape = st::rate_shape::cosine, .milestones = {}, .warm_up = 4};
  CHECK(st::rate_at(cosine, 0, 100) == Approx(0.25));
  CHECK(st::rate_at(cosine, 50, 100) == Approx(0.5));
  CHECK(st::rate_at(cosine, 99, 100) > 0);
  const st::rate_schedule steps{.milestones = {10, 20}};
  CHECK(st::rate_at(steps, 9, 30) == 1);
  CHECK(st::rate_at(steps, 10, 30) == Approx(0.1));
  CHECK(st::rate_at(steps, 29, 30) == Approx(0.01));
}

TEST_CASE("a run in parts ends with the bits of a run in one piece", "[torch]") {
  for (const double dropout : {0.0, 0.1}) {
    const support::temporary_folder folder;
    auto options = st::tiny_training(20);
    options.accumulate = 2;
    options.checkpoint_every = 6;
    options.folder = folder / "one piece";
    auto whole = small_student(5, dropout);
    const auto one = st::train(whole, squares, options);
    CHECK(one.resumed_from == 0);

    options.folder = folder / "parts";
    auto first = small_student(5, dropout);
    CHECK_THROWS_AS(st::train(first, squares, options, {},
                              [](std::string_view stage, std::size_t done, std::size_t total) {
                                CHECK(stage == "train");
                                CHECK(total == 20);
                                return done < 10;
                              }),
                    s2d::cancelled);
    CHECK(st::steps_done(folder / "parts") == 10);
    CHECK(st::steps_done(folder / "nowhere") == 0);
    auto second = small_student(77, dropout);
    std::vector<st::training_log> logs;
    const auto rest = st::train(second, squares, options,
                                [&](const st::training_log& log) { logs.push_back(log); });
    CHECK(rest.resumed_from == 10);
    REQUIRE(logs.size() == 10);
    CHECK(logs.front().step == 11);
    CHECK(logs.back().teacher_mask >= 0);
    CHECK(equal_states(*whole, *second));
    CHECK(equal_states(*one.teacher, *rest.teacher));
    CHECK_FALSE(equal_states(*whole, *one.teacher));
    CHECK(bytes_of(folder / "one piece" / "checkpoint-00000020.safetensors") ==
          bytes_of(folder / "parts" / "checkpoint-00000020.safetensors"));
    // Of 6, 10, 12, 18, 20 the last two are kept.
    CHECK(std::distance(fs::directory_iterator{folder / "parts"}, {}) == 2);
    CHECK(*st::latest_checkpoint(folder / "parts") ==
          folder / "parts" / "checkpoint-00000020.safetensors");
    // Done is done.
    auto third = small_student(78, dropout);
    CHECK(st::train(third, squares, options).resumed_from == 20);
    CHECK(equal_states(*whole, *third));
  }
}

TEST_CASE("a killed run loses at most the steps since its last checkpoint", "[torch]") {
  const support::temporary_folder folder;
  const std::string steps = "24", every = "2";
  const auto start = [&](const fs::path& to) {
    const std::string target = to.string();
    const pid_t child = fork();
    REQUIRE(child >= 0);  // kill(-1) would end every program of the user
    if (child == 0) {
      execl(S2D_TRAINER_PROGRAM, S2D_TRAINER_PROGRAM, target.c_str(), steps.c_str(), every.c_str(),
            static_cast<char*>(nullptr));
      _exit(127);
    }
    return child;
  };
  const auto finish = [](pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  };
  REQUIRE(finish(start(folder / "whole")) == 0);
  const auto cut = folder / "cut";
  std::int64_t before = 0;
  for (int kill_after = 0; kill_after < 3; ++kill_after) {
    const pid_t child = start(cut);
    // Until it has got on, then at any moment.
    for (int i = 0; i < 6000; ++i) {
      const auto last = st::latest_checkpoint(cut);
      if (last && *st::detail::checkpoint_step(*last) > before) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(13 * kill_after));
    kill(child, SIGKILL);
    (void)finish(child);
    const auto last = st::latest_checkpoint(cut);
    REQUIRE(last);
    CHECK_NOTHROW(s2d::read_safetensors(*last));
    CHECK(*st::detail::checkpoint_step(*last) > before);
    before = *st::detail::checkpoint_step(*last);
  }
  // What a killed writer leaves behind goes away.
  { std::ofstream{cut / ".s2d-1.safetensors"} << "half"; }
  REQUIRE(finish(start(cut)) == 0);
  CHECK_FALSE(fs::exists(cut / ".s2d-1.safetensors"));
  const auto name = "checkpoint-00000024.safetensors";
  CHECK(bytes_of(cut / name) == bytes_of(folder / "whole" / name));
}

TEST_CASE("what is not finite stops the run with the clip's name, the checkpoint stays",
          "[torch]") {
  const support::temporary_folder folder;
  auto options = st::tiny_training(10);
  options.folder = folder / "run";
  options.checkpoint_every = 2;
  const auto damaged = [](std::int64_t step, std::int64_t index) {
    auto clip = support::square_clip(step, index);
    if (step == 5) {
      clip.frames[0][0][3][3] = std::numeric_limits<float>::quiet_NaN();
      clip.name = "the damaged one";
    }
    return clip;
  };
  auto student = small_student();
  const auto text =
      message_of<s2d::invalid_input>([&] { (void)st::train(student, damaged, options); });
  CHECK(text.find("clip the damaged one") != std::string::npos);
  CHECK(text.find("not finite") != std::string::npos);
  CHECK(st::latest_checkpoint(folder / "run")->filename() == "checkpoint-00000004.safetensors");
  for (const auto& parameter : student->parameters())
    CHECK(parameter.isfinite().all().item<bool>());
  auto again = small_student(9);
  CHECK(st::train(again, squares, options).resumed_from == 4);

  // A loss that is not finite although all predictions are.
  const auto wrong = [](std::int64_t step, std::int64_t index) {
    auto clip = support::square_clip(step, index);
    clip.weights[0][0] = std::numeric_limits<float>::infinity();
    return clip;
  };
  options.folder.clear();
  auto third = small_student();
  const auto other =
      message_of<s2d::invalid_input>([&] { (void)st::train(third, wrong, options); });
  CHECK(other.find("train: step 1, clip squares") == 0);
  CHECK(other.find("there is no checkpoint") != std::string::npos);
}

TEST_CASE("a checkpoint of another run, network or kind is refused", "[torch]") {
  const support::temporary_folder folder;
  auto options = st::tiny_training(2);
  options.folder = folder / "run";
  auto student = small_student();
  (void)st::train(student, squares, options);
  const auto path = *st::latest_checkpoint(options.folder);
  auto other = options;
  other.optimizer.rate = 1e-3;
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::train(student, squares, other);
        }).find("was made with rate = 0.002, now it is 0.001") != std::string::npos);
  other = options;
  other.settings = {{"video", "goat"}};
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::train(student, squares, other);
        }).find("was made with video = nothing, now it is goat") != std::string::npos);
  other.folder = folder / "goat";
  (void)st::train(student, squares, other);
  other.settings.clear();
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::train(student, squares, other);
        }).find("was made with video = goat, now it is nothing") != std::string::npos);
  const auto differs = [&](const auto& change) {
    other = options;
    change(other);
    return message_of<s2d::invalid_input>([&] { (void)st::train(student, squares, other); });
  };
  CHECK_THAT(differs([](auto& to) { to.rate.warm_up = 7; }),
             Catch::Contains("rate warm up = 30, now it is 7"));
  CHECK_THAT(differs([](auto& to) { to.teacher_criterion.least_area = 9; }),
             Catch::Contains("teacher least area = 0.5, now it is 9"));
  CHECK_THAT(differs([](auto& to) { to.teach = false; }),
             Catch::Contains("teacher teaches = true, now it is false"));
  st::video_mask2former wider{[] {
    auto config = st::presets::tiny(4);
    config.widths[3] = 64;
    return config;
  }()};
  CHECK_FALSE(
      message_of<s2d::invalid_input>([&] { (void)st::train(wider, squares, options); }).empty());
  const auto bytes = bytes_of(path);
  auto flipped = bytes;
  flipped[bytes.size() - bytes.size() / 3] ^= 4;  // among the numbers
  { std::ofstream{path, std::ios::binary} << flipped; }
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::train(student, squares, options);
        }).find("its tensors have another checksum") != std::string::npos);
  { std::ofstream{path, std::ios::binary} << bytes.substr(0, bytes.size() / 2); }
  CHECK_FALSE(
      message_of<s2d::invalid_input>([&] { (void)st::train(student, squares, options); }).empty());
  st::write_safetensors(path, st::named_tensors{{"a", torch::zeros({2})}});
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::train(student, squares, options);
        }).find("not a checkpoint of a training run") != std::string::npos);
}

TEST_CASE("a full disk is told, older checkpoints stay", "[torch]") {
  auto student = small_student();
  auto options = st::tiny_training(1);
  options.folder = "/proc/no such folder";
  CHECK_THROWS_AS(st::train(student, squares, options), s2d::io_error);
}

TEST_CASE("training learns the moving square, the teacher follows", "[torch]") {
  auto student = small_student();
  auto options = st::tiny_training(40);
  std::vector<st::training_log> logs;
  const auto result = st::train(student, squares, options,
                                [&](const st::training_log& log) { logs.push_back(log); });
  REQUIRE(logs.size() == 40);
  double first = 0, last = 0;
  for (std::size_t i = 0; i < 5; ++i)
    first += logs[i].mask + logs[i].dice, last += logs[39 - i].mask + logs[39 - i].dice;
  CHECK(last < 0.6 * first);
  CHECK(logs[0].teacher_instances == 0);
  CHECK(st::to_json(logs[0]).find("\"step\":1,\"steps\":40,\"loss\":") == 1);
  CHECK_FALSE(result.teacher->is_training());
  for (const auto& parameter : result.teacher->parameters()) CHECK_FALSE(parameter.requires_grad());
}

TEST_CASE("clips of different size are padded to one batch, of different length refused",
          "[torch]") {
  auto student = small_student();
  auto options = st::tiny_training(1);
  options.clips = 2;
  (void)st::train(
      student,
      [](std::int64_t step, std::int64_t index) {
        return support::square_clip(step, index, 64, index == 0 ? 64 : 96);
      },
      options);
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::train(
              student,
              [](std::int64_t step, std::int64_t index) {
                auto clip = support::square_clip(step, index);
                if (index == 1) {
                  clip.frames = clip.frames.narrow(0, 0, 1);
                  clip.masks = clip.masks.narrow(1, 0, 1);
                  clip.weights = clip.weights.narrow(1, 0, 1);
                }
                return clip;
              },
              options);
        }).find("of the same batch has 2") != std::string::npos);
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::train(
              student,
              [](std::int64_t step, std::int64_t index) {
                auto clip = support::square_clip(step, index);
                clip.weights = torch::ones({2, 2});
                return clip;
              },
              options);
        }).find(": weights: shape is [2, 2], expected [1, 2]") != std::string::npos);
}
