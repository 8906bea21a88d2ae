// Measures the whole way, from frames to keymasks, against the true foreground of a data folder.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include <s2d/core/config.hpp>
#include <s2d/flow/video_flow.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/keymask/discover.hpp>
#include <s2d/segment/frame_masks.hpp>
#include <s2d/segment/normalized_cut_masks.hpp>
#include <s2d/track/flow_tracker.hpp>

#include "clip.hpp"
#include "measure.hpp"
#include "table.hpp"

namespace {

using quality::figures;
using rows = std::map<std::string, figures>;
namespace fs = std::filesystem;

struct settings {
  fs::path data, out, masks, single, reference, page;
  std::vector<std::string> flow{"medium"}, sequences;
  std::string command, version;
  std::size_t threads = 1;
  bool ablation = false, cut = true;
};

// Runs `work` and gives its milliseconds a frame.
template <class Work>
double milliseconds(std::size_t frames, const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
  return spent.count() / static_cast<double>(frames);
}

// The choices that the official code made otherwise, one by one and together.
struct variant {
  std::string name;
  s2d::discovery_options options;
};

std::vector<variant> discovery_variants(bool all) {
  std::vector<variant> variants{{"default", {}}};
  if (!all) return variants;
  variants.push_back({"compat", {.compat = true}});
  for (const bool visible : {false, true})
    for (const bool points : {false, true})
      for (const bool jaccard : {false, true}) {
        s2d::discovery_options options;
        options.match.visible_only = visible;
        options.match.count_points = points;
        options.distance = jaccard ? s2d::group_distance::jaccard : s2d::group_distance::hamming;
        variants.push_back({s2d::concat(visible ? "visible" : "all", ", ",
                                        points ? "points" : "pixels", ", ",
                                        jaccard ? "Jaccard" : "Hamming"),
                            options});
      }
  return variants;
}

s2d::video_flow flow_of(const quality::clip& clip, const std::string& how, std::size_t threads) {
  if (how != "medium" && how != "fast") return quality::read_flow(how, clip);
  s2d::video_flow_options options;
  options.flow = s2d::flow_options(how == "fast" ? s2d::flow_preset::fast
                                                 : s2d::flow_preset::medium);
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

struct results {
  rows main;                          // by sequence
  std::map<std::string, rows> by_flow;     // other flows, by sequence
  std::map<std::string, rows> by_variant;  // discovery variants, by sequence
  std::size_t frames = 0;
};

void measure(const settings& how, const std::string& name, bool single, results& into) {
  const quality::clip clip = quality::read_clip(how.data, name);
  const std::size_t frames = clip.frames.size();
  into.frames += frames;
  for (std::size_t f = 0; f < how.flow.size(); ++f) {
    figures row;
    s2d::video_flow flow;
    row["ms_flow"] =
        milliseconds(frames, [&] { flow = flow_of(clip, how.flow[f], how.threads); });
    s2d::video_masks masks;
    row["ms_masks"] = milliseconds(frames, [&] {
      if (!how.masks.empty())
        masks = quality::read_masks(how.masks, clip);
      else
        masks = s2d::frame_masks(clip.frames, flow, {.threads = how.threads});
    });
    row.merge(quality::measure_masks(masks, clip.truth, single));
    for (const variant& v : discovery_variants(how.ablation && f == 0)) {
      s2d::discovery found;
      s2d::flow_tracker tracker{flow, clip.frames[0].height, clip.frames[0].width};
      const double spent = milliseconds(
          frames, [&] { found = s2d::discover(masks, tracker, v.options); });
      figures keys =
          quality::measure_keymasks(masks, found.objects, flow, clip.truth, how.threads);
      into.by_variant[v.name][name] = keys;
      if (v.name != "default" || f > 0) continue;
      row["ms_discover"] = spent;
      row.merge(keys);
    }
    if (f == 0 && how.cut) {
      s2d::video_masks cut;
      row["ms_cut"] = milliseconds(frames, [&] {
        cut = s2d::normalized_cut_masks(clip.frames, flow, {.threads = how.threads});
      });
      row["cut_J"] = quality::measure_masks(cut, clip.truth, single).at("J");
    }
    row["ms"] = row["ms_flow"] + row["ms_masks"] + row["ms_discover"];
    if (f == 0) into.main[name] = row;
    into.by_flow[how.flow[f]][name] = row;
  }
  const figures& row = into.main.at(name);
  std::printf("%-20s J %.3f  keymasks %.3f  propagated %.3f  %5.1f ms a frame\n", name.c_str(),
              row.at("J"), row.contains("key_J") ? row.at("key_J") : 0.0, row.at("prop_united"),
              row.at("ms"));
  std::fflush(stdout);
}

}  // namespace
