"use strict";
// From what /health tells to the rows of tables. A cell is a text, a number, or {bad: text} for what wants attention.

const UNITS = [["d", 86400], ["h", 3600], ["min", 60]];

/** rows by the id of their table. */
function tablesOf(report) {
  return {
    calls: [["All requests", ...callCells(report.calls)], ...report.calls.by_name.map((each) => [nameOf(each), ...callCells(each)])],
    slow: report.slow_statements.fingerprints.map((each) => [
      each.fingerprint, each.written_by, each.count, each.longest_seconds, time(each.last_at),
    ]),
    embeddings: embeddingRows(report.embeddings),
    backups: backupRows(report.backups),
    isolation: isolationRows(report.isolation),
    components: Object.entries(report.components).map(([name, each]) => [
      name, each.state === "down" ? { bad: "down" } : each.state, time(each.since),
      each.last_error === null ? "none" : `${each.last_error}, ${time(each.last_error_at)}`,
    ]),
    pools: Object.entries(report.pools).map(([name, each]) => [name, each.in_use, each.size, each.most, each.waiting]),
    process: [
      ["State", report.status === "ready" ? "ready" : { bad: report.status }],
      ["Version", report.version],
      ["Instance", report.instance],
      ["Started", `${time(report.started_at)}, ${span(report.uptime_seconds)} ago`],
    ],
  };
}

/** Several methods may have been asked for what nobody knows. */
function nameOf(calls) {
  return calls.name === "unknown" && calls.method !== "unknown" ? `${calls.method} of an unknown name` : calls.name;
}

function callCells(figures) {
  const times = figures.duration_ms === null ? ["–", "–", "–"] : ["p50", "p95", "p99"].map((name) => figures.duration_ms[name].toFixed(1));
  const share = figures.error_share === null ? "–" : `${(figures.error_share * 100).toFixed(1)} %`;
  const outcomes = Object.entries(figures.outcomes ?? {}).map(([outcome, count]) => `${outcome} ${count}`);
  return [figures.requests, figures.errors, share, ...times, outcomes.join(", ")];
}

function embeddingRows(part) {
  const breaker = ["Breaker of the service", part.breaker === "closed" ? "closed" : { bad: part.breaker }];
  if (part.error !== null) return [untold(part), breaker];
  const model = part.served_model === part.model ? part.model : `${part.served_model}; ${part.model} is being made`;
  return [
    ["Behind by", part.oldest_seconds === null ? "nothing" : span(part.oldest_seconds)],
    ["Products that wait", part.waiting],
    ["Texts that are refused", part.refused],
    ["Model that is searched", model],
    breaker,
  ];
}

function backupRows(part) {
  if (part.error !== null) return [untold(part)];
  const none = { bad: "none" };
  const rows = [
    ["Last backup", part.last === null ? none : `${span(part.last.taken_seconds_ago)} ago (${part.last.kind}, ${part.last.id})`],
    ["Last verified backup", part.last_verified === null ? none : `${span(part.last_verified.taken_seconds_ago)} ago (${part.last_verified.id})`],
  ];
  if (part.last_verified !== null) rows.push(["Verified", `${span(part.last_verified.verified_seconds_ago)} ago`]);
  if (part.failed !== null) rows.push(["Does not hold", { bad: `${part.failed.id}, seen ${span(part.failed.verified_seconds_ago)} ago` }]);
  return rows;
}

function isolationRows(part) {
  const rows = [["State", part.state === "proven" ? "proven" : { bad: part.state }]];
  if (part.checked_at === null) return rows;
  return [
    ...rows,
    ["Checked", `${time(part.checked_at)}, ${span(part.checked_seconds_ago)} ago, in ${part.duration_ms} ms`],
    ["Checks that fail", part.failed.length === 0 ? `none of ${part.checks}` : { bad: part.failed.join(", ") }],
    ["Signing key", part.key ?? "none"],
  ];
}

function untold(part) {
  return ["Cannot be told", { bad: part.error }];
}

function time(at) {
  return at.replace("T", " ").replace("+00:00", " UTC");
}

function span(seconds) {
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size) ?? ["s", 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}
