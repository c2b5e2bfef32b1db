// Writes docs/sdks/typescript.md, the API reference, from the TSDoc comments of what src/index.ts exports.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = join(folder, "../../docs/sdks/typescript.md");

const HEAD = `# TypeScript SDK: reference

Written from the comments of the sources by \`make docs-typescript\`; the [README](../../sdks/typescript/README.md) has examples.
`;
const SECTIONS = {
  "The client": "VibeFollow VibeFollowOptions FetchLike Users Events",
  Batches: "EventBatch BatchOptions FlushOptions",
  Webhooks:
    "webhooks ConstructEventOptions WebhookEvent WebhookEventOf WebhookData WebhookSubject WebhookType",
  Errors:
    "VibeFollowError AuthError ValidationError RateLimitError ServerError NetworkError WebhookSignatureError Problem ErrorDetails",
  "Records and results": "UserRecord Traits EventRecord Properties Moment BulkResult RecordProblem chunk",
  "Options of calls": "CallOptions IdentifyOptions EventOptions TrackOptions",
  "Standard events":
    "STANDARD_EVENT_NAMES StandardEventName StandardEvents PropertiesOf PropertiesThen SignedUpProperties TrialStartedProperties OnboardingStepProperties FeatureUsedProperties SubscriptionChangedProperties PaymentFailedProperties PaymentSucceededProperties SubscriptionCancelledProperties TrialExpiringProperties UserInvitedProperties UsageThresholdReachedProperties",
  "The package": "VERSION",
};

/** Returns the whole page; throws where something public has no comment, or no place in the sections. */
export function render() {
  const { checker, exported } = publicNames();
  const listed = Object.values(SECTIONS).flatMap((names) => names.split(" "));
  const unlisted = [...exported.keys()].filter((name) => !listed.includes(name));
  if (unlisted.length > 0) throw new Error(`give these a place in SECTIONS: ${unlisted.join(", ")}`);
  const sections = Object.entries(SECTIONS).map(([title, names]) => {
    const entries = names.split(" ").map((name) => entry(name, exported.get(name), checker));
    return `## ${title}\n\n${entries.join("\n")}`;
  });
  return [HEAD, ...sections].join("\n").replace(/\n{3,}/g, "\n\n");
}

function publicNames() {
  const { config } = ts.readConfigFile(join(folder, "tsconfig.esm.json"), (path) => ts.sys.readFile(path));
  const index = join(folder, "src/index.ts");
  const program = ts.createProgram([index], ts.parseJsonConfigFileContent(config, ts.sys, folder).options);
  const checker = program.getTypeChecker();
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(index)));
  const original = (symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return { checker, exported: new Map(symbols.map((symbol) => [symbol.name, original(symbol)])) };
}

function entry(name, symbol, checker) {
  const [declaration] = symbol.declarations;
  const head = `### ${name}\n\n`;
  if (ts.isSourceFile(declaration)) {
    const members = checker.getExportsOfModule(symbol).map((member) => member.declarations[0]);
    const functions = members.filter((member) => ts.isFunctionDeclaration(member));
    return head + functions.map((member) => described(`${name}.${member.name.text}`, member)).join("\n");
  }
  if (ts.isClassDeclaration(declaration)) return head + classEntry(declaration);
  if (ts.isInterfaceDeclaration(declaration)) return head + interfaceEntry(declaration);
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return `${head}${code(signature(statement))}${comment(statement, name)}`;
}

function classEntry(declaration) {
  const name = declaration.name.text;
  const members = declaration.members.filter((member) => isPublic(member) && !isOverride(member));
  const methods = members.filter((member) => !ts.isPropertyDeclaration(member));
  return [
    code(`class ${title(declaration)}`) + comment(declaration, name),
    table(members.filter((member) => ts.isPropertyDeclaration(member))),
    ...methods.map((member) => described(memberTitle(name, member), member)),
  ].join("\n");
}

function interfaceEntry(declaration) {
  const head = code(`interface ${title(declaration)}`) + comment(declaration, declaration.name.text);
  return `${head}\n${table(declaration.members.filter(isPublic))}`;
}

/** Returns the name with its type parameters and what it extends. */
function title({ name, typeParameters, heritageClauses = [] }) {
  const parameters = typeParameters ? `<${typeParameters.map((each) => each.getText()).join(", ")}>` : "";
  return [name.text + parameters, ...heritageClauses.map((clause) => clause.getText())].join(" ");
}

/** An overridden `name` needs no words of its own. */
function isOverride(member) {
  return member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.OverrideKeyword) ?? false;
}

function isPublic(member) {
  const isPrivate = member.name !== undefined && ts.isPrivateIdentifier(member.name);
  return !isPrivate && !ts.getJSDocTags(member).some((tag) => tag.tagName.text === "internal");
}

function memberTitle(owner, member) {
  if (ts.isConstructorDeclaration(member)) return `new ${owner}`;
  return `${owner}${member.name.getText().replace(/^(?!\[)/, ".")}`;
}

function described(heading, declaration) {
  return `#### ${heading}\n\n${code(signature(declaration, heading))}${comment(declaration, heading)}`;
}

function table(members) {
  if (members.length === 0) return "";
  const rows = members.map((member) => {
    const type = member.type
      .getText()
      .replace(/\/\*\*[^]*?\*\//g, "")
      .replace(/\s+/g, " ")
      .replace(/ \| undefined$/, "");
    const name = `${member.name.getText()}${member.questionToken ? "?" : ""}`;
    return `| \`${name}\` | \`${type.replaceAll("|", "\\|")}\` | ${documentation(member).replace(/\s+/g, " ")} |`;
  });
  return `| property | type | |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

/** Returns a declaration's text without its body and its modifiers. */
function signature(declaration, heading = "") {
  const text = declaration.getText();
  const end = declaration.body ? declaration.body.getStart() - declaration.getStart() : text.length;
  return text
    .slice(0, end)
    .replace(/^(export |async |const )+/, "")
    .replace(/^constructor/, heading)
    .replace(/ = \/\* @__PURE__[^]*$/, "")
    .replace(/^ {2}/gm, ts.isClassElement(declaration) ? "" : "  ")
    .trim();
}

function code(text) {
  return `\`\`\`ts\n${text}\n\`\`\`\n\n`;
}

function comment(declaration, name) {
  const words = documentation(declaration);
  if (words === "") throw new Error(`${name} has no comment`);
  const tags = ts.getJSDocTags(declaration).map((tag) => {
    const text = linked(ts.getTextOfJSDocComment(tag.comment) ?? "");
    return tag.tagName.text === "throws" ? `Throws ${text}\n` : `${text}\n`;
  });
  return [`${words}\n`, ...tags].join("\n");
}

function documentation(declaration) {
  const block = declaration.jsDoc?.at(-1);
  return linked(ts.getTextOfJSDocComment(block?.comment) ?? "").trim();
}

function linked(text) {
  return text.replace(/\{@link (\w+)\}/g, (_, name) => `[${name}](#${name.toLowerCase()})`);
}

/** Tells whether the page in docs/ says what the sources say. */
export function isStale() {
  return readFileSync(page, "utf8") !== render();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, render());
