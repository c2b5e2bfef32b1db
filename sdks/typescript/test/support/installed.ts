// Programs that use the package as it was installed into an empty folder.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { inject } from "vitest";

/** Writes a file beside the installed package; returns its path. */
export function place(name: string, source: string): string {
  const path = join(inject("installed"), name);
  writeFileSync(path, source);
  return path;
}

let scripts = 0;

/** Runs a module of TypeScript (`mts`) or a CommonJS script (`cjs`) against the product; returns what it prints. */
export async function run(kind: "mts" | "cjs", source: string): Promise<string> {
  const { baseUrl, apiKey } = inject("product");
  const name = `script-${process.pid}-${++scripts}.${kind.replace("mts", "mjs")}`;
  const script = place(name, kind === "mts" ? javaScriptOf(source) : source);
  return outputOf(script, { VIBEFOLLOW_BASE_URL: baseUrl, VIBEFOLLOW_API_KEY: apiKey });
}

/** Returns what a strict compiler has to say of some files, and of our declarations which they import. */
export function complaintsOf(files: string[], options: ts.CompilerOptions): string[] {
  const program = ts.createProgram(files, {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipDefaultLibCheck: true, // the compiler's own libraries; ours are checked
    ...options,
  });
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
}

/** Returns TypeScript without its types, for Node 20. */
export function javaScriptOf(source: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

async function outputOf(script: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [script], { env, stdio: ["ignore", "pipe", "pipe"] });
  let [printed, complaints] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => (printed += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (complaints += bytes.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0 || complaints) throw new Error(`ended with ${code}:\n${complaints}`);
  return printed;
}
