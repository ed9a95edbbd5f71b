// An arrangement as SVG: lines, bars beside each other, bars upon each other.

const SVG = "http://www.w3.org/2000/svg";
const LETTER = 12;
const ROOM = { top: 12, right: 18, bottom: 26, gap: 8 };
const HEIGHT = 280;
const MOST_DOTS = 60;

function svgElement(name, attributes = {}, text = null) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return element;
}

/** How wide texts are in the page's own letters. */
function newRuler() {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `${LETTER}px ${getComputedStyle(document.body).fontFamily}`;
  return (text) => context.measureText(text).width;
}

/** Long names often differ at their ends, so the middle goes. */
function cutTo(text, room, ruler) {
  const letters = [...text.slice(0, 80), ...text.slice(80).slice(-40)];
  if (letters.length === text.length && ruler(text) <= room) return text;
  for (let kept = Math.min(letters.length - 1, Math.ceil((letters.length * room) / ruler(letters.join("")))); kept > 1; kept -= 1) {
    const end = Math.floor(kept / 3);
    const cut = `${letters.slice(0, kept - end).join("")}…${letters.slice(letters.length - end).join("")}`;
    if (ruler(cut) <= room) return cut;
  }
  return "…";
}

/**
 * {svg, at(x, y): a slot, place(slot, series): where to mark it, size, lying}. view: line, bars or stacked; bars along
 * names lie, for names are long.
 */
function draw(arranged, view, width) {
  const ruler = newRuler();
  const { slots, series, along } = arranged;
  const lying = view !== "line" && along?.kind !== "time" && along?.kind !== "order";
  const spans = view === "stacked" ? stackedSpans(arranged) : plainSpans(arranged);
  const scale = valueScale(spans, view === "line", lying ? width / 110 : HEIGHT / 50);
  const column = series[0].column;
  const tickTexts = scale.ticks.map((tick) => printTick(column, tick, scale.unit));
  const names = Math.min(width * 0.4, Math.max(...slots.map(({ label }) => ruler(label.slice(0, 100)))));
  const left = ROOM.gap + Math.ceil(lying ? names : Math.max(...tickTexts.map(ruler)));
  const perSlot = view === "stacked" ? 24 : Math.max(24, series.length * 12 + 8);
  const height = lying ? ROOM.top + ROOM.bottom + slots.length * perSlot : HEIGHT;
  const right = lying ? ROOM.right + Math.ceil(ruler(tickTexts.at(-1)) / 2) : ROOM.right;
  const box = { left, top: ROOM.top, width: Math.max(40, width - left - right), height: height - ROOM.top - ROOM.bottom };
  const value = (number) => {
    const part = (number - scale.low) / (scale.high - scale.low);
    return lying ? box.left + part * box.width : box.top + (1 - part) * box.height;
  };
  const step = slotScale(slots, box, view, lying);
  const svg = svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", focusable: "false" });
  const plan = { svg, arranged, spans, box, value, step, ruler, lying, size: { width, height } };
  drawGrid(plan, scale, tickTexts);
  drawLabels(plan);
  const places = view === "line" ? drawLines(plan) : drawBars(plan, view);
  return { ...plan, at: (x, y) => step.nearest(lying ? y : x), place: (slot, one) => places[one][slot] };
}

/** For each series and slot [from, to] in the values' unit, or null. */
function plainSpans({ series }) {
  return series.map(({ numbers }) => numbers.map((number) => (number === null ? null : [0, number])));
}

/** What is below zero is stacked downwards. */
function stackedSpans({ series, slots }) {
  const up = slots.map(() => 0);
  const down = slots.map(() => 0);
  return series.map(({ numbers }) =>
    numbers.map((number, slot) => {
      if (number === null) return null;
      const pile = number < 0 ? down : up;
      pile[slot] += number;
      return [pile[slot] - number, pile[slot]];
    }),
  );
}

function valueScale(spans, mayFloat, wanted) {
  const ends = spans.flat().filter((span) => span !== null).map(([, to]) => to);
  let low = ends.reduce((a, b) => Math.min(a, b), Infinity);
  let high = ends.reduce((a, b) => Math.max(a, b), -Infinity);
  if (low > high) [low, high] = [0, 1];
  const part = (high - low) / Math.max(Math.abs(low), Math.abs(high), 1e-300);
  // Lines may leave zero out where they would be flat otherwise; a bar's length is its value.
  if (!mayFloat || part > 0.25 || part < 1e-9) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  if (low === high) high = 1;
  const rough = (high - low) / Math.max(2, Math.floor(wanted));
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor(low / unit + 1e-9);
  const last = Math.ceil(high / unit - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * unit).toPrecision(12)));
  return { low: ticks[0], high: ticks.at(-1), ticks, unit };
}

/** Where slots lie along the axis: in proportion to time for lines, otherwise side by side. */
function slotScale(slots, box, view, lying) {
  const [start, length] = lying ? [box.top, box.height] : [box.left, box.width];
  const times = slots.map(({ time }) => time);
  const timed = view === "line" && times.length > 1 && times.every((time) => time !== null);
  const band = length / slots.length;
  const margin = view === "line" ? Math.min(12, length / 20) : 0;
  const middle = (slot) => {
    if (timed) return start + margin + ((times[slot] - times[0]) / (times.at(-1) - times[0])) * (length - 2 * margin);
    if (view === "line" && slots.length > 1) return start + margin + (slot / (slots.length - 1)) * (length - 2 * margin);
    return start + (slot + 0.5) * band;
  };
  const nearest = (where) => {
    let [low, high] = [0, slots.length - 1];
    while (high - low > 1) {
      const half = (low + high) >> 1;
      if (middle(half) <= where) low = half;
      else high = half;
    }
    return Math.abs(middle(high) - where) < Math.abs(middle(low) - where) ? high : low;
  };
  return { middle, band, nearest };
}

function drawGrid({ svg, box, value, lying }, scale, texts) {
  const grid = svgElement("g");
  for (const [index, tick] of scale.ticks.entries()) {
    const at = value(tick);
    const [x2, y2] = [box.left + box.width, box.top + box.height];
    const line = lying ? { x1: at, x2: at, y1: box.top, y2 } : { x1: box.left, x2, y1: at, y2: at };
    grid.append(svgElement("line", { ...line, class: tick === 0 ? "zero" : "grid" }));
    const place = lying
      ? { x: at, y: y2 + LETTER + 4, "text-anchor": "middle" }
      : { x: box.left - ROOM.gap, y: at + 4, "text-anchor": "end" };
    grid.append(svgElement("text", place, texts[index]));
  }
  svg.append(grid);
}

/** Names of slots; of those along the bottom as many as have room beside each other. */
function drawLabels({ svg, arranged, box, step, ruler, lying, size }) {
  const labels = svgElement("g");
  let taken = -Infinity;
  for (const [slot, { label }] of arranged.slots.entries()) {
    const middle = step.middle(slot);
    if (lying) {
      const text = cutTo(label, box.left - ROOM.gap, ruler);
      labels.append(svgElement("text", { x: box.left - ROOM.gap, y: middle + 4, "text-anchor": "end" }, text));
      continue;
    }
    const text = cutTo(label, 140, ruler);
    const half = ruler(text) / 2;
    const at = Math.min(Math.max(middle, half + 2), size.width - half - 2);
    if (at - half < taken) continue;
    labels.append(svgElement("text", { x: at, y: box.top + box.height + LETTER + 6, "text-anchor": "middle" }, text));
    taken = at + half + 14;
  }
  svg.append(labels);
}

function look(one, index) {
  return one.rest ? "rest" : `s${index}`;
}

function drawLines({ svg, arranged, value, step }) {
  const places = [];
  for (const [index, one] of arranged.series.entries()) {
    const points = one.numbers.map((number, slot) => (number === null ? null : { x: step.middle(slot), y: value(number) }));
    const parts = points.map((point, slot) => (point ? `${points[slot - 1] ? "L" : "M"}${point.x.toFixed(1)} ${point.y.toFixed(1)}` : ""));
    svg.append(svgElement("path", { d: parts.join("") || "M0 0", class: `line ${look(one, index)}` }));
    for (const [slot, point] of points.entries()) {
      const alone = point && !points[slot - 1] && !points[slot + 1];
      if (!point || !(alone || points.length <= MOST_DOTS)) continue;
      svg.append(svgElement("circle", { cx: point.x, cy: point.y, r: 3, class: `fill ${look(one, index)}` }));
    }
    places.push(points.map((point) => point && { ...point, width: 0, height: 0 }));
  }
  return places;
}

function drawBars({ svg, arranged, spans, value, step, lying }, view) {
  const { series } = arranged;
  const side = view === "stacked" ? 1 : series.length;
  const room = Math.min(step.band * 0.8, 64 * side);
  const thick = room / side;
  return series.map((one, index) =>
    spans[index].map((span, slot) => {
      if (span === null) return null;
      const across = step.middle(slot) - room / 2 + (view === "stacked" ? 0 : index * thick);
      const [low, high] = span.map(value).sort((a, b) => a - b);
      const long = one.numbers[slot] === 0 ? 0 : Math.max(1, high - low);
      const thin = Math.max(0.5, thick - (thick > 4 ? 1 : 0));
      const place = lying ? { x: low, y: across, width: long, height: thin } : { x: across, y: low, width: thin, height: long };
      svg.append(svgElement("rect", { ...place, class: `fill ${look(one, index)}` }));
      return place;
    }),
  );
}
