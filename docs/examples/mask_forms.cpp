// How much do two masks overlap? The three forms of a mask, and the ways between them.
#include <cstdio>

#include <s2d/mask/bits.hpp>
#include <s2d/mask/rle.hpp>

int main() {
  // Dense: any element type, any strides. Here 4 x 6 pixels; any non-zero is foreground.
  const unsigned char pixels[] = {0, 0, 0,   0,   0, 0,  //
                                  0, 1, 1,   255, 0, 0,  //
                                  0, 1, 255, 255, 0, 0,  //
                                  0, 0, 0,   0,   0, 0};
  const s2d::mask_view view{pixels, 4, 6};

  const s2d::rle a = s2d::encode(view);                       // runs, as COCO has them
  const s2d::rle b = s2d::rle::from_string("9220003", 4, 6);  // throws on a damaged string
  std::printf("%s covers %td pixels\n", s2d::to_string(a).c_str(), s2d::area(a));
  std::printf("overlap %.3f\n", s2d::iou(a, b));

  const s2d::bit_mask bits = s2d::pack(view);  // packed, 64 pixels to a word
  const s2d::box box = s2d::bounding_box(bits);
  std::printf("box %td %td %td %td\n", box.x, box.y, box.width, box.height);
  return s2d::to_bits(a) == bits && s2d::encode(s2d::complement(bits)) == s2d::complement(a) ? 0
                                                                                             : 1;
}
