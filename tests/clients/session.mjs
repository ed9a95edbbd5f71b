// One session of the npm SDK: what it lists, gets and throws, as one JSON object on stdout.
// node session.mjs URL with the questions in $QUESTIONS and the token, if any, in $TOKEN
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const { sqlTool, count, refused, unknownTool, chart } = JSON.parse(process.env.QUESTIONS);
const headers = process.env.TOKEN ? { Authorization: `Bearer ${process.env.TOKEN}` } : {};
const transport = new StreamableHTTPClientTransport(new URL(process.argv[2]), { requestInit: { headers } });
const client = new Client({ name: "zava-retail-tests", version: "1.0.0" });

const thrown = async (doing) => {
  try {
    await doing();
    return null;
  } catch (error) {
    return { type: error.constructor.name, code: error.code, message: error.message };
  }
};

const told = { connecting: await thrown(() => client.connect(transport)) };
if (told.connecting === null) {
  const { tools } = await client.listTools();
  told.tools = tools.map((tool) => tool.name);
  told.chartOfSqlTool = tools.find((tool) => tool.name === sqlTool)._meta.ui;
  told.chart = (await client.readResource({ uri: chart })).contents;
  told.count = await client.callTool({ name: sqlTool, arguments: count });
  told.refused = await client.callTool({ name: sqlTool, arguments: refused });
  told.unknownTool = await thrown(() => client.callTool({ name: unknownTool, arguments: {} }));
}
await client.close();
console.log(JSON.stringify(told));
