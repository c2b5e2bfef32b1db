// JSON as it was sent, laid out in lines, each of which knows its path. It is not parsed: numbers keep all digits.

/** A line of laid-out JSON. `path`: of what stands on it, such as `properties.step` or `tags[0]`. */
export interface JsonLine {
  readonly text: string;
  readonly path: string;
}

interface Level {
  readonly path: string;
  readonly isList: boolean;
  index: number;
  key: string | null;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
const INDENT = "  ";

/** Lays JSON out. Text that is no JSON comes back in its own lines. */
export function jsonLines(text: string): JsonLine[] {
  try {
    JSON.parse(text);
  } catch {
    return text.split("\n").map((line) => ({ text: line, path: "" }));
  }
  return layOut(text.match(TOKEN) ?? []);
}

function layOut(tokens: readonly string[]): JsonLine[] {
  const layout = new Layout();
  tokens.forEach((token, at) => {
    layout.take(token, tokens[at - 1], tokens[at + 1]);
  });
  return layout.finish();
}

class Layout {
  readonly #lines: JsonLine[] = [];
  readonly #levels: Level[] = [];
  #line = "";
  #path = "";

  take(token: string, before: string | undefined, after: string | undefined): void {
    if (token === "}" || token === "]") this.#close(token, before);
    else if (token === ",") this.#separate();
    else if (token === ":") this.#line += ": ";
    else this.#write(token, after);
  }

  finish(): JsonLine[] {
    this.#end();
    return this.#lines;
  }

  #close(token: string, before: string | undefined): void {
    const level = this.#levels.pop();
    if (!isEmptyPair(before, token)) {
      this.#end();
      this.#indent();
    }
    this.#path = level?.path ?? "";
    this.#line += token;
  }

  #separate(): void {
    this.#line += ",";
    this.#end();
    const level = this.#levels.at(-1);
    if (level) level.index += 1;
  }

  /** A key, a value, or the beginning of one. */
  #write(token: string, after: string | undefined): void {
    const level = this.#levels.at(-1);
    if (this.#line === "") this.#indent();
    if (level && after === ":") level.key = JSON.parse(token) as string;
    this.#path = level ? pathIn(level) : "";
    this.#line += token;
    if (token !== "{" && token !== "[") return;
    this.#levels.push({ path: this.#path, isList: token === "[", index: 0, key: null });
    if (!isEmptyPair(token, after)) this.#end();
  }

  #indent(): void {
    this.#line = INDENT.repeat(this.#levels.length);
  }

  #end(): void {
    this.#lines.push({ text: this.#line, path: this.#path });
    this.#line = "";
  }
}

function pathIn(level: Level): string {
  if (level.isList) return `${level.path}[${level.index}]`;
  return level.path === "" ? (level.key ?? "") : `${level.path}.${level.key ?? ""}`;
}

function isEmptyPair(open: string | undefined, close: string | undefined): boolean {
  return ["{}", "[]"].includes(`${open ?? ""}${close ?? ""}`);
}

/** Finds the line to mark for a field: its own, or that of the nearest thing around it that is there. */
export function lineOf(lines: readonly JsonLine[], field: string | null): number | null {
  for (let wanted = field ?? ""; wanted !== ""; wanted = around(wanted)) {
    const at = lines.findIndex((line) => line.path === wanted);
    if (at >= 0) return at;
  }
  return null;
}

function around(path: string): string {
  return path.replace(/(\.[^.[\]]*|\[\d+\]|^[^.[\]]*)$/, "");
}
