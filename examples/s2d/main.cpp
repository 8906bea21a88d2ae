// s2d: finds the moving objects of videos, without labels and without weights.

#include <charconv>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <initializer_list>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <CLI/CLI.hpp>

#include <s2d/core/error.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/ffmpeg/common.hpp>
#include <s2d/io/folder.hpp>

#include "commands.hpp"
#include "console.hpp"
#include "settings.hpp"
#include "validators.hpp"
#include "version.hpp"

namespace {

namespace fs = std::filesystem;

constexpr const char* main_footer = R"(
Examples:
  s2d run clip.mp4 --out result           masks, keymasks, training, dense masks, report
  s2d run videos/ --out results           every video of a folder, each in its own folder
  s2d run frames/ --out result --end 100  a folder of pictures, the first 100 of them
  s2d info clip.mp4                       what a file or folder is
  s2d run clip.mp4 --out result --until keymasks   without training
  s2d train videos/ --labels results --out model   one network for many videos

INPUT is a video file, a folder of frames (jpg, png, bmp; in the order of their names), or a
folder of either. An interrupted call goes on where it was when it is repeated; finished videos
are skipped.

Exit status: 0 done (also where nothing moves), 1 an error, 2 a wrong call, 128 + signal when
interrupted (130 for Ctrl-C).
)";

constexpr const char* run_footer = R"(
Writes into DIR (DIR/NAME for every video, if INPUT is a folder of videos):
  report.html    everything at a glance, for a browser
  dense.json     the objects in every frame in which they are seen (YouTube-VIS JSON)
  dense.mp4      the clip with them in colour
  model/         the network that learned the clip, and the log of its training
  overlay.mp4    the clip with its keymasks in colour
  keymasks.json  objects with their trusted masks (YouTube-VIS JSON)
  masks.json     all frame masks (YouTube-VIS JSON)
  table.csv      frame, time, object, box, area, coherence, keymask
  run.json       settings, sizes, seconds per stage, the result in a sentence

Stages that are done are skipped, and a changed setting redoes what depends on it.

Examples:
  s2d run clip.mp4 --out result
  s2d run clip.mp4 --out result --until keymasks            in seconds, without training
  s2d run clip.mp4 --out result --steps 2000 --final-steps 400
  s2d run clip.mp4 --out result --start 100 --end 400 --stride 2 --cutouts
  s2d run videos/ --out results --shard 3/16     the third of 16 shares, for a job array
  s2d run clip.mp4 --out result --init model     goes on from a model of other clips
  s2d run frames/ --out result --masks masks/    with masks of your own
)";

constexpr const char* masks_footer = R"(
Examples:
  s2d masks clip.mp4 --out masks.json
  s2d masks clip.mp4 --out masks/ --segmenter ncut   palette PNG, one picture a frame
  s2d masks videos/ --out results                    results/NAME/masks.json
)";

constexpr const char* discover_footer = R"(
Examples:
  s2d discover clip.mp4 --out keymasks.json
  s2d discover frames/ --masks masks.json --out keymasks.json --csv table.csv
  s2d discover frames/ --masks masks/ --tracks tracks/ --compat --out keymasks.json
)";

constexpr const char* convert_footer = R"(
FROM and TO: a folder of palette PNG (DAVIS), a .json file (YouTube-VIS, COCO is read as well), or
a .npy array of object numbers [frames, height, width]. What TO becomes is told by its name: .json,
.npy, else a folder.

Examples:
  s2d convert masks/ masks.json
  s2d convert keymasks.json masks/
  s2d convert masks.json masks.npy
)";

constexpr const char* eval_footer = R"(
Videos of both belong together by name, or by id where names are missing or twice; frames by the
stem of their files. Class-agnostic ytvis is how unsupervised methods are measured.

Examples:
  s2d eval dense.json truth/ --metric davis
  s2d eval masks/ truth/ --metric davis --protocol semi-supervised --csv table.csv
  s2d eval results.json instances.json --metric ytvis --class-agnostic --report report.html
  s2d eval dense.json gt.txt --metric identity
)";

void parse_shard(const std::string& text, app::run_options& options) {
  const std::size_t slash = text.find('/');
  std::size_t number = 0, count = 0;
  if (slash != text.npos) {
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), text.data() + slash, number);
    const auto second = std::from_chars(text.data() + slash + 1, end, count);
    if (first.ptr != text.data() + slash || second.ptr != end) number = 0;
  }
  if (number < 1 || number > count)
    throw CLI::ValidationError{"--shard: found " + text +
                               ", expected I/N with 1 <= I <= N, for instance 3/16"};
  options.shard = number - 1;
  options.shards = count;
}

// CLI11 takes -1 for the largest number there is.
const CLI::Validator whole_number{
    [](std::string& text) {
      const bool digits =
          !text.empty() && text.size() <= 15 && text.find_first_not_of("0123456789") == text.npos;
      return digits ? std::string{} : "found " + text + ", expected a whole number, 0 or more";
    },
    "NUMBER"};

bool has_ending(const fs::path& file, std::initializer_list<const char*> endings) {
  for (const char* each : endings)
    if (file.extension() == each) return true;
  return false;
}

const CLI::Validator training_size{
    [](std::string& text) {
      const std::size_t cross = text.find('x');
      const auto fits = [](std::string_view side) {
        unsigned pixels = 0;
        const char* end = side.data() + side.size();
        const auto read = std::from_chars(side.data(), end, pixels);
        return read.ec == std::errc{} && read.ptr == end && pixels >= 32 && pixels <= 4096 &&
               pixels % 32 == 0;
      };
      const std::string_view all = text;
      const bool good =
          cross != text.npos && fits(all.substr(0, cross)) && fits(all.substr(cross + 1));
      return good ? std::string{}
                  : "found " + text +
                        ", expected HEIGHTxWIDTH, multiples of 32, for instance 224x384";
    },
    "HxW"};

const CLI::Validator trained_model{[](std::string& text) {
                                     std::error_code missing;
                                     return fs::exists(fs::path{text} / "config.json", missing)
                                                ? std::string{}
                                                : "found " + text +
                                                      ", expected a folder that s2d train wrote";
                                   },
                                   "MODEL"};

/// Options of s2d run that are those of s2d train.
struct passed_option {
  const char* name;
  const char* passed;
  const char* help;
  CLI::Validator check;
};

const std::vector<passed_option>& passed_options() {
  const auto share = app::between(0, 1, "0..1");
  const auto above_zero = app::between(1e-12, 1, "0..1");
  static const std::vector<passed_option> all{
      {"--steps", "--steps", "Steps of training (default 600; 150 with --init)",
       whole_number & CLI::Range(1.0, 1e9)},
      {"--preset", "--preset", "Kind of network (default tiny)", CLI::IsMember({"tiny"})},
      {"--train-size", "--size",
       "HEIGHTxWIDTH in training, multiples of 32 (default: about 256x448)", training_size},
      {"--queries", "--queries",
       "Objects that it looks for (default: twice the objects, at least 10)",
       whole_number & CLI::Range(1.0, 1000.0)},
      {"--lr", "--lr", "Learning rate (default 0.002)", above_zero},
      {"--seed", "--seed", "Of all that is random in training (default 0)", whole_number},
      {"--share", "--share", "Learn of each object the most trusted share of its keymasks",
       above_zero},
      {"--min-trust", "--min-trust", "Leave out keymasks of a lower trust", share},
      {"--relative-trust", "--relative-trust",
       "Of each object, leave out masks of less than this share of its good ones' trust "
       "(default 0.75)",
       share},
  };
  return all;
}

struct call {
  app::run_options options;
  std::string shard = "1/1";
  std::string segmenter;
  std::string until = "dense";
  fs::path overlay, table, cutouts;
  bool no_overlay = false, no_report = false, no_table = false, cut = false;

  // What --out and the other files are for.
  void check_files(app::product wanted) const {
    if (options.input.empty()) throw CLI::ValidationError{"INPUT: is empty"};
    std::error_code none;
    if (fs::equivalent(options.input, options.out, none))
      throw CLI::ValidationError{"--out: is INPUT itself, expected a place of its own"};
    const bool many = wanted == app::product::keymasks && fs::is_directory(options.input, none) &&
                      s2d::detect_input(options.input).kind == s2d::input_kind::folder_of_videos;
    const std::string found = "found " + options.out.string() + ", expected ";
    if (wanted == app::product::keymasks && !many && !has_ending(options.out, {".json"}))
      throw CLI::ValidationError{"--out: " + found + "a name that ends in .json"};
    if (wanted != app::product::keymasks &&
        has_ending(options.out, {".mp4", ".avi", ".mkv", ".png", ".jpg", ".npy", ".csv", ".html"}))
      throw CLI::ValidationError{
          "--out: " + found +
          (wanted == app::product::masks ? "a .json file or a folder" : "a folder")};
    if (!overlay.empty() && !has_ending(overlay, {".mp4"}))
      throw CLI::ValidationError{"--overlay: found " + overlay.string() +
                                 ", expected a name that ends in .mp4"};
  }

  // What is begun from is not what is written.
  void check_init() const {
    if (options.distil.init.empty()) return;
    std::error_code none;
    const fs::path out = fs::weakly_canonical(options.out, none);
    fs::path above = fs::weakly_canonical(options.distil.init, none);
    while (above != out && above != above.parent_path()) above = above.parent_path();
    if (above == out)
      throw CLI::ValidationError{"--init: found " + options.distil.init.string() +
                                 ", expected a model that is not part of --out"};
  }

  void finish(app::product wanted) {
    check_files(wanted);
    check_init();
    parse_shard(shard, options);
    app::settings& what = options.what;
    if (what.stride == 0) throw CLI::ValidationError{"--stride: found 0, expected at least 1"};
    if (what.end <= what.start)
      throw CLI::ValidationError{
          s2d::concat("--end: found ", what.end, ", expected more than --start ", what.start)};
    if (what.window != 0 && (what.window < 2 || what.overlap >= what.window))
      throw CLI::ValidationError{s2d::concat("--window: found ", what.window, " with --overlap ",
                                             what.overlap,
                                             ", expected at least 2 and more than the overlap")};
    if (segmenter.empty()) segmenter = what.masks.empty() ? "motion" : "files";
    what.segmenter = segmenter == "motion" ? app::segmenter_kind::motion
                     : segmenter == "ncut" ? app::segmenter_kind::ncut
                                           : app::segmenter_kind::files;
    const bool files = what.segmenter == app::segmenter_kind::files;
    if (files && what.masks.empty())
      throw CLI::ValidationError{"--segmenter files: needs --masks, a folder or a JSON file"};
    if (!files && !what.masks.empty())
      throw CLI::ValidationError{"--masks: cannot be combined with --segmenter " + segmenter};
    if (!what.features.empty() && what.segmenter != app::segmenter_kind::ncut)
      throw CLI::ValidationError{"--features: needs --segmenter ncut"};
    for (const app::stage each : {app::stage::keymasks, app::stage::train, app::stage::labels})
      if (until == app::name_of(each)) options.distil.until = each;
    options.overlay = !no_overlay;
    options.report = !no_report;
    options.table = !no_table;
    options.cutouts = cut;
  }
};

void add_common(CLI::App& command, call& to, const char* out) {
  app::run_options& options = to.options;
  app::settings& what = options.what;
  command.add_option("INPUT", options.input, "Video file, folder of frames, or folder of either")
      ->required();
  command.add_option("-o,--out", options.out, out)->required()->check(app::given_path);
  const std::string frames = "Which frames";
  command.add_option("--start", what.start, "First frame, from 0")
      ->check(whole_number)
      ->group(frames);
  command.add_option("--end", what.end, "One behind the last frame")
      ->check(whole_number)
      ->group(frames);
  command.add_option("--stride", what.stride, "Take every N-th frame")
      ->check(whole_number)
      ->group(frames);
  command
      .add_option("--size", what.size,
                  "Scale frames down to this longer side, 0: never (default 1280)")
      ->check(whole_number)
      ->group(frames);
  const std::string method = "How masks are found";
  command
      .add_option("--segmenter", to.segmenter,
                  "motion (default): what moves unlike the camera; ncut: normalised cut; files: "
                  "--masks")
      ->check(CLI::IsMember({"motion", "ncut", "files"}))
      ->group(method);
  command
      .add_option("--masks", what.masks,
                  "Frame masks from a folder of palette PNG or a COCO or YouTube-VIS JSON file")
      ->group(method);
  command
      .add_option("--features", what.features,
                  "For ncut: features from a .npy file [frames, height, width, channels]")
      ->group(method);
  command
      .add_option("--window", what.window,
                  "Frames looked at together, 0: the whole video (default 150)")
      ->check(whole_number)
      ->group(method);
  command
      .add_option("--overlap", what.overlap, "Frames that neighbouring windows share (default 30)")
      ->check(whole_number)
      ->group(method);
  const std::string work = "How the work is done";
  command.add_option("--shard", to.shard, "I/N: only the I-th of N shares of the videos")
      ->group(work);
  command.add_option("--threads", options.threads, "0: one per processor (default)")
      ->check(whole_number & CLI::Range(0, 1024))
      ->group(work);
  command
      .add_option("--device", options.device,
                  "cpu; cuda: flow, frame masks, tracks and network on a GPU; auto (default): of "
                  "these the network alone, where there is a GPU")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->group(work);
  command.add_flag("--force", options.force, "Do finished work again")->group(work);
  command.add_flag("-q,--quiet", options.quiet, "No progress, no summary; errors only")
      ->group(work);
  command.add_flag("--json", options.json, "The summary as JSON on standard output")->group(work);
}

void add_discovery(CLI::App& command, call& to) {
  app::settings& what = to.options.what;
  const std::string method = "How keymasks are found";
  command
      .add_option("--tracks", what.tracks,
                  "Point tracks from a folder of .npy files instead of optical flow")
      ->group(method);
  command
      .add_flag("--compat", what.compat,
                "Exactly the choices of the official code (the whole video is one window)")
      ->group(method);
}

void add_training(CLI::App& command, call& to) {
  app::distillation& distil = to.options.distil;
  const std::string group = "How the keymasks are learned";
  command
      .add_option("--until", to.until,
                  "Ends with: keymasks, train (the network), labels (of a final round), dense "
                  "(default)")
      ->check(CLI::IsMember({"keymasks", "train", "labels", "dense"}))
      ->group(group);
  for (const passed_option& each : passed_options())
    command
        .add_option_function<std::string>(
            each.name,
            [&distil, passed = each.passed](const std::string& value) {
              distil.training.insert(distil.training.end(), {passed, value});
            },
            each.help)
        ->check(each.check)
        ->group(group);
  command
      .add_option("--init", distil.init,
                  "Begin from this model, of many clips for instance (s2d train), instead of from "
                  "nothing")
      ->check(trained_model)
      ->excludes(command.get_option("--train-size"))
      ->excludes(command.get_option("--queries"))
      ->group(group);
  command
      .add_option("--final-steps", distil.final_steps,
                  "Steps of a final round, which also learns the frame masks that the network "
                  "finds again (default 300); 0: none")
      ->check(whole_number)
      ->group(group);
}

int run_program(int argc, char** argv) {
  CLI::App program{
      "Finds the moving objects of videos and the frames in which their masks can be "
      "trusted,\nwithout labels and without weights."};
  program.set_version_flag("--version", std::string{"s2d "} + app::version_text);
  program.require_subcommand(1);
  program.footer(main_footer);
  program.get_formatter()->column_width(30);

  call run, masks, discover;
  CLI::App* run_app =
      program.add_subcommand("run", "All of it: masks, keymasks, dense masks, report");
  add_common(*run_app, run, "Folder for the results");
  add_discovery(*run_app, run);
  add_training(*run_app, run);
  const std::string results = "Which results";
  run_app->add_flag("--cutouts", run.cut, "Also objects cut out, as PNG with alpha")
      ->group(results);
  run_app->add_flag("--no-overlay", run.no_overlay, "No overlay.mp4, no dense.mp4")->group(results);
  run_app->add_flag("--no-report", run.no_report, "No report.html")->group(results);
  run_app->add_flag("--no-csv", run.no_table, "No table.csv")->group(results);
  run_app->footer(run_footer);

  CLI::App* masks_app = program.add_subcommand("masks", "Frame masks only");
  add_common(*masks_app, masks,
             "A .json file, or a folder for palette PNG; a folder if INPUT holds many videos");
  masks_app->add_option("--overlay", masks.overlay, "Also a video with the masks, .mp4")
      ->group(results);
  masks_app->footer(masks_footer);

  CLI::App* discover_app = program.add_subcommand("discover", "Keymasks: masks to be trusted");
  add_common(*discover_app, discover, "A .json file; a folder if INPUT holds many videos");
  add_discovery(*discover_app, discover);
  discover_app->add_option("--overlay", discover.overlay, "Also a video with the keymasks, .mp4")
      ->group(results);
  discover_app->add_option("--csv", discover.table, "Also a table per object and frame")
      ->group(results);
  discover_app->add_option("--cutouts", discover.cutouts, "Also a folder of cut-outs with alpha")
      ->group(results);
  discover_app->footer(discover_footer);

  fs::path from, to;
  bool quiet = false, frame_masks = false;
  CLI::App* convert_app = program.add_subcommand("convert", "Masks from one format to another");
  convert_app->add_option("FROM", from, "Masks: folder, .json, .npy")->required();
  convert_app->add_option("TO", to, "Masks: folder, .json, .npy")
      ->required()
      ->check(app::given_path);
  convert_app->add_flag("--frame-masks", frame_masks,
                        "Equal numbers in different frames are not the same object");
  convert_app->add_flag("-q,--quiet", quiet, "Errors only");
  convert_app->footer(convert_footer);

  std::vector<fs::path> paths;
  bool info_as_json = false;
  CLI::App* info_app = program.add_subcommand("info", "What a file or folder is");
  info_app->add_option("PATH", paths, "Files or folders; none: how this program was built");
  info_app->add_flag("--json", info_as_json, "As JSON");
  info_app->footer(
      "\nExamples:\n  s2d info clip.mp4 masks.json tracks/\n  s2d info --json a.npy\n");

  fs::path folder, html;
  CLI::App* report_app = program.add_subcommand("report", "The HTML page of a result folder");
  report_app->add_option("FOLDER", folder, "What s2d run wrote")->required();
  report_app->add_option("-o,--out", html, "The page (default FOLDER/report.html)");
  report_app->add_flag("-q,--quiet", quiet, "Errors only");
  report_app->footer("\nExample:\n  s2d report result/ --out report.html\n");

  // Listed only: main() hands them over.
  program.add_subcommand("train",
                         "A network learns the objects of a clip, or of many, from keymasks");
  program.add_subcommand("predict", "The objects that it has learned, in every frame");
  program.add_subcommand("label", "Predictions as labels for another round of training");

  app::eval_request eval;
  CLI::App* eval_app = program.add_subcommand("eval", "How good masks are, against a truth");
  eval_app
      ->add_option("PREDICTION", eval.prediction,
                   "Masks: folder (of NAME/dense.json, too), .json, .npy")
      ->required();
  eval_app
      ->add_option("TRUTH", eval.truth,
                   "Masks: folder, .json, .npy; for identity also boxes: .txt of MOTChallenge")
      ->required();
  eval_app
      ->add_option("--metric", eval.metric,
                   "davis (J and F), ytvis or coco (AP and AR), identity (IDF1, switches)")
      ->check(CLI::IsMember({"davis", "ytvis", "coco", "identity"}))
      ->required();
  eval_app
      ->add_option("--protocol", eval.protocol,
                   "davis: unsupervised (default, proposals are assigned) or semi-supervised")
      ->check(CLI::IsMember({"unsupervised", "semi-supervised"}));
  eval_app->add_flag("--class-agnostic", eval.class_agnostic,
                     "ytvis, coco: categories do not matter");
  eval_app->add_option("--csv", eval.csv, "Also the table as CSV");
  eval_app->add_option("--report", eval.report, "Also a page with the worst and best cases");
  eval_app->add_option("--threads", eval.threads, "0: one per processor (default)")
      ->check(whole_number & CLI::Range(0, 1024));
  eval_app->add_flag("--json", eval.json, "The figures as JSON on standard output");
  eval_app->add_flag("-q,--quiet", eval.quiet, "Errors only");
  eval_app->footer(eval_footer);

  try {
    program.parse(argc, argv);
    if (run_app->parsed()) run.finish(app::product::everything);
    if (masks_app->parsed()) masks.finish(app::product::masks);
    if (discover_app->parsed()) discover.finish(app::product::keymasks);
  } catch (const CLI::Success& asked) {
    return program.exit(asked);
  } catch (const CLI::ParseError& error) {
    std::string command, text = app::text_of(error);
    for (const CLI::App* each : program.get_subcommands()) command = " " + each->get_name();
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && command.empty()) {
      text = argc > 1 ? s2d::concat("found ", argv[1], ", expected a command: ")
                      : "expected a command: ";
      text += "run, masks, discover, train, predict, label, convert, info, report or eval";
    }
    std::fprintf(stderr, "s2d: %s\nTry s2d%s --help.\n", text.c_str(), command.c_str());
    return app::exit_usage;
  }

  if (run_app->parsed())
    return app::analyse_command(run.options, app::product::everything, {}, {}, {});
  if (masks_app->parsed())
    return app::analyse_command(masks.options, app::product::masks, masks.overlay, {}, {});
  if (discover_app->parsed())
    return app::analyse_command(discover.options, app::product::keymasks, discover.overlay,
                                discover.table, discover.cutouts);
  if (convert_app->parsed()) return app::convert_command(from, to, frame_masks, quiet);
  if (info_app->parsed()) return app::info_command(paths, info_as_json);
  if (eval_app->parsed()) return app::eval_command(eval);
  return app::report_command(folder, html, quiet);
}

}  // namespace

int main(int argc, char** argv) {
#if defined(__GLIBC__)
  // Frames and flow go back to the system one window after the other and leave no holes behind.
  mallopt(M_MMAP_THRESHOLD, 1 << 18);
  mallopt(M_ARENA_MAX, 2);
#endif
  app::open_standard_streams();
  app::watch_signals();
  av_log_set_level(AV_LOG_QUIET);  // damage is told by our own messages
  try {
    if (argc > 1 &&
        (argv[1] == std::string_view{"train"} || argv[1] == std::string_view{"predict"} ||
         argv[1] == std::string_view{"label"}))
      return app::network_command(argv);
    return app::finished_output(run_program(argc, argv));
  } catch (const app::wrong_call& error) {
    std::fprintf(stderr, "s2d: %s\n", error.what());
    return app::exit_usage;
  } catch (const s2d::cancelled&) {
    std::fputs("s2d: interrupted; the same call goes on from here\n", stderr);
    return app::stop_exit_code();
  } catch (const app::told_already&) {
  } catch (const std::bad_alloc&) {
    std::fputs("s2d: out of memory; a smaller --size or --window needs less\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "s2d: %s\n", error.what());
  }
  return app::exit_failure;
}
