// The types of the dashboard API, made from openapi/dashboard.json. `npm run api` writes them, a test compares.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const DOCUMENT = new URL("../../openapi/dashboard.json", import.meta.url);

/** Where the types are kept. */
export const GENERATED = fileURLToPath(new URL("../src/api/schema.d.ts", import.meta.url));

/** Returns the text of the types. */
export async function generate() {
  const document = JSON.parse(readFileSync(DOCUMENT, "utf8"));
  return (
    COMMENT_HEADER + astToString(await openapiTS(document, { alphabetize: true, defaultNonNullable: false }))
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(GENERATED, await generate());
