// Measures the dense result: for every sequence of a data folder a network is trained from nothing
// on its keymasks; for composites of several objects, what becomes of each.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <simdjson.h>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>
#include <s2d/io/image.hpp>

#include "clip.hpp"
#include "composites.hpp"
#include "dense.hpp"
#include "measure.hpp"
#include "table.hpp"

namespace {

using quality::figures;
using rows = std::map<std::string, figures>;
namespace fs = std::filesystem;

struct settings {
  fs::path data, out, pictures;
  std::vector<fs::path> pages;
  std::vector<std::string> sequences, recipes;
  std::vector<std::string> eight{"blackswan", "bmx-bumps",   "car-roundabout", "goat",
                                 "hike",      "mallard-fly", "libby",          "rollerblade"};
  std::string command, version;
  std::int64_t seeds = 3;
  std::string recipe = "trust=0.75,pixels=1.33,steps=400,agree=0.6,final_steps=300";
  std::size_t jobs = 1;
  bool composites = false, ablation = false;
};

// One training: what it is called in the cache is all that decides about it.
struct task {
  std::string sequence, recipe;
  std::uint64_t seed = 0;
  bool composite = false;

  [[nodiscard]] std::string key() const {
    return s2d::concat(sequence, " | ", recipe, " | ", seed);
  }
};

using cache = std::map<std::string, figures>;

cache read_cache(const fs::path& file) {
  cache known;
  if (!fs::exists(file)) return known;
  const std::string text = s2d::read_text(file);
  simdjson::dom::parser parser;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    simdjson::dom::object line;
    // A line that was cut off is a run that did not end.
    if (parser.parse(text.substr(begin, end - begin)).get(line) == simdjson::SUCCESS) {
      figures row;
      std::string key;
      for (const auto field : line) {
        double value = 0;
        std::string_view name;
        if (field.value.get(value) == simdjson::SUCCESS)
          row[std::string{field.key}] = value;
        else if (field.value.get(name) == simdjson::SUCCESS)
          key = name;
      }
      known[key] = row;
    }
    begin = end + 1;
  }
  return known;
}

void append(const fs::path& file, const std::string& key, const figures& row) {
  std::string line = "{\"run\": " + quality::json_text(key);
  for (const auto& [name, value] : row)
    line += s2d::concat(", ", quality::json_text(name), ": ", value);
  line += "}\n";
  const int open_file = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644);
  const bool good = open_file >= 0 && ::write(open_file, line.data(), line.size()) ==
                                          static_cast<ssize_t>(line.size());
  if (open_file >= 0) ::close(open_file);
  if (!good) throw s2d::io_error{file.string() + ": cannot write"};
}

// Truth and raw masks above, keymasks and the dense result below, of every eighth frame.
void write_pictures(const fs::path& folder, const quality::clip& of,
                    const quality::sparse_result& found, const quality::dense_result& result) {
  const std::size_t frames = of.frames.size();
  const std::ptrdiff_t height = of.frames[0].height, width = of.frames[0].width;
  const auto keys = quality::united(result.keys, frames, height, width);
  const auto dense = quality::united(result.found(), frames, height, width);
  fs::create_directories(folder);
  for (std::size_t t = 4; t < frames; t += 8) {
    const s2d::bit_mask raw = quality::united(found.raw.masks[t], height, width);
    const s2d::bit_mask* panels[] = {&of.truth[t], &raw, &keys[t], &dense[t]};
    s2d::image page(2 * height, 2 * width);
    for (std::ptrdiff_t y = 0; y < page.height; ++y)
      for (std::ptrdiff_t x = 0; x < page.width; ++x) {
        const std::uint8_t* from = of.frames[t].row(y % height) + 3 * (x % width);
        const bool inside = (*panels[y / height * 2 + x / width])(y % height, x % width);
        for (std::ptrdiff_t c = 0; c < 3; ++c)
          page.row(y)[3 * x + c] =
              static_cast<std::uint8_t>(inside ? from[c] / 2 + (c == 0 ? 127 : 0) : from[c]);
      }
    s2d::write_png(folder / s2d::concat(of.name, '_', of.stems[t], ".png"), page);
  }
}

figures work_on(const settings& how, const task& what) {
  const quality::recipe recipe = quality::parse_recipe(what.recipe);
  if (what.composite) {
    const quality::composite made = quality::make_composite(how.data, what.sequence);
    const auto found = quality::find_sparse(made.clip);
    const auto result = quality::train_dense(made.clip, found, recipe, what.seed);
    if (!how.pictures.empty()) write_pictures(how.pictures, made.clip, found, result);
    figures row = quality::measure_instances(made, found, result);
    row.merge(quality::measure_dense(made.clip, found, result));
    return row;
  }
  const quality::clip clip = quality::read_clip(how.data, what.sequence);
  const auto found = quality::find_sparse(clip);
  const auto result = quality::train_dense(clip, found, recipe, what.seed);
  if (!how.pictures.empty()) write_pictures(how.pictures, clip, found, result);
  return quality::measure_dense(clip, found, result);
}

// Each task in a process of its own, so that one cannot change the random numbers of another.
void work_through(const settings& how, const std::vector<task>& tasks, const fs::path& file) {
  const cache known = read_cache(file);
  std::size_t running = 0, failed = 0;
  const auto wait_for_one = [&] {
    int status = 0;
    if (::wait(&status) > 0 && status != 0) ++failed;
    --running;
  };
  for (const task& each : tasks) {
    if (known.contains(each.key())) continue;
    if (running >= how.jobs) wait_for_one();
    const pid_t child = ::fork();
    s2d::require(child >= 0, "cannot start a process");
    if (child == 0) {
      int status = 0;
      try {
        const figures row = work_on(how, each);
        append(file, each.key(), row);
        std::printf("%-60s raw %.3f  propagated %.3f  dense %.3f  (%.0f s)\n", each.key().c_str(),
                    row.at("raw"), row.at("prop"),
                    row.contains("final") ? row.at("final") : row.at("dense"), row.at("seconds"));
      } catch (const std::exception& error) {
        std::fprintf(stderr, "quality_dense: %s: %s\n", each.key().c_str(), error.what());
        status = 1;
      }
      std::fflush(stdout);
      ::_exit(status);
    }
    ++running;
  }
  while (running > 0) wait_for_one();
  if (failed > 0) throw s2d::io_error{s2d::concat(failed, " of ", tasks.size(), " runs failed")};
}

// Of the first round.
std::vector<std::pair<std::string, std::string>> ablations(const settings& how) {
  const std::string first = how.recipe + ",final_steps=0";
  return {{"as in the table", how.recipe},
          {"without Temporal DropLoss", first + ",drop=0"},
          {"without selection: all raw masks", first + ",select=0"},
          {"without teacher", first + ",teacher=0"},
          {"60 % of the keymask frames", first + ",share=0.6"},
          {"30 % of the keymask frames", first + ",share=0.3"},
          {"10 % of the keymask frames", first + ",share=0.1"}};
}

rows rows_of(const cache& known, const std::vector<std::string>& sequences,
             const std::string& recipe, std::uint64_t seed) {
  rows found;
  for (const std::string& name : sequences) {
    const auto it = known.find(task{name, recipe, seed}.key());
    if (it != known.end()) found[name] = it->second;
  }
  return found;
}

std::string dense_table(const rows& main) {
  return quality::markdown("sequence", {{"raw masks", "raw", 3, &main},
                                        {"keymask frames", "key_frames", 2, &main},
                                        {"keymasks", "key_J", 3, &main},
                                        {"along the flow", "prop", 3, &main},
                                        {"network alone", "plain", 3, &main},
                                        {"dense", "dense", 3, &main},
                                        {"final round", "final", 3, &main},
                                        {"s", "seconds", 1, &main}});
}

int run(const settings& how) {
  std::vector<std::string> names = quality::list_sequences(how.data);
  if (!how.sequences.empty()) names = how.sequences;
  s2d::require(!names.empty(), how.data.string(),
               ": no sequence with both JPEGImages/NAME and Annotations/NAME");
  fs::create_directories(how.out);
  const fs::path file = how.out / "dense.jsonl";
  const std::string& base = how.recipe;
  std::vector<std::string> eight;
  for (const std::string& name : names)
    if (std::find(how.eight.begin(), how.eight.end(), name) != how.eight.end())
      eight.push_back(name);
  const auto composites =
      how.composites ? quality::list_composites(how.data) : std::vector<std::string>{};

  std::vector<task> tasks;
  std::map<std::string, std::string> blocks;
  if (!how.recipes.empty()) {
    for (const std::string& recipe : how.recipes)
      for (const std::string& name : names) tasks.push_back({name, recipe});
  } else {
    for (const std::string& name : names) tasks.push_back({name, base});
    for (const std::string& name : composites) tasks.push_back({name, base + ",unite=0", 0, true});
    for (std::int64_t seed = 1; seed < how.seeds; ++seed)
      for (const std::string& name : eight)
        tasks.push_back({name, base, static_cast<std::uint64_t>(seed)});
    if (how.ablation)
      for (const auto& [title, recipe] : ablations(how))
        for (const std::string& name : eight)
          if (recipe != base) tasks.push_back({name, recipe});
  }
  work_through(how, tasks, file);

  const cache known = read_cache(file);
  if (!how.recipes.empty()) {
    rows means;
    for (const std::string& recipe : how.recipes)
      means[recipe] = quality::mean(rows_of(known, names, recipe, 0));
    blocks["dense-tried"] = quality::markdown("recipe",
                                              {{"keymask frames", "key_frames", 2, &means},
                                               {"along the flow", "prop", 3, &means},
                                               {"network alone", "plain", 3, &means},
                                               {"dense", "dense", 3, &means},
                                               {"final round", "final", 3, &means},
                                               {"s", "seconds", 1, &means}},
                                              false);
  } else {
    const rows main = rows_of(known, names, base, 0);
    blocks["dense-setting"] = s2d::concat(
        "    ", how.command, "\n\n", how.version.empty() ? "" : "Commit ", how.version,
        how.version.empty() ? "" : "; ", main.size(), " sequences; recipe ", how.recipe, ".\n");
    blocks["dense"] = dense_table(main);
    rows seeds;
    for (const std::string& name : eight)
      for (std::int64_t seed = 0; seed < how.seeds; ++seed) {
        const auto it = known.find(task{name, base, static_cast<std::uint64_t>(seed)}.key());
        if (it == known.end()) continue;
        const double value =
            it->second.contains("final") ? it->second.at("final") : it->second.at("dense");
        figures& row = seeds[name];
        row[s2d::concat("seed", seed)] = value;
        row["least"] = row.contains("least") ? std::min(row["least"], value) : value;
        row["most"] = row.contains("most") ? std::max(row["most"], value) : value;
        row["spread"] = row["most"] - row["least"];
      }
    std::vector<quality::column> columns;
    for (std::int64_t seed = 0; seed < how.seeds; ++seed)
      columns.push_back({s2d::concat("seed ", seed), s2d::concat("seed", seed), 3, &seeds});
    columns.push_back({"spread", "spread", 3, &seeds});
    if (!seeds.empty()) blocks["dense-seeds"] = quality::markdown("sequence", columns);
    if (how.ablation) {
      rows means;
      for (const auto& [title, recipe] : ablations(how))
        if (const rows all = rows_of(known, eight, recipe, 0); all.size() == eight.size())
          means[title] = quality::mean(all);
      blocks["dense-ablation"] = quality::markdown("eight sequences",
                                                   {{"keymask frames", "key_frames", 2, &means},
                                                    {"keymasks", "key_J", 3, &means},
                                                    {"along the flow", "prop", 3, &means},
                                                    {"network alone", "plain", 3, &means},
                                                    {"dense", "dense", 3, &means}},
                                                   false);
    }
    const rows clips = rows_of(known, composites, base + ",unite=0", 0);
    if (!clips.empty()) {
      std::vector<quality::column> shown{{"objects", "objects", 0, &clips}};
      for (const auto& [title, key, digits] : {std::tuple{"AP50", "ap_", 2},
                                               {"J&F", "jf_", 2},
                                               {"switches", "ids_", 0},
                                               {"found", "found_", 2}})
        for (const auto& [whose, suffix] :
             {std::pair{"raw", "raw"}, {"keymasks", "key"}, {"dense", "dense"}, {"kept", "kept"}})
          shown.push_back(
              {s2d::concat(title, ' ', whose), s2d::concat(key, suffix), digits, &clips});
      blocks["instances"] = quality::markdown("clip", shown);
    }
  }
  std::string page = "# Dense results\n";
  for (const auto& [name, block] : blocks) {
    std::printf("\n== %s\n%s", name.c_str(), block.c_str());
    page += s2d::concat("\n## ", name, "\n\n", block);
  }
  s2d::write_file(how.out / "dense.md", page);
  for (const fs::path& each : how.pages) quality::update_page(each, blocks);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  settings how;
  CLI::App app{
      "Trains a network from nothing on the keymasks of every sequence of a data folder with\n"
      "JPEGImages/SEQUENCE/*.jpg and Annotations/SEQUENCE/*.png, and measures what it finds.\n"
      "Runs that are done are kept in dense.jsonl of the output folder: repeat the call to go on."};
  app.add_option("DATA", how.data, "The data folder")->required()->check(CLI::ExistingDirectory);
  app.add_option("--out", how.out, "Folder of dense.jsonl and dense.md")->required()->take_last();
  app.add_option("--page", how.pages, "Fill in the tables of this page")->check(CLI::ExistingFile);
  app.add_option("--sequences", how.sequences, "Only these")->delimiter(',');
  app.add_option("--base", how.recipe, "The recipe of all tables but --recipe")
      ->capture_default_str();
  app.add_option("--seeds", how.seeds, "Of the eight sequences")->capture_default_str();
  app.add_option("--eight", how.eight, "The sequences of seeds and ablation")->delimiter(',');
  app.add_option("--jobs", how.jobs, "Trainings side by side, one thread each")
      ->capture_default_str();
  app.add_option(
      "--recipe", how.recipes,
      "Compare these instead: KEY=VALUE,... of unite, select, trust, share, power, drop,\n"
      "teacher, steps, final_steps, agree, pixels, rate, decay, momentum");
  app.add_option("--pictures", how.pictures, "Write truth, raw masks, keymasks and dense result");
  app.add_flag("--composites", how.composites, "Composites of several objects too");
  app.add_flag("--ablation", how.ablation, "The parts of the method left out one by one");
  app.add_option("--command", how.command, "What to print as the command");
  app.add_option("--commit", how.version, "What to print as the commit");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(how);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quality_dense: %s\n", error.what());
    return 1;
  }
}
