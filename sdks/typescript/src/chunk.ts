/**
 * Cuts a long list of records into parts of a size that one call takes.
 *
 * Lazy: holds one part at a time, so `items` may be a generator over more than fits into memory. Keeps the
 * order; the last part may be shorter, none is empty.
 *
 * @example
 * ```ts
 * for (const part of chunk(users, 1000)) await vibefollow.users.identifyBulk(part);
 * ```
 * @throws RangeError, at once, when `size` is no whole number of at least 1.
 */
export function chunk<Item>(items: Iterable<Item>, size: number): Generator<Item[], void, undefined> {
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new RangeError(`chunk() needs a whole number of at least 1 as its size, not ${size}`);
  }
  return parts(items, size);
}

function* parts<Item>(items: Iterable<Item>, size: number): Generator<Item[], void, undefined> {
  let part: Item[] = [];
  for (const item of items) {
    part.push(item);
    if (part.length === size) {
      yield part;
      part = [];
    }
  }
  if (part.length > 0) yield part;
}
