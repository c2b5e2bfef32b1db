// Starts the real product once for all tests: `vibefollow up` with an embedded PostgreSQL, on a free port.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VIBEFOLLOW = join(import.meta.dirname, "../../../.venv/bin/vibefollow");
const START_MS = 180_000; // a bound for a product that does not work; one that does is ready in a few seconds

/** Starts the product and tells the tests where it is; returns what ends it. */
export default async function start(): Promise<() => Promise<void>> {
  const root = mkdtempSync(join(tmpdir(), "vf-"));
  chmodSync(root, 0o711); // PostgreSQL does not run as root and has to pass through
  const port = await freePort();
  const up = spawn(VIBEFOLLOW, ["up", "--data-dir", join(root, "data"), "--port", String(port)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = async (): Promise<void> => {
    if (up.exitCode === null) {
      up.kill("SIGTERM");
      await once(up, "exit");
    }
    rmSync(root, { recursive: true, force: true });
  };
  try {
    const said = await untilItSays(up, /setup\?token=\w+/);
    process.env["E2E_URL"] = `http://127.0.0.1:${port}`;
    process.env["E2E_TOKEN"] = /token=(\w+)/.exec(said)![1]!;
    process.env["E2E_KEY"] = /VIBEFOLLOW_API_KEY=(\S+)/.exec(said)![1]!;
  } catch (problem) {
    await stop();
    throw problem;
  }
  return stop;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function untilItSays(up: ChildProcess, wanted: RegExp): Promise<string> {
  let [printed, complaints] = ["", ""];
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      reject(new Error(`vibefollow up ${why}; run \`make setup\` first. It said:\n${printed}${complaints}`));
    };
    const timer = setTimeout(fail, START_MS, "took too long");
    up.on("error", (error) => fail(error.message));
    up.on("exit", (code) => fail(`ended with ${code}`));
    up.stderr!.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
    up.stdout!.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      if (!wanted.test(printed)) return;
      clearTimeout(timer);
      resolve(printed);
    });
  });
}
