// Video files out: H.264 in MP4 that browsers play.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/ffmpeg/common.hpp>
#include <s2d/io/atomic_file.hpp>

namespace s2d::inline S2D_ABI {

/// How a video file is written.
struct video_writer_options {
  double frames_per_second = 25;
  int quality = 20;                 ///< constant rate factor of H.264: 0 lossless to 51 poor
  std::string preset = "veryfast";  ///< of x264: slower ones make smaller files
  std::string encoder{};            ///< FFmpeg's name; empty: libx264, else libopenh264
  int threads = 1;                  ///< of the encoder; their number may change the file
};

/// Writes an MP4 file (H.264, yuv420p, BT.709, index in front) frame by frame. It appears under its
/// name by finish(); destroyed before that, the writer leaves no trace. H.264 needs even extents:
/// odd ones are padded by repeating the last row or column. The same frames give the same bytes.
class video_writer {
 public:
  /// @throws invalid_input if an extent is outside 1..16384 or an option is out of range; io_error
  /// if the folder cannot be written or this FFmpeg has no encoder for H.264
  video_writer(const std::filesystem::path& file, std::ptrdiff_t height, std::ptrdiff_t width,
               const video_writer_options& options = {})
      : name_{file.string()}, height_{height}, width_{width} {
    require(height >= 1 && width >= 1 && height <= 16384 && width <= 16384, name_, ": frames of ",
            height, " x ", width, " (height x width), expected 1 to 16384 each");
    require(options.frames_per_second >= 0.001 && options.frames_per_second <= 1000, name_, ": ",
            options.frames_per_second, " frames per second, expected 0.001 to 1000");
    require(options.quality >= 0 && options.quality <= 51, name_, ": quality ", options.quality,
            ", expected 0 to 51");
    path_.emplace(file);
    open(options);
  }

  video_writer(const video_writer&) = delete;
  video_writer& operator=(const video_writer&) = delete;

  /// Appends a frame.
  /// @throws invalid_input if it has another size; io_error if the system refuses
  void write(image_view picture) {
    require(format_ != nullptr, name_, ": the video is finished");
    require(picture.height == height_ && picture.width == width_, name_, ": frame ", frames_,
            " has ", picture.height, " x ", picture.width, " pixels (height x width), expected ",
            height_, " x ", width_);
    check(av_frame_make_writable(frame_.get()));
    const std::uint8_t* planes[4] = {pad(picture), nullptr, nullptr, nullptr};
    const int strides[4] = {static_cast<int>(row_bytes()), 0, 0, 0};
    sws_scale(scaler_.get(), planes, strides, 0, encoder_->height, frame_->data, frame_->linesize);
    frame_->pts = frames_++;
    encode(frame_.get());
  }

  /// Ends the file and gives it its name.
  /// @throws invalid_input if no frame was written; io_error if the system refuses, a full disk
  /// included; nothing then appears
  void finish() {
    require(format_ != nullptr, name_, ": the video is finished");
    require(frames_ > 0, name_, ": a video needs at least one frame");
    encode(nullptr);
    check(av_write_trailer(format_.get()));
    const int pending = format_->pb->error;
    const int closed = avio_closep(&format_->pb);
    check(pending);
    check(closed);
    format_.reset();
    path_->commit();
  }

 private:
  void check(int status) const {
    if (status < 0)
      throw io_error{concat(name_, ": cannot write video: ", detail::ffmpeg_error(status))};
  }

  void open(const video_writer_options& options) {
    const std::string url = "file:" + path_->working_path().string();
    AVFormatContext* format = nullptr;
    const int made = avformat_alloc_output_context2(&format, nullptr, "mp4", url.c_str());
    format_.reset(format);
    check(made);
    silence();
    format_->flags |= AVFMT_FLAG_BITEXACT;
    open_encoder(options);
    AVStream* stream = avformat_new_stream(format_.get(), nullptr);
    if (stream == nullptr) throw std::bad_alloc{};
    check(avcodec_parameters_from_context(stream->codecpar, encoder_.get()));
    stream->time_base = encoder_->time_base;
    stream->avg_frame_rate = encoder_->framerate;
    check(avio_open(&format_->pb, url.c_str(), AVIO_FLAG_WRITE));
    AVDictionary* settings = nullptr;
    av_dict_set(&settings, "movflags", "+faststart", 0);
    const int status = avformat_write_header(format_.get(), &settings);
    av_dict_free(&settings);
    check(status);

    packet_ = detail::ffmpeg_owned(av_packet_alloc());
    frame_ = detail::ffmpeg_owned(av_frame_alloc());
    frame_->format = encoder_->pix_fmt;
    frame_->width = encoder_->width;
    frame_->height = encoder_->height;
    frame_->colorspace = encoder_->colorspace;
    frame_->color_range = encoder_->color_range;
    check(av_frame_get_buffer(frame_.get(), 0));
    scaler_ = detail::ffmpeg_owned(sws_getContext(
        encoder_->width, encoder_->height, AV_PIX_FMT_RGB24, encoder_->width, encoder_->height,
        AV_PIX_FMT_YUV420P, SWS_AREA | SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr, nullptr));
    sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(SWS_CS_DEFAULT), 1,
                             sws_getCoefficients(SWS_CS_ITU709), 0, 0, 1 << 16, 1 << 16);
  }

  /// The muxer tells on standard error that it moves the index. Codecs have an offset to the level
  /// of their messages, containers have none; so this one gets a class of its own that finds such
  /// an offset in a member that only reading uses.
  void silence() {
    class_ = *format_->av_class;
    class_.log_level_offset_offset = static_cast<int>(offsetof(AVFormatContext, fps_probe_size));
    format_->fps_probe_size = AV_LOG_TRACE;
    format_->av_class = &class_;
  }

  void open_encoder(const video_writer_options& options) {
    const std::vector<std::string> candidates =
        options.encoder.empty() ? std::vector<std::string>{"libx264", "libopenh264"}
                                : std::vector<std::string>{options.encoder};
    std::string tried;
    for (const std::string& candidate : candidates) {
      tried += (tried.empty() ? "" : ", ") + candidate;
      const AVCodec* codec = avcodec_find_encoder_by_name(candidate.c_str());
      if (codec == nullptr) continue;
      encoder_ = detail::ffmpeg_owned(avcodec_alloc_context3(codec));
      encoder_->height = static_cast<int>(height_ + height_ % 2);
      encoder_->width = static_cast<int>(width_ + width_ % 2);
      encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
      encoder_->framerate = av_d2q(options.frames_per_second, 100000);
      encoder_->time_base = av_inv_q(encoder_->framerate);
      encoder_->gop_size = static_cast<int>(std::lround(2 * options.frames_per_second) + 1);
      encoder_->thread_count = options.threads;
      encoder_->color_range = AVCOL_RANGE_MPEG;
      encoder_->color_primaries = AVCOL_PRI_BT709;
      encoder_->color_trc = AVCOL_TRC_BT709;
      encoder_->colorspace = AVCOL_SPC_BT709;
      encoder_->flags |= AV_CODEC_FLAG_BITEXACT;
      encoder_->log_level_offset = AV_LOG_TRACE;
      if (format_->oformat->flags & AVFMT_GLOBALHEADER)
        encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
      AVDictionary* settings = nullptr;
      av_dict_set_int(&settings, "crf", options.quality, 0);
      av_dict_set(&settings, "preset", options.preset.c_str(), 0);
      // x264's AVX-512 code reads memory that it never wrote, so that the same frames give other
      // bytes each time; its AVX2 code does not.
      if (candidate == "libx264" && (av_get_cpu_flags() & AV_CPU_FLAG_AVX512) != 0)
        av_dict_set(&settings, "x264-params", "asm=avx2", 0);
      const int status = avcodec_open2(encoder_.get(), codec, &settings);
      av_dict_free(&settings);
      if (status >= 0) return;
      tried += concat(" (", detail::ffmpeg_error(status), ")");
    }
    throw io_error{
        concat(name_, ": no encoder for H.264 video works in this FFmpeg, tried ", tried)};
  }

  void encode(const AVFrame* frame) {
    check(avcodec_send_frame(encoder_.get(), frame));
    for (;;) {
      const int status = avcodec_receive_packet(encoder_.get(), packet_.get());
      if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) break;
      check(status);
      if (packet_->duration == 0) packet_->duration = 1;
      av_packet_rescale_ts(packet_.get(), encoder_->time_base, format_->streams[0]->time_base);
      packet_->stream_index = 0;
      check(av_interleaved_write_frame(format_.get(), packet_.get()));
    }
    check(format_->pb->error);
  }

  std::size_t row_bytes() const {
    return (static_cast<std::size_t>(encoder_->width) * 3 + 63) / 64 * 64;
  }

  /// A copy of even extents. swscale reads whole vectors and what lies behind a row shows in the
  /// result, so there is room behind every row, and it is zero.
  const std::uint8_t* pad(image_view picture) {
    padded_.resize(row_bytes() * static_cast<std::size_t>(encoder_->height) + 64);
    std::uint8_t* out = padded_.data();
    for (std::ptrdiff_t y = 0; y < encoder_->height; ++y, out += row_bytes()) {
      const std::uint8_t* in = picture.row(y < height_ ? y : height_ - 1);
      std::memcpy(out, in, static_cast<std::size_t>(width_) * 3);
      if (width_ % 2 != 0) std::memcpy(out + width_ * 3, in + (width_ - 1) * 3, 3);
    }
    return padded_.data();
  }

  std::string name_;
  std::ptrdiff_t height_;
  std::ptrdiff_t width_;
  std::optional<atomic_path> path_;
  AVClass class_{};  // of format_
  std::unique_ptr<AVFormatContext, detail::ffmpeg_output_deleter> format_;
  detail::ffmpeg_ptr<AVCodecContext> encoder_;
  detail::ffmpeg_ptr<AVFrame> frame_;
  detail::ffmpeg_ptr<AVPacket> packet_;
  detail::ffmpeg_ptr<SwsContext> scaler_;
  std::vector<std::uint8_t> padded_;
  std::int64_t frames_ = 0;
};

}  // namespace s2d::inline S2D_ABI
