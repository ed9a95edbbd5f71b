// The page itself: what it shows, and what follows from a message, a click, a key.

const part = (id) => document.getElementById(id);
const VIEWS = ["line", "bars", "stacked", "table"];
const state = { result: null, columns: [], choices: null, choice: null, view: "table", drawing: null, point: null, context: {} };

function show(element, visible) {
  element.hidden = !visible;
}

function showList(element, texts) {
  element.replaceChildren(
    ...texts.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }),
  );
  show(element, texts.length > 0);
}

/** Instead of a result: what is awaited, or what went wrong. */
function say(sentence, wrong = false) {
  for (const id of ["bar", "panel", "notes", "period", "findings"]) show(part(id), false);
  part("status").textContent = sentence;
  part("status").className = wrong ? "wrong" : "";
  state.result = null;
}

function takeResult({ structuredContent, content, isError }) {
  const text = (content ?? []).filter(({ type }) => type === "text").map((block) => block.text).join("\n");
  const { columns, rows } = structuredContent ?? {};
  if (isError) return say(text || "The call failed.", true);
  if (!Array.isArray(columns) || !Array.isArray(rows)) return say(text || "The result has no rows to draw.");
  return timed(() => {
    state.result = structuredContent;
    state.columns = readColumns(structuredContent);
    state.choices = choicesOf(state.columns);
    state.choice = state.choices.values.length > 0 && rows.length > 0 ? firstChoice(state.choices, rows.length) : null;
    state.view = firstView(state.choice && arranged());
    showHeader();
    showChoices();
    showView();
  });
}

/** Work that ends in another picture, as the browser's timeline shows it: with its layout. */
function timed(work) {
  const start = performance.now();
  work();
  document.documentElement.getBoundingClientRect();
  performance.measure("render", { start });
}

function titleOf() {
  const { title } = state.result ?? {};
  const tool = state.context.toolInfo?.tool;
  return [title, tool?.title, tool?.annotations?.title].find((name) => typeof name === "string" && name) ?? "Result";
}

function showHeader() {
  const { period_start: start, period_end: end, findings } = state.result;
  part("title").textContent = titleOf();
  const dates = [start, end].filter((day) => typeof day === "string");
  part("period").textContent = dates.map((day) => (instant(day) === null ? day : printInstant(instant(day), "day"))).join(" – ");
  show(part("period"), dates.length > 0);
  showList(part("findings"), (Array.isArray(findings) ? findings : []).map(sentenceOf));
}

function sentenceOf(finding) {
  if (typeof finding === "string") return finding;
  const sentence = finding?.text ?? finding?.finding ?? finding?.sentence;
  return typeof sentence === "string" ? sentence : JSON.stringify(finding);
}

function showChoices() {
  const { values, labels } = state.choices;
  const names = labels.map((label, index) => [index, spoken(label.name)]);
  fillSelect("values", values.map(({ name }, index) => [index, name]));
  fillSelect("along", [...names, [null, "Row"]]);
  fillSelect("split", [[null, "(one series)"], ...names]);
}

function fillSelect(id, options) {
  part(id).replaceChildren(...options.map(([value, name]) => new Option(name, value ?? "")));
  part(id).value = state.choice?.[id] ?? "";
  show(part(id).parentElement, options.length > 0);
}

function arranged() {
  return arrange(state.choices, state.choice, state.result.rows.length);
}

function showView() {
  const { result, columns, choice, view } = state;
  const rowCount = result.rows.length;
  const picture = choice && arranged();
  const open = { line: picture !== null, bars: picture !== null, stacked: picture !== null && canStack(picture), table: true };
  if (!open[view]) state.view = open.bars ? "bars" : "table";
  for (const name of VIEWS) {
    const chosen = name === state.view;
    part(name).setAttribute("aria-selected", chosen);
    part(name).tabIndex = chosen ? 0 : -1;
    part(name).disabled = !open[name];
  }
  for (const id of ["bar", "panel"]) show(part(id), true);
  show(part("choices"), state.view !== "table");
  show(part("split").parentElement, state.choices.labels.length > 1 && picture && state.choices.values[choice.values].columns.length === 1);
  part("panel").setAttribute("aria-labelledby", state.view);
  part("status").className = "";
  part("status").textContent = rowCount === 0 ? "No rows: nothing fits the question." : state.view === "table" ? countOf(rowCount) : summaryOf(picture, state.view);
  part("status").classList.toggle("unseen", rowCount > 0 && state.view !== "table");
  part("point").textContent = "";
  state.point = null;
  const told = [
    ...(result.truncated ? [`These ${countOf(rowCount)} are not all: there are more.`] : []),
    ...(typeof result.note === "string" ? [result.note] : []),
  ];
  showList(part("notes"), state.view === "table" ? told : [...told, ...picture.notes]);
  if (state.view === "table") showTable(columns, rowCount, 0);
  else showChart(picture);
}

function countOf(rowCount) {
  return `${printCount(rowCount)} ${rowCount === 1 ? "row" : "rows"}`;
}

function showTable(columns, rowCount, first) {
  const turn = (to, button) => {
    timed(() => showTable(columns, rowCount, to));
    const same = part(button);
    (same.disabled ? part("panel").firstChild : same).focus();
  };
  state.drawing = null;
  part("panel").replaceChildren(...newTablePage(columns, rowCount, first, titleOf(), turn));
}

function showChart(picture) {
  const chart = document.createElement("div");
  chart.id = "chart";
  chart.tabIndex = 0;
  chart.setAttribute("role", "application");
  chart.setAttribute("aria-roledescription", "chart");
  chart.setAttribute("aria-label", `${summaryOf(picture, state.view)} Arrow keys go from point to point; the table view has all rows.`);
  const hint = document.createElement("div");
  hint.id = "hint";
  hint.hidden = true;
  hint.setAttribute("aria-hidden", "true");
  const width = Math.max(240, Math.floor(part("panel").clientWidth));
  const drawing = draw(picture, state.view, width);
  drawing.mark = svgElement("g");
  drawing.svg.append(drawing.mark);
  chart.append(drawing.svg, hint);
  chart.addEventListener("keydown", moveByKey);
  chart.addEventListener("focus", () => state.point ?? (chart.matches(":focus-visible") && goTo(0, 0)));
  chart.addEventListener("blur", leavePoint);
  chart.addEventListener("pointermove", ({ clientX, clientY }) => {
    const box = drawing.svg.getBoundingClientRect();
    markPoint(drawing.at(clientX - box.left, clientY - box.top), null);
  });
  chart.addEventListener("pointerleave", leavePoint);
  state.drawing = drawing;
  part("panel").replaceChildren(newLegend(picture), chart);
}

function newLegend({ series, split }) {
  const legend = document.createElement("ul");
  legend.id = "legend";
  legend.setAttribute("aria-label", "Series");
  for (const [index, one] of series.entries()) {
    const item = document.createElement("li");
    const key = svgElement("svg", { width: 22, height: 12, "aria-hidden": "true" });
    const look_ = look(one, index);
    key.append(
      state.view === "line"
        ? svgElement("path", { d: "M0 6H22", class: `line ${look_}` })
        : svgElement("rect", { x: 5, width: 12, height: 12, class: `fill ${look_}` }),
    );
    const name = document.createElement("span");
    name.textContent = split ? one.label : withUnit(one.label, one.column);
    item.append(key, name);
    legend.append(item);
  }
  return legend;
}

/** Keys along the axis go on by a slot, keys across it to another series. */
function moveByKey(event) {
  const { slots, series } = state.drawing.arranged;
  const { slot, one } = state.point ?? { slot: -1, one: 0 };
  const [back, on, less, more] = state.drawing.lying
    ? ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]
    : ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
  const targets = {
    [back]: [slot - 1, one],
    [on]: [slot + 1, one],
    [less]: [slot, one - 1],
    [more]: [slot, one + 1],
    Home: [0, one],
    End: [slots.length - 1, one],
    PageUp: [slot - 10, one],
    PageDown: [slot + 10, one],
  };
  if (event.key === "Escape") return leavePoint();
  const target = Object.hasOwn(targets, event.key) ? targets[event.key] : null;
  if (!target) return undefined;
  event.preventDefault();
  return goTo(Math.max(0, Math.min(slots.length - 1, target[0])), (target[1] + series.length) % series.length);
}

function goTo(slot, one) {
  markPoint(slot, one);
  const { slots, series } = state.drawing.arranged;
  const { label, column, cells } = series[one];
  const value = cells[slot] === null ? "no value" : printPoint(column, cells[slot]);
  part("point").textContent = `${slots[slot].label}, ${label}: ${value}. ${slot + 1} of ${slots.length}.`;
}

function leavePoint() {
  state.point = null;
  state.drawing?.mark.replaceChildren();
  const hint = part("hint");
  if (hint) hint.hidden = true;
}

/** one: the series that keys chose, or null where a pointer shows a slot with all of them. */
function markPoint(slot, one) {
  const { drawing } = state;
  const { arranged: picture, box, mark, step, lying } = drawing;
  state.point = { slot, one: one ?? state.point?.one ?? 0 };
  const middle = step.middle(slot);
  const guide = lying
    ? { x1: box.left, x2: box.left + box.width, y1: middle, y2: middle }
    : { x1: middle, x2: middle, y1: box.top, y2: box.top + box.height };
  const marks = [svgElement("line", { ...guide, class: "guide" })];
  for (const index of one === null ? picture.series.keys() : [one]) {
    const place = drawing.place(slot, index);
    if (!place) continue;
    marks.push(
      place.width || place.height
        ? svgElement("rect", { ...place, class: "marked" })
        : svgElement("circle", { cx: place.x, cy: place.y, r: 5.5, class: "marked" }),
    );
  }
  mark.replaceChildren(...marks);
  showHint(slot, one, middle);
}

function showHint(slot, one, middle) {
  const { arranged: picture, lying, size } = state.drawing;
  const hint = part("hint");
  const title = document.createElement("strong");
  title.textContent = picture.slots[slot].label;
  const lines = picture.series.map(({ label, column, cells }, index) => {
    const line = document.createElement("div");
    line.className = index === one ? "chosen" : "";
    line.textContent = `${label}: ${cells[slot] === null ? "no value" : printPoint(column, cells[slot])}`;
    return line;
  });
  hint.replaceChildren(title, ...lines);
  hint.hidden = false;
  const { offsetWidth: width, offsetHeight: height } = hint;
  const beside = middle + 14 + width > size.width ? middle - 14 - width : middle + 14;
  const below = middle + 14 + height > size.height ? middle - 14 - height : middle + 14;
  hint.style.left = `${Math.max(0, lying ? size.width - width - 8 : beside)}px`;
  hint.style.top = `${Math.max(0, lying ? below : 8)}px`;
}

function chooseView(view) {
  state.view = view;
  timed(showView);
}

part("views").addEventListener("click", ({ target }) => {
  if (target.role === "tab") chooseView(target.id);
});

part("views").addEventListener("keydown", (event) => {
  const open = VIEWS.filter((view) => !part(view).disabled);
  const at = open.indexOf(state.view);
  const targets = { ArrowLeft: at - 1 + open.length, ArrowRight: at + 1, Home: 0, End: open.length - 1 };
  if (!Object.hasOwn(targets, event.key)) return;
  event.preventDefault();
  chooseView(open[targets[event.key] % open.length]);
  part(state.view).focus();
});

part("choices").addEventListener("change", ({ target }) => {
  state.choice = { ...state.choice, [target.id]: target.value === "" ? null : Number(target.value) };
  timed(showView);
});
part("choices").addEventListener("submit", (event) => event.preventDefault());

/** Letters and language may be others now; colours follow by themselves. */
function takeContext(context) {
  state.context = { ...state.context, ...context };
  dress(context);
  const modes = state.context.availableDisplayModes ?? [];
  show(part("enlarge"), modes.includes("fullscreen") && state.context.displayMode !== "fullscreen");
  if (state.result) {
    showHeader();
    showView();
  }
}

let drawnWidth = 0;
const widths = new ResizeObserver(([{ contentRect }]) => {
  const width = Math.floor(contentRect.width);
  if (state.drawing && width !== drawnWidth && width !== state.drawing.size.width) showView();
  drawnWidth = width;
});
widths.observe(part("panel"));

const host = openHost(
  { name: "zava-retail-chart", title: "Zava Retail chart", version: "1.0.0" },
  { availableDisplayModes: ["inline", "fullscreen"] },
  {
    "tool-input": () => say("Waiting for the rows …"),
    "tool-input-partial": () => say("The question is being written …"),
    "tool-result": takeResult,
    "tool-cancelled": ({ reason }) => say(`The call was cancelled${reason ? `: ${reason}` : "."}`),
    "host-context-changed": takeContext,
    teardown: () => (widths.disconnect(), stopWatching()),
  },
);
let stopWatching = () => {};
part("enlarge").addEventListener("click", async () => {
  const { mode } = await host.ask("ui/request-display-mode", { mode: "fullscreen" });
  takeContext({ displayMode: mode });
});
host.opened.then(({ hostContext }) => {
  takeContext(hostContext ?? {});
  stopWatching = watchSize(host);
});
