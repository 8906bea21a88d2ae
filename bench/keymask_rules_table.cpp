// Which rules of keymask discovery give the better keymasks: a table over a folder of real video.
//
//   table_keymask_rules DATA [--dump FILE] [SEQUENCE...]
//
// DATA holds JPEGImages/SEQUENCE/*.jpg and Annotations/SEQUENCE/*.png (non-zero: foreground).
// Frame masks are those of the built-in segmenter, tracks those of the flow tracker. Also told: the
// rank correlation of scores with J, and what becomes of keymasks that are carried along the flow.
// --dump writes one line for every frame mask and object.
#include <algorithm>
#include <cmath>
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
#include <s2d/keymask/propagate.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/pack.hpp>
#include <s2d/segment/frame_masks.hpp>
#include <s2d/track/flow_tracker.hpp>

namespace {

namespace fs = std::filesystem;

struct sequence {
  std::string name;
  std::vector<s2d::image> frames;
  s2d::video_masks masks;
  s2d::video_flow flow;
  std::vector<s2d::bit_mask> truth;
};

struct rule {
  const char* name;
  s2d::discovery_options options;
};

struct quality {
  double single = 0;  // mean J of a key mask against the foreground
  double unions = 0;  // mean J of the union of a frame's key masks, frames that have any
  double frames = 0;  // share of frames that have any
  double all = 0;     // mean J over all frames, 0 where a frame has none
  double best = 0;    // mean over frames of the J of the object that is best over the video
  double objects = 0;
};

sequence load(const fs::path& data, const std::string& name) {
  sequence video{name, s2d::read_frames(data / "JPEGImages" / name), {}, {}, {}};
  for (const auto& file : s2d::list_frames(data / "Annotations" / name)) {
    const auto ids = s2d::read_mask_png(file);
    video.truth.push_back(s2d::pack(s2d::mask_view<const std::uint8_t>{ids.view()}));
  }
  video.flow = s2d::estimate_video_flow(video.frames);
  video.masks = s2d::frame_masks(video.frames, video.flow);
  return video;
}

double mean(double sum, double count) { return count > 0 ? sum / count : 0; }

quality measure(const sequence& video, const std::vector<s2d::object>& objects) {
  quality result;
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

// Ranks from 0, equal values share their mean rank.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t first = 0, last; first < order.size(); first = last) {
    for (last = first; last < order.size() && values[order[last]] == values[order[first]];) ++last;
    for (std::size_t i = first; i < last; ++i) rank[order[i]] = double(first + last - 1) / 2;
  }
  return rank;
}

// Spearman's rank correlation; 0 where one side is constant.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto x = ranks(a), y = ranks(b);
  const double middle = double(x.size() - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - middle) * (y[i] - middle);
    xx += (x[i] - middle) * (x[i] - middle);
    yy += (y[i] - middle) * (y[i] - middle);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

// A score of masks or objects beside their J, of one video after the other.
struct ranking {
  std::vector<double> score, j, score_here, j_here;
  double within = 0;
  int videos = 0;

  void add(double value, double quality) {
    score_here.push_back(value);
    j_here.push_back(quality);
  }
  void end_video() {
    score.insert(score.end(), score_here.begin(), score_here.end());
    j.insert(j.end(), j_here.begin(), j_here.end());
    if (score_here.size() > 5) {
      within += rank_correlation(score_here, j_here);
      ++videos;
    }
    score_here.clear();
    j_here.clear();
  }
  void print(const char* name) const {
    std::printf("| %s | %zu | %.3f | %.3f |\n", name, score.size(), rank_correlation(score, j),
                videos > 0 ? within / videos : 0);
  }
};

// How carried masks are ended.
struct ending {
  std::string name;
  bool pictures = false;
  s2d::propagate_options options;
};

std::vector<ending> endings() {
  std::vector<ending> list{{"never", false, {}}, {"after 12 frames", false, {.reach = 12}}};
  for (const float color : {40.f, 60.f, 90.f})
    for (const float share : {0.3f, 0.5f, 0.7f})
      list.push_back({"colours within " + std::to_string(int(color)) + ", share 0." +
                          std::to_string(int(share * 10 + 0.5f)),
                      true,
                      {.likeness = {.color = color, .share = share}}});
  list.push_back({"the size alone", true, {.likeness = {.color = 1e6f}}});
  list.push_back({"the colours alone", true, {.likeness = {.size = 0}}});
  return list;
}

// Frames without a key, of videos that have any.
struct carried_quality {
  double all = 0;      // mean J, 0 where there is no mask
  double present = 0;  // share of frames with a mask
  double there = 0;    // mean J of these
  double wrong = 0;    // share of these with a J below 0.3
};

// Every eighth keymask of the object that covers most of the truth, carried to the other frames.
bool measure_carried(const sequence& video, const std::vector<s2d::object>& objects,
                     const std::vector<ending>& tried, std::vector<carried_quality>& sums) {
  const std::size_t frames = video.truth.size();
  std::vector<s2d::bit_mask> shown;
  double most = -1;
  for (const s2d::object& object : objects) {
    auto masks = s2d::object_masks(object, video.masks);
    double sum = 0;
    for (std::size_t t = 0; t < frames; ++t)
      if (!masks[t].empty()) sum += s2d::iou(masks[t], video.truth[t]);
    if (sum > most) {
      most = sum;
      shown = std::move(masks);
    }
  }
  if (shown.empty()) return false;
  std::size_t keys = 0;
  for (s2d::bit_mask& mask : shown)
    if (!mask.empty() && keys++ % 8 != 0) mask = {};
  for (std::size_t i = 0; i < tried.size(); ++i) {
    s2d::propagate_options options = tried[i].options;
    if (tried[i].pictures) options.pictures = video.frames;
    const auto carried = s2d::propagate(shown, video.flow, options);
    double without_key = 0, masks = 0, sum = 0, wrong = 0;
    for (std::size_t t = 0; t < frames; ++t) {
      if (!shown[t].empty()) continue;
      ++without_key;
      if (carried[t].empty() || s2d::area(carried[t]) == 0) continue;
      const double j = s2d::iou(carried[t], video.truth[t]);
      ++masks;
      sum += j;
      if (j < 0.3) ++wrong;
    }
    sums[i].all += mean(sum, without_key);
    sums[i].present += mean(masks, without_key);
    sums[i].there += mean(sum, masks);
    sums[i].wrong += mean(wrong, masks);
  }
  return true;
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
  add("compat: the official rules and quirks", [](auto& o) { o.compat = true; });
  add("K12: visible points only", [](auto& o) { o.match.visible_only = true; });
  add("K13: points, not pixels", [](auto& o) { o.match.unit = match_unit::points; });
  add("K12 and K13", [](auto& o) { o.match = {match_unit::points, true}; });
  add("K17: Hamming distance", [](auto& o) { o.distance = group_distance::hamming; });
  add("K17, K12 and K13", [](auto& o) {
    o.distance = group_distance::hamming;
    o.match = {match_unit::points, true};
  });
  add("Jaccard distance 0.3", [](auto& o) { o.jaccard_eps = 0.3; });
  add("Jaccard distance 0.4", [](auto& o) { o.jaccard_eps = 0.4; });
  add("Jaccard distance 0.6", [](auto& o) { o.jaccard_eps = 0.6; });
  add("larger of two masks of a frame",
      [](auto& o) { o.two_in_a_frame = s2d::same_frame::larger; });
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
  std::vector<quality> sums(tried.size());
  std::vector<int> without(tried.size());
  double raw_single = 0, raw_union = 0;
  const auto ended = endings();
  std::vector<carried_quality> carried(ended.size());
  int with_objects = 0;
  ranking by_coherence, by_confidence, by_both, by_object;
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
      const quality s = measure(video, found.objects);
      sums[r].single += s.single;
      sums[r].unions += s.unions;
      sums[r].frames += s.frames;
      sums[r].all += s.all;
      sums[r].best += s.best;
      sums[r].objects += s.objects;
      without[r] += found.objects.empty() ? 1 : 0;
      if (r > 0) continue;
      with_objects += measure_carried(video, found.objects, ended, carried) ? 1 : 0;
      for (std::size_t i = 0; i < found.masks.size(); ++i) {
        const auto [t, k] = found.masks[i];
        const s2d::frame_mask& m = video.masks[t][k];
        const double j = s2d::iou(m.mask, video.truth[t]), c = double(found.coherence[i]);
        by_coherence.add(c, j);
        by_confidence.add(double(m.confidence), j);
        by_both.add(c * double(m.confidence), j);
        if (dump != nullptr)
          std::fprintf(dump, "mask %s %zu %zu %.4f %.4f %.4f\n", name.c_str(), t, k, c,
                       double(m.confidence), j);
      }
      for (const auto& object : found.objects) {
        const quality o = measure(video, {object});
        by_object.add(double(object.score), o.best);
        if (dump != nullptr)
          std::fprintf(dump, "object %s %zu %.4f %.4f %.4f\n", name.c_str(), object.keymasks.size(),
                       double(object.score), o.single, o.best);
      }
    }
    for (ranking* each : {&by_coherence, &by_confidence, &by_both, &by_object}) each->end_video();
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
  std::printf(
      "\n| score | number | rank correlation with J | mean within a video |\n"
      "|---|---|---|---|\n");
  by_coherence.print("coherence of a frame mask");
  by_confidence.print("confidence of a frame mask");
  by_both.print("coherence * confidence");
  by_object.print("score of an object, with its J over all frames");
  if (dump != nullptr) std::fclose(dump);

  std::printf(
      "\n| carried masks end | J over all frames | frames with | J of a mask | below 0.3 |\n"
      "|---|---|---|---|---|\n");
  const double m = with_objects > 0 ? with_objects : 1;
  for (std::size_t i = 0; i < ended.size(); ++i)
    std::printf("| %s | %.3f | %.3f | %.3f | %.3f |\n", ended[i].name.c_str(), carried[i].all / m,
                carried[i].present / m, carried[i].there / m, carried[i].wrong / m);
}
