// What reading and writing video share: FFmpeg's headers, owners of its objects, its errors.
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <new>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/cpu.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <s2d/core/error.hpp>

namespace s2d::inline S2D_ABI {

/// Stops FFmpeg's own messages on standard error, for the whole process. What matters of them is
/// in our exceptions and in video_reader::damage().
inline void silence_ffmpeg() { av_log_set_level(AV_LOG_QUIET); }

namespace detail {

struct ffmpeg_deleter {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
};

struct ffmpeg_input_deleter {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
};

struct ffmpeg_output_deleter {
  void operator()(AVFormatContext* p) const {
    if (p->pb != nullptr) avio_closep(&p->pb);
    avformat_free_context(p);
  }
};

template <class T>
using ffmpeg_ptr = std::unique_ptr<T, ffmpeg_deleter>;

template <class T>
ffmpeg_ptr<T> ffmpeg_owned(T* p) {
  if (p == nullptr) throw std::bad_alloc{};
  return ffmpeg_ptr<T>{p};
}

inline std::string ffmpeg_error(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
