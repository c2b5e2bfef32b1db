/** Reads the form: an empty retention is for ever, and an empty grace period stays as it was. */
export function projectChange({
  name = "",
  timezone = "",
  grace = "",
  retention = "",
}: Record<string, string>) {
  return {
    name,
    timezone,
    grace_period_days: grace === "" ? null : Number(grace),
    retention_days: retention === "" ? null : Number(retention),
  };
}
