// s2d masks, s2d discover, s2d run.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>
#include <s2d/io/palette_png.hpp>

#include "commands.hpp"
#include "console.hpp"
#include "distil.hpp"
#include "files.hpp"
#include "input.hpp"
#include "mask_files.hpp"
#include "mask_video.hpp"
#include "outputs.hpp"
#include "overlay.hpp"
#include "pipeline.hpp"
#include "report/report.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

// Where the results of one clip go; empty paths are not wanted.
struct places {
  fs::path folder;  // that has to exist
  fs::path masks, pictures, keymasks, run, overlay, table, cutouts, report;
  fs::path model, labels, dense, dense_overlay;
  fs::path cache;
  fs::path stamped;  // the file that is written last
};

places places_of(const clip& each, bool many, const run_options& options, product wanted,
                 const fs::path& overlay, const fs::path& table, const fs::path& cutouts) {
  places to;
  const auto own = [&](const fs::path& given) {
    const fs::path name = given.has_filename() ? given.filename() : given.parent_path().filename();
    return many && !given.empty() ? options.out / each.name / name : given;
  };
  if (wanted == product::everything) {
    to.folder = many ? options.out / each.name : options.out;
    to.masks = to.folder / "masks.json";
    to.keymasks = to.folder / "keymasks.json";
    to.stamped = to.run = to.folder / "run.json";
    if (options.overlay) to.overlay = to.folder / "overlay.mp4";
    if (options.table) to.table = to.folder / "table.csv";
    if (options.cutouts) to.cutouts = to.folder / "cutouts";
    if (options.report) to.report = to.folder / "report.html";
    to.cache = to.folder / ".s2d";
    const distil_places more{to.folder};
    const distillation& wish = options.distil;
    if (wish.until != stage::keymasks) to.model = more.model;
    if (wish.until == stage::labels || (wish.until == stage::dense && wish.final_steps > 0))
      to.labels = more.labels;
    if (wish.until == stage::dense) {
      to.dense = more.dense;
      if (options.overlay) to.dense_overlay = more.overlay;
    }
    return to;
  }
  const bool masks = wanted == product::masks;
  fs::path file =
      many ? options.out / each.name / (masks ? "masks.json" : "keymasks.json") : options.out;
  if (masks && file.extension() != ".json") {
    to.folder = to.pictures = file;
    to.stamped = stamp_file(file);
    to.cache = file / ".s2d";
  } else {
    to.folder = file.parent_path();
    (masks ? to.masks : to.keymasks) = to.stamped = file;
    to.cache = file.parent_path() / ("." + file.filename().string() + ".s2d");
  }
  to.overlay = own(overlay);
  to.table = own(table);
  to.cutouts = own(cutouts);
  return to;
}

bool all_exist(std::initializer_list<const fs::path*> files) {
  std::error_code error;
  return std::all_of(files.begin(), files.end(), [&](const fs::path* each) {
    return each->empty() || fs::exists(*each, error);
  });
}

bool analysed(const places& to) {
  return all_exist({&to.masks, &to.keymasks, &to.run, &to.overlay, &to.table, &to.cutouts});
}

/// What the stamped file vouches for; s2d run removes what does not belong to its run.json.
std::vector<fs::path> files_beside(const places& to) {
  if (!to.run.empty()) return {};
  return {to.overlay, to.table, to.cutouts.empty() ? fs::path{} : stamp_file(to.cutouts)};
}

bool finished(const places& to, const std::string& stamp) {
  if (!made_with(to.stamped, stamp, files_beside(to)) || !analysed(to) || !all_exist({&to.report}))
    return false;
  // Where there are no keymasks, there is nothing behind them.
  return to.run.empty() || run_record{to.run}.count_of("keymasks") == 0 ||
         all_exist({&to.model, &to.labels, &to.dense, &to.dense_overlay});
}

struct outcome {
  std::string name;
  fs::path input;
  std::string status;  // done, skipped, failed
  std::string error;
  std::string facts;  // run.json
  places to;
};

void write_mask_pictures(const findings& all, const places& to, const std::string& stamp) {
  picture_folder pictures{to.pictures, "masks", picture_names(all.names)};
  s2d::matrix<std::uint8_t> ids(all.height, all.width);
  for (std::size_t t = 0; t < all.frames(); ++t) {
    std::fill(ids.values.begin(), ids.values.end(), std::uint8_t{0});
    std::vector<numbered_mask> masks;
    s2d::require(all.masks[t].size() <= 255, all.names[t], ": found ", all.masks[t].size(),
                 " masks, expected at most 255 in a mask picture");
    for (const found_mask& mask : all.masks[t]) masks.push_back({masks.size() + 1, mask.mask, 1});
    paint_numbers(masks, ids.view());
    s2d::write_palette_png(pictures.file(t), ids);
  }
  pictures.finish(stamp);
}

/// What an earlier call of s2d run wrote and this one does not want would be taken for its own.
void remove_unwanted(const places& to, const run_record& before) {
  if (to.overlay.empty() && before.made("overlay.mp4")) remove_file(to.folder / "overlay.mp4");
  if (to.table.empty() && before.made("table.csv")) remove_file(to.folder / "table.csv");
  if (to.cutouts.empty()) remove_own_pictures(to.folder / "cutouts", "cutouts");
}

/// The files that are there by this call or, where they stay, by earlier ones.
std::string made_by(const places& to, const run_record& before, bool dense) {
  std::string names;
  std::error_code missing;
  const auto add = [&](bool wanted, const char* name) {
    if ((wanted || before.made(name)) && fs::exists(to.folder / name, missing))
      names += s2d::concat(names.empty() ? "" : " ", name);
  };
  add(!to.overlay.empty(), "overlay.mp4");
  add(!to.table.empty(), "table.csv");
  add(dense && !to.dense_overlay.empty(), "dense.mp4");
  return "\"" + names + "\"";
}

/// No file of the user is lost, whatever the call wants.
void require_own_places(const places& to, const clip& from, const settings& what) {
  const bool run = !to.run.empty();
  const auto always = [&](const fs::path& wanted, const char* name) {
    return run && wanted.empty() ? to.folder / name : wanted;
  };
  written_places written{{to.masks, to.keymasks, to.run, to.report,
                          always(to.labels, "labels.json"), always(to.dense, "dense.json"),
                          always(to.overlay, "overlay.mp4"), always(to.table, "table.csv"),
                          always(to.dense_overlay, "dense.mp4"), always({}, "predictions.json")},
                         {to.pictures, always(to.cutouts, "cutouts")},
                         {to.cache, always(to.model, "model"), always({}, "final")}};
  std::vector<fs::path> read = places_read(from);
  read.insert(read.end(), {what.masks, what.features, what.tracks});
  require_apart(written, read);
}

/// Frame masks and keymasks: everything but the report.
findings find(const clip& each, const places& to, const run_options& options, bool discover,
              const std::string& stamp, console& screen) {
  pipeline_options how;
  how.what = options.what;
  how.discover = discover;
  how.with = {options.threads, options.device == "cuda"};
  how.cache = to.cache;
  how.stamp = stamp;
  findings all = analyse(each, how, screen);
  if (all.frames() == 0)
    throw s2d::invalid_input{each.path.string() + ": found no frame" +
                             (options.what.start > 0
                                  ? s2d::concat(" behind --start ", options.what.start)
                                  : std::string{}) +
                             ", expected at least one"};

  screen.span(0, 0, "");
  std::error_code ignored;
  // What the stamped file says is about to change.
  if (!to.run.empty()) {
    run_record before{to.run};
    remove_unwanted(to, before);
    before.drop("keymasks_stamp");
    if (fs::exists(to.run, ignored)) s2d::write_file(to.run, before.text("unfinished"));
  } else if (to.pictures.empty()) {
    remove_file(to.stamped);
  }
  const stopwatch clock;
  if (!to.table.empty()) write_table(all, to.table);
  write_pictures(all, each, options.what, to.overlay, to.cutouts, screen);
  const std::string stamps = stamp_with(stamp, files_beside(to));
  if (!to.masks.empty()) write_masks_json(all, stamps, to.masks);
  if (!to.pictures.empty()) write_mask_pictures(all, to, stamps);
  if (!to.keymasks.empty()) write_keymasks_json(all, stamps, to.keymasks);
  add_seconds(all.stages, "files and overlay", clock.seconds());
  return all;
}

/// Of everything that s2d run was asked for, behind the keymasks.
std::string whole_stamp(const std::string& keymasks, const distillation& wish) {
  if (wish.until == stage::keymasks) return keymasks;
  std::string words = s2d::concat(keymasks, " ", name_of(wish.until), " ", wish.final_steps);
  for (const std::string& word : wish.training) words += " " + word;
  // A model of that name may have become another.
  if (!wish.init.empty()) words += " " + stamp_of(wish.init / "config.json");
  return stamp_for(words, {});
}

/// "12 s: read 0.3 s, flow 2.1 s, ..."
std::string times_in_words(const run_record& record) {
  std::string words = duration_text(record.seconds());
  const char* between = ": ";
  for (const stage_time& each : record.stages) {
    words += s2d::concat(between, each.name, " ", duration_text(each.seconds));
    between = ", ";
  }
  return words;
}

outcome work_on_clip(const clip& each, const places& to, const run_options& options, product wanted,
                     console& screen) {
  outcome result{each.name, each.path, "done", {}, {}, to};
  const bool whole = wanted == product::everything;
  const std::string keymasks_stamp = stamp_for(each, options.what, wanted != product::masks);
  const std::string stamp = whole ? whole_stamp(keymasks_stamp, options.distil) : keymasks_stamp;
  if (!options.force && finished(to, stamp)) {
    result.status = "skipped";
    if (!to.run.empty()) result.facts = s2d::read_text(to.run);
    screen.note(each.name + ": finished before, skipped");
    return result;
  }
  make_folder(to.folder);
  for (const fs::path* file : {&to.overlay, &to.table})
    if (!file->empty() && !file->parent_path().empty()) make_folder(file->parent_path());
  screen.begin(each.name);

  run_record record;
  const run_record before = whole ? run_record{to.run} : run_record{};
  if (!options.force) record = before;
  if (whole && record.text_of("keymasks_stamp") == keymasks_stamp && analysed(to)) {
    screen.note(each.name + ": keymasks found before, skipped");
  } else {
    make_folder(to.cache);
    if (options.force) remove_cache(to.cache), make_folder(to.cache);
    const findings all = find(each, to, options, wanted != product::masks, keymasks_stamp, screen);
    const summary in_short = summarize(all, options.what, wanted != product::masks);
    record = run_record{all, in_short, each.path, options.what, keymasks_stamp};
    record.set("device", options.device == "cuda" ? R"("cuda")" : R"("cpu")");
    record.set("made", made_by(to, before, false));
    // From here on the keymasks are done, whatever comes.
    if (whole) s2d::write_file(to.run, record.text("unfinished"));
    remove_cache(to.cache);
  }
  record.drop("training");
  record.drop("dense");
  std::string trained;
  if (whole && options.distil.until != stage::keymasks && record.count_of("keymasks") > 0)
    trained = distil(each, options, distil_places{to.folder}, record, screen);
  if (whole) record.set("made", made_by(to, before, record.count_of("keymasks") > 0));
  // What an earlier call with other settings learned stays where it is, and is not of this result.
  if (record.count_of("keymasks") == 0)
    result.to.model = result.to.labels = result.to.dense = result.to.dense_overlay = fs::path{};
  if (!to.report.empty()) {
    // The page is made from run.json, whose stamp comes last.
    s2d::write_file(to.run, record.text("unfinished"));
    const stopwatch clock;
    report_options page;
    std::error_code ignored;
    page.input = fs::absolute(each.path, ignored);
    page.progress = screen.stage(0, 1);
    write_report(to.folder, to.report, page);
    std::erase_if(record.stages, [](const stage_time& one) { return one.name == "report"; });
    record.stages.push_back({"report", clock.seconds()});
  }
  result.facts = record.text(stamp);
  if (!to.run.empty()) s2d::write_file(to.run, result.facts);
  screen.end();
  if (!options.quiet && !options.json) {
    std::printf("%s: %s%s%s\n  %s\n", each.name.c_str(), record.text_of("message").c_str(),
                trained.empty() ? "" : " ", trained.c_str(), times_in_words(record).c_str());
    const places& there = result.to;
    for (const fs::path* file : {&there.report, &there.dense_overlay, &there.dense, &there.model,
                                 &there.labels, &there.overlay, &there.keymasks, &there.masks,
                                 &there.pictures, &there.table, &there.cutouts}) {
      std::error_code missing;
      if (!file->empty() && fs::exists(*file, missing))
        std::printf("  %s\n", file->string().c_str());
    }
    std::fflush(stdout);
  }
  return result;
}

void print_json(const std::vector<outcome>& all) {
  json_writer json;
  json.begin_object().key("videos").begin_array();
  for (const outcome& each : all) {
    json.line().begin_object();
    json.member("name", each.name).member("input", each.input.string());
    json.member("status", each.status);
    if (!each.error.empty()) json.member("error", each.error);
    if (each.status != "failed") {
      json.key("files").begin_object();
      std::error_code missing;
      const std::pair<const char*, const fs::path*> files[] = {
          {"masks", &each.to.masks},       {"pictures", &each.to.pictures},
          {"keymasks", &each.to.keymasks}, {"run", &each.to.run},
          {"overlay", &each.to.overlay},   {"table", &each.to.table},
          {"cutouts", &each.to.cutouts},   {"report", &each.to.report},
          {"model", &each.to.model},       {"labels", &each.to.labels},
          {"dense", &each.to.dense},       {"dense_overlay", &each.to.dense_overlay}};
      for (const auto& [key, file] : files)
        if (!file->empty() && fs::exists(*file, missing)) json.member(key, file->string());
      json.end_object();
    }
    if (!each.facts.empty()) {
      std::string_view facts = each.facts;
      while (facts.ends_with('\n')) facts.remove_suffix(1);
      json.key("run").raw(facts);
    }
    json.end_object();
  }
  json.line().end_array().end_object().finish();
  std::fputs(json.text().c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

int analyse_command(const run_options& options, product wanted, const fs::path& overlay,
                    const fs::path& table, const fs::path& cutouts) {
  console screen{options.quiet};
  if (options.device == "cuda") require_cuda();
  const clip_list found = find_clips(options.input);
  std::vector<outcome> outcomes;
  std::size_t failures = 0;
  run_options wish = options;
  if (wanted == product::everything && wish.distil.until != stage::keymasks && !network_there()) {
    wish.distil.until = stage::keymasks;
    screen.note(
        "s2d was built without LibTorch, so it ends with the keymasks; to train on them, "
        "fetch it with examples/libtorch.sh and build again");
  }
  const auto place_of = [&](const clip& each) {
    return places_of(each, found.many, wish, wanted, overlay, table, cutouts);
  };
  for (std::size_t i = options.shard; i < found.clips.size(); i += options.shards) {
    settings own = wish.what;
    try {
      if (found.many) choose_files_of(found.clips[i], own);
    } catch (const std::exception&) {
      continue;  // told when it is this clip's turn
    }
    const places to = place_of(found.clips[i]);
    std::error_code ignored;
    if (found.many && fs::equivalent(to.folder, options.input, ignored))
      throw wrong_call{to.folder.string() + ": the results of " + found.clips[i].name +
                       " would be among the clips, expected another --out"};
    require_own_places(to, found.clips[i], own);
  }
  for (std::size_t i = options.shard; i < found.clips.size(); i += options.shards) {
    const clip& each = found.clips[i];
    const places to = place_of(each);
    try {
      throw_if_stopped();
      run_options own = wish;
      if (found.many) choose_files_of(each, own.what);
      outcomes.push_back(work_on_clip(each, to, own, wanted, screen));
    } catch (const s2d::cancelled&) {
      throw;
    } catch (const std::exception& error) {
      // Folders that nothing was put into; never a file or device that stands where one should be.
      std::error_code ignored;
      for (const fs::path& folder : {to.cache, to.folder})
        if (fs::is_directory(fs::symlink_status(folder, ignored))) fs::remove(folder, ignored);
      if (!found.many) throw;
      screen.error(s2d::concat(each.name, ": ", error.what()));
      outcomes.push_back({each.name, each.path, "failed", error.what(), {}, to});
      ++failures;
    }
  }
  if (options.json) print_json(outcomes);
  if (failures > 0) {
    std::string names;
    for (const outcome& each : outcomes)
      if (each.status == "failed") names += " " + each.name;
    screen.error(s2d::concat(failures, " of ", outcomes.size(), " videos failed:", names));
    return exit_failure;
  }
  if (found.many && !options.quiet && !options.json) std::printf("%zu videos\n", outcomes.size());
  return exit_success;
}

}  // namespace app
