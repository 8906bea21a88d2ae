// A stranger's program: one primitive of s2d, checked, in a project outside the tree.
#include <s2d/core/bit_mask.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/mask/rle.hpp>

#ifdef CONSUMER_USES_IO
#include <s2d/io/npy.hpp>
#endif

int main() {
  const unsigned char pixels[] = {0, 7, 0, 0, 7, 0};  // 2 x 3, the middle column is foreground
  const s2d::rle mask = s2d::encode(s2d::mask_view{pixels, 2, 3});
  const bool right = s2d::area(mask) == 2 && s2d::to_string(mask) == "222";
  return right ? 0 : 1;
}
