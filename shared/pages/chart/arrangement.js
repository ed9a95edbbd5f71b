// From rows to a picture: which column is drawn, along which, and as how many series.

const MOST_SERIES = 8;
const MOST_BARS = 30;

/** What can be chosen: measures and groups of them, columns to go along, columns to split by. */
function choicesOf(columns) {
  // Where each row has a unit of its own, only what has one for all rows can be drawn along them.
  const mixed = columns.some(({ name, cells }) => name === "unit" && new Set(cells).size > 1);
  const measures = columns.filter(({ kind, unit }) => kind === "number" && !(mixed && unit.kind === "none"));
  const labels = columns.filter((column) => column.kind !== "number");
  const groups = new Map();
  for (const measure of measures) {
    const unit = unitName(measure.unit);
    groups.set(unit, [...(groups.get(unit) ?? []), measure]);
  }
  const values = measures.map((measure) => ({ name: withUnit(spoken(measure.name), measure), columns: [measure] }));
  for (const [unit, group] of groups) {
    if (group.length > 1) values.push({ name: unit ? `All in ${unit}` : "All numbers", columns: group, unit });
  }
  return { values, labels };
}

/** {values, along, split}: indices into what can be chosen, along and split null where there is none. */
function firstChoice({ values, labels }, rowCount) {
  const { along, split } = firstLabels(labels, rowCount);
  const whole = values.findIndex(({ columns, unit }) => unit && columns.length === values.length - 1);
  return { values: split === null && whole > 0 && whole <= 4 ? whole : 0, along, split };
}

function firstLabels(labels, rowCount) {
  const keys = labels.map(({ cells }) => cells.map((cell) => JSON.stringify(cell)));
  const distinct = keys.map((column) => new Set(column).size);
  const inOrder = labels.flatMap((label, index) => (label.kind === "time" || label.kind === "order" ? [index] : []));
  let best = null;
  for (const along of inOrder) {
    const others = labels.map((_, index) => index).filter((index) => index !== along && distinct[index] < rowCount);
    for (const split of [null, ...others]) {
      const series = split === null ? 1 : distinct[split];
      if ((best && series >= best.series) || !isSeries(labels[along], keys[along], split === null ? null : keys[split])) continue;
      best = { along, split, series };
    }
  }
  if (best) return best;
  const rest = labels.map((_, index) => index).filter((index) => labels[index].kind === "text");
  const named = [...rest, ...labels.keys()];
  const key = named.find((index) => distinct[index] === rowCount);
  if (key !== undefined) return { along: key, split: null };
  const along = named[0] ?? null;
  const split = named.find((index) => index !== along && pairsAreUnique(keys[along], keys[index])) ?? null;
  return { along, split };
}

/** Whether each series has one value a step, going one way: otherwise dates are only told of, and nothing goes along them. */
function isSeries(label, keys, split) {
  if (!pairsAreUnique(keys, split)) return false;
  const last = new Map();
  for (const [row, key] of keys.entries()) {
    const of = split ? split[row] : "";
    const [at, way] = last.get(of) ?? [null, 0];
    const now = label.numbers[row] ?? key;
    const turn = at === null ? 0 : now > at ? 1 : -1;
    if (turn && way && turn !== way) return false;
    last.set(of, [now, turn || way]);
  }
  return true;
}

function pairsAreUnique(keys, split) {
  return new Set(split ? keys.map((key, row) => `${key}\n${split[row]}`) : keys).size === keys.length;
}

/**
 * {slots: [{label, time}], series: [{label, column, cells, numbers, rest}], along, split, notes}: cells and numbers by
 * slot. Notes say what is not drawn as the rows have it.
 */
function arrange(choices, choice, rowCount) {
  const columns = choices.values[choice.values].columns;
  const along = choice.along === null ? null : choices.labels[choice.along];
  const split = columns.length > 1 || choice.split === null || choice.split === choice.along ? null : choices.labels[choice.split];
  const notes = [];
  const rows = rowsInOrder(along, rowCount, notes);
  const keys = (label) => rows.map((row) => (label ? JSON.stringify(label.cells[row]) : String(row)));
  const slotKeys = keys(along);
  const seriesKeys = split ? keys(split) : null;
  const alone = !pairsAreUnique(slotKeys, seriesKeys);
  if (alone) notes.push(`Several rows have the same ${along.name}: each is drawn by itself.`);

  const slots = new Map();
  const series = new Map(split ? [] : columns.map((column, index) => [index, newSeries(spoken(column.name), column)]));
  for (const [index, row] of rows.entries()) {
    const slot = alone ? index : slotKeys[index];
    if (!slots.has(slot)) {
      const label = along ? printLabel(along, along.cells[row]) : `Row ${row + 1}`;
      slots.set(slot, { label, time: along?.kind === "time" && !alone ? along.numbers[row] : null, at: slots.size });
    }
    if (split && !series.has(seriesKeys[index])) {
      series.set(seriesKeys[index], newSeries(printLabel(split, split.cells[row]), columns[0]));
    }
    const taking = split ? [series.get(seriesKeys[index])] : [...series.values()];
    for (const one of taking) {
      one.cells[slots.get(slot).at] = one.column.cells[row];
      one.numbers[slots.get(slot).at] = one.column.numbers[row];
    }
  }
  const arranged = { slots: [...slots.values()], series: [...series.values()], along, split, notes };
  for (const one of arranged.series) fill(one, arranged.slots.length);
  return withFewerSlots(withFewerSeries(arranged));
}

function newSeries(label, column) {
  return { label, column, cells: [], numbers: [], rest: false };
}

function fill(series, length) {
  for (let at = 0; at < length; at += 1) {
    series.cells[at] ??= null;
    series.numbers[at] ??= null;
  }
}

function rowsInOrder(along, rowCount, notes) {
  const rows = [...Array(rowCount).keys()];
  if (!along || (along.kind !== "time" && along.kind !== "order")) return rows;
  const dated = along.kind === "time" ? rows.filter((row) => along.numbers[row] !== null) : rows;
  if (dated.length < rowCount) notes.push(`${rowCount - dated.length} rows without a ${along.name} are in the table only.`);
  const value = (row) => along.numbers[row] ?? String(along.cells[row]);
  return dated.sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
}

/** The largest series, and the sum of the others where a sum means something. */
function withFewerSeries(arranged) {
  const { series, notes, split } = arranged;
  if (series.length <= MOST_SERIES) return arranged;
  const sums = series.every(({ column }) => column.sums) && split !== null;
  const kept = largest(series.map(({ numbers }) => total(numbers)), sums ? MOST_SERIES - 1 : MOST_SERIES);
  const others = series.filter((_, index) => !kept.has(index));
  const fewer = series.filter((_, index) => kept.has(index));
  notes.push(`${others.length} smaller series are ${sums ? "drawn as one" : "in the table only"}.`);
  if (sums) {
    const rest = newSeries(`Other (${others.length})`, series[0].column);
    rest.rest = true;
    rest.numbers = arranged.slots.map((_, at) => sumOf(others.map(({ numbers }) => numbers[at])));
    rest.cells = rest.numbers;
    fewer.push(rest);
  }
  return { ...arranged, series: fewer };
}

/** The same for names along the axis; what has an order keeps all its steps. */
function withFewerSlots(arranged) {
  const { slots, series, notes, along } = arranged;
  if (slots.length <= MOST_BARS || along === null || along.kind === "time" || along.kind === "order") return arranged;
  const sums = series.every(({ column }) => column.sums);
  const kept = largest(slots.map((_, at) => total(series.map(({ numbers }) => numbers[at]))), sums ? MOST_BARS - 1 : MOST_BARS);
  const others = slots.map((_, at) => at).filter((at) => !kept.has(at));
  const only = (list, rest) => [...list.filter((_, at) => kept.has(at)), ...(sums ? [rest(list)] : [])];
  const sumOfOthers = (list) => sumOf(others.map((at) => list[at]));
  notes.push(`${others.length} smaller of ${slots.length} are ${sums ? "drawn as one" : "in the table only"}.`);
  return {
    ...arranged,
    slots: only(slots, () => ({ label: `Other (${others.length})`, time: null })),
    series: series.map((one) => {
      const numbers = only(one.numbers, sumOfOthers);
      return { ...one, numbers, cells: only(one.cells, () => numbers.at(-1)) };
    }),
  };
}

function largest(totals, most) {
  const order = totals.map((_, index) => index).sort((a, b) => totals[b] - totals[a]);
  return new Set(order.slice(0, most));
}

function total(numbers) {
  return numbers.reduce((sum, number) => sum + Math.abs(number ?? 0), 0);
}

function sumOf(numbers) {
  const known = numbers.filter((number) => number !== null);
  return known.length ? known.reduce((sum, number) => sum + number, 0) : null;
}

/** Which view shows most at first. */
function firstView(arranged) {
  if (arranged === null) return "table";
  const { slots, series, along } = arranged;
  if (slots.length * series.length < 2) return "table";
  if (along?.kind === "time" || along?.kind === "order") return slots.length > 2 ? "line" : "bars";
  return slots.length * series.length > 3 * MOST_BARS && canStack(arranged) ? "stacked" : "bars";
}

function canStack({ series }) {
  return series.length > 1 && series.every(({ column }) => column.sums);
}

/** One or two sentences for who does not see the picture. */
function summaryOf({ slots, series, along }, view) {
  const kinds = { line: "Line chart", bars: "Bar chart", stacked: "Stacked bar chart" };
  const names = series.map(({ label }) => label).join(", ");
  const points = series.flatMap((one) => one.numbers.map((number, at) => ({ number, at, one })).filter(({ number }) => number !== null));
  const what = `${kinds[view]} of ${names}, ${slots.length} ${slots.length === 1 ? "step" : "steps"}${along ? ` by ${along.name}` : ""}.`;
  if (points.length === 0) return `${what} No values.`;
  const least = points.reduce((a, b) => (b.number < a.number ? b : a));
  const most = points.reduce((a, b) => (b.number > a.number ? b : a));
  const told = ({ one, at }) => `${printPoint(one.column, one.cells[at])} (${slots[at].label}${series.length > 1 ? `, ${one.label}` : ""})`;
  return `${what} Lowest ${told(least)}, highest ${told(most)}.`;
}
