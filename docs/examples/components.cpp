// Which objects does a mask hold? Components, holes, and a margin around one.
#include <cstdio>

#include <s2d/mask/components.hpp>
#include <s2d/mask/morphology.hpp>

int main() {
  s2d::bit_mask mask(48, 64);
  for (int y = 5; y < 25; ++y)
    for (int x = 5; x < 25; ++x) mask.set(y, x, y != 12 || x != 12);  // a square with a hole
  for (int i = 0; i < 10; ++i) mask.set(30 + i, 40 + i);              // a diagonal line

  const s2d::component_list found = s2d::components(s2d::fill_holes(mask));  // largest first
  for (const s2d::component& item : found.items)
    std::printf("%td pixels in %td x %td\n", item.area, item.bounds.width, item.bounds.height);

  const s2d::bit_mask square = s2d::extract(found, 0);
  const s2d::bit_mask margin = s2d::subtract(s2d::dilate(square, 4), square);
  std::printf("margin of %td pixels\n", s2d::area(margin));
  return found.size() == 2 && found.items[0].area == 400 && s2d::area(margin) == 28 * 28 - 400 ? 0
                                                                                               : 1;
}
