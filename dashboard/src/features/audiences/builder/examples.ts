import type { Scalar } from "../filter/draft";

/** Leaves out of examples what no value can be compared with. */
export function scalars(examples: readonly unknown[] = []): Scalar[] {
  return examples.filter((one): one is Scalar => ["string", "number", "boolean"].includes(typeof one));
}
