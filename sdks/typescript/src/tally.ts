import type { BulkResult, RecordProblem } from "./records.js";

const MOST_PROBLEMS = 1000; // somebody who never asks for the result must not fill the memory with it

/** Counts what became of a batch's events since it was last asked. */
export class Tally {
  #accepted = 0;
  #rejected = 0;
  #settled = 0;
  #errors: RecordProblem[] = [];

  /** Adds the answer to a request of so many events. */
  add(result: BulkResult, events: number): void {
    this.#accepted += result.accepted;
    this.#rejected += result.rejected;
    for (const problem of result.errors.slice(0, MOST_PROBLEMS - this.#errors.length)) {
      this.#errors.push({ ...problem, index: this.#settled + problem.index });
    }
    this.#settled += events;
  }

  /** Passes over events that were lost: they count as places, and as nothing else. */
  skip(events: number): void {
    this.#settled += events;
  }

  /** Returns the result and begins anew. */
  take(): BulkResult {
    const [accepted, rejected, errors] = [this.#accepted, this.#rejected, this.#errors];
    this.#accepted = this.#rejected = this.#settled = 0;
    this.#errors = [];
    return { accepted, rejected, received: accepted + rejected, errors };
  }
}
