import { VERSION } from "./version.js";

/** What Node, Deno, Bun and Workers have beside the Web's own globals; each has only some of it. */
interface Runtime {
  readonly process?: { readonly env?: Record<string, string | undefined>; readonly versions?: Versions };
  readonly Deno?: { readonly version?: Versions; readonly env?: { get(name: string): string | undefined } };
  readonly Bun?: { readonly version?: string };
  readonly navigator?: { readonly userAgent?: string };
}

type Versions = Readonly<Record<string, string | undefined>>;

const runtime = globalThis as unknown as Runtime;

/** Reads an environment variable; undefined where there is none, or no environment, or it may not be read. */
export function environment(name: string): string | undefined {
  try {
    return (runtime.Deno?.env?.get(name) ?? runtime.process?.env?.[name]) || undefined;
  } catch {
    return undefined; // Deno without --allow-env
  }
}

/** Returns SDK and runtime with their versions, such as `vibefollow-typescript/0.1.0 node/22.12.0`. */
export function userAgent(): string {
  const { Deno, Bun, process, navigator } = runtime;
  const [name, version] = Deno?.version
    ? ["deno", Deno.version["deno"]]
    : Bun
      ? ["bun", Bun.version]
      : process?.versions?.["node"]
        ? ["node", process.versions["node"]]
        : [navigator?.userAgent?.split(/[^\w.-]/)[0]];
  return `vibefollow-typescript/${VERSION} ${[name || "unknown", version].filter(Boolean).join("/")}`;
}
