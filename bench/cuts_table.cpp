// How unlike neighbouring frames of clips are, and where cuts are found: what the limits of
// find_cuts were read from. Usage: table_cuts FOLDER_OF_FRAMES...
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <vector>

#include <s2d/io/folder.hpp>
#include <s2d/io/image.hpp>
#include <s2d/segment/cuts.hpp>

namespace {

// The greatest difference of blocks between the pairs of frames that are near, at least 1.
float around(std::span<const s2d::shot_difference> between, std::size_t t) {
  constexpr std::size_t near = s2d::detail::near_pairs;
  float most = 1;
  for (std::size_t k = t > near ? t - near : 1; k <= t + near && k < between.size(); ++k)
    if (k != t) most = (std::max)(most, between[k].blocks);
  return most;
}

void measure(const std::filesystem::path& folder) {
  std::vector<s2d::shot_difference> between;
  s2d::shot_signature last;
  for (const auto& file : s2d::list_frames(folder)) {
    s2d::shot_signature here = s2d::make_shot_signature(s2d::read_image(file));
    between.push_back(between.empty() ? s2d::shot_difference{} : s2d::compare_shots(last, here));
    last = std::move(here);
  }
  const std::vector<bool> cuts = s2d::find_cuts(std::span<const s2d::shot_difference>{between});
  float change = 0, jump = 0;
  for (std::size_t t = 1; t < between.size(); ++t) {
    const float here = s2d::shot_change(between[t]), times = between[t].blocks / around(between, t);
    if (cuts[t]) {
      std::printf("%s: cut before frame %zu, change %.3f, jump %.1f\n", folder.filename().c_str(),
                  t, here, times);
      continue;
    }
    change = (std::max)(change, here);
    if (here > s2d::cut_options{}.threshold / 2) jump = (std::max)(jump, times);
  }
  std::printf(
      "%s: within shots at most change %.3f, jump %.1f where it is above half the threshold\n",
      folder.filename().c_str(), change, jump);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    for (int i = 1; i < argc; ++i) measure(argv[i]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "table_cuts: %s\n", error.what());
    return 1;
  }
  return argc > 1 ? 0 : 2;
}
