// Measures the whole way, from frames to keymasks, against the true foreground of a data folder.
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include <s2d/core/config.hpp>
#include <s2d/flow/video_flow.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/keymask/discover.hpp>
#include <s2d/keymask/objects.hpp>
#include <s2d/segment/frame_masks.hpp>
#include <s2d/segment/motion_features.hpp>
#include <s2d/track/flow_tracker.hpp>

#include "clip.hpp"
#include "measure.hpp"
#include "table.hpp"

namespace {

using quality::figures;
using rows = std::map<std::string, figures>;
namespace fs = std::filesystem;

struct settings {
  fs::path data, out, masks, single, reference, save;
  std::vector<fs::path> pages;
  std::vector<std::string> flow{"medium"}, sequences;
  std::string command, version;
  std::size_t threads = 1;
  bool ablation = false, cut = true;
};

// Runs `work` and gives its milliseconds of processor time a frame: what other programs on the
// machine take is not counted.
template <class Work>
double milliseconds(std::size_t frames, const Work& work) {
  const std::clock_t begin = std::clock();
  work();
  const auto spent = static_cast<double>(std::clock() - begin);
  return 1000 * spent / CLOCKS_PER_SEC / static_cast<double>(frames);
}

// The choices that the official code made otherwise, one by one and together.
struct variant {
  std::string name;
  s2d::discovery_options options;
  bool refined = false;  // companions cut, pieces joined, as s2d run does
};

std::vector<variant> discovery_variants(bool all) {
  std::vector<variant> variants{{"default", {}}, {"default, cut and joined", {}, true}};
  if (!all) return variants;
  variants.push_back({"compat", {}});
  variants.back().options.compat = true;
  for (const bool visible : {false, true})
    for (const bool points : {false, true})
      for (const bool jaccard : {false, true}) {
        s2d::discovery_options options;
        options.match.visible_only = visible;
        options.match.unit = points ? s2d::match_unit::points : s2d::match_unit::pixels;
        options.distance = jaccard ? s2d::group_distance::jaccard : s2d::group_distance::hamming;
        variants.push_back(
            {s2d::concat(visible ? "visible" : "all", ", ", points ? "points" : "pixels", ", ",
                         jaccard ? "Jaccard" : "Hamming"),
             options});
      }
  return variants;
}

// Normalised cuts with one choice made otherwise.
struct cut_variant {
  std::string name;
  s2d::normalized_cut_masks_options masks;
  s2d::motion_feature_options features;
  bool use_flow = true;
};

std::vector<cut_variant> cut_variants(bool all) {
  std::vector<cut_variant> variants{{"default", {}, {}}, {"colour alone", {}, {}, false}};
  if (!all) return variants;
  const auto add = [&](const char* name) -> cut_variant& {
    variants.push_back({name, {}, {}});
    return variants.back();
  };
  add("motion of one frame (reach 0)").features.reach = 0;
  add("cut at the mean of the eigenvector").masks.cut.rule = s2d::cut_rule::mean;
  add("object: the inner side").masks.side = s2d::foreground_side::inner;
  add("three cuts").masks.cuts = 3;
  add("residual motion only (no votes)").features.vote_unit = 1e6f;
  add("motion only (no colour)").features.color_unit = 1e6f;
  return variants;
}

// What a flow is called in the tables: its preset, or its folder.
std::string name_of(const std::string& flow) { return fs::path{flow}.filename().string(); }

s2d::video_flow flow_of(const quality::clip& clip, const std::string& how, std::size_t threads) {
  if (how != "medium" && how != "fast") return quality::read_flow(how, clip);
  s2d::video_flow_options options;
  options.flow = how == "fast" ? s2d::flow_preset::fast : s2d::flow_preset::medium;
  options.threads = threads;
  return s2d::estimate_video_flow(clip.frames, options);
}

std::string machine() {
  std::ifstream file{"/proc/cpuinfo"};
  std::string line, model = "unknown processor";
  while (std::getline(file, line))
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  return s2d::concat(model, ", ", std::thread::hardware_concurrency(), " logical processors");
}

std::string compiler() {
#if defined(__clang__)
  return s2d::concat("clang ", __clang_version__);
#else
  return s2d::concat("g++ ", __VERSION__);
#endif
}

struct results {
  std::map<std::string, rows> by_flow;     // by sequence
  std::map<std::string, rows> by_variant;  // discovery variants, by sequence
  std::map<std::string, rows> by_cut;      // normalised cuts, by sequence
  std::size_t frames = 0;
};

void measure(const settings& how, const std::string& name, bool single, results& into) {
  const quality::clip clip = quality::read_clip(how.data, name);
  const std::size_t frames = clip.frames.size();
  into.frames += frames;
  for (std::size_t f = 0; f < how.flow.size(); ++f) {
    figures row;
    s2d::video_flow flow;
    row["ms_flow"] = milliseconds(frames, [&] { flow = flow_of(clip, how.flow[f], how.threads); });
    s2d::frame_masks_result found;
    row["ms_masks"] = milliseconds(frames, [&] {
      if (how.masks.empty()) {
        s2d::frame_masks_options options;
        options.threads = how.threads;
        found = s2d::find_frame_masks(clip.frames, flow, options);
      } else {
        found.masks = quality::read_masks(how.masks, clip);
      }
    });
    const s2d::video_masks& masks = found.masks;
    if (f == 0 && !how.save.empty()) quality::write_masks(how.save, clip, masks);
    row.merge(quality::measure_masks(masks, found.confidence, clip.truth, single));
    for (const variant& v : discovery_variants(how.ablation && f == 0)) {
      s2d::video_masks seen = masks;
      std::vector<s2d::object> objects;
      const double spent = milliseconds(frames, [&] {
        s2d::flow_tracker tracker{flow, clip.frames[0].height, clip.frames[0].width};
        const auto look = [&](const s2d::video_masks& in) {
          return s2d::discover(in, tracker, v.options);
        };
        objects = v.refined ? s2d::discover_objects(seen, flow, clip.frames, look).objects
                            : look(seen).objects;
      });
      figures keys = quality::measure_keymasks(seen, found.confidence, objects, flow, clip.truth,
                                               single, how.threads);
      if (f == 0) into.by_variant[v.name][name] = keys;
      if (v.name != "default") continue;
      row["ms_discover"] = spent;
      row.merge(keys);
    }
    row["ms"] = row["ms_flow"] + row["ms_masks"] + row["ms_discover"];
    for (cut_variant& v : cut_variants(how.ablation)) {
      if (f > 0 || !how.cut) break;
      s2d::video_masks cut;
      v.masks.threads = how.threads;
      const double spent = milliseconds(frames, [&] {
        cut = s2d::normalized_cut_masks(clip.frames, v.use_flow ? flow : s2d::video_flow{}, v.masks,
                                        v.features);
      });
      figures cut_row = quality::measure_masks(cut, {}, clip.truth, single);
      cut_row["ms"] = spent;
      into.by_cut[v.name][name] = cut_row;
    }
    into.by_flow[name_of(how.flow[f])][name] = row;
  }
  const figures& row = into.by_flow[name_of(how.flow[0])][name];
  std::printf("%-20s J %.3f  keymasks %.3f  propagated %.3f  %5.1f ms a frame\n", name.c_str(),
              row.at("J"), row.contains("key_J") ? row.at("key_J") : 0.0, row.at("prop_united"),
              row.at("ms"));
  std::fflush(stdout);
}

// The mean of every row set, as one row each.
rows means_of(const std::map<std::string, rows>& sets) {
  rows result;
  for (const auto& [name, set] : sets) result[name] = quality::mean(set);
  return result;
}

std::map<std::string, std::string> make_blocks(const settings& how, const results& found,
                                               const rows& reference) {
  using quality::column;
  const rows& main = found.by_flow.at(name_of(how.flow[0]));
  const rows flows = means_of(found.by_flow), variants = means_of(found.by_variant);
  const rows cuts = means_of(found.by_cut);
  const rows none;
  const rows& cut = found.by_cut.contains("default") ? found.by_cut.at("default") : none;
  const rows& color =
      found.by_cut.contains("colour alone") ? found.by_cut.at("colour alone") : none;
  std::map<std::string, std::string> blocks;
  blocks["setting"] = s2d::concat(
      "    ", how.command, "\n\n", "s2d ", S2D_VERSION_MAJOR, ".", S2D_VERSION_MINOR, ".",
      S2D_VERSION_PATCH, how.version.empty() ? "" : ", commit ", how.version, "; ", machine(), ", ",
      how.threads, how.threads == 1 ? " thread" : " threads", " used; ", compiler(), "; ",
      main.size(), " sequences, ", found.frames, " frames; flow ", name_of(how.flow[0]), ".\n");
  blocks["masks"] = quality::markdown("sequence", {{"J", "J", 2, &main},
                                                   {"prototype", "J", 2, &reference},
                                                   {"best mask", "best", 2, &main},
                                                   {"prototype", "best", 2, &reference},
                                                   {"each mask", "each", 2, &main},
                                                   {"J > 0.5", "recall", 2, &main},
                                                   {"prototype", "recall", 2, &reference},
                                                   {"top 30 %", "top30", 2, &main},
                                                   {"prototype", "top30", 2, &reference},
                                                   {"masks", "masks", 2, &main},
                                                   {"normalised cut", "J", 2, &cut},
                                                   {"cut of colour", "J", 2, &color}});
  blocks["keymasks"] =
      quality::markdown("sequence", {{"objects", "objects", 0, &main},
                                     {"frames", "key_frames", 2, &main},
                                     {"prototype", "key_frames", 2, &reference},
                                     {"J", "key_J", 2, &main},
                                     {"prototype", "key_J", 2, &reference},
                                     {"each", "key_each", 2, &main},
                                     {"objects apart", "prop_groups", 2, &main},
                                     {"prototype", "prop_groups", 2, &reference},
                                     {"united", "prop_united", 2, &main},
                                     {"prototype", "prop_united", 2, &reference},
                                     {"confident", "prop_confident", 2, &main},
                                     {"prototype", "prop_confident", 2, &reference}});
  blocks["time"] = quality::markdown("sequence", {{"flow", "ms_flow", 1, &main},
                                                  {"frame masks", "ms_masks", 1, &main},
                                                  {"discovery", "ms_discover", 1, &main},
                                                  {"together", "ms", 1, &main},
                                                  {"normalised cut", "ms", 1, &cut}});
  blocks["flow"] = quality::markdown("flow",
                                     {{"J", "J", 3, &flows},
                                      {"best mask", "best", 3, &flows},
                                      {"top 30 %", "top30", 3, &flows},
                                      {"keymasks", "key_J", 3, &flows},
                                      {"objects apart", "prop_groups", 3, &flows},
                                      {"united", "prop_united", 3, &flows},
                                      {"ms flow", "ms_flow", 1, &flows},
                                      {"ms together", "ms", 1, &flows}},
                                     false);
  blocks["discovery"] = quality::markdown("rules",
                                          {{"objects", "objects", 2, &variants},
                                           {"frames", "key_frames", 3, &variants},
                                           {"J", "key_J", 3, &variants},
                                           {"each", "key_each", 3, &variants},
                                           {"objects apart", "prop_groups", 3, &variants},
                                           {"united", "prop_united", 3, &variants},
                                           {"one object", "prop_best", 3, &variants}},
                                          false);
  blocks["cuts"] = quality::markdown("normalised cuts",
                                     {{"J", "J", 3, &cuts},
                                      {"best mask", "best", 3, &cuts},
                                      {"J > 0.5", "recall", 3, &cuts},
                                      {"masks", "masks", 2, &cuts},
                                      {"ms", "ms", 1, &cuts}},
                                     false);
  return blocks;
}

std::string as_json(const settings& how, const results& found) {
  std::string text =
      s2d::concat("{\n  \"command\": ", quality::json_text(how.command),
                  ",\n  \"version\": ", quality::json_text(how.version),
                  ",\n  \"machine\": ", quality::json_text(machine()),
                  ",\n  \"compiler\": ", quality::json_text(compiler()),
                  ",\n  \"threads\": ", how.threads, ",\n  \"frames\": ", found.frames,
                  ",\n  \"sequences\": ", quality::json(found.by_flow.at(name_of(how.flow[0]))));
  text += ",\n  \"means_by_flow\": " + quality::json(means_of(found.by_flow));
  text += ",\n  \"means_by_discovery\": " + quality::json(means_of(found.by_variant));
  text += ",\n  \"means_by_cut\": " + quality::json(means_of(found.by_cut));
  return text + "\n}\n";
}

int run(const settings& how) {
  std::vector<std::string> names = quality::list_sequences(how.data);
  if (!how.sequences.empty()) names = how.sequences;
  s2d::require(!names.empty(), how.data.string(),
               ": no sequence with both JPEGImages/NAME and Annotations/NAME");
  const std::set<std::string> singles =
      how.single.empty() ? std::set<std::string>{} : quality::read_names(how.single);
  const rows reference = how.reference.empty() ? rows{} : quality::read_csv(how.reference);
  results found;
  for (const std::string& name : names) measure(how, name, singles.contains(name), found);

  const auto blocks = make_blocks(how, found, reference);
  for (const auto& [name, block] : blocks) std::printf("\n== %s\n%s", name.c_str(), block.c_str());
  if (!how.out.empty()) {
    fs::create_directories(how.out);
    std::string page = "# Measured quality\n";
    for (const char* name : {"setting", "masks", "keymasks", "time", "flow", "discovery", "cuts"})
      page += s2d::concat("\n## ", name, "\n\n", blocks.at(name));
    s2d::write_file(how.out / "results.md", page);
    s2d::write_file(how.out / "results.json", as_json(how, found));
  }
  for (const fs::path& page : how.pages) quality::update_page(page, blocks);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  settings how;
  CLI::App app{
      "Measures frame masks, keymasks and their propagation on a data folder with\n"
      "JPEGImages/SEQUENCE/*.jpg and Annotations/SEQUENCE/*.png (non-zero is foreground)."};
  app.add_option("DATA", how.data, "The data folder")->required()->check(CLI::ExistingDirectory);
  app.add_option("--out", how.out, "Write results.md and results.json to this folder");
  app.add_option(
         "--page", how.pages,
         "Fill in the tables between <!-- begin NAME --> and <!-- end NAME --> of this page")
      ->check(CLI::ExistingFile);
  app.add_option("--flow", how.flow,
                 "medium, fast, or a folder with SEQUENCE/FRAME_forward.npy or .flo, and _backward;"
                 " several are compared, the first is the one of the tables")
      ->delimiter(',');
  app.add_option("--masks", how.masks, "Read frame masks SEQUENCE/FRAME.png from this folder")
      ->check(CLI::ExistingDirectory);
  app.add_option("--save", how.save, "Write the frame masks SEQUENCE/FRAME.png to this folder");
  app.add_option("--single", how.single, "File that names the sequences of a single object")
      ->check(CLI::ExistingFile);
  app.add_option("--reference", how.reference, "Figures to print beside ours (CSV)")
      ->check(CLI::ExistingFile);
  app.add_option("--sequences", how.sequences, "Only these")->delimiter(',');
  app.add_option("--threads", how.threads, "0: one per processor")->capture_default_str();
  app.add_flag("--ablation", how.ablation, "Compare the rules of discovery");
  app.add_flag("!--no-cut", how.cut, "Leave out the normalised cut");
  app.add_option("--command", how.command, "What to print as the command");
  app.add_option("--commit", how.version, "What to print as the commit");
  for (CLI::Option* option : app.get_options())
    option->multi_option_policy(option->get_expected_max() > 1 ? CLI::MultiOptionPolicy::TakeAll
                                                               : CLI::MultiOptionPolicy::TakeLast);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(how);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quality: %s\n", error.what());
    return 1;
  }
}
