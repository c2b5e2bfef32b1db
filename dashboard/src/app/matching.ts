/** Keeps the commands whose label or note holds every word of a text, in any case. */
export function matching<One extends { readonly label: string; readonly note?: string }>(
  all: readonly One[],
  text: string,
): One[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((one) => {
    const own = `${one.label} ${one.note ?? ""}`.toLowerCase();
    return words.every((word) => own.includes(word));
  });
}
