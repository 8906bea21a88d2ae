// Computes the flow of pairs of raw gray pictures; peers/flow_table.py compares it with OpenCV's.
//
//   table_flow PRESET [OPTION=VALUE...] < LIST
//
// Every line of LIST: height width FROM TO OUT. FROM and TO hold height * width bytes; OUT gets
// two planes of floats, u and v. Prints the milliseconds of the fastest pass over all pairs.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <s2d/flow/estimate.hpp>

namespace {

struct job {
  s2d::matrix<std::uint8_t> from, to;
  std::string out;
};

s2d::matrix<std::uint8_t> read_gray(const std::string& path, std::ptrdiff_t h, std::ptrdiff_t w) {
  s2d::matrix<std::uint8_t> gray(h, w);
  std::ifstream file{path, std::ios::binary};
  file.read(reinterpret_cast<char*>(gray.data()), h * w);
  if (!file) throw std::runtime_error{"cannot read " + path};
  return gray;
}

s2d::flow_options parse(int count, char** arguments) {
  const std::string preset = count > 1 ? arguments[1] : "medium";
  if (preset != "fast" && preset != "medium") throw std::runtime_error{"unknown preset " + preset};
  s2d::flow_options o{preset == "fast" ? s2d::flow_preset::fast : s2d::flow_preset::medium};
  for (int i = 2; i < count; ++i) {
    const std::string text = arguments[i];
    const std::string name = text.substr(0, text.find('='));
    const std::string value = text.substr(text.find('=') + 1);
    if (name == "finest_scale")
      o.finest_scale = std::stoi(value);
    else if (name == "patch_size")
      o.patch_size = std::stoi(value);
    else if (name == "patch_stride")
      o.patch_stride = std::stoi(value);
    else if (name == "search_iterations")
      o.search_iterations = std::stoi(value);
    else if (name == "refine_rounds")
      o.refine_rounds = std::stoi(value);
    else if (name == "refine_sweeps")
      o.refine_sweeps = std::stoi(value);
    else if (name == "smoothness")
      o.smoothness = std::stof(value);
    else if (name == "brightness")
      o.brightness = std::stof(value);
    else if (name == "gradient")
      o.gradient = std::stof(value);
    else if (name == "relaxation")
      o.relaxation = std::stof(value);
    else
      throw std::runtime_error{"unknown option " + name};
  }
  return o;
}

}  // namespace

int main(int count, char** arguments) try {
  const s2d::flow_options options = parse(count, arguments);
  std::vector<job> jobs;
  std::ptrdiff_t h = 0, w = 0;
  std::string from, to, out;
  while (std::cin >> h >> w >> from >> to >> out)
    jobs.push_back({read_gray(from, h, w), read_gray(to, h, w), out});
  double best = 1e30;
  for (int pass = 0; pass < 3; ++pass) {
    s2d::detail::dense::flow_scratch scratch;
    double seconds = 0;
    for (const job& j : jobs) {
      const auto a = s2d::detail::make_pyramid(j.from, options);
      const auto b = s2d::detail::make_pyramid(j.to, options);
      const auto begin = std::chrono::steady_clock::now();
      const s2d::flow_field flow = s2d::detail::flow_between(a, b, options, scratch);
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      if (pass > 0) continue;
      std::ofstream file{j.out, std::ios::binary};
      const auto bytes = static_cast<std::streamsize>(flow.u.values.size() * sizeof(float));
      file.write(reinterpret_cast<const char*>(flow.u.data()), bytes);
      file.write(reinterpret_cast<const char*>(flow.v.data()), bytes);
      if (!file) throw std::runtime_error{"cannot write " + j.out};
    }
    best = seconds < best ? seconds : best;
  }
  std::printf("%.4f\n", jobs.empty() ? 0.0 : 1e3 * best / static_cast<double>(jobs.size()));
  return 0;
} catch (const std::exception& problem) {
  std::cerr << "table_flow: " << problem.what() << '\n';
  return 1;
}
