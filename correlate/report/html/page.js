"use strict";
// Draws what needs a machine: plots, the packet table, ladder and proof of any packet. Reads only what the page carries;
// texts become text nodes, never markup. The static parts above work without this file.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const MS = 1e6;

  // ---- columns: base64 -> inflate -> seven-bit groups -> numbers (the other half of coding.py)
  const raw = new Map();
  const made = new Map();

  async function inflate(text) {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function varints(name) {
    const found = raw.get(name);
    if (!found) return new Float64Array(0);
    const [bytes, count] = found;
    const out = new Float64Array(count);
    let at = 0;
    for (let index = 0; index < count; index++) {
      let value = 0, scale = 1, byte;
      do { byte = bytes[at++]; value += (byte & 127) * scale; scale *= 128; } while (byte > 127);
      out[index] = value;
    }
    return out;
  }
  const unzigzag = (value) => (value % 2 ? -(value + 1) / 2 : value / 2);

  function kindOf(name) {
    if (/^(id|time|flow|c_packet|r_time\d+)$/.test(name)) return "ascending";
    if (/^n\d+$/.test(name)) return "steps";
    return /^((t|x|owd|lo|hi|r_left)\d+|d\d+_.*)$/.test(name) ? "known" : "plain";
  }
  function column(name) {
    if (made.has(name)) return made.get(name);
    const values = varints(name), kind = kindOf(name);
    if (kind === "ascending") {
      let sum = 0;
      for (let at = 0; at < values.length; at++) values[at] = sum += unzigzag(values[at]);
    } else if (kind === "known") {
      for (let at = 0; at < values.length; at++) values[at] = values[at] ? unzigzag(values[at] - 1) : NaN;
    } else if (kind === "steps") {
      let sum = 0;
      for (let at = 0; at < values.length; at++) values[at] = values[at] ? (sum += unzigzag(values[at] - 1)) : NaN;
    }
    made.set(name, values);
    return values;
  }

  // ---- what a packet is
  const places = data.vantages.length, hops = Math.max(0, places - 1);
  const ids = () => column("id"), times = () => column("time");
  const wayOf = (at) => column("way")[at] - 1;
  const fateOf = (at, hop) => column("fate" + hop)[at] - 1;
  const owd = (hop) => column("owd" + hop);
  const seen = (at, place) => !Number.isNaN(column("t" + place)[at]);
  const frameOf = (at, place) => column("n" + place)[at];
  const DELIVERED = data.fates.indexOf("delivered"), ORIGINATED = data.fates.indexOf("originated");
  const BAD = ["lost", "absorbed"];

  function fileOf(at, place) {
    const names = data.files[place];
    if (names.length < 2) return "";
    return names[column("x" + place)[at]] || "";
  }
  function field(at, place, name) {
    const difference = column("d" + place + "_" + name)[at];
    return Number.isNaN(difference) ? null : column("f_" + name)[at] + difference;
  }
  const protocol = (at) => (data.flows[column("flow")[at]] || [""])[0];
  const address = (at, place) => (data.flows[column("flow")[at]] || [])[place + 1] || "";
  function flowText(at) {
    const flow = column("flow")[at], told = data.flows[flow] || [];
    return told.slice(1).find((text) => text) || "flow " + data.flow_ids[flow];
  }
  function label(at) {
    const proto = column("proto")[at], kind = column("kind")[at], payload = column("f_payload_len")[at];
    const name = protocol(at).toUpperCase();
    if (!(kind & 1)) return name + " " + payload;
    if (proto === 6) {
      const flags = column("f_tcp_flags")[at], names = [];
      if (flags & 2) names.push("SYN");
      if (flags & 1) names.push("FIN");
      if (flags & 4) names.push("RST");
      if (names.length) {
        if (flags & 16 && !(flags & 4)) names.push("ACK");
        return names.join("-") + (payload ? " " + payload + " B" : "");
      }
      return payload ? payload + " B" : "ACK .." + String(column("f_ack")[at] % 1000).padStart(3, "0");
    }
    if (proto === 1 || proto === 58) {
      const type = column("f_icmp_type")[at];
      return { "1:8": "echo request", "1:0": "echo reply", "58:128": "echo request", "58:129": "echo reply" }[proto + ":" + type] || "ICMP " + type;
    }
    return name + " " + payload;
  }
  let changedAt = null;
  function changesOf(at) {
    if (!changedAt) {
      changedAt = new Map();
      column("c_packet").forEach((packet, index) => {
        if (!changedAt.has(packet)) changedAt.set(packet, []);
        changedAt.get(packet).push({ hop: column("c_hop")[index], field: data.changed[column("c_field")[index]],
          before: data.texts[column("c_before")[index]], after: data.texts[column("c_after")[index]] });
      });
    }
    return changedAt.get(at) || [];
  }
  function outcome(at) {
    const words = [];
    let tone = "";
    for (let hop = 0; hop < hops; hop++) {
      const fate = fateOf(at, hop);
      if (fate >= 0 && fate !== DELIVERED) {
        const code = data.fates[fate];
        words.push(code.replace("_", " ") + " " + hopName(at, hop));
        tone = BAD.includes(code) ? "bad" : tone || "open";
      }
    }
    const changed = [...new Set(changesOf(at).map((one) => one.hop))];
    for (const hop of changed) { words.push("changed " + hopName(at, hop)); tone = "bad"; }
    return { text: words.join(", ") || (hops ? "delivered" : "seen"), tone };
  }
  function hopName(at, hop) {
    const pair = [data.vantages[hop], data.vantages[hop + 1]];
    return (wayOf(at) < 0 ? pair.reverse() : pair).join(" \u2192 ");
  }
  function duration(ns) {
    const size = Math.abs(ns);
    const [unit, scale] = size >= 1e9 ? ["s", 1e9] : size >= 1e4 || size === 0 ? ["ms", MS] : size >= 1e3 ? ["us", 1e3] : ["ns", 1];
    return Number((ns / scale).toPrecision(3)).toString() + " " + unit;
  }
  function spread(at, hop) {
    const value = owd(hop)[at];
    if (Number.isNaN(value)) return "";
    const lo = column("lo" + hop)[at], hi = column("hi" + hop)[at];
    const low = Number.isNaN(lo) ? "\u2212\u221e" : duration(value + lo), high = Number.isNaN(hi) ? "\u221e" : duration(value + hi);
    return duration(value) + " (" + low + " to " + high + ")";
  }

  // ---- small builders: texts are text nodes
  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) if (value !== null) node.setAttribute(name, value);
    node.append(...children.filter((child) => child !== null));
    return node;
  }
  function draw(tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  // ---- state: one filter and one stretch of time for plots and table
  const state = { from: -Infinity, to: Infinity, tests: [], shown: null, mask: null, open: -1 };

  const anyHop = (test) => (at) => { for (let hop = 0; hop < hops; hop++) if (test(at, hop)) return true; return false; };
  function compile(text) {
    return text.trim().split(/\s+/).filter(Boolean).map((word) => {
      const found = /^(packet|flow|frame|delay|len|hop)(=|<|>)(.+)$/.exec(word);
      if (!found) return words(word.toLowerCase());
      const [, key, operator, wanted] = found;
      const compare = { "=": (a) => a === Number(wanted), "<": (a) => a < Number(wanted), ">": (a) => a > Number(wanted) }[operator];
      if (key === "packet") return (at) => compare(ids()[at]);
      if (key === "flow") return (at) => compare(data.flow_ids[column("flow")[at]]);
      if (key === "len") return (at) => compare(column("f_ip_len")[at]);
      if (key === "frame") return (at) => range(places).some((place) => compare(frameOf(at, place)));
      if (key === "delay") return anyHop((at, hop) => compare(owd(hop)[at] / MS));
      const hop = range(hops).find((one) => data.vantages[one] + ">" + data.vantages[one + 1] === word.slice(4));
      return (at) => hop !== undefined && fateOf(at, hop) >= 0;
    });
  }
  const range = (count) => Array.from({ length: count }, (_unused, index) => index);
  function words(word) {
    if (word === "forward") return (at) => wayOf(at) > 0;
    if (word === "reverse") return (at) => wayOf(at) < 0;
    if (word === "changed") return (at) => changesOf(at).length > 0;
    const fate = data.fates.indexOf(word.replace(/[ -]/g, "_"));
    if (fate >= 0 && fate !== DELIVERED) return anyHop((at, hop) => fateOf(at, hop) === fate);
    if (fate === DELIVERED) { const isOdd = anyHop((at, hop) => fateOf(at, hop) !== DELIVERED && fateOf(at, hop) >= 0); return (at) => !isOdd(at); }
    const flows = new Set(data.flows.map((told, index) => (told.some((text) => text.toLowerCase().includes(word)) ? index : -1)));
    return (at) => flows.has(column("flow")[at]) || label(at).toLowerCase().includes(word);
  }
  function refilter() {
    const all = times(), count = all.length, mask = new Uint8Array(count), shown = [];
    for (let at = 0; at < count; at++) {
      if (all[at] < state.from || all[at] > state.to) continue;
      if (!state.tests.length || state.tests.every((test) => test(at))) { mask[at] = 1; shown.push(at); }
    }
    state.mask = mask;
    state.shown = shown;
    const part = shown.length === count ? "" : " of " + count.toLocaleString("en");
    byId("count").textContent = shown.length.toLocaleString("en") + part + " packets" +
      (state.from > -Infinity ? ", " + duration(state.to - state.from) + " chosen" : "");
    byId("clear").hidden = shown.length === count && state.from === -Infinity;
    list.fill();
    redraw();
  }
  let waiting = 0;
  function redraw(isDragged = false) {
    const isAsked = waiting > 0;
    waiting = Math.max(waiting, isDragged ? 1 : 2);
    if (!isAsked) requestAnimationFrame(() => { const isLight = waiting === 1; waiting = 0; for (const plot of plots) plot.paint(isLight); });
  }

  // ---- plots: one time axis, points straight into pixels
  const plots = [];
  let span = [0, 1];
  const GAP = 88, END = 26;
  let palette = {};
  function readPalette() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ink", "quiet", "line", "bad", "good", "open", "forward", "reverse", "card", "choice"]) palette[name] = style.getPropertyValue("--" + name).trim();
    const parts = (name) => [1, 3, 5].map((at) => parseInt(palette[name].slice(at, at + 2), 16));
    const word = ([red, green, blue]) => (0xff000000 | blue << 16 | green << 8 | red) >>> 0;
    palette.full = {}; palette.dim = {};
    for (const name of ["forward", "reverse"]) {
      palette.full[name] = word(parts(name));
      palette.dim[name] = word(parts(name).map((value, at) => Math.round(0.22 * value + 0.78 * parts("card")[at])));
    }
  }
  class Plot {
    constructor(title, keys, height, painter, help) {
      this.painter = painter;
      this.height = height;
      this.canvas = make("canvas", { tabindex: "0", role: "img", "aria-label": title + ". " + help });
      const heading = make("h3", {}, title, ...keys.map(([name, text]) => make("span", { class: "key " + name }, text)));
      this.note = make("span", { class: "key quiet" });
      heading.append(this.note);
      byId("plots-body").append(make("div", { class: "plot" }, heading, this.canvas));
      this.listen();
      plots.push(this);
    }
    listen() {
      let start = null;
      const timeAt = (event) => {
        const box = this.canvas.getBoundingClientRect();
        const share = (event.clientX - box.left - GAP) / (box.width - GAP - END);
        return span[0] + Math.min(1, Math.max(0, share)) * (span[1] - span[0]);
      };
      this.canvas.addEventListener("pointerdown", (event) => { start = timeAt(event); this.canvas.setPointerCapture(event.pointerId); });
      this.canvas.addEventListener("pointermove", (event) => { if (start !== null) choose(start, timeAt(event), false); });
      this.canvas.addEventListener("pointerup", (event) => {
        if (start === null) return;
        const end = timeAt(event), box = this.canvas.getBoundingClientRect();
        const pixels = Math.abs(end - start) / (span[1] - span[0]) * box.width;
        if (pixels < 3) choose(-Infinity, Infinity, true); else choose(start, end, true);
        start = null;
      });
      this.canvas.addEventListener("keydown", (event) => {
        const whole = span[1] - span[0], has = state.from > -Infinity;
        const from = has ? state.from : span[0], to = has ? state.to : span[1], width = to - from;
        const step = { ArrowLeft: [-0.1, -0.1], ArrowRight: [0.1, 0.1], ArrowUp: [0.125, -0.125], ArrowDown: [-0.25, 0.25] }[event.key];
        if (event.key === "Escape") choose(-Infinity, Infinity, true);
        else if (step) choose(Math.max(span[0], from + step[0] * width), Math.min(span[1], to + step[1] * width) || whole, true);
        else return;
        event.preventDefault();
      });
    }
    paint(isDragged) {
      const box = this.canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
      const width = Math.max(200, Math.round(box.width * ratio)), height = Math.round(this.height * ratio);
      if (this.canvas.width !== width || this.canvas.height !== height) {
        this.canvas.width = width; this.canvas.height = height;
        this.canvas.style.height = this.height + "px";
      }
      const context = this.canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, width, height);
      const area = { left: GAP * ratio, right: width - END * ratio, top: 8 * ratio, bottom: height - 20 * ratio, ratio };
      const x = (time) => area.left + (time - span[0]) / (span[1] - span[0]) * (area.right - area.left);
      const from = x(Math.max(span[0], state.from)), wide = Math.max(1, x(Math.min(span[1], state.to)) - from), has = state.from > -Infinity;
      if (isDragged && this.picture && this.picture.width === width) {
        // While the mouse is held only the stretch is drawn over the last picture; points follow when it is let go.
        context.drawImage(this.picture, 0, 0);
        context.fillStyle = palette.forward; context.globalAlpha = 0.18;
        context.fillRect(from, area.top, wide, area.bottom - area.top);
        context.globalAlpha = 1;
        return;
      }
      if (has) { context.fillStyle = palette.choice; context.fillRect(from, area.top, wide, area.bottom - area.top); }
      this.painter(this, context, area, x);
      axis(context, area, x);
      this.picture = this.picture || document.createElement("canvas");
      this.picture.width = width; this.picture.height = height;
      this.picture.getContext("2d").drawImage(this.canvas, 0, 0);
    }
  }
  function axis(context, area, x) {
    const ticks = steps(span[0] / 1e9, span[1] / 1e9, 6);
    context.fillStyle = palette.quiet;
    context.font = 11 * area.ratio + "px ui-monospace, Consolas, monospace";
    context.textAlign = "center";
    for (const tick of ticks) context.fillText(tidy(tick) + " s", x(tick * 1e9), area.bottom + 14 * area.ratio);
    context.strokeStyle = palette.line;
    context.strokeRect(area.left, area.top, area.right - area.left, area.bottom - area.top);
  }
  const tidy = (value) => Number(value.toPrecision(6)).toString();
  function steps(low, high, count) {
    const rough = (high - low) / count || 1, power = 10 ** Math.floor(Math.log10(rough));
    const size = [1, 2, 5, 10].find((one) => one * power >= rough) * power;
    const out = [];
    for (let tick = Math.ceil(low / size) * size; tick <= high + size * 1e-9 && out.length < 20; tick += size) out.push(tick);
    return out;
  }
  function scaleY(context, area, low, high, text) {
    const y = (value) => area.bottom - (value - low) / (high - low || 1) * (area.bottom - area.top);
    context.fillStyle = palette.quiet;
    context.font = 11 * area.ratio + "px ui-monospace, Consolas, monospace";
    context.textAlign = "right";
    for (const tick of steps(low, high, 3)) {
      context.fillText(text(tick), area.left - 5 * area.ratio, y(tick) + 4 * area.ratio);
      context.fillStyle = palette.line; context.fillRect(area.left, y(tick), area.right - area.left, 1); context.fillStyle = palette.quiet;
    }
    return y;
  }
  function points(plot, context, area, xs, ys, x, y, isReverse, isIn) {
    // 100,000 fillRect calls take 60 ms; writing pixels takes 3. Where each point lies is worked out once per size.
    const left = Math.floor(area.left), top = Math.floor(area.top), width = Math.ceil(area.right) - left, height = Math.ceil(area.bottom) - top;
    const size = Math.max(2, Math.round((xs.length < 2000 ? 4 : xs.length < 20000 ? 3 : 1.5) * area.ratio)), key = width + "x" + height;
    if (plot.key !== key) {
      plot.key = key;
      plot.at = new Int32Array(xs.length);
      for (let at = 0; at < xs.length; at++) {
        const px = Math.min(Math.max(Math.round(x(xs[at])) - left, 0), width - size);
        const py = Math.min(Math.max(Math.round(y(ys[at])) - top, 0), height - size);
        plot.at[at] = Number.isNaN(ys[at]) ? -1 : py * width + px;
      }
    }
    const image = context.getImageData(left, top, width, height), pixels = new Uint32Array(image.data.buffer), middle = size >> 1;
    const shades = [[palette.dim.forward, palette.dim.reverse], [palette.full.forward, palette.full.reverse]];
    for (let pass = 0; pass < 2; pass++) {
      for (let at = 0; at < xs.length; at++) {
        const first = plot.at[at];
        if (first < 0 || isIn(at) !== pass) continue;
        const back = isReverse(at), shade = shades[pass][back], isPlus = back && size > 3;
        for (let dy = 0; dy < size; dy++) {
          const line = first + dy * width;
          for (let dx = 0; dx < size; dx++) if (!isPlus || dy === middle || dx === middle) pixels[line + dx] = shade;
        }
      }
    }
    context.putImageData(image, left, top);
  }
  function extremes(values) {
    const known = Array.from(values).filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
    if (!known.length) return null;
    const high = known[Math.min(known.length - 1, Math.floor(known.length * 0.999))], low = known[Math.floor(known.length * 0.001)];
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [Math.min(0, low - room), high + room, known.filter((value) => value > high + room || value < low - room).length];
  }
  function delayPlots() {
    for (let hop = 0; hop < hops; hop++) {
      const values = owd(hop), bounds = extremes(values), title = "Delay " + data.vantages[hop] + " \u2013 " + data.vantages[hop + 1];
      if (!bounds) continue;
      const ways = column("way");
      const plot = new Plot(title, [["forward", "\u25b6 forward"], ["reverse", "\u25c0 reverse (+)"]], 150, (self, context, area, x) => {
        const y = scaleY(context, area, bounds[0], bounds[1], duration);
        points(self, context, area, times(), values, x, y, (at) => (ways[at] === 0 ? 1 : 0), (at) => state.mask[at]);
      }, "Drag to choose a stretch of time; arrow keys move and narrow it, Escape clears it.");
      plot.note.textContent = bounds[2] ? bounds[2] + " beyond the scale, drawn at its edge" : "";
    }
  }
  function lossPlot() {
    const rows = [["lost", "bad", "\u2717 lost"], ["absorbed", "bad", "\u2717 ended"], ["ambiguous", "open", "? unsure"], ["not_captured", "quiet", "\u00b7 not captured"]];
    const hits = rows.map(([code]) => {
      const fate = data.fates.indexOf(code), found = [];
      for (let hop = 0; hop < hops; hop++) { const column_ = column("fate" + hop); for (let at = 0; at < column_.length; at++) if (column_[at] - 1 === fate) found.push(at); }
      return found;
    });
    if (!hops) return;
    new Plot("Packets that did not arrive", rows.map(([, tone, text], index) => [tone, text + " " + hits[index].length.toLocaleString("en")]), 96, (_self, context, area, x) => {
      const lane = (area.bottom - area.top) / rows.length, all = times();
      rows.forEach(([, tone, text], index) => {
        const top = area.top + lane * index;
        context.fillStyle = palette.quiet; context.textAlign = "right";
        context.font = 10 * area.ratio + "px ui-monospace, Consolas, monospace";
        context.fillText(text.slice(2, 14), area.left - 5 * area.ratio, top + lane * 0.7);
        for (const pass of [0, 1]) {
          context.fillStyle = palette[tone]; context.globalAlpha = pass ? 1 : 0.2;
          let previous = -1;
          for (const at of hits[index]) {
            if (state.mask[at] !== pass) continue;
            const px = Math.round(x(all[at]));
            if (px !== previous) context.fillRect(px, top + 2, Math.max(1, area.ratio), lane - 4);
            previous = px;
          }
        }
        context.globalAlpha = 1;
      });
    }, "One tick per packet.");
  }
  function ratePlot() {
    const rates = range(places).map((place) => column("rate" + place)), highest = Math.max(1, ...rates.map((one) => one.reduce((a, b) => Math.max(a, b), 0)));
    const perSecond = 1e9 / data.bin_ns, dashes = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
    new Plot("Packets per second at each vantage", data.vantages.map((name, place) => ["", ["\u2501", "\u254c", "\u2508", "\u2504"][place % 4] + " " + name]), 110, (_self, context, area, x) => {
      const y = scaleY(context, area, 0, highest * perSecond * 1.05, (value) => tidy(value));
      rates.forEach((counts, place) => {
        context.strokeStyle = place % 2 ? palette.reverse : palette.forward; context.lineWidth = 1.2 * area.ratio;
        context.setLineDash(dashes[place % 4].map((size) => size * area.ratio));
        context.beginPath();
        counts.forEach((value, bin) => { const px = x(data.rate_start_ns + (bin + 0.5) * data.bin_ns); if (px > area.right) return; context[bin ? "lineTo" : "moveTo"](px, y(value * perSecond)); });
        context.stroke();
      });
      context.setLineDash([]); context.lineWidth = 1;
    }, "All packets, not only those of this page.");
  }
  function clockPlots() {
    for (let hop = 0; hop < hops; hop++) {
      const at = column("r_time" + hop), left = column("r_left" + hop), way = column("r_way" + hop);
      const bounds = extremes(left);
      if (!bounds || at.length < 2) continue;
      const low = Math.min(bounds[0], 0), high = Math.max(bounds[1], 0);
      const plot = new Plot("Clock of " + data.vantages[hop + 1] + " against " + data.vantages[hop], [["forward", "\u25b6 bounds from forward packets"], ["reverse", "\u25c0 from reverse packets (+)"]], 110, (self, context, area, x) => {
        const y = scaleY(context, area, low, high, duration);
        context.fillStyle = palette.ink; context.fillRect(area.left, y(0), area.right - area.left, 1);
        points(self, context, area, at, left, x, y, (index) => (way[index] ? 0 : 1), (index) => (at[index] >= state.from && at[index] <= state.to ? 1 : 0));
      }, "The clock's estimate is the line at 0; it may lie anywhere between the two clouds.");
      plot.note.textContent = "estimate = line at 0; the truth lies between the clouds";
    }
  }
  function choose(from, to, isDone) {
    state.from = Math.min(from, to); state.to = Math.max(from, to);
    if (isDone || data.shown <= 5000) refilter(); else { byId("count").textContent = duration(state.to - state.from) + " chosen"; redraw(true); }
  }

  // ---- the packet table: only rows in sight exist
  const ROW = 26, SPARE = 12;
  const list = {
    box: byId("packet-list"), body: byId("packet-rows"), first: -1, cursor: 0,
    fill() {
      this.first = -1;
      this.box.style.height = Math.min(420, (state.shown.length + 1) * ROW + 24) + "px";
      this.cursor = Math.min(this.cursor, Math.max(0, state.shown.length - 1));
      this.show();
    },
    show() {
      const total = state.shown.length, room = Math.ceil(this.box.clientHeight / ROW) + 2 * SPARE;
      const first = Math.max(0, Math.min(total - room, Math.floor(this.box.scrollTop / ROW) - SPARE)), last = Math.min(total, first + room);
      if (first === this.first) return;
      this.first = first;
      const rows = [this.gap(first)];
      for (let index = first; index < last; index++) rows.push(this.row(index));
      rows.push(this.gap(total - last));
      const hadFocus = this.body.contains(document.activeElement);
      this.body.replaceChildren(...rows);
      if (hadFocus) this.focus();
      byId("packet-table").setAttribute("aria-rowcount", String(total + 1));
    },
    gap(rows) {
      const cell = make("td", { colspan: "6" });
      cell.style.height = rows * ROW + "px";
      return make("tr", { class: "gap", "aria-hidden": "true" }, cell);
    },
    row(index) {
      const at = state.shown[index], told = outcome(at);
      const frames = range(places).filter((place) => seen(at, place)).map((place) => data.vantages[place] + "#" + frameOf(at, place));
      const cells = [String(ids()[at]), (times()[at] / MS).toFixed(3), { "1": "\u25b6 forward", "-1": "\u25c0 reverse" }[wayOf(at)] || "?", label(at), flowText(at)];
      const row = make("tr", { "data-row": String(index), "aria-rowindex": String(index + 2), tabindex: index === this.cursor ? "0" : "-1", "aria-selected": String(at === state.open), title: frames.join("  ") },
        ...cells.map((text) => make("td", {}, text)), make("td", { class: told.tone || null }, told.text));
      return row;
    },
    move(index) {
      this.cursor = Math.max(0, Math.min(state.shown.length - 1, index));
      const top = this.cursor * ROW, height = this.box.clientHeight - 40;
      if (top < this.box.scrollTop || top > this.box.scrollTop + height - ROW) this.box.scrollTop = Math.max(0, top - height / 2);
      this.first = -1;
      this.show();
      this.focus();
    },
    focus() {
      const row = this.body.querySelector('[data-row="' + this.cursor + '"]');
      if (row) row.focus({ preventScroll: true });
    },
  };
  list.box.addEventListener("scroll", () => list.show());
  list.body.addEventListener("click", (event) => { const row = event.target.closest("tr[data-row]"); if (row) { list.cursor = Number(row.dataset.row); go(state.shown[list.cursor]); } });
  list.body.addEventListener("keydown", (event) => {
    const page = Math.floor(list.box.clientHeight / ROW) - 2;
    const to = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    if (to !== undefined) list.move(to === -Infinity ? 0 : to === Infinity ? state.shown.length - 1 : list.cursor + to);
    else if (event.key === "Enter" || event.key === " ") go(state.shown[list.cursor]);
    else return;
    event.preventDefault();
  });

  // ---- one packet: its ladder with its neighbours, and its proof
  function go(at) {
    const target = "#packet=" + ids()[at];
    if (location.hash === target) open(at); else location.hash = target;
  }
  function open(at) {
    state.open = at;
    list.first = -1;
    list.show();
    const panel = byId("detail");
    const heading = make("h3", { tabindex: "-1", id: "detail-title" }, "Packet " + ids()[at] + ": " + label(at) + ", " + outcome(at).text);
    const number = data.columns.some(([name]) => name === "number") ? column("number")[at] : ids()[at];
    const wireshark = make("p", { class: "quiet" }, "In Wireshark: ", make("code", {}, "frame.packet_id == " + number), " in merged.pcapng. Every field: ", make("code", {}, "correlate explain " + number));
    panel.replaceChildren(heading, make("p", { class: "quiet" }, flowText(at) + " " + protocol(at)),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Ladder of this packet" }, ladder(at)), ...fatesTable(at),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Fields of this packet at every vantage" }, proof(at)),
      number ? wireshark : make("p", { class: "quiet" }, "Another part of the captures tells of this packet."));
  }
  function neighbours(at) {
    const flow = column("flow"), found = [at];
    for (let step = 1; found.length < 7 && (at - step >= 0 || at + step < flow.length) && step < 20000; step++) {
      if (at - step >= 0 && flow[at - step] === flow[at] && found.filter((one) => one < at).length < 3) found.unshift(at - step);
      if (at + step < flow.length && flow[at + step] === flow[at] && found.filter((one) => one > at).length < 3) found.push(at + step);
    }
    return found;
  }
  function ladder(at) {
    const rows = neighbours(at), LEFT = 120, PITCH = 190, width = LEFT + PITCH * hops + 120;
    const timeAt = (one, place) => times()[one] + column("t" + place)[one];
    let slowest = 1;
    for (const one of rows) { const all = range(places).filter((place) => seen(one, place)).map((place) => timeAt(one, place)); slowest = Math.max(slowest, Math.max(...all) - Math.min(...all)); }
    const scale = 30 / slowest, parts = [];
    let y = 44, lowest = 0;
    for (const one of rows) {
      const group = draw("g", {});
      const isIt = one === at, back = wayOf(one) < 0;
      group.append(draw("text", { x: LEFT - 26, y: y + 4, "text-anchor": "end", class: isIt ? "name" : "quiet" }, ((times()[one] - times()[at]) / MS).toFixed(3) + " ms"));
      const order = back ? range(hops).reverse() : range(hops);
      let told = label(one);
      for (const hop of order) {
        const fate = fateOf(one, hop), from = back ? hop + 1 : hop, to = back ? hop : hop + 1;
        if (fate < 0 || (fate === ORIGINATED && !seen(one, from))) continue;
        const deep = (place) => y + Math.max(0, timeAt(one, place) - times()[one]) * scale;
        for (const place of [from, to]) if (seen(one, place)) lowest = Math.max(lowest, deep(place));
        const y1 = seen(one, from) ? deep(from) : y, y2 = seen(one, to) ? deep(to) : y1;
        const isEnd = ["lost", "absorbed", "ambiguous"].includes(data.fates[fate]) && !seen(one, to);
        const x1 = LEFT + PITCH * from, x2 = x1 + (LEFT + PITCH * to - x1) * (isEnd ? 0.6 : 1), way = x2 > x1 ? 1 : -1;
        const isChanged = changesOf(one).some((change) => change.hop === hop);
        const tone = isChanged ? "changed" : isEnd ? (data.fates[fate] === "ambiguous" ? "open" : "bad") : data.fates[fate] === "not_captured" ? "unseen" : "good";
        const piece = draw("g", { class: "hop " + tone }, draw("line", { x1, y1, x2: isEnd ? x2 : x2 - way * 8, y2 }));
        if (isEnd) piece.append(draw("text", { x: x2 + way * 6, y: y2 + 4, class: "end", "text-anchor": way > 0 ? "start" : "end" }, "\u2717 " + data.fates[fate]));
        else piece.append(draw("polygon", { points: [[x2, y2], [x2 - way * 10, y2 - 5], [x2 - way * 10, y2 + 5]].map((pair) => pair.join(",")).join(" ") }));
        if (told || isChanged) piece.append(draw("text", { x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 6, "text-anchor": "middle", class: isIt ? "name" : "" }, told + (isChanged ? " changed" : "")));
        told = "";
        group.append(piece);
        if (isEnd) break;
      }
      if (told) { const place = range(places).find((one_) => seen(one, one_)) || 0; group.append(draw("circle", { cx: LEFT + PITCH * place, cy: y, r: 4, class: "dot" }), draw("text", { x: LEFT + PITCH * place + 8, y: y - 6 }, told)); }
      parts.push(group);
      y = Math.max(y + 40, lowest + 30);
    }
    const axes = data.vantages.map((name, place) => draw("g", {}, draw("text", { x: LEFT + PITCH * place, y: 18, "text-anchor": "middle", class: "name" }, name.slice(0, 24)), draw("line", { x1: LEFT + PITCH * place, y1: 26, x2: LEFT + PITCH * place, y2: y, class: "axis" })));
    return draw("svg", { width, height: y + 6, viewBox: "0 0 " + width + " " + (y + 6), role: "img", "aria-label": "Ladder of packet " + ids()[at] + " and its neighbours in the flow" }, ...axes, ...parts);
  }
  function fatesTable(at) {
    const rows = range(hops).filter((hop) => fateOf(at, hop) >= 0).map((hop) => make("tr", {}, make("th", { scope: "row" }, hopName(at, hop)), make("td", {}, data.fates[fateOf(at, hop)].replace("_", " ")),
      make("td", {}, data.grades[column("grade" + hop)[at]]), make("td", {}, data.reasons[column("why" + hop)[at]]), make("td", {}, spread(at, hop))));
    if (!rows.length) return [];
    const head = make("tr", {}, ...["hop", "fate", "grade", "because", "one-way delay"].map((text) => make("th", { scope: "col" }, text)));
    return [make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Fate of this packet on every hop" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)))];
  }
  const HEX = { ip_id: 4, tcp_flags: 4, l4_csum: 4, tos: 2 };
  const CHECKS = ["not checked", "good", "bad", "offload", "none"];
  function proof(at) {
    const proto = column("proto")[at], isTcp = proto === 6, kind = column("kind")[at], isV6 = (kind & 4) > 0;
    const here = range(places).filter((place) => seen(at, place));
    if (wayOf(at) < 0) here.reverse();
    const head = make("tr", {}, make("th", { scope: "col" }, "field"), ...here.map((place) => make("th", { scope: "col" }, data.vantages[place])));
    const rows = [], odd = new Set(changesOf(at).map((change) => change.field));
    const add = (name, texts) => {
      const isChanged = new Set(texts).size > 1 && !["frame", "time"].includes(name), isOdd = odd.has(name);
      rows.push(make("tr", { class: isOdd ? "changed" : null }, make("th", { scope: "row" }, name + (isChanged ? " \u2260" : "")), ...texts.map((text) => make("td", {}, text))));
    };
    add("frame", here.map((place) => (fileOf(at, place) ? fileOf(at, place) + " " : "") + "#" + frameOf(at, place)));
    add("time", here.map((place) => ((times()[at] + column("t" + place)[at]) / MS).toFixed(6) + " ms"));
    add("addresses", here.map((place) => address(at, place)));
    for (const [column_, title] of Object.entries(data.fields)) {
      if (!title) continue;
      if (title.startsWith("tcp.") && !isTcp && !["payload_len", "l4_csum"].includes(column_)) continue;
      if (column_ === "icmp_type" && proto !== 1 && proto !== 58) continue;
      if (column_ === "ip_id" && !(kind & 2)) continue;
      if (title.startsWith("tcp.") && !(kind & 1)) continue;
      let name = title;
      if (!isTcp && title.startsWith("tcp.")) name = (proto === 17 ? "udp" : proto === 1 ? "icmp" : proto === 58 ? "icmpv6" : "data") + title.slice(3);
      if (name === "udp.len" || name === "data.len") name = "payload length";
      if (isV6) name = { "ip.ttl": "ipv6.hlim", "ip.dsfield": "ipv6.tclass", "ip.len": "IP length" }[name] || name;
      add(name, here.map((place) => {
        const value = field(at, place, column_);
        const text = HEX[column_] ? "0x" + value.toString(16).padStart(HEX[column_], "0") : String(value);
        return column_ === "l4_csum" ? text + " " + CHECKS[field(at, place, "l4_csum_state")] : text;
      }));
    }
    const carried = new Set(rows.map((row) => row.firstChild.textContent.replace(" \u2260", "")));
    for (const change of changesOf(at)) {
      if (carried.has(change.field)) continue;
      const upstream = wayOf(at) < 0 ? change.hop + 1 : change.hop, downstream = wayOf(at) < 0 ? change.hop : change.hop + 1;
      add(change.field, here.map((place) => (place === upstream ? change.before : place === downstream ? change.after : "")));
    }
    return make("table", { class: "proof" }, make("thead", {}, head), make("tbody", {}, ...rows));
  }
  function follow() {
    const found = /^#packet=(\d+)$/.exec(location.hash);
    if (!found) return;
    const wanted = Number(found[1]), all = ids();
    let low = 0, high = all.length - 1;
    while (low < high) { const middle = (low + high) >> 1; if (all[middle] < wanted) low = middle + 1; else high = middle; }
    const panel = byId("detail");
    if (all[low] !== wanted) panel.replaceChildren(make("p", {}, "Packet " + wanted + " is not among those that this page carries. Try: ", make("code", {}, "correlate explain " + wanted)));
    else {
      if (!state.mask[low]) { state.from = -Infinity; state.to = Infinity; state.tests = []; byId("filter").value = ""; refilter(); }
      const index = state.shown.indexOf(low);
      list.cursor = index;
      if (index * ROW < list.box.scrollTop || index * ROW > list.box.scrollTop + list.box.clientHeight - 80) list.box.scrollTop = Math.max(0, index * ROW - 150);
      open(low);
    }
    panel.scrollIntoView({ block: "nearest" });
  }

  // ---- begin once the static parts are on the screen
  async function begin() {
    const bytes = await inflate(byId("columns").textContent);
    let at = 0;
    for (const [name, count, size] of data.columns) { raw.set(name, [bytes.subarray(at, at + size), count]); at += size; }
    byId("plots").hidden = false;
    byId("packets").hidden = false;
    readPalette();
    const all = times();
    span = [Math.min(0, data.rate_start_ns), Math.max(1, all.length ? all[all.length - 1] : 1, data.rate_start_ns + data.bin_ns)];
    for (let place = 0; place < places; place++) for (const value of column("t" + place)) if (value > 1e9) span[1] = Math.max(span[1], value);
    delayPlots(); lossPlot(); ratePlot(); clockPlots();
    refilter();
    let timer = 0;
    byId("filter").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => { state.tests = compile(byId("filter").value); list.box.scrollTop = 0; refilter(); }, data.shown > 20000 ? 150 : 30); });
    byId("clear").addEventListener("click", () => { state.tests = []; byId("filter").value = ""; choose(-Infinity, Infinity, true); });
    window.addEventListener("resize", () => redraw());
    window.addEventListener("hashchange", follow);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readPalette(); redraw(); });
    follow();
    document.documentElement.dataset.ready = "yes";
    // The columns that only an opened packet needs are read while nobody waits.
    const rest = data.columns.map(([name]) => name), later = window.requestIdleCallback || ((work) => setTimeout(() => work({ timeRemaining: () => 8 }), 50));
    const read = (idle) => { while (rest.length && idle.timeRemaining() > 4) column(rest.pop()); if (rest.length) later(read); };
    later(read);
  }
  requestAnimationFrame(() => setTimeout(begin, 0));
})();
