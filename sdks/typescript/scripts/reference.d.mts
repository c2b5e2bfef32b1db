export function render(): string;
export function isStale(): boolean;
