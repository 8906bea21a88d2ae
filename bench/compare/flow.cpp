// Flow, warping and the guided filter beside OpenCV.
#include <cmath>

#include <s2d/flow/estimate.hpp>
#include <s2d/flow/warp.hpp>
#include <s2d/segment/guided_filter.hpp>

#include "inputs.hpp"

namespace compare {

namespace {

s2d::flow_field field_of(const fs::path& file) {
  auto planes = tables_of<float>(file);
  s2d::flow_field flow;
  flow.u = std::move(planes[0]);
  flow.v = std::move(planes[1]);
  return flow;
}

/// [2, h, w] frames and [2, h, w] the true flow; NaN where it leaves the frame.
void estimate(const std::string& size, const fs::path& inputs) {
  const auto frames = masks_of(inputs / ("frames_" + size + ".npy"));
  const s2d::flow_field truth = field_of(inputs / ("flow_" + size + ".npy"));
  for (const auto& [name, preset] :
       {std::pair{"fast", s2d::flow_preset::fast}, std::pair{"medium", s2d::flow_preset::medium}}) {
    s2d::flow_field found;
    measure(s2d::concat("flow ", name, " ", size), [&] {
      found = s2d::estimate_flow(frames[0].view(), frames[1].view(), preset);
      use(found);
    });
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < truth.u.values.size(); ++i) {
      const double error =
          std::hypot(found.u.values[i] - truth.u.values[i], found.v.values[i] - truth.v.values[i]);
      if (std::isfinite(error)) sum += error, ++count;
    }
    std::printf("error %s %s\t%.9g\n", name, size.c_str(), sum / count);
  }
}

void guide(const s2d::image_view& picture, const dense& mask) {
  s2d::matrix<float> map(mask.height, mask.width);
  for (std::size_t p = 0; p < map.values.size(); ++p) map.values[p] = mask.values[p] > 0 ? 1 : 0;
  const s2d::guided_filter_options options{.radius = 27, .smoothness = 1e-3};
  measure("guided filter, picture", [&] { use(s2d::guided_filter{picture, options}); });
  const s2d::guided_filter filter{picture, options};
  s2d::matrix<float> sharp;
  measure("guided filter, map", [&] {
    sharp = filter(map.view());
    use(sharp);
  });
  // Away from the border, where windows are cut here and reach into a mirrored picture there.
  double sum = 0;
  for (std::ptrdiff_t y = 60; y < map.height - 60; ++y)
    for (std::ptrdiff_t x = 60; x < map.width - 60; ++x)
      sum += static_cast<double>(sharp(y, x)) * static_cast<double>((x + y) % 7);
  std::printf("sum guided\t%.9g\n", sum);
}

}  // namespace

void flow(const fs::path& inputs) {
  const s2d::flow_field motion = field_of(inputs / "warp_flow.npy");
  const dense mask = masks_of(inputs / "warp_mask.npy").front();
  const dense gray = masks_of(inputs / "warp_gray.npy").front();
  const auto colour = elements_of<std::uint8_t>(s2d::read_npy(inputs / "warp_colour.npy"));
  const s2d::image_view picture{colour.data(), gray.height, gray.width};
  const s2d::bit_mask packed = s2d::pack(view_of(mask));
  dense out(gray.height, gray.width);
  measure("warp mask", [&] { use(s2d::warp_back(packed, motion)); });
  measure("warp mask of bytes", [&] {
    s2d::warp_back(mask.view(), motion, out.view(), {.filter = s2d::warp_filter::nearest});
    use(out);
  });
  measure("warp gray", [&] {
    s2d::warp_back(gray.view(), motion, out.view());
    use(out);
  });
  s2d::image warped;
  measure("warp colour", [&] {
    s2d::warp_back(picture, motion, warped);
    use(warped);
  });
  guide(picture, mask);
  estimate("480", inputs);
  estimate("1080", inputs);
}

}  // namespace compare
