// The conversation with the host (MCP Apps, 2026-01-26): JSON-RPC over postMessage with the window that shows this one.

const PROTOCOL_VERSION = "2026-01-26";
const METHOD_NOT_FOUND = -32601;

/**
 * Says what the app is, then answers and passes on. on: by a notification's method, what to do with its params.
 * {ask(method, params): a promise of the result, tell(method, params), opened: a promise of the host's own introduction}.
 */
function openHost(appInfo, appCapabilities, on) {
  const waiting = new Map();
  const send = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const tell = (method, params = {}) => send({ method, params });
  const ask = (method, params = {}) =>
    new Promise((resolve, reject) => {
      const id = waiting.size + 1;
      waiting.set(id, { resolve, reject });
      send({ id, method, params });
    });

  const answers = { ping: () => ({}), "ui/resource-teardown": () => (on.teardown(), {}) };
  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.jsonrpc !== "2.0") return;
    if (typeof data.method === "string" && data.id !== undefined) {
      const answer = Object.hasOwn(answers, data.method) ? answers[data.method] : null;
      if (answer) send({ id: data.id, result: answer() });
      else send({ id: data.id, error: { code: METHOD_NOT_FOUND, message: "Method not found" } });
    } else if (typeof data.method === "string") {
      const name = data.method.replace("ui/notifications/", "");
      if (Object.hasOwn(on, name)) on[name](data.params ?? {});
    } else if (waiting.has(data.id)) {
      const { resolve, reject } = waiting.get(data.id);
      if (data.error) reject(new Error(data.error.message));
      else resolve(data.result);
    }
  });

  const opened = ask("ui/initialize", { appInfo, appCapabilities, protocolVersion: PROTOCOL_VERSION }).then((introduction) => {
    tell("ui/notifications/initialized");
    return introduction;
  });
  return { ask, tell, opened };
}

/** Colours, letters and language as the host's. An absent field stays as it is. */
function dress(context) {
  const root = document.documentElement;
  if (context.theme === "light" || context.theme === "dark") root.dataset.theme = context.theme;
  for (const [name, value] of Object.entries(context.styles?.variables ?? {})) {
    if (name.startsWith("--") && typeof value === "string") root.style.setProperty(name, value);
  }
  if (context.locale) speak(context.locale);
  const { top = 0, right = 0, bottom = 0, left = 0 } = context.safeAreaInsets ?? {};
  document.body.style.padding = [top, right, bottom, left].map((inset) => `${Number(inset) || 0}px`).join(" ");
}

/** Tells the host whenever the page wants another height. Gives what ends that. */
function watchSize(host) {
  let told = "";
  const measure = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    const width = Math.ceil(window.innerWidth);
    if (told === `${width} ${height}`) return;
    told = `${width} ${height}`;
    host.tell("ui/notifications/size-changed", { width, height });
  };
  const observer = new ResizeObserver(measure);
  observer.observe(document.body);
  measure();
  return () => observer.disconnect();
}
