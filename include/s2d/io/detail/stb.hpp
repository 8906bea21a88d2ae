// The stb decoders and encoders, private to each translation unit and to this namespace: a program
// that compiles its own copy of stb sees no clash, whatever it configured.
#pragma once

#include <climits>
#include <cmath>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// How stb ends early: damaged input must never end the program. Who calls stb tells it with the
/// name of the file.
struct stb_failure {
  const char* reason;
};

[[noreturn]] inline void stb_check_failed() { throw stb_failure{"a value out of range"}; }

/// The memory that stb asks for in this thread while an arena lives. All of it goes with the arena:
/// what stb loses on damaged input, and what it held when an exception ended it. Fresh memory is
/// zero, so that what damaged input leaves unset is the same each time.
class stb_arena {
 public:
  /// @param most bytes in use at once
  explicit stb_arena(std::size_t most = SIZE_MAX / 2) noexcept : most_{most}, outer_{current()} {
    current() = this;
  }
  stb_arena(const stb_arena&) = delete;
  stb_arena& operator=(const stb_arena&) = delete;
  ~stb_arena() {
    while (first_ != nullptr) release(first_);
    current() = outer_;
  }

  void limit(std::size_t most) noexcept { most_ = most; }

  /// @throws stb_failure beyond the limit, std::bad_alloc if the system has no more
  [[nodiscard]] static void* allocate(std::size_t size) {
    stb_arena& here = *current();
    here.require_room(size);
    return here.link(std::calloc(1, sizeof(block) + size), size);
  }

  [[nodiscard]] static void* reallocate(void* memory, std::size_t size) {
    if (memory == nullptr) return allocate(size);
    stb_arena& here = *current();
    block* const old = static_cast<block*>(memory) - 1;
    const std::size_t before = old->size;
    if (size > before) here.require_room(size - before);
    here.unlink(old);
    void* const moved = std::realloc(old, sizeof(block) + size);
    if (moved == nullptr) here.link(old, before);
    return here.link(moved, size);
  }

  static void free(void* memory) noexcept {
    if (memory != nullptr) current()->release(static_cast<block*>(memory) - 1);
  }

 private:
  struct alignas(std::max_align_t) block {
    block* before;
    block* after;
    std::size_t size;
  };

  static stb_arena*& current() noexcept {
    static thread_local stb_arena* arena = nullptr;
    return arena;
  }

  void require_room(std::size_t size) const {
    if (size > most_ || used_ > most_ - size)
      throw stb_failure{"it unpacks to more than its pixels need"};
  }

  void* link(void* raw, std::size_t size) {
    if (raw == nullptr) throw std::bad_alloc{};
    block* const fresh = ::new (raw) block{nullptr, first_, size};
    if (first_ != nullptr) first_->before = fresh;
    first_ = fresh;
    used_ += size;
    return fresh + 1;
  }

  void unlink(const block* old) noexcept {
    (old->before != nullptr ? old->before->after : first_) = old->after;
    if (old->after != nullptr) old->after->before = old->before;
    used_ -= old->size;
  }

  void release(block* old) noexcept {
    unlink(old);
    std::free(old);
  }

  block* first_ = nullptr;
  std::size_t used_ = 0;
  std::size_t most_;
  stb_arena* outer_;
};

/// memcpy that may be given null for nothing, as stb does with empty chunks.
inline void* stb_copy(void* to, const void* from, std::size_t size) {
  return size == 0 ? to : std::memcpy(to, from, size);
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI

#pragma push_macro("STBI_INCLUDE_STB_IMAGE_H")
#pragma push_macro("INCLUDE_STB_IMAGE_WRITE_H")
#pragma push_macro("STB_IMAGE_IMPLEMENTATION")
#pragma push_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#pragma push_macro("STB_IMAGE_STATIC")
#pragma push_macro("STB_IMAGE_WRITE_STATIC")
#pragma push_macro("STBIDEF")
#pragma push_macro("STBIWDEF")
#pragma push_macro("STBI_ASSERT")
#pragma push_macro("STBIW_ASSERT")
#pragma push_macro("STBI_NO_STDIO")
#pragma push_macro("STBI_WRITE_NO_STDIO")
#pragma push_macro("STBI_MALLOC")
#pragma push_macro("STBI_REALLOC")
#pragma push_macro("STBI_REALLOC_SIZED")
#pragma push_macro("STBI_FREE")
#pragma push_macro("STBIW_MALLOC")
#pragma push_macro("STBIW_REALLOC")
#pragma push_macro("STBIW_REALLOC_SIZED")
#pragma push_macro("STBIW_FREE")
#pragma push_macro("memcpy")
#undef STBI_INCLUDE_STB_IMAGE_H
#undef INCLUDE_STB_IMAGE_WRITE_H
#undef STB_IMAGE_IMPLEMENTATION
#undef STB_IMAGE_WRITE_IMPLEMENTATION
#undef STB_IMAGE_STATIC
#undef STB_IMAGE_WRITE_STATIC
#undef STBIDEF
#undef STBIWDEF
#undef STBI_ASSERT
#undef STBIW_ASSERT
#undef STBI_NO_STDIO
#undef STBI_WRITE_NO_STDIO
#undef STBI_MALLOC
#undef STBI_REALLOC
#undef STBI_REALLOC_SIZED
#undef STBI_FREE
#undef STBIW_MALLOC
#undef STBIW_REALLOC
#undef STBIW_REALLOC_SIZED
#undef STBIW_FREE
#undef memcpy

#define memcpy stb_copy
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STB_IMAGE_WRITE_STATIC
#define STBI_NO_STDIO
#define STBI_WRITE_NO_STDIO
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_FAILURE_USERMSG
#define STBI_ASSERT(condition) ((condition) ? (void)0 : stb_check_failed())
#define STBIW_ASSERT(condition) ((condition) ? (void)0 : stb_check_failed())
#define STBI_MALLOC(size) stb_arena::allocate(size)
#define STBI_REALLOC(memory, size) stb_arena::reallocate(memory, size)
#define STBI_FREE(memory) stb_arena::free(memory)
#define STBIW_MALLOC(size) stb_arena::allocate(size)
#define STBIW_REALLOC(memory, size) stb_arena::reallocate(memory, size)
#define STBIW_FREE(memory) stb_arena::free(memory)

namespace s2d::inline S2D_ABI {
namespace detail {
#include <stb_image.h>
#include <stb_image_write.h>
}  // namespace detail
}  // namespace s2d::inline S2D_ABI

#undef STBI_ONLY_JPEG
#undef STBI_ONLY_PNG
#undef STBI_ONLY_BMP
#undef STBI_NO_HDR
#undef STBI_NO_LINEAR
#undef STBI_FAILURE_USERMSG
#pragma pop_macro("STBI_INCLUDE_STB_IMAGE_H")
#pragma pop_macro("INCLUDE_STB_IMAGE_WRITE_H")
#pragma pop_macro("STB_IMAGE_IMPLEMENTATION")
#pragma pop_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#pragma pop_macro("STB_IMAGE_STATIC")
#pragma pop_macro("STB_IMAGE_WRITE_STATIC")
#pragma pop_macro("STBIDEF")
#pragma pop_macro("STBIWDEF")
#pragma pop_macro("STBI_ASSERT")
#pragma pop_macro("STBIW_ASSERT")
#pragma pop_macro("STBI_NO_STDIO")
#pragma pop_macro("STBI_WRITE_NO_STDIO")
#pragma pop_macro("STBI_MALLOC")
#pragma pop_macro("STBI_REALLOC")
#pragma pop_macro("STBI_REALLOC_SIZED")
#pragma pop_macro("STBI_FREE")
#pragma pop_macro("STBIW_MALLOC")
#pragma pop_macro("STBIW_REALLOC")
#pragma pop_macro("STBIW_REALLOC_SIZED")
#pragma pop_macro("STBIW_FREE")
#pragma pop_macro("memcpy")
