// The motion of the camera from displacements of which a quarter belongs to something else.
#include <cmath>
#include <vector>

#include <s2d/flow/affine_motion.hpp>

int main() {
  const s2d::affine_motion camera{4, 0.02, 0, -1, 0, 0.02};  // pan and zoom
  std::vector<s2d::point> at;
  std::vector<float> u, v;
  for (int i = 0; i < 400; ++i) {
    const s2d::point p{static_cast<float>(i % 20) * 10, static_cast<float>(i / 20) * 6};
    const s2d::point move = camera(p);
    at.push_back(p);
    u.push_back(move.x + (i % 4 == 0 ? 15.0F : 0.0F));
    v.push_back(move.y);
  }
  const s2d::affine_motion found = s2d::fit_affine_motion(at, u, v);
  return std::hypot(found({100, 60}).x - camera({100, 60}).x,
                    found({100, 60}).y - camera({100, 60}).y) < 0.05
             ? 0
             : 1;
}
