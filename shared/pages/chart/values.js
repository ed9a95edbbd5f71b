// Columns and cells: what PostgreSQL's type and the tool's unit say of them, how they are read and printed.

const NUMERIC = new Set(["smallint", "integer", "bigint", "numeric", "real", "double precision"]);
const IDENTIFIER = /(^|_)id$|^(rank|ranking|position|row_number|sku)$/i;
const CALENDAR = /^((order|sales?|fiscal|calendar|iso)_)?(year|quarter|month|week|day|hour|dow|isodow|weekday|extract|date_part|day_of_(week|month|year)|hour_of_day|(month|week)_(number|of_year))$/i;
const PERIOD = /^\d{4}(-(0[1-9]|1[0-2])(-([0-2]\d|3[01]))?|[- ]?Q[1-4]|-?W\d\d)?$/;
const UNEVEN = /avg|average|mean|median|rate|ratio|share|percent|pct|price|margin|score|(^|_)(min|max|per)(_|$)/i;
const NOTHING = "–";
const DAY = 86_400_000;

/** A result's columns, each with its kind (number, time, order, text or name), its cells' keys, and its printers. */
function readColumns(result) {
  return result.columns.map((column, index) => {
    const cells = result.rows.map((row) => row[index]);
    const read = { index, name: String(column.name), type: String(column.type), unit: unitOf(column.unit), cells };
    read.kind = kindOf(read);
    read.sums = read.kind === "number" && read.unit.kind !== "percent" && !UNEVEN.test(read.name);
    read.numbers = cells.map(read.kind === "time" ? instant : numberOf);
    read.step = read.kind === "time" ? stepOf(read.numbers) : null;
    return read;
  });
}

function kindOf({ name, type, cells }) {
  const present = cells.filter((cell) => cell !== null);
  if (/^(date$|timestamp)/.test(type)) return "time";
  if (IDENTIFIER.test(name)) return "name";
  if (NUMERIC.has(type)) return CALENDAR.test(name) && present.every(Number.isInteger) ? "order" : "number";
  return present.length > 1 && present.every((cell) => PERIOD.test(cell)) ? "order" : "text";
}

/** {kind: "dollars" | "percent" | "other" | "none", words: what stands behind a number}. */
function unitOf(unit) {
  const words = typeof unit === "string" ? unit.trim() : "";
  const dollars = /^(USD|US dollars?|\$)(?=$|\W)\s*/i.exec(words);
  if (dollars) return { kind: "dollars", words: words.slice(dollars[0].length) };
  const percent = /^(%|per ?cent|percentage)(?=$|\W)\s*/i.exec(words);
  if (percent) return { kind: "percent", words: words.slice(percent[0].length) };
  return { kind: words ? "other" : "none", words };
}

function unitName(unit) {
  const signs = { dollars: "USD", percent: "%" };
  return [signs[unit.kind], unit.words].filter(Boolean).join(" ");
}

function withUnit(name, column) {
  const unit = unitName(column.unit);
  return unit ? `${name} (${unit})` : name;
}

/** A cell as a number, also where it came as text because JSON readers would not take it exactly; null where it is none to draw. */
function numberOf(cell) {
  if (typeof cell !== "number" && (typeof cell !== "string" || cell.trim() === "")) return null;
  const number = Number(cell);
  return Math.abs(number) < 1e300 ? number : null;
}

/** Milliseconds since 1970 in UTC, or null: PostgreSQL also has infinity and years before Christ. */
function instant(cell) {
  const parts = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d(?::\d\d)?)?)?$/.exec(cell);
  if (!parts) return null;
  const zone = parts[3] ? (parts[3].length === 3 ? `${parts[3]}:00` : parts[3]) : "Z";
  const time = Date.parse(`${parts[1]}T${(parts[2] ?? "00:00:00").slice(0, 12)}${zone}`);
  return Number.isNaN(time) ? null : time;
}

/** The longest of year, month, day and time that all of several instants begin with. */
function stepOf(instants) {
  const known = [...new Set(instants)].filter((time) => time !== null);
  if (known.some((time) => time % DAY !== 0)) return "time";
  const dates = known.map((time) => new Date(time));
  if (known.length < 2 || dates.some((date) => date.getUTCDate() !== 1)) return "day";
  return dates.every((date) => date.getUTCMonth() === 0) ? "year" : "month";
}

const FORMATS = {
  year: { year: "numeric" },
  month: { year: "numeric", month: "short" },
  day: { dateStyle: "medium" },
  time: { dateStyle: "medium", timeStyle: "short" },
};
const formats = new Map();
let locale = "en-US";

/** Numbers and dates as this language writes them, from now on. */
function speak(language) {
  try {
    locale = new Intl.Locale(language).toString();
  } catch {
    locale = "en-US";
  }
  formats.clear();
}

function formatOf(name, make) {
  if (!formats.has(name)) formats.set(name, make());
  return formats.get(name);
}

/** number: also a BigInt, for whole numbers of many digits. */
function printNumber(column, number) {
  const digits = column.unit.kind === "dollars" ? 2 : Math.abs(Number(number)) < 1 ? 6 : 4;
  return printWith(column, number, { minimumFractionDigits: column.unit.kind === "dollars" ? 2 : 0, maximumFractionDigits: digits });
}

/** Short, but no two ticks that are a step apart alike. */
function printTick(column, tick, step) {
  const size = Math.abs(tick);
  const thousands = size < 1000 ? 0 : Math.floor(Math.log10(size) / 3) * 3;
  const digits = tick === 0 ? 0 : Math.min(12, Math.max(0, thousands - Math.floor(Math.log10(step) + 1e-9)));
  const notation = size < 1000 ? "standard" : "compact";
  return printWith(column, tick, { notation, minimumFractionDigits: 0, maximumFractionDigits: digits });
}

function printWith(column, number, options) {
  if (column.unit.kind === "dollars") Object.assign(options, { style: "currency", currency: "USD" });
  const text = formatOf(JSON.stringify(options), () => new Intl.NumberFormat(locale, options)).format(number);
  return column.unit.kind === "percent" ? `${text} %` : text;
}

function printCount(count) {
  return count.toLocaleString(locale);
}

function printInstant(time, step) {
  return formatOf(step, () => new Intl.DateTimeFormat(locale, { ...FORMATS[step], timeZone: "UTC" })).format(time);
}

/** What stands in a table and beside a point. Whole numbers that came as text keep all their digits. */
function printCell(column, cell) {
  if (cell === null || cell === undefined) return NOTHING;
  if (column.kind === "number" && typeof cell === "string") {
    if (/^-?\d+$/.test(cell)) return printNumber(column, BigInt(cell));
    return cell;
  }
  if (column.kind === "number" && typeof cell === "number") return printNumber(column, cell);
  if (column.kind === "time" && instant(cell) !== null) {
    return printInstant(instant(cell), column.step === "time" ? "time" : "day");
  }
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

/** What stands at an axis, in a legend, before a point. */
function printLabel(column, cell) {
  if (cell === null) return "(none)";
  if (column.kind === "time" && instant(cell) !== null) return printInstant(instant(cell), column.step);
  if (typeof cell === "boolean") return `${column.name}: ${cell ? "yes" : "no"}`;
  return printCell(column, cell) || "(empty)";
}

/** A value as it is, with what it is counted in. */
function printPoint(column, cell) {
  const text = printCell(column, cell);
  return column.unit.words && text !== NOTHING ? `${text} ${column.unit.words}` : text;
}

/** first_name → First name. */
function spoken(name) {
  const words = name.replaceAll("_", " ").trim();
  return words ? words[0].toUpperCase() + words.slice(1) : "(no name)";
}
