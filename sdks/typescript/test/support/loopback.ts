// A real HTTP server on loopback that answers as a test tells it to, and remembers what it was sent.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Of the form of every key, and of no installation. */
export const KEY = "sk_test_WireCases0000000000000000000000000";

/** What the server received. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Answers one request. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage, body: string) => void;

export interface Loopback {
  readonly baseUrl: string;
  readonly received: Received[];
  /** Answers the next requests so, one each; then with `otherwise`. */
  will(...behaviours: Behaviour[]): void;
}

/** Starts a server that ends with the test. It accepts whatever it is sent, unless told otherwise. */
export async function loopback(otherwise: Behaviour = accept): Promise<Loopback> {
  const received: Received[] = [];
  const planned: Behaviour[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = "", url = "", headers } = request;
      received.push({ method, path: url, headers: headers as Record<string, string>, body });
      (planned.shift() ?? otherwise)(response, request, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}`, received, will: (...more) => planned.push(...more) };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** Says that all was accepted, as the real server does. */
export const accept: Behaviour = (response, request, body) => {
  if (!request.url!.endsWith("/bulk")) {
    reply(202, { data: { accepted: true } })(response, request, body);
    return;
  }
  const [records] = Object.values(JSON.parse(body) as Record<string, unknown[]>);
  const received = records!.length;
  reply(200, { data: { accepted: received, rejected: 0, errors: [] }, meta: { received } })(
    response,
    request,
    body,
  );
};

/** Answers with a text as it is, or with a value as JSON. */
export function reply(status: number, body: unknown, headers: Record<string, string> = {}): Behaviour {
  return (response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** Refuses in the envelope of the API. */
export function refuse(status: number, code: string, headers: Record<string, string> = {}): Behaviour {
  return reply(status, { errors: [{ code, message: "No." }] }, headers);
}

/** Closes the connection without an answer. */
export const drop: Behaviour = (response) => {
  response.socket!.destroy();
};

/** Never answers, and keeps the connection. */
export const hang: Behaviour = () => undefined;
