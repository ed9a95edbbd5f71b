
// The page: who signs in, what is asked, what is said. The token is a variable in here, and nowhere else.
(() => {
  const REFRESH_MILLISECONDS = 30_000;
  const PATIENCE_MILLISECONDS = 10_000;
  const REFUSED = {
    401: "The server does not accept this token, or it has expired. Sign in with another one.",
    403: "This token is not an administrator's. Nothing is shown.",
    insufficient_scope: "This token lacks the scope “admin”. Nothing is shown.",
  };
  const byId = (id) => document.getElementById(id);
  let token = null;
  let asking = null;
  let askedAt = 0;

  function say(text, bad = false) {
    byId("message").textContent = text;
    byId("message").className = bad ? "bad" : "";
  }

  function signOut(text, bad) {
    token = null;
    asking?.abort();
    clear();
    byId("controls").hidden = true;
    byId("sign-in").hidden = false;
    byId("token").value = "";
    say(text, bad);
  }

  function stayIn() {
    if (!byId("controls").hidden) return;
    byId("controls").hidden = false;
    byId("sign-in").hidden = true;
    byId("refresh").focus();
  }

  function clear() {
    byId("figures").hidden = true;
    for (const body of document.querySelectorAll("#figures tbody")) body.replaceChildren();
  }

  async function ask() {
    asking?.abort();
    const mine = (asking = new AbortController());
    askedAt = Date.now();
    try {
      const response = await fetch("health", {
        headers: { authorization: `Bearer ${token}` },
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.any([mine.signal, AbortSignal.timeout(PATIENCE_MILLISECONDS)]),
      });
      const report = await response.json().catch(() => ({}));
      if (!mine.signal.aborted) take(response.status, report);
    } catch {
      if (!mine.signal.aborted) keepAsking("The server does not answer.");
    }
  }

  function take(status, report) {
    if (status === 200) return show(report);
    if (status === 401 || status === 403) {
      signOut(REFUSED[report.error] ?? REFUSED[status], true);
      return byId("token").focus();
    }
    keepAsking(status === 503 ? "The server cannot say now who is an administrator (503)." : `The server answers ${status}.`);
  }

  /** Figures of before would look like those of now. */
  function keepAsking(text) {
    clear();
    stayIn();
    say(`${text} It is asked again each 30 seconds.`, true);
  }

  function show(report) {
    for (const [id, rows] of Object.entries(tablesOf(report))) fill(byId(id), rows);
    byId("since").textContent = time(report.calls.since);
    byId("slow-count").textContent = report.slow_statements.count;
    byId("slow-over").textContent = report.slow_statements.over_seconds;
    byId("as-of").textContent = time(new Date().toISOString().replace(/\.\d+Z$/, "+00:00"));
    byId("figures").hidden = false;
    stayIn();
    say("");
  }

  function fill(table, rows) {
    table.tBodies[0].replaceChildren(...(rows.length === 0 ? [["none"]] : rows).map(newRow));
  }

  function newRow([name, ...cells]) {
    const row = document.createElement("tr");
    row.append(newCell("th", name), ...cells.map((cell) => newCell("td", cell)));
    return row;
  }

  function newCell(kind, value) {
    const cell = document.createElement(kind);
    if (kind === "th") cell.scope = "row";
    else if (typeof value === "number" || /^(–|[\d.]+( %)?)$/.test(value)) cell.className = "number";
    else if (value.bad !== undefined) cell.className = "bad";
    cell.textContent = value.bad ?? value;
    return cell;
  }

  byId("sign-in").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = byId("token").value.trim().replace(/^bearer\s+/i, "");
    byId("token").value = "";
    if (!/^[\x21-\x7e]+$/.test(typed)) return say("That is no token.", true);
    token = typed;
    say("Asking …");
    ask();
  });
  byId("refresh").addEventListener("click", ask);
  byId("sign-out").addEventListener("click", () => {
    signOut("You are signed out.");
    byId("token").focus();
  });
  const askIfDue = () => {
    if (token !== null && document.visibilityState === "visible" && Date.now() - askedAt >= REFRESH_MILLISECONDS) ask();
  };
  setInterval(askIfDue, 1000);
  document.addEventListener("visibilitychange", askIfDue);
  window.addEventListener("pagehide", () => signOut(""));  // a page that a browser keeps for Back keeps no token
})();
