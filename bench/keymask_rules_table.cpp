// Which rules of keymask discovery give the better keymasks: a table over a folder of real video.
//
//   table_keymask_rules DATA [--dump FILE] [SEQUENCE...]
//
// DATA holds JPEGImages/SEQUENCE/*.jpg and Annotations/SEQUENCE/*.png (non-zero: foreground).
// Frame masks are those of the built-in segmenter, tracks those of the flow tracker. --dump writes
// one line for every frame mask and object, from which scores can be studied.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <s2d/flow/video_flow.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/palette_png.hpp>
#include <s2d/keymask/discover.hpp>
#include <s2d/keymask/output.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/pack.hpp>
#include <s2d/segment/frame_masks.hpp>
#include <s2d/track/flow_tracker.hpp>

namespace {

namespace fs = std::filesystem;

struct sequence {
  std::string name;
  s2d::video_masks masks;
  s2d::video_flow flow;
  std::vector<s2d::bit_mask> truth;
};

struct rule {
  const char* name;
  s2d::discovery_options options;
};

struct score {
  double single = 0;  // mean J of a key mask against the foreground
  double unions = 0;  // mean J of the union of a frame's key masks, frames that have any
  double frames = 0;  // share of frames that have any
  double all = 0;     // mean J over all frames, 0 where a frame has none
  double best = 0;    // mean over frames of the J of the object that is best over the video
  double objects = 0;
};

sequence load(const fs::path& data, const std::string& name) {
  sequence video{name, {}, {}, {}};
  const auto frames = s2d::read_frames(data / "JPEGImages" / name);
  for (const auto& file : s2d::list_frames(data / "Annotations" / name)) {
    const auto ids = s2d::read_mask_png(file);
    video.truth.push_back(s2d::pack(s2d::mask_view<const std::uint8_t>{ids.view()}));
  }
  video.flow = s2d::estimate_video_flow(frames);
  video.masks = s2d::frame_masks(frames, video.flow);
  return video;
}

double mean(double sum, double count) { return count > 0 ? sum / count : 0; }

score measure(const sequence& video, const std::vector<s2d::object>& objects) {
  score result;
  const std::size_t frames = video.truth.size();
  std::vector<s2d::bit_mask> all(frames);
  double single = 0, singles = 0;
  for (const s2d::object& object : objects) {
    const auto shown = s2d::object_masks(object, video.masks);
    double sum = 0;
    for (std::size_t t = 0; t < frames; ++t) {
      if (shown[t].empty()) continue;
      const double j = s2d::iou(shown[t], video.truth[t]);
      sum += j;
      single += j;
      ++singles;
      all[t] = all[t].empty() ? shown[t] : s2d::unite(all[t], shown[t]);
    }
    result.best = std::max(result.best, sum / double(frames));
  }
  double sum = 0, with = 0;
  for (std::size_t t = 0; t < frames; ++t) {
    if (all[t].empty()) continue;
    sum += s2d::iou(all[t], video.truth[t]);
    ++with;
  }
  result.single = mean(single, singles);
  result.unions = mean(sum, with);
  result.frames = with / double(frames);
  result.all = sum / double(frames);
  result.objects = double(objects.size());
  return result;
}

std::vector<rule> rules() {
  std::vector<rule> list;
  const s2d::discovery_options plain;
  list.push_back({"default", plain});
  auto add = [&](const char* name, auto change) {
    s2d::discovery_options options = plain;
    change(options);
    list.push_back({name, options});
  };
  using s2d::group_distance, s2d::match_unit;
  add("compat", [](auto& o) { o.compat = true; });
  for (const bool visible : {false, true})
    for (const bool points : {false, true})
      for (const int jaccard : {0, 3, 4, 5, 6}) {
        static std::vector<std::string> names;
        names.reserve(64);
        names.push_back(std::string(visible ? "visible " : "all ") +
                        (points ? "points" : "pixels") +
                        (jaccard ? ", jaccard 0." + std::to_string(jaccard) : ", hamming"));
        add(names.back().c_str(), [&](auto& o) {
          o.match.visible_only = visible;
          o.match.unit = points ? match_unit::points : match_unit::pixels;
          o.distance = jaccard ? group_distance::jaccard : group_distance::hamming;
          if (jaccard) o.jaccard_eps = jaccard / 10.0;
        });
      }
  return list;
}

}  // namespace

int main(int count, char* arguments[]) {
  if (count < 2) {
    std::puts("usage: table_keymask_rules DATA [--dump FILE] [SEQUENCE...]");
    return 0;
  }
  const fs::path data = arguments[1];
  std::FILE* dump = nullptr;
  std::vector<std::string> names;
  for (int i = 2; i < count; ++i) {
    if (std::strcmp(arguments[i], "--dump") == 0 && i + 1 < count)
      dump = std::fopen(arguments[++i], "w");
    else
      names.push_back(arguments[i]);
  }
  if (names.empty())
    for (const auto& entry : fs::directory_iterator{data / "JPEGImages"})
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());

  const auto tried = rules();
  std::vector<score> sums(tried.size());
  std::vector<int> without(tried.size());
  double raw_single = 0, raw_union = 0;
  for (const std::string& name : names) {
    const sequence video = load(data, name);
    double single = 0, singles = 0, unions = 0;
    for (std::size_t t = 0; t < video.truth.size(); ++t) {
      s2d::bit_mask all(video.truth[t].height, video.truth[t].width);
      for (const auto& m : video.masks[t]) {
        single += s2d::iou(m.mask, video.truth[t]);
        ++singles;
        all = s2d::unite(all, m.mask);
      }
      unions += s2d::iou(all, video.truth[t]);
    }
    raw_single += mean(single, singles);
    raw_union += unions / double(video.truth.size());
    const s2d::flow_tracker tracker{video.flow, video.truth[0].height, video.truth[0].width};
    for (std::size_t r = 0; r < tried.size(); ++r) {
      const auto found = s2d::discover(video.masks, tracker, tried[r].options);
      const score s = measure(video, found.objects);
      sums[r].single += s.single;
      sums[r].unions += s.unions;
      sums[r].frames += s.frames;
      sums[r].all += s.all;
      sums[r].best += s.best;
      sums[r].objects += s.objects;
      without[r] += found.objects.empty() ? 1 : 0;
      if (dump != nullptr && r == 0) {
        for (std::size_t i = 0; i < found.masks.size(); ++i) {
          const auto [t, k] = found.masks[i];
          std::fprintf(dump, "mask %s %zu %zu %.4f %.4f %.4f\n", name.c_str(), t, k,
                       double(found.coherence[i]), double(video.masks[t][k].confidence),
                       s2d::iou(video.masks[t][k].mask, video.truth[t]));
        }
        for (const auto& object : found.objects) {
          const score o = measure(video, {object});
          std::fprintf(dump, "object %s %zu %.4f %.4f %.4f\n", name.c_str(), object.keymasks.size(),
                       double(object.score), o.single, o.best);
        }
      }
    }
    std::fprintf(stderr, "%s\n", name.c_str());
  }
  const double n = double(names.size());
  std::printf(
      "| rule | J of a key mask | J of the union | frames with | J over all frames | best "
      "object | objects | videos without |\n|---|---|---|---|---|---|---|---|\n");
  std::printf("| raw frame masks | %.3f | | | %.3f | | | |\n", raw_single / n, raw_union / n);
  for (std::size_t r = 0; r < tried.size(); ++r)
    std::printf("| %s | %.3f | %.3f | %.3f | %.3f | %.3f | %.2f | %d |\n", tried[r].name,
                sums[r].single / n, sums[r].unions / n, sums[r].frames / n, sums[r].all / n,
                sums[r].best / n, sums[r].objects / n, without[r]);
  if (dump != nullptr) std::fclose(dump);
}
