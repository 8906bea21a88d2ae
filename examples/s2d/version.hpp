// The version as text.
#pragma once

#include <s2d/core/config.hpp>

#define S2D_TEXT_OF(x) #x
#define S2D_TEXT(x) S2D_TEXT_OF(x)

namespace app {

inline constexpr const char* version_text =
    S2D_TEXT(S2D_VERSION_MAJOR) "." S2D_TEXT(S2D_VERSION_MINOR) "." S2D_TEXT(S2D_VERSION_PATCH);

}  // namespace app

#undef S2D_TEXT
#undef S2D_TEXT_OF
