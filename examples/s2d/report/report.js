"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const root = document.documentElement;
  const video = byId("video");
  const scrub = byId("scrub");
  const now = byId("now");
  const player = document.querySelector(".player");
  const last = Math.max(data.frames - 1, 0);
  let current = 0;

  const secondsOf = (frame) => {
    const time = data.times ? data.times[frame] : null;
    if (time !== null && time !== undefined) return time;
    return data.fps ? frame / data.fps : null;
  };
  const place = (frame) => {
    const seconds = secondsOf(frame);
    return seconds === null ? `frame ${frame}` : `frame ${frame} · ${seconds.toFixed(2)} s`;
  };

  // ---- the clip and the cursor in all timelines

  const cast = [...document.querySelectorAll(".cast a")];
  const show = (frame) => {
    current = Math.min(Math.max(frame, 0), last);
    root.style.setProperty("--t", (current + 0.5) / Math.max(data.frames, 1));
    if (scrub) {
      scrub.value = current;
      scrub.setAttribute("aria-valuetext", place(current));
      now.textContent = place(current);
    }
    for (const entry of cast) {
      const object = data.objects[entry.dataset.object];
      entry.classList.toggle("on", object !== undefined && object.states[current] === "k");
    }
  };
  // Frames of the overlay video are equally long.
  const frameLength = () => video.duration / data.video.frames;
  const frameAt = (seconds) =>
    Math.floor(seconds / frameLength() + 0.001) * data.video.stride;
  const seek = (frame) => {
    frame = Math.min(Math.max(frame, 0), last);
    show(frame);
    if (video && video.duration > 0)
      video.currentTime = (Math.floor(frame / data.video.stride) + 0.5) * frameLength();
  };

  if (video) {
    // A blob can be sought in browsers that do not seek in data URIs.
    const blobOf = (uri) => {
      const [head, body] = uri.split(",", 2);
      const bytes = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
      return URL.createObjectURL(new Blob([bytes], {type: head.slice(5).split(";")[0]}));
    };
    video.src = blobOf(video.src);
    const other = byId("other");
    if (other) {
      const views = {dense: [video.src, data.dense], keymasks: [blobOf(other.src), data.video]};
      data.video = data.dense;
      other.remove();
      byId("views").hidden = false;
      for (const button of document.querySelectorAll("#views button"))
        button.addEventListener("click", () => {
          const playing = !video.paused;
          for (const each of document.querySelectorAll("#views button"))
            each.setAttribute("aria-pressed", String(each === button));
          [video.src, data.video] = views[button.dataset.view];
          if (playing) video.addEventListener("loadedmetadata", () => video.play(), {once: true});
        });
    } else {
      data.video = data.video || data.dense;
    }
    video.controls = false;
    byId("transport").hidden = false;

    const follow = (time) => { if (!video.seeking && video.duration > 0) show(frameAt(time)); };
    if (video.requestVideoFrameCallback) {
      const next = (_, frame) => {
        if (!video.paused) follow(frame.mediaTime);
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    } else {
      const next = () => {
        if (video.paused) return;
        follow(video.currentTime);
        requestAnimationFrame(next);
      };
      video.addEventListener("play", () => requestAnimationFrame(next));
    }
    video.addEventListener("loadedmetadata", () => seek(current));
    const label = () => {
      player.classList.toggle("playing", !video.paused);
      byId("play").setAttribute("aria-label", video.paused ? "Play" : "Pause");
    };
    video.addEventListener("play", label);
    video.addEventListener("pause", label);
    const toggle = () => { if (video.paused) video.play(); else video.pause(); };
    const step = (by) => { video.pause(); seek(current + by); };
    byId("play").addEventListener("click", toggle);
    video.addEventListener("click", toggle);
    byId("back").addEventListener("click", () => step(-data.video.stride));
    byId("forward").addEventListener("click", () => step(data.video.stride));
    byId("speed").addEventListener("change", (e) => { video.playbackRate = Number(e.target.value); });
    scrub.addEventListener("input", () => { video.pause(); seek(Number(scrub.value)); });

    // Once used, the clip stays in a corner while one reads on.
    let used = false;
    let outside = false;
    const mini = () => player.classList.toggle("mini", used && outside);
    const stage = document.querySelector(".stage");
    const screen = document.querySelector(".screen");
    new IntersectionObserver(([entry]) => {
      if (!player.classList.contains("mini")) screen.style.minHeight = `${stage.offsetHeight}px`;
      outside = entry.intersectionRatio < 0.15;
      mini();
      if (!outside) screen.style.minHeight = "";
    }, {threshold: [0, 0.15, 0.3]}).observe(screen);
    video.addEventListener("play", () => { used = true; mini(); });
    document.addEventListener("s2d-seek", () => { used = true; mini(); });
    byId("mini-close").addEventListener("click", () => { used = false; video.pause(); mini(); });
  }

  // ---- what the pointer is on

  const tip = byId("tip");
  const names = {".": "not visible", v: "visible", r: "mask rejected", k: "keymask"};
  const objectName = (object) =>
    object < 0 ? "no object" : `object ${data.ids[object]}`;
  const say = (event, text) => {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const x = Math.min(Math.max(event.clientX - box.width / 2, 6), innerWidth - box.width - 6);
    const above = event.clientY - box.height - 14;
    tip.style.transform = `translate(${x}px, ${above > 4 ? above : event.clientY + 18}px)`;
  };

  const mark = document.createElement("div");
  mark.className = "mark";
  const masksOfFrame = new Map();
  data.masks.frame.forEach((frame, i) => {
    if (!masksOfFrame.has(frame)) masksOfFrame.set(frame, []);
    masksOfFrame.get(frame).push(i);
  });
  const heightOf = (coherence) => (30 + 1000 * (1 - coherence)) / 1060;
  let solo = -1;
  const shown = (i) => solo < 0 || data.masks.object[i] === solo;
  const nearestMask = (plot, x, y) => {
    const reach = Math.ceil(10 * data.frames / plot.clientWidth) + 1;
    const centre = Math.floor(x / plot.clientWidth * data.frames);
    let best = -1;
    let least = 196;
    for (let frame = centre - reach; frame <= centre + reach; ++frame)
      for (const i of masksOfFrame.get(frame) || []) {
        const coherence = data.masks.coherence[i];
        if (coherence === null || !shown(i)) continue;
        const dx = (frame + 0.5) / data.frames * plot.clientWidth - x;
        const dy = heightOf(coherence) * plot.clientHeight - y;
        if (dx * dx + dy * dy < least) {
          least = dx * dx + dy * dy;
          best = i;
        }
      }
    return best;
  };

  // The matrix is read back from its picture.
  const matrix = document.querySelector(".matrix");
  let bits = null;
  if (matrix) {
    const picture = matrix.querySelector("img");
    picture.decode().then(() => {
      const canvas = document.createElement("canvas");
      canvas.width = picture.naturalWidth;
      canvas.height = picture.naturalHeight;
      const context = canvas.getContext("2d", {willReadFrequently: true});
      context.drawImage(picture, 0, 0);
      bits = context.getImageData(0, 0, canvas.width, canvas.height);
    }).catch(() => {});
  }

  const describe = (plot, x, y, frame) => {
    if (plot.classList.contains("strip")) {
      const object = data.objects[plot.dataset.object];
      return `${place(frame)} · ${names[object.states[frame]]}`;
    }
    if (plot.classList.contains("scatter")) {
      const i = nearestMask(plot, x, y);
      mark.remove();
      if (i < 0) return place(frame);
      mark.style.left = `${(data.masks.frame[i] + 0.5) / data.frames * 100}%`;
      mark.style.top = `${heightOf(data.masks.coherence[i]) * 100}%`;
      plot.append(mark);
      return `${place(data.masks.frame[i])} · mask ${data.masks.id[i]} · ` +
        `${objectName(data.masks.object[i])} · coherence ${data.masks.coherence[i].toFixed(3)}`;
    }
    const row = Math.min(Math.floor(y / plot.clientHeight * data.rows.length), data.rows.length - 1);
    const [id, own, object] = data.rows[Math.max(row, 0)];
    let seen = "";
    if (bits) {
      const column = Math.min(Math.floor(x / plot.clientWidth * bits.width), bits.width - 1);
      seen = bits.data[4 * (row * bits.width + column) + 3] > 0 ? "visible in " : "not visible in ";
    }
    return `mask ${id} of frame ${own}, ${objectName(object)} · ${seen}${place(frame)}`;
  };

  for (const plot of document.querySelectorAll(".plot")) {
    let dragging = false;
    const at = (event) => {
      const box = plot.getBoundingClientRect();
      const x = Math.min(Math.max(event.clientX - box.left, 0), box.width - 0.01);
      const y = Math.min(Math.max(event.clientY - box.top, 0), box.height - 0.01);
      return [x, y, Math.min(Math.floor(x / box.width * data.frames), last)];
    };
    const jump = (event) => {
      const [x, y, frame] = at(event);
      const i = plot.classList.contains("scatter") ? nearestMask(plot, x, y) : -1;
      seek(i < 0 ? frame : data.masks.frame[i]);
      document.dispatchEvent(new Event("s2d-seek"));
    };
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      dragging = event.pointerType === "mouse";
      if (dragging) plot.setPointerCapture(event.pointerId);
      if (dragging) jump(event);
    });
    plot.addEventListener("click", (event) => { if (!dragging) jump(event); dragging = false; });
    plot.addEventListener("pointerup", () => { setTimeout(() => { dragging = false; }, 0); });
    plot.addEventListener("pointermove", (event) => {
      const [x, y, frame] = at(event);
      root.style.setProperty("--h", (frame + 0.5) / data.frames);
      say(event, describe(plot, x, y, frame));
      if (dragging) jump(event);
    });
    plot.addEventListener("pointerleave", () => {
      tip.hidden = true;
      mark.remove();
      root.style.setProperty("--h", -1);
    });
  }

  // ---- one object alone in the coherence chart

  for (const button of document.querySelectorAll(".name"))
    button.addEventListener("click", () => {
      const object = Number(button.dataset.object);
      solo = solo === object ? -1 : object;
      for (const other of document.querySelectorAll(".name"))
        other.setAttribute("aria-pressed", String(Number(other.dataset.object) === solo));
      for (const dots of document.querySelectorAll(".dots"))
        dots.style.display = solo < 0 || Number(dots.dataset.object) === solo ? "" : "none";
    });

  // ---- pictures that enlarge

  const viewer = byId("viewer");
  const thumbs = [...document.querySelectorAll(".thumb")];
  let open = 0;
  const enlarge = (i) => {
    open = i;
    const picture = thumbs[i].querySelector("img");
    const frame = Number(thumbs[i].dataset.frame);
    byId("viewer-image").src = picture.src;
    byId("viewer-image").alt = picture.alt;
    byId("viewer-title").textContent = thumbs[i].dataset.title;
    byId("viewer-text").textContent =
      [place(frame), thumbs[i].dataset.text].filter(Boolean).join(" · ");
    byId("viewer-back").disabled = i === 0;
    byId("viewer-next").disabled = i === thumbs.length - 1;
    if (!viewer.open) viewer.showModal();
  };
  thumbs.forEach((thumb, i) => thumb.addEventListener("click", () => enlarge(i)));
  byId("viewer-back").addEventListener("click", () => enlarge(open - 1));
  byId("viewer-next").addEventListener("click", () => enlarge(open + 1));
  byId("viewer-seek").hidden = !video;
  byId("viewer-seek").addEventListener("click", () => {
    viewer.close();
    if (video) video.pause();
    seek(Number(thumbs[open].dataset.frame));
    player.scrollIntoView({block: "center"});
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft" && open > 0) enlarge(open - 1);
    if (event.key === "ArrowRight" && open < thumbs.length - 1) enlarge(open + 1);
  });
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  viewer.addEventListener("close", () => thumbs[open] && thumbs[open].focus({preventScroll: true}));

  show(0);
})();
