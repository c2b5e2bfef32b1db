const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Returns the first letter of a name as a reader sees it, large. */
export function initial(name: string): string {
  const [first] = letters.segment(name.trim());
  return first?.segment.toUpperCase() ?? "";
}
