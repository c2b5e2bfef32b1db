export function TeamSettings() {
  return null;
}
