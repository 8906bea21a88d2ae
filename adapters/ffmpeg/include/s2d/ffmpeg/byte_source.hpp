// Lets FFmpeg read an open file, a gzipped one as if it were not.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include <sys/types.h>
#include <zlib.h>

#include <s2d/core/error.hpp>
#include <s2d/ffmpeg/common.hpp>
#include <s2d/io/file.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// The bytes of a file for a demuxer. FFmpeg sees no name, so it opens nothing else. A gzipped
/// file is unpacked into an unnamed temporary file that the system removes.
class byte_source {
 public:
  explicit byte_source(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) throw_io_error(path, "read", EISDIR);
    file_.reset(std::fopen(path.string().c_str(), "rb"));
    if (!file_) throw_io_error(path, "open", errno);
    // FFmpeg has a buffer of its own, which a second one would only be copied into.
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);
    unsigned char magic[2] = {};
    if (std::fseek(file_.get(), 0, SEEK_SET) == 0) {
      const bool gzipped =
          std::fread(magic, 1, 2, file_.get()) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
      if (std::ferror(file_.get())) throw_io_error(path, "read", errno);
      std::rewind(file_.get());
      if (gzipped) unpack(path);
    } else {
      seekable_ = false;
    }
    constexpr int buffer_size = 1 << 16;
    auto* buffer = static_cast<unsigned char*>(av_malloc(buffer_size));
    if (buffer == nullptr) throw std::bad_alloc{};
    context_ = avio_alloc_context(buffer, buffer_size, 0, this, &read, nullptr,
                                  seekable_ ? &seek : nullptr);
    if (context_ == nullptr) {
      av_free(buffer);
      throw std::bad_alloc{};
    }
  }

  byte_source(const byte_source&) = delete;
  byte_source& operator=(const byte_source&) = delete;

  ~byte_source() {
    av_freep(&context_->buffer);
    avio_context_free(&context_);
  }

  [[nodiscard]] AVIOContext* context() const noexcept { return context_; }
  /// What is wrong with the gzip wrapping; empty if nothing.
  [[nodiscard]] const std::string& damage() const noexcept { return damage_; }

 private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
    void operator()(gzFile_s* file) const { gzclose(file); }
  };

  void unpack(const std::filesystem::path& path) {
    const std::unique_ptr<gzFile_s, closer> packed{gzopen(path.string().c_str(), "rb")};
    if (!packed) throw_io_error(path, "open", errno);
    std::unique_ptr<std::FILE, closer> plain{std::tmpfile()};
    if (!plain) throw_io_error(path, "create a temporary file to unpack", errno);
    char chunk[1 << 16];
    int count = 0;
    while ((count = gzread(packed.get(), chunk, sizeof chunk)) > 0)
      if (std::fwrite(chunk, 1, static_cast<std::size_t>(count), plain.get()) !=
          static_cast<std::size_t>(count))
        throw_io_error(path, "unpack into a temporary file", errno);
    int status = Z_OK;
    const char* text = gzerror(packed.get(), &status);
    if (count < 0 || status != Z_OK) damage_ = concat("damaged gzip file: ", text);
    if (std::fflush(plain.get()) != 0) throw_io_error(path, "unpack into a temporary file", errno);
    std::rewind(plain.get());
    file_ = std::move(plain);
  }

  static int read(void* self, std::uint8_t* out, int size) {
    std::FILE* file = static_cast<byte_source*>(self)->file_.get();
    const std::size_t count = std::fread(out, 1, static_cast<std::size_t>(size), file);
    if (count > 0) return static_cast<int>(count);
    return std::ferror(file) ? AVERROR(errno) : AVERROR_EOF;
  }

  static std::int64_t seek(void* self, std::int64_t offset, int whence) {
    std::FILE* file = static_cast<byte_source*>(self)->file_.get();
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE) {
      const off_t here = ftello(file);
      if (here < 0 || fseeko(file, 0, SEEK_END) != 0) return AVERROR(errno);
      const off_t size = ftello(file);
      if (fseeko(file, here, SEEK_SET) != 0) return AVERROR(errno);
      return size;
    }
    if (fseeko(file, offset, whence) != 0) return AVERROR(errno);
    return ftello(file);
  }

  std::unique_ptr<std::FILE, closer> file_;
  AVIOContext* context_ = nullptr;
  bool seekable_ = true;
  std::string damage_;
};

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
