// A host of MCP Apps: the official AppBridge, and the app in a sandboxed frame of no origin.
// Bundled by host.py. What tests do with it and ask it is window.host.
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

const ANYTHING = { "~standard": { version: 1, vendor: "tests", validate: (value) => ({ value }) } };
let bridge = null;
window.host = {
  told: {},

  async open(html, hostContext, hostCapabilities = {}) {
    this.told = { sizes: [], modes: [], initialized: 0, app: null, capabilities: null };
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.title = "Chart";
    frame.style = "display: block; width: 100%; height: 40px; border: 0";
    document.body.replaceChildren(frame);
    bridge = new AppBridge(null, { name: "tests", version: "1.0.0" }, hostCapabilities, { hostContext });
    const { told } = this;
    const opened = new Promise((resolve) => {
      bridge.oninitialized = () => {
        told.initialized += 1;
        told.app = bridge.getAppVersion();
        told.capabilities = bridge.getAppCapabilities();
        resolve();
      };
    });
    bridge.onsizechange = ({ width, height }) => {
      told.sizes.push([width, height]);
      if (height !== undefined) frame.style.height = `${height}px`;
    };
    bridge.onrequestdisplaymode = async ({ mode }) => {
      told.modes.push(mode);
      return { mode };
    };
    await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
    frame.srcdoc = html;
    await opened;
  },

  input: (args) => bridge.sendToolInput({ arguments: args }),
  partialInput: (args) => bridge.sendToolInputPartial({ arguments: args }),
  result: (result) => bridge.sendToolResult(result),
  cancelled: (reason) => bridge.sendToolCancelled({ reason }),
  context: (context) => bridge.sendHostContextChange(context),
  ask: (method) => bridge.request({ method, params: {} }, ANYTHING),
};
