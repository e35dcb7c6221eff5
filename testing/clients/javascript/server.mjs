// Starts the real binary, named by MILLSTREAM_BIN, on a free port with a temporary directory.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const START_MILLIS_MAX = 20_000;

export async function startServer(...flags) {
  const binary = process.env.MILLSTREAM_BIN;
  if (!binary) throw new Error("MILLSTREAM_BIN must name the millstream binary");
  const folder = await mkdtemp(join(tmpdir(), "millstream-"));
  const serve = ["serve", "--listen", "127.0.0.1:0", "--data-dir", join(folder, "data"), ...flags];
  const child = spawn(binary, serve, { stdio: ["ignore", "pipe", "pipe"] });
  const complaints = [];
  child.stderr.on("data", (data) => complaints.push(data));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not ready: ${complaints.join("")}`)), START_MILLIS_MAX);
    lines.on("line", (line) => {
      const [, found] = line.match(/listening on (http:\/\/\S+)/) ?? [];
      if (!found) return;
      clearTimeout(late);
      resolve(found);
    });
    ended.then((code) => {
      clearTimeout(late);
      reject(new Error(`ended with ${code}: ${complaints.join("")}`));
    });
  });
  return {
    url,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
