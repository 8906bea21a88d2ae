// From polygons to one mask and back, without decoding anything.
#include <cstdio>
#include <span>
#include <vector>

#include <s2d/mask/contours.hpp>
#include <s2d/mask/even_odd.hpp>
#include <s2d/mask/polygon.hpp>
#include <s2d/mask/rle_components.hpp>
#include <s2d/mask/rle_merge.hpp>
#include <s2d/mask/rle_morphology.hpp>
#include <s2d/mask/rle_transform.hpp>

int main() {
  const std::ptrdiff_t height = 480, width = 854;
  // Corners as in COCO's files; a box as in "bbox".
  const std::vector<double> triangle{100, 100, 300, 120, 180, 300};
  const std::vector<s2d::rle> parts{s2d::encode_polygon(triangle, height, width),
                                    s2d::encode_box(150.5, 160, 400, 80, height, width),
                                    s2d::encode_box(s2d::box{700, 10, 50, 60}, height, width)};
  const s2d::rle all = s2d::unite(parts);  // any number of masks in one sweep

  // A frame around the larger one of the two components.
  const s2d::rle object = s2d::components(all).front();
  const s2d::rle frame = s2d::subtract(s2d::dilate_disk(object, 6), s2d::erode_disk(object, 2));
  std::printf("%zu components, frame of %td pixels\n", s2d::components(all).size(),
              s2d::area(frame));

  // Its outline and hole, and exactly the same mask from them.
  const std::vector<s2d::polygon> outlines = s2d::to_polygons(frame);
  std::printf("%zu corners, %zu hole\n", outlines[0].outline.size() / 2, outlines[0].holes.size());
  if (s2d::encode_even_odd(outlines, height, width) != frame) return 1;

  const s2d::box bounds = s2d::bounding_box(object);
  const s2d::rle thumbnail = s2d::resize_nearest(s2d::crop(object, bounds), 64, 128);
  return s2d::flip_horizontal(s2d::flip_horizontal(thumbnail)) == thumbnail ? 0 : 1;
}
