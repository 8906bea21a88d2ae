// s2d train, s2d predict, s2d label: the part of the s2d program that needs LibTorch.

#include <torch/torch.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <string_view>

#include <CLI/CLI.hpp>

#include <s2d/core/error.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/ffmpeg/common.hpp>

#include "network_commands.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "model.hpp"
#include "validators.hpp"

namespace {

namespace fs = std::filesystem;

constexpr const char* train_footer = R"(
Writes into DIR:
  model.safetensors  the network
  config.json        what it needs to be used, and how it was trained
  log.jsonl          a line of JSON for every step: losses, rate, seconds

INPUT is the clip that the labels were found in, or a folder of clips: then one network learns the
objects of all of them, and looks for such objects in any clip. The labels of clip NAME are then
NAME/keymasks.json in the folder of --labels (or NAME/labels.json, NAME.json, pictures in NAME).
An interrupted call goes on from its last checkpoint when it is repeated, and ends with the same bits
if it has as many threads; with other settings it starts anew.

Examples:
  s2d run clip.mp4 --out result
  s2d train clip.mp4 --labels result/keymasks.json --out model
  s2d train frames/ --labels masks/ --out model --steps 1000 --size 224x384 --share 0.3
  s2d run clips/ --out results --until keymasks
  s2d train clips/ --labels results --out model                              one for all clips
  s2d train clip.mp4 --labels result/keymasks.json --init model --out own    goes on from it
)";

constexpr const char* predict_footer = R"(
Writes the objects in every frame in which they are seen, best first: YouTube-VIS JSON (null where
an object is absent), or palette PNG if --out is a folder. Of a folder of clips each gets
OUT/NAME/dense.json, and --keymasks is the folder that s2d run wrote.

A model of one clip is for that clip. A model of many clips takes any clip, its objects are told apart
by the query that finds them, and --objects and --min-score decide how many are taken.

Examples:
  s2d predict clip.mp4 --model model --out dense.json --overlay dense.mp4
  s2d predict frames/ --model model --out masks/ --objects 1
  s2d predict clips/ --model model --out predictions
)";

constexpr const char* label_footer = R"(
Keeps the objects that the network is sure of, of overlapping ones the best; a frame without a mask
is null. With --keymasks, objects that the network missed (no label covers half of their keymasks)
stay in the labels as they are, in some frames only.
With --masks the labels are the keymasks that train would take and, in other frames, the frame masks
that the predictions find again: the network says which masks are right, they show it what is new.
Of a folder of predictions (NAME/dense.json) labels go to OUT/NAME/labels.json, and --keymasks and
--masks are the folder that s2d run wrote.

Examples:
  s2d label dense.json --keymasks result/keymasks.json --masks result/masks.json --out labels.json
  s2d train clip.mp4 --labels labels.json --init model --steps 300 --lr 0.001 --out final
  s2d label dense.json --keymasks result/keymasks.json --out labels.json    the official final round
  s2d train clip.mp4 --labels labels.json --out final
  s2d label predictions --keymasks results --masks results --out labels      of many clips
)";

/// HxW, both multiples of 32.
void parse_size(const std::string& text, app::train_options& options) {
  if (text.empty()) return;
  long long height = 0, width = 0;
  int used = 0;
  if (std::sscanf(text.c_str(), "%lldx%lld%n", &height, &width, &used) != 2 ||
      static_cast<std::size_t>(used) != text.size() || height < 32 || width < 32 || height > 4096 ||
      width > 4096 || height % 32 != 0 || width % 32 != 0)
    throw CLI::ValidationError{"--size: found " + text +
                               ", expected HEIGHTxWIDTH, multiples of 32, for instance 224x384"};
  options.height = height;
  options.width = width;
}

constexpr const char* no_share = "--share: found 0, expected more than 0, at most 1";

void check_train(const app::train_options& options) {
  std::error_code ignored;
  for (const fs::path& given : {options.input, options.labels, options.init})
    if (fs::equivalent(given, options.out, ignored))
      throw CLI::ValidationError{"--out: is " + given.string() +
                                 " itself, expected a folder of its own"};
  if (options.out.has_extension() && !fs::is_directory(options.out, ignored) &&
      (options.out.extension() == ".safetensors" || options.out.extension() == ".json"))
    throw CLI::ValidationError{"--out: found " + options.out.string() + ", expected a folder"};
  if (options.share <= 0) throw CLI::ValidationError{no_share};
  if (options.rate <= 0) throw CLI::ValidationError{"--lr: found 0, expected more than 0"};
}

void check_predict(const app::predict_options& options) {
  std::error_code ignored;
  if (fs::equivalent(options.input, options.out, ignored) ||
      fs::equivalent(options.model, options.out, ignored))
    throw CLI::ValidationError{"--out: is INPUT or MODEL itself, expected a place of its own"};
  for (const char* each : {".mp4", ".avi", ".mkv", ".png", ".jpg", ".npy", ".csv"})
    if (options.out.extension() == each)
      throw CLI::ValidationError{"--out: found " + options.out.string() +
                                 ", expected a .json file or a folder"};
  if (!options.overlay.empty() && options.overlay.extension() != ".mp4")
    throw CLI::ValidationError{"--overlay: found " + options.overlay.string() +
                               ", expected a name that ends in .mp4"};
  if (options.what.stride == 0)
    throw CLI::ValidationError{"--stride: found 0, expected at least 1"};
  if (options.what.end <= options.what.start)
    throw CLI::ValidationError{s2d::concat("--end: found ", options.what.end,
                                           ", expected more than --start ", options.what.start)};
}

void check_label(const app::label_request& what) {
  if (what.share <= 0) throw CLI::ValidationError{no_share};
  std::error_code ignored;
  for (const fs::path& given : {what.predictions, what.keymasks, what.masks})
    if (fs::equivalent(given, what.out, ignored))
      throw CLI::ValidationError{"--out: is " + given.string() +
                                 " itself, expected a file of its own"};
  const bool many = fs::is_directory(what.predictions, ignored);
  if ((what.out.extension() == ".json") == many)
    throw CLI::ValidationError{"--out: found " + what.out.string() + ", expected " +
                               (many ? "a folder" : "a name that ends in .json")};
}

int run_program(int argc, char** argv) {
  CLI::App program{"Learns the objects of a video from its keymasks.", "s2d"};
  program.require_subcommand(1);
  program.get_formatter()->column_width(30);
  const auto whole = [](double least, double most) {
    return CLI::Range(least, most).description("NUMBER");
  };
  const auto share = app::between(0, 1, "0..1");

  app::train_options train;
  std::string size, preset = "tiny", weight = "equal";
  CLI::App* train_app = program.add_subcommand("train", "A network learns the objects of clips");
  train_app
      ->add_option("INPUT", train.input, "Video file, folder of frames, or folder of such clips")
      ->required();
  train_app
      ->add_option("--labels", train.labels,
                   "Masks of objects in some frames: keymasks.json, or a folder of palette PNG; of "
                   "many clips the folder that s2d run wrote")
      ->required();
  train_app->add_option("-o,--out", train.out, "Folder for the model")
      ->required()
      ->check(app::given_path);
  const std::string network = "The network and its training";
  train_app->add_option("--preset", preset, "tiny: narrow, from nothing, on a processor (default)")
      ->check(CLI::IsMember({"tiny"}))
      ->group(network);
  train_app
      ->add_option("--steps", train.steps,
                   "Steps of training (default: 200 for every clip, at least 600; with --init 150 "
                   "for every clip)")
      ->check(whole(1, 1e9))
      ->group(network);
  CLI::Option* init =
      train_app->add_option("--init", train.init, "Go on from this model instead of from nothing")
          ->group(network);
  train_app
      ->add_option("--size", size,
                   "HEIGHTxWIDTH of the frames in training, multiples of 32 (default: "
                   "about 256x448, as the clip's shape wants it)")
      ->group(network)
      ->excludes(init);
  train_app
      ->add_option("--queries", train.queries,
                   "Objects that the network looks for (default: twice the objects, at least 10)")
      ->check(whole(1, 1000))
      ->group(network)
      ->excludes(init);
  train_app->add_option("--lr", train.rate, "Learning rate (default 0.002)")
      ->check(app::between(0, 1, "RATE"))
      ->group(network);
  train_app->add_option("--seed", train.seed, "Of all that is random (default 0)")
      ->check(whole(0, 1e15))
      ->group(network);
  const std::string which = "Which masks are learned";
  train_app->add_option("--min-score", train.min_score, "Leave out objects of a lower score")
      ->check(share)
      ->group(which);
  train_app->add_option("--min-trust", train.min_trust, "Leave out masks of a lower trust")
      ->check(share)
      ->group(which);
  train_app
      ->add_option("--relative-trust", train.relative_trust,
                   "Of each object, leave out masks of less than this share of the trust that a "
                   "tenth of them reach (default 0.75)")
      ->check(share)
      ->group(which);
  train_app->add_option("--share", train.share, "Of each object the most trusted share (default 1)")
      ->check(share)
      ->group(which);
  train_app
      ->add_option("--weight", weight,
                   "equal (default): all masks count the same; trust: as much as they are trusted")
      ->check(CLI::IsMember({"equal", "trust"}))
      ->group(which);
  const std::string work = "How the work is done";
  train_app->add_option("--checkpoint-every", train.checkpoint_every, "Steps (default 100)")
      ->check(whole(1, 1e9))
      ->group(work);
  train_app->add_option("--threads", train.threads, "0: one per processor (default)")
      ->check(whole(0, 1024))
      ->group(work);
  train_app->add_flag("--force", train.force, "Do finished work again")->group(work);
  train_app->add_flag("-q,--quiet", train.quiet, "No progress, no summary; errors only")
      ->group(work);
  train_app->footer(train_footer);

  const auto add_device = [&](CLI::App& command, std::string& device) {
    command
        .add_option("--device", device,
                    "auto (default): a GPU where there is one; cpu; cuda: an error without one")
        ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
        ->group(work);
  };
  add_device(*train_app, train.device);

  app::predict_options predict;
  CLI::App* predict_app = program.add_subcommand("predict", "Its objects in every frame of a clip");
  predict_app
      ->add_option("INPUT", predict.input, "Video file, folder of frames, or folder of such clips")
      ->required();
  predict_app->add_option("--model", predict.model, "Folder that s2d train wrote")->required();
  predict_app
      ->add_option("-o,--out", predict.out,
                   "A .json file, or a folder for palette PNG; of many clips a folder for "
                   "NAME/dense.json")
      ->required()
      ->check(app::given_path);
  predict_app->add_option("--overlay", predict.overlay,
                          "Also a video with the masks, .mp4; of many clips OUT/NAME/FILE.mp4");
  predict_app->add_option("--keymasks", predict.keymasks,
                          "Keymasks of the same frames: objects that the network lost are kept; of "
                          "many clips the folder that s2d run wrote");
  predict_app
      ->add_option("--objects", predict.objects,
                   "At most so many (default: as it was trained on; any number with a model of "
                   "many clips)")
      ->check(whole(1, 1000));
  predict_app
      ->add_option(
          "--min-score", predict.min_score,
          "Leave out objects of a lower score (default 0.1; 0.3 with a model of many clips)")
      ->check(share);
  predict_app
      ->add_option("--nms", predict.most_overlap,
                   "Leave out objects that overlap more than this with a better one, IoU over the "
                   "whole clip (default 0.7); 1: none")
      ->check(share);
  predict_app->add_flag("!--no-refine", predict.refine,
                        "Masks as the network gives them, not drawn to the edges of the frames");
  const std::string frames = "Which frames";
  app::settings& what = predict.what;
  predict_app->add_option("--start", what.start, "First frame, from 0")
      ->check(whole(0, 1e15))
      ->group(frames);
  predict_app->add_option("--end", what.end, "One behind the last frame")
      ->check(whole(0, 1e15))
      ->group(frames);
  predict_app->add_option("--stride", what.stride, "Take every N-th frame")
      ->check(whole(1, 1e15))
      ->group(frames);
  predict_app
      ->add_option("--size", what.size,
                   "Scale frames down to this longer side, 0: never (default 1280)")
      ->check(whole(0, 1e15))
      ->group(frames);
  predict_app->add_option("--threads", predict.threads, "0: one per processor (default)")
      ->check(whole(0, 1024))
      ->group(work);
  add_device(*predict_app, predict.device);
  predict_app->add_flag("--force", predict.force, "Do finished work again")->group(work);
  predict_app->add_flag("-q,--quiet", predict.quiet, "No progress, no summary; errors only")
      ->group(work);
  predict_app->footer(predict_footer);

  app::label_request label;
  CLI::App* label_app = program.add_subcommand("label", "Predictions as labels for another round");
  label_app
      ->add_option("PREDICTIONS", label.predictions,
                   "What s2d predict wrote: a .json file, or the folder of many clips")
      ->required();
  label_app->add_option("-o,--out", label.out, "A .json file; a folder if PREDICTIONS is one")
      ->required()
      ->check(app::given_path);
  label_app->add_option("--keymasks", label.keymasks,
                        "Keymasks of the same clip: objects that the network missed are kept; of "
                        "many clips the folder that s2d run wrote");
  CLI::Option* masks = label_app->add_option(
      "--masks", label.masks,
      "All frame masks of the same clip: labels are the keymasks and the "
      "frame masks that the predictions find again, of a single object united with "
      "these");
  masks->needs("--keymasks");
  label_app
      ->add_option("--agree", label.agree,
                   "IoU with a prediction from which a frame mask is found again (default 0.6)")
      ->check(share)
      ->needs(masks);
  for (const auto& [name, value] :
       {std::pair{"--min-trust", &label.min_trust},
        std::pair{"--relative-trust", &label.relative_trust}, std::pair{"--share", &label.share}})
    label_app->add_option(name, *value, "With --masks: which keymasks are taken, as of train")
        ->check(share)
        ->needs(masks);
  label_app
      ->add_option("--min-score", label.min_score,
                   "Leave out predictions of a lower score (default 0.75)")
      ->check(share);
  label_app
      ->add_option("--nms", label.most_overlap,
                   "Leave out objects that overlap more than this with a better one, IoU over the "
                   "whole clip (default 0.75); 1: none")
      ->check(share);
  label_app->add_option("--min-area", label.min_area, "Leave out masks of fewer pixels (default 1)")
      ->check(whole(0, 1e9));
  label_app->add_flag("--force", label.force, "Do finished work again");
  label_app->add_flag("-q,--quiet", label.quiet, "No summary; errors only");
  label_app->footer(label_footer);

  try {
    program.parse(argc, argv);
    train.weigh = weight == "trust";
    if (train_app->parsed()) {
      parse_size(size, train);
      check_train(train);
    }
    if (predict_app->parsed()) check_predict(predict);
    if (label_app->parsed()) check_label(label);
  } catch (const CLI::Success& asked) {
    return program.exit(asked);
  } catch (const CLI::ParseError& error) {
    std::string command, text = app::text_of(error);
    for (const CLI::App* each : program.get_subcommands()) command = " " + each->get_name();
    std::fprintf(stderr, "s2d: %s\nTry s2d%s --help.\n", text.c_str(), command.c_str());
    return app::exit_usage;
  }
  if (train_app->parsed()) return app::train_command(train);
  if (predict_app->parsed()) return app::predict_command(predict);
  return app::label_command(label);
}

}  // namespace

int main(int argc, char** argv) {
  app::open_standard_streams();
  app::watch_signals();
  av_log_set_level(AV_LOG_QUIET);  // damage is told by our own messages
  try {
    return app::finished_output(run_program(argc, argv));
  } catch (const app::wrong_call& error) {
    std::fprintf(stderr, "s2d: %s\n", error.what());
    return app::exit_usage;
  } catch (const s2d::cancelled&) {
    std::fputs("s2d: interrupted; the same call goes on from here\n", stderr);
    return app::stop_exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "s2d: %s\n", app::in_a_line(error).c_str());
  }
  return app::exit_failure;
}
