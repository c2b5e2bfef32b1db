// Writes dist/: ES modules and CommonJS, each with its own type declarations, from the same sources.
import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..");
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

rmSync(join(folder, "dist"), { recursive: true, force: true });
for (const project of ["tsconfig.esm.json", "tsconfig.cjs.json"]) {
  execFileSync(process.execPath, [tsc, "--project", join(folder, project)], { stdio: "inherit" });
}
writeFileSync(join(folder, "dist/cjs/package.json"), '{ "type": "commonjs" }\n');
copyFileSync(join(folder, "../../LICENSE"), join(folder, "LICENSE")); // npm packs the one beside package.json only
